"""docs/parity.md says what the tests record, no more and no less."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parity.page import PAGE, Row, committed, parse, render
from tests.parity.plugin import recorder

ROW = Row(
    "ll_predictions", "scores | labels", "3 numbers", "bit for bit", "none", "", "tests/test_a.py", "test_a"
)
TEST = """
def test_scores(parity):
    parity.close("ll_predictions", "scores", [0.5], [{value}], tolerance=1e-15)
"""


def test_the_page_is_what_its_rows_give() -> None:
    """Nothing on the page was written by hand."""
    assert PAGE.read_text() == render(committed()), "run `make parity`"


def test_every_row_has_a_test_that_records_it() -> None:
    """A row whose test is gone, or compares no more, is told."""
    assert [row for row in committed() if not recorder(row)] == [], "run `make parity`"


def test_rows_survive_writing_and_reading() -> None:
    """Whatever a cell says, the page can be read back; rows stand in order, once."""
    other = Row(**{**vars(ROW), "what": "a note\nover lines", "note": "why | not"})

    assert [Row(**{**vars(other), "what": "a note over lines"}), ROW] == list(
        parse(render([ROW, other, ROW]))
    )


def test_an_unknown_case_is_refused() -> None:
    """A case needs a title and a source before anything can be compared with it."""
    with pytest.raises(ValueError, match=r"no recorded case \['nothing'\].*churn_dq_baseline"):
        render([Row(**{**vars(ROW), "case": "nothing"})])


def run(folder: Path, *options: str, recorded: bool = True) -> subprocess.CompletedProcess[str]:
    """Run pytest in *folder*."""
    environment = {name: value for name, value in os.environ.items() if name != "RECORDED_DATA"}
    if recorded:
        environment["RECORDED_DATA"] = str(folder)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *options, "tests/test_scores.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one test that compares, and the plugin of this one."""
    here = Path(__file__).parent
    shutil.copytree(
        here, tmp_path / "tests" / "parity", ignore=shutil.ignore_patterns("test_*", "__pycache__")
    )
    shutil.copy(here.parent / "conftest.py", tmp_path / "tests")
    (tmp_path / "tests" / "__init__.py").touch()
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests" / "test_scores.py").write_text(TEST.format(value="0.5"))
    return tmp_path


@pytest.mark.long
def test_a_stale_page_fails_the_test_that_records_otherwise(project: Path) -> None:
    """Without its rows a test fails; renewing writes them; a number that moves makes them stale."""
    missing = run(project)
    renewed = run(project, "--update-parity")
    current = run(project)
    (project / "tests" / "test_scores.py").write_text(TEST.format(value="0.5 + 1e-16"))
    moved = run(project)

    assert missing.returncode == 1
    assert "docs/parity.md is stale; run `make parity`" in missing.stdout
    assert (renewed.returncode, current.returncode) == (0, 0), renewed.stdout + current.stdout
    assert moved.returncode == 1
    assert "within 1e-15" in moved.stdout
    assert "| scores | 1 number | bit for bit | 1e-15 |" in (project / "docs" / "parity.md").read_text()


@pytest.mark.long
def test_without_recorded_data_or_with_a_failing_test_the_page_stays(project: Path) -> None:
    """Nothing is renewed by halves."""
    page = project / "docs" / "parity.md"
    page.write_text("as it was")

    skipped = run(project, "--update-parity", recorded=False)
    (project / "tests" / "test_scores.py").write_text(TEST.format(value="0.6"))
    failed = run(project, "--update-parity")

    assert "1 skipped" in skipped.stdout
    assert failed.returncode == 1
    assert "document[0]: 0.5 recorded, 0.6 found" in failed.stdout
    assert page.read_text() == "as it was"
