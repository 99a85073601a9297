"""Writes what is made of the code below docs/.

Regenerate all of it with ``python -m sagemaker_monitor.reference``.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

GENERATORS = (
    "sagemaker_monitor.settings.reference",
    "sagemaker_monitor.aws.iam.reference",
    "sagemaker_monitor.reports.verdict_schema",
    "sagemaker_monitor.reports.metrics_reference",
    "sagemaker_monitor.emulator.coverage",
    "sagemaker_monitor.emulator.coverage_services",
    "sagemaker_monitor.cli.reference",
)
"""Modules that make files of what they know; each as a command writes its own."""


def files_of(generator: str) -> Mapping[str, str]:
    """Return the text of each file that the module *generator* makes, by its path below docs/."""
    files: Mapping[str, str] = importlib.import_module(generator).files()
    return files


def write(files: Mapping[str, str]) -> None:
    """Write *files*, by their paths below docs/ of the current directory."""
    for name, text in files.items():
        path = Path("docs", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for each in GENERATORS:
        write(files_of(each))
