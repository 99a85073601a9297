"""docs/how-to/four-monitors-together.md, followed from its first command to its last."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from tests.how_to.watched import PAGES, Followed
from tests.pages import follow_in_order, shell
from tests.test_loop import ROOT

PAGE = (PAGES / "four-monitors-together.md").read_text(encoding="utf-8")

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def test_one_file_has_all_four_monitors(tmp_path: Path) -> None:
    """Two judge a batch, two its labels when they come, one verdict refuses; jobs are as many as it says."""
    shutil.copytree(ROOT / "conf" / "environments", tmp_path / "conf" / "environments")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    with Server(EmulatorConfig(state_dir=tmp_path / "state", port=0)) as server:
        Followed(PAGE, list(follow_in_order(PAGE, tmp_path, server.url))).check()
        labelled = "--input data/batch-honest.csv --labels data/labels-honest.csv"
        code, said = shell(tmp_path, f"sagemaker-monitor run monitor-batch --model loans {labelled}")
        assert code == 0, said
        _, jobs = shell(tmp_path, "sagemaker-monitor estimate loans")

    counted = {
        name: (
            len(re.findall("  (?:processing|transform)  ", steps)),
            steps.count("shadow endpoint, at most   "),
        )
        for name, steps in re.findall(r"^(\S+): \d+ runs? read(.*?)instance-hours", jobs, re.M | re.S)
    }
    assert counted == {
        "register": (8, 2),
        "monitor-batch": (6 + 1 + 3 + 1, 2),
        "monitor-ground-truth": (6, 1),
    }
