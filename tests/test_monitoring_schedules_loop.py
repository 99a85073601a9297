"""Monitoring schedules from the model's file: the commands of their page, and what schedules find."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.aws import AwsError
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from tests.test_endpoint_loop import TYPED_ONCE, Typed, commands, run
from tests.test_loop import JSON, ROOT, prepared

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

PAGE = ROOT / "docs" / "monitoring-schedules.md"


def configure(conf: Path) -> None:
    """Put the page's schedules into the model's file, and enable schedules."""
    block = re.search(r"```yaml\n(monitoring_schedules:.*?)```", PAGE.read_text(), re.DOTALL)
    assert block is not None
    model, local = conf / "models" / "mortgage.yaml", conf / "environments" / "local.yaml"
    model.write_text(f"{model.read_text()}\n{block[1]}")
    local.write_text(f"{local.read_text()}schedules: enabled\n")


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typed]:
    """The page, followed to its end."""
    folder = tmp_path_factory.mktemp("schedules")
    (folder / "examples").symlink_to(ROOT / "examples")
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server:
        done = Typed(prepared(folder, server.url), server, [], [])
        configure(done.loop.conf)
        for words, expected in commands(PAGE):
            if " ".join(words[1:]) in TYPED_ONCE:
                continue
            server.context.hosting.flush()
            done.codes.append((" ".join(words), expected, run(words, folder, done.verdicts)))
        yield done


def fired(typed: Typed, name: str, *options: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    """Fire a schedule, and return the exit code and what was said."""
    capsys.readouterr()
    code = typed.loop("local", "fire", f"mortgage-{name}-local", *options, *JSON)
    return code, json.loads(capsys.readouterr().out)


def violations(typed: Typed, reports: str) -> list[dict[str, Any]]:
    """Return the violations of an execution."""
    document = json.loads(read(typed.loop.aws, f"{reports}/constraint_violations.json"))
    return list(document["violations"])


def test_the_documented_commands_end_as_they_are_documented(typed: Typed) -> None:
    """Typed one after the other, each ends with its exit code."""
    assert [(command, code) for command, _, code in typed.codes] == [
        (command, expected) for command, expected, _ in typed.codes
    ]


def test_drifted_requests_violate_and_are_named(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    """By the features alone: our script has left out the answers, which the baseline has not."""
    code, told = fired(typed, "inputs", capsys=capsys)

    assert code == 10
    found = violations(typed, told["ReportsUri"])
    assert {(each["constraint_check_type"], each["feature_name"]) for each in found} == {
        ("baseline_drift_check", "hrat"),
        ("baseline_drift_check", "obrat"),
    }


def test_bias_by_schedule_flags_what_the_pipeline_s_checks_flag(
    typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same rows, labels and baseline by two ways: AWS's rule names the same metrics and facets."""
    capsys.readouterr()
    assert typed.loop("run", "monitor-ground-truth", "--model", "mortgage", *JSON) == 0
    verdict = json.loads(capsys.readouterr().out)["verdict"]
    due = datetime.now(UTC) + timedelta(hours=25)  # its window ends a day before
    code, told = fired(typed, "batch-bias", "--at", due.isoformat(), capsys=capsys)

    assert code == 10
    flagged = {
        (each["metric"], each["facet"])
        for each in verdict["findings"]
        if each["monitor"] == "bias" and each["aws_violation"]
    }
    found = {(each["metric_name"], each["facet"]) for each in violations(typed, told["ReportsUri"])}
    assert found == flagged
    assert len(found) > 30


def test_an_endpoint_is_deleted_once_no_schedule_watches_it(
    typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second upsert writes nothing; without the section all of it goes, in SageMaker's order."""
    capsys.readouterr()
    assert typed.loop("upsert", *JSON) == 0
    assert json.loads(capsys.readouterr().out)["writes"] == 0
    with pytest.raises(AwsError, match="Cannot delete Endpoint with associated Monitoring Schedules"):
        typed.loop.aws.call("sagemaker", "delete_endpoint", EndpointName="mortgage-local")
    model = typed.loop.conf / "models" / "mortgage.yaml"
    model.write_text(model.read_text().partition("\nmonitoring_schedules:")[0])

    assert typed.loop("upsert", *JSON) == 0

    changes = json.loads(capsys.readouterr().out)["changes"]
    deleted = [each["kind"] for each in changes if each["done"] == "deleted"]
    assert len(deleted) == 9
    assert deleted[0] == "monitoring schedule"
    assert (deleted.count("monitoring schedule"), deleted.count("model")) == (4, 1)
    typed.loop.aws.call("sagemaker", "delete_endpoint", EndpointName="mortgage-local")
