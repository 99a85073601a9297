"""From YAML to a run that nobody started: schedules are deployed, due, and end with a verdict."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sagemaker_monitor.aws.storage import put
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.settings import load_environment, load_model
from tests.policy.judging import denied
from tests.policy.recording import JOB, recorded
from tests.test_loop import JSON, KEY, Loop, prepared

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

SCHEDULES = """
schedules:
  monitor-batch:
    expression: cron(0 6 ? * MON *)
    timezone: Europe/Dublin
    batch: "{year}-{month}-{day}/"
    offset: -P1D
  monitor-ground-truth:
    expression: cron(0 7 1 * ? *)
    window: {start: -PT3H, end: PT0H}
"""
ENABLED = "schedules: enabled\nroles:\n  scheduler: arn:aws:iam::000000000000:role/monitor-scheduler\n"
BATCH, LATE = "mortgage-monitor-batch-local", "mortgage-monitor-ground-truth-local"


@dataclass(frozen=True)
class Fired:
    """How a schedule's run ended: exit code, execution, parameters, verdict."""

    code: int
    execution: str
    parameters: dict[str, str]
    verdict: dict[str, Any]


@dataclass(frozen=True)
class Scheduled:
    """The example, deployed with schedules and with an approved version."""

    loop: Loop
    server: Server

    def fire(self, schedule: str, at: str, capsys: pytest.CaptureFixture[str]) -> Fired:
        """Run a schedule as if it were due *at*."""
        capsys.readouterr()
        code = self.loop("local", "fire", schedule, "--at", at, *JSON)
        told = json.loads(capsys.readouterr().out)
        arn = told["execution_arn"]
        listed = self.loop.aws.call(
            "sagemaker", "list_pipeline_parameters_for_execution", PipelineExecutionArn=arn
        )["PipelineParameters"]
        return Fired(code, arn, {each["Name"]: each["Value"] for each in listed}, told["verdict"])

    def put_batch(self, name: str, day: str) -> None:
        """Put one of the example's batches where that of a day is looked for."""
        root = f"{self.loop.aws.environment.storage.root}/data/mortgage/batches"
        put(self.loop.aws, f"{root}/{day}/batch.csv", (self.loop.data / name).read_bytes())


@pytest.fixture(scope="module")
def scheduled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheduled]:
    """Everything is deployed from files; the first version is approved."""
    folder = tmp_path_factory.mktemp("scheduled")
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server, recorded(server) as calls:
        loop = replace(prepared(folder, server.url), calls=calls)
        model, local = loop.conf / "models" / "mortgage.yaml", loop.conf / "environments" / "local.yaml"
        model.write_text(model.read_text() + SCHEDULES)
        local.write_text(local.read_text().replace("roles:\n", ENABLED))
        assert loop("upsert") == 0
        files = ("--artifact", loop.file("model.tar.gz"), "--baseline-data", loop.file("validation.csv"))
        assert loop("run", "register", "--model", "mortgage", "--mode", "bootstrap", *files) == 0
        assert loop("gate", "mortgage", "--version", "1", "--apply") == 0
        yield Scheduled(loop, server)


def next_hour() -> str:
    """Return the time by which what is captured now lies in a window of the hours before."""
    return (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:00:00Z")


def test_an_unchanged_upsert_writes_nothing(scheduled: Scheduled, capsys: pytest.CaptureFixture[str]) -> None:
    """Group and schedules are compared like all else."""
    capsys.readouterr()
    assert scheduled.loop("upsert", *JSON) == 0
    told = json.loads(capsys.readouterr().out)

    assert told["writes"] == 0
    kinds = [change["kind"] for change in told["changes"] if change["done"] == "unchanged"]
    assert (kinds.count("schedule"), kinds.count("schedule group")) == (2, 1)


def test_a_scheduled_batch_is_found_scored_and_judged(
    scheduled: Scheduled, capsys: pytest.CaptureFixture[str]
) -> None:
    """The batch of the day before by its folder, the latest approved version, and its baselines."""
    scheduled.put_batch("batch-late.csv", "2026-03-01")
    fired = scheduled.fire(BATCH, "2026-03-02T06:00:00Z", capsys)
    again = scheduled.fire(BATCH, "2026-03-02T06:00:00Z", capsys)

    assert (fired.code, fired.verdict["decision"], fired.verdict["batch"]["rows"]) == (0, "pass", 600)
    assert fired.parameters["ScheduledTime"] == "2026-03-02T06:00:00Z"
    assert (fired.parameters["InputDataUri"], fired.parameters["ModelPackageArn"]) == ("", "")
    assert fired.verdict["model_package_arn"].endswith(":model-package/mortgage/1")
    assert fired.verdict["baseline"]["model_package_arn"] == fired.verdict["model_package_arn"]
    # Of two deliveries of one scheduled time SageMaker makes one execution.
    assert again.execution == fired.execution


def test_a_day_without_a_batch_is_told(scheduled: Scheduled, capsys: pytest.CaptureFixture[str]) -> None:
    """No job breaks for want of input: the verdict says where nothing was, and keeps the gate closed."""
    fired = scheduled.fire(BATCH, "2026-04-06T06:00:00Z", capsys)

    assert (fired.code, fired.verdict["decision"], fired.verdict["gate"]) == (10, "window-empty", "closed")
    assert "no batch: there is no object below s3://" in fired.verdict["summary"]
    assert "/data/mortgage/batches/2026-04-05/" in fired.verdict["summary"]
    assert "window" not in (fired.verdict["batch"] or {}) or fired.verdict["batch"]["window"] is None


def test_labels_that_came_late_are_judged_by_schedule(
    scheduled: Scheduled, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before they are there the verdict says that they are missing; then that only they tell: refused."""
    missing = scheduled.fire(LATE, next_hour(), capsys)
    labels = scheduled.loop.file("labels-late.csv")
    assert scheduled.loop("ground-truth", "put", labels, *KEY) == 0
    # Another second of the same hour: a scheduled time is started once.
    at = next_hour().replace(":00Z", ":01Z")
    refused = scheduled.fire(LATE, at, capsys)

    assert (missing.code, missing.verdict["decision"]) == (10, "labels-missing")
    assert (refused.code, refused.verdict["decision"]) == (10, "refused")
    assert refused.verdict["model_package_arn"].endswith(":model-package/mortgage/1")
    assert refused.verdict["batch"]["labelled"] == 600
    assert refused.verdict["batch"]["window"]["end"] == next_hour()


def test_a_window_without_captures_is_told(scheduled: Scheduled, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing was scored in those hours."""
    fired = scheduled.fire(LATE, "2026-03-01T07:00:00Z", capsys)

    assert (fired.code, fired.verdict["decision"]) == (10, "window-empty")
    assert "from 2026-03-01T04:00:00Z until 2026-03-01T07:00:00Z" in fired.verdict["summary"]


def test_a_run_by_hand_names_what_it_wants(scheduled: Scheduled, capsys: pytest.CaptureFixture[str]) -> None:
    """Its file and its version are taken as they are, whatever the schedule would have found."""
    capsys.readouterr()
    files = ("--input", scheduled.loop.file("batch-drifted.csv"))
    code = scheduled.loop("run", "monitor-batch", "--model", "mortgage", *files, *JSON)
    verdict = json.loads(capsys.readouterr().out)["verdict"]

    assert (code, verdict["decision"]) == (10, "refused")
    assert verdict["model_package_arn"].endswith(":model-package/mortgage/1")


def test_scores_of_another_version_are_no_evidence(
    scheduled: Scheduled, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new artifact was approved since: its baselines say nothing of what the version before it scored."""
    loop = scheduled.loop
    shutil.copy(loop.data / "model.tar.gz", loop.data / "other.tar.gz")
    with (loop.data / "other.tar.gz").open("ab") as archive:
        archive.write(b"\0")
    files = ("--artifact", loop.file("other.tar.gz"), "--baseline-data", loop.file("validation.csv"))
    assert loop("run", "register", "--model", "mortgage", *files) == 0
    assert loop("gate", "mortgage", "--version", "2", "--apply") == 0
    fired = scheduled.fire(LATE, next_hour().replace(":00Z", ":02Z"), capsys)

    assert (fired.code, fired.verdict["decision"]) == (3, "no-evidence")
    assert "baseline-version-mismatch: the window was scored by version 1" in fired.verdict["summary"]


def test_the_clock_starts_what_is_due(scheduled: Scheduled, capsys: pytest.CaptureFixture[str]) -> None:
    """Schedules that no file has any more are deleted; a rate runs when it is made, and nobody fires it."""
    loop = scheduled.loop
    model = loop.conf / "models" / "mortgage.yaml"
    text = model.read_text()
    without = text[: text.index("schedules:")]
    model.write_text(without)
    capsys.readouterr()
    assert loop("upsert", *JSON) == 0
    gone = {
        change["name"]
        for change in json.loads(capsys.readouterr().out)["changes"]
        if (change["kind"], change["done"]) == ("schedule", "deleted")
    }
    known = executions(loop)
    model.write_text(f'{without}schedules: {{monitor-batch: {{expression: rate(1 day), batch: "none/"}}}}\n')
    assert loop("upsert") == 0
    deadline = time.monotonic() + 20
    while not (started := executions(loop) - known) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert gone == {BATCH, LATE}
    assert len(started) == 1
    assert loop("follow", started.pop()) == 10  # nobody put a batch there


def executions(loop: Loop) -> set[str]:
    """Return the executions of monitor-batch."""
    listed = loop.aws.call("sagemaker", "list_pipeline_executions", PipelineName=BATCH)
    return {each["PipelineExecutionArn"] for each in listed["PipelineExecutionSummaries"]}


def test_everything_that_was_called_above_is_allowed(scheduled: Scheduled) -> None:
    """Also what jobs of runs that nobody started find out for themselves."""
    loop = scheduled.loop
    assert loop.calls is not None
    # As the files say it now: the loop's own environment is older than its scheduler's role.
    environment, model = load_environment("local", loop.conf), load_model("mortgage", loop.conf)
    found, callers = denied(loop.calls.requests, environment, model)

    assert found == []
    assert callers >= {"upsert", JOB}
