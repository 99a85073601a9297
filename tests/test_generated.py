"""Whether what is generated below docs/ is what the code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sagemaker_monitor.reference import GENERATORS, files_of

DOCS = Path(__file__).parents[1] / "docs"
SERVICES = "sagemaker_monitor.emulator.coverage_services"


@pytest.mark.parametrize(
    "generator",
    [pytest.param(each, marks=[pytest.mark.long] if each == SERVICES else []) for each in GENERATORS],
)
def test_what_is_committed_is_what_is_generated(generator: str) -> None:
    """`make reference` renews it."""
    for name, text in files_of(generator).items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, name


def test_a_module_as_a_command_writes_its_files(tmp_path: Path) -> None:
    """Below docs/, of the directory that it is typed in, and no others."""
    generator = "sagemaker_monitor.settings.reference"
    subprocess.run([sys.executable, "-m", generator], cwd=tmp_path, check=True)

    written = {
        str(path.relative_to(tmp_path / "docs")): path.read_text(encoding="utf-8")
        for path in tmp_path.rglob("*.*")
    }
    assert written == files_of(generator)


@pytest.mark.long
def test_every_page_has_a_generator() -> None:
    """Nothing in these folders is written by hand."""
    found = {
        str(path.relative_to(DOCS))
        for folder in ("reference", "schemas")
        for path in (DOCS / folder).iterdir()
    }

    assert found == {name for each in GENERATORS for name in files_of(each)}
