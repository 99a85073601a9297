"""Whether the page of commands is what the program says."""

from __future__ import annotations

from pathlib import Path

from sagemaker_monitor.cli.main import COMMANDS
from sagemaker_monitor.cli.reference import PAGE, markdown, write

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date(tmp_path: Path) -> None:
    """What is committed is what the generator writes."""
    write(tmp_path)

    assert (tmp_path / PAGE).read_text(encoding="utf-8") == markdown()
    assert (ROOT / "docs" / PAGE).read_text(encoding="utf-8") == markdown()


def test_every_command_has_its_section() -> None:
    """Commands and those below them are there, with their options and the exit codes."""
    page = markdown()

    for name in COMMANDS:
        assert f"\n## {name}\n" in page
    assert "\n## run monitor-batch\n" in page
    assert "| 10 | refused" in page
