"""Each page of docs/how-to is held to what happens when it is followed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.operations.captured import captured
from tests.operations.emulated import aws, conf, emulator, environment, model
from tests.test_loop import ROOT

__all__ = ["aws", "captured", "conf", "emulator", "environment", "model"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the environments of the repository and its examples, and no model."""
    shutil.copytree(ROOT / "conf" / "environments", tmp_path / "conf" / "environments")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path
