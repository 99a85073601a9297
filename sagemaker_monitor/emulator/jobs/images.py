"""Which container images processing jobs can have, and what runs in their place."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from sagemaker_monitor.emulator.models.resolve import repository

Kind = Literal["clarify", "analyzer", "script"]

CLARIFY = "sagemaker-clarify-processing"
ANALYZER = "sagemaker-model-monitor-analyzer"
SCIKIT_LEARN = "sagemaker-scikit-learn"
RUNNABLE = (f"{CLARIFY}:1.0", ANALYZER, f"{SCIKIT_LEARN}:*")

_ROOT = re.compile(r"(?<![\w./-])/opt/ml(?=/|$|[^\w.-])")


def kind_of(image: str) -> Kind | None:
    """Return how jobs of *image* run, whatever registry it is in, or None when they do not."""
    tag = image.rsplit("/", 1)[-1].partition(":")[2]
    if repository(image) == CLARIFY and tag == "1.0":
        return "clarify"
    if repository(image) == ANALYZER and tag in ("", "latest"):
        return "analyzer"
    return "script" if repository(image) == SCIKIT_LEARN else None


def analysis_command(kind: Literal["clarify", "analyzer"]) -> list[str]:
    """Return what runs in place of the Clarify container or the Model Monitor analyzer."""
    return [sys.executable, "-m", "sagemaker_monitor.analysis.container", kind]


def script_command(entrypoint: Sequence[str], arguments: Sequence[str], root: Path) -> list[str]:
    """Return the command of a script container, for this Python and the directory that stands for /opt/ml."""
    first, *rest = entrypoint
    program = sys.executable if first in ("python", "python3", "/usr/bin/python3") else first
    return [relocate(word, root) for word in (program, *rest, *arguments)]


def relocate(text: str, root: Path) -> str:
    """Return *text* with every path /opt/ml turned into *root*."""
    return _ROOT.sub(lambda _: str(root), text)


def relocate_all(environment: Mapping[str, str], root: Path) -> dict[str, str]:
    """Return the environment with its values relocated."""
    return {name: relocate(value, root) for name, value in environment.items()}
