"""Verification on an account, rehearsed with a second emulator in the account's place."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.aws.storage import list_objects
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.settings import load_environment
from tests.pages import point_at

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "mortgage"
SCRIPT = EXAMPLE / "verify_aws.py"
sys.path.insert(0, str(EXAMPLE))

from compare_runs import compare  # noqa: E402


@dataclass(frozen=True)
class Rehearsed:
    """A rehearsal: what it said, its record, and the account afterwards."""

    code: int
    said: str
    record: dict[str, Any]
    aws: Aws


def verify(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the script with the conf folder in *folder*."""
    command = [sys.executable, str(SCRIPT), "--conf-dir", str(folder / "conf"), *options]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    """The whole of it, with an emulator for an account."""
    folder = tmp_path_factory.mktemp("verify")
    shutil.copytree(ROOT / "conf", folder / "conf")
    with Server(EmulatorConfig(state_dir=folder / "account", port=0)) as server:
        point_at(folder / "conf", server.url)
        done = verify(folder, "--env", "local", "--yes", "--record", "record.json")
        record = json.loads((folder / "record.json").read_text())
        yield Rehearsed(
            done.returncode, done.stderr, record, connect(load_environment("local", folder / "conf"))
        )


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_rehearsal_ends_equal(rehearsed: Rehearsed) -> None:
    """Every step ends as it should, and two emulators leave the same documents and joined rows."""
    assert rehearsed.code == 0, rehearsed.said
    assert [(step["name"], step["decision"]) for step in rehearsed.record["steps"]] == [
        ("upsert", None),
        ("register", "baseline-established"),
        ("gate", None),
        ("honest", "pass"),
        ("shifted", "refused"),
        ("upsert again", None),
    ]
    compared = rehearsed.record["compared"]
    assert compared.keys() == {"register", "honest", "shifted"}
    assert {each["differences"] for each in compared.values()} == {0}
    assert all(each["values"] > 1000 for each in compared.values())


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_cost_is_said_first_and_nothing_stays(rehearsed: Rehearsed) -> None:
    """Instance-hours are told before the first command; pipelines, versions, models and objects are gone."""
    aws, said = rehearsed.aws, rehearsed.said

    assert said.index("instance-hours") < said.index("local: upsert")
    assert rehearsed.record["not_deleted"] == 0
    assert aws.call("sagemaker", "list_pipelines")["PipelineSummaries"] == []
    assert aws.call("sagemaker", "list_model_package_groups")["ModelPackageGroupSummaryList"] == []
    assert aws.call("sagemaker", "list_models")["Models"] == []
    assert list(list_objects(aws, f"s3://{aws.environment.storage.bucket}/")) == []


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_record_names_no_account(rehearsed: Rehearsed) -> None:
    """It can be given away: neither account nor bucket nor role stand in it."""
    text, environment = json.dumps(rehearsed.record), rehearsed.aws.environment

    for secret in (environment.account, environment.storage.bucket, environment.roles.execution):
        assert secret not in text


def test_it_asks_and_refuses_placeholders(tmp_path: Path) -> None:
    """An account of the documentation is refused before anything is sent, an unknown environment too."""
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    placeholder, unknown = (verify(tmp_path, "--env", name) for name in ("dev", "nowhere"))

    assert (placeholder.returncode, unknown.returncode) == (3, 2)
    assert "is a placeholder" in placeholder.stderr
    assert "nowhere" in unknown.stderr


def test_differences_are_found_and_rows_are_not_told() -> None:
    """Numbers that are apart and objects that are missing are told; of sketches only that they differ."""
    here = {
        "a/analysis.json": b'{"DPL": 0.25, "text": "x", "kll": {"sketch": {"data": [1, 2]}}}',
        "join/features/data.csv": b"1,2\n",
        "a/gone.json": b"{}",
        "decide/verdict.json": b'{"at": 1}',
    }
    there = {
        "a/analysis.json": b'{"DPL": 0.26, "text": "x", "kll": {"sketch": {"data": [1, 7]}}}',
        "join/features/data.csv": b"1,2\n",
        "decide/verdict.json": b'{"at": 2}',
    }
    found = compare(here, there)

    assert found.missing == ("a/gone.json",)
    assert [(each.path, each.values) for each in found.differences] == [
        ("a/analysis.json#DPL", (0.25, 0.26)),
        ("a/analysis.json#kll.sketch.data[1]", None),
    ]
    assert not compare(there, there).differs
