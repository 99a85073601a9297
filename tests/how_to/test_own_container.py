"""docs/how-to/own-monitor-container.md, followed from its first file to its last command."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.jobs.images import Registry
from sagemaker_monitor.emulator.server import Server
from tests.how_to.watched import PAGES, Followed
from tests.pages import follow_in_order

PAGE = (PAGES / "own-monitor-container.md").read_text(encoding="utf-8")

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]


def test_a_monitor_that_a_reader_wrote_refuses_what_it_looks_for(project: Path) -> None:
    """It passes the honest batch, and refuses the one in which people occur twice, with its own words."""
    command = (sys.executable, str(project / "monitor" / "monitor.py"))
    config = EmulatorConfig(project / "state", port=0, images=Registry({"duplicates": command}))
    with Server(config) as server:
        Followed(PAGE, list(follow_in_order(PAGE, project, server.url))).check()
