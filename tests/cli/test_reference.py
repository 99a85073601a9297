"""Whether the page of commands is what the program says."""

from __future__ import annotations

from sagemaker_monitor.cli.main import COMMANDS
from sagemaker_monitor.cli.reference import markdown


def test_every_command_has_its_section() -> None:
    """Commands and those below them are there, with their options and the exit codes."""
    page = markdown()

    for name in COMMANDS:
        assert f"\n## {name}\n" in page
    assert "\n## run monitor-batch\n" in page
    assert "| 10 | refused" in page
