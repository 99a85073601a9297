"""docs/how-to/four-monitors-together.md, followed from its first command to its last."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from tests.how_to.watched import PAGES, Followed
from tests.pages import follow_in_order, shell

PAGE = (PAGES / "four-monitors-together.md").read_text(encoding="utf-8")

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def test_one_file_has_all_four_monitors(project: Path) -> None:
    """Two judge a batch, two its labels when they come, one verdict refuses; jobs are as many as it says."""
    with Server(EmulatorConfig(state_dir=project / "state", port=0)) as server:
        Followed(PAGE, list(follow_in_order(PAGE, project, server.url))).check()
        _, jobs = shell(project, "sagemaker-monitor estimate loans")

    counted = {
        name: (
            len(re.findall("  (?:processing|transform)  ", told)),
            len(re.findall("shadow .*  1 × ", told)),
        )
        for name, told in re.findall(r"^(\S+): \d+ runs? read(.*?)instance-hours", jobs, re.M | re.S)
    }
    assert counted == {"register": (8, 2), "monitor-batch": (6, 1), "monitor-ground-truth": (6, 1)}
