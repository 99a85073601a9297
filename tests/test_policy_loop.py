"""Every call of a loop through the commands, and of its jobs, is allowed; every permission is used by one."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws.iam.commands import COMMANDS
from sagemaker_monitor.aws.iam.grants import ABORT, statements_of
from sagemaker_monitor.aws.iam.jobs import execution_grants
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.iam.unseen import UNSEEN
from sagemaker_monitor.aws.storage import delete, list_objects, put
from sagemaker_monitor.cli.building import build_and_lint
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.identity import CALLER
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.follow import follow
from sagemaker_monitor.operations.policy.scoping import scope_of
from sagemaker_monitor.operations.stop import stop_execution
from sagemaker_monitor.settings import load_model
from tests.policy.evaluator import Need
from tests.policy.jobs import Service
from tests.policy.judging import judge
from tests.policy.needs import Account
from tests.policy.recording import JOB, Recorder, recorded
from tests.test_loop import KEY, ROOT, Loop, prepared

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

M = ("--model", "mortgage")
HELD_ELSEWHERE = {
    *("plan", "upsert", "rollback", "destroy", "prune"),  # tests/operations/test_permissions.py
    *("promote --from", "promote --to"),  # tests/operations/test_promotion_permissions.py
    "adopt",  # tests/operations/adopting/test_permissions.py
}
"""Commands whose use of every permission other tests show."""
UPLOADED, LISTED = ("Uploads", "s3:GetObject"), ("Bucket", "s3:ListBucket")
NOT_SHOWN = {
    ("Uploads", ABORT): "no upload of the loop is so long that it is sent in parts, and breaks",
    ("Results", ABORT): "the emulator uploads outputs whole",
}
"""Permissions that the loop does not use, with the reason."""
NOT_SHOWN_OF = {
    # The loop's artifact lies where it is configured; in tests/test_loop.py gate finds an uploaded one. And
    # no evidence is gone, which S3 tells only who may list.
    "gate": {UPLOADED, LISTED},
    "doctor": {UPLOADED},
    # Asked of checks in a team's own image: tests/test_own_engine.py.
    "report": {("JobRecords", "sagemaker:DescribeProcessingJob")},
    # Asked of monitoring schedules, and where an analysis configuration is gone.
    "estimate": {("Lists", "sagemaker:ListMonitoringExecutions"), LISTED},
    # Asked where the model of an endpoint names no version.
    "ground-truth put": {("ModelVersions", "sagemaker:ListModelPackages")},
    # The loop's environment starts nothing on schedule.
    "status": {("Lists", "scheduler:ListSchedules"), ("Schedules", "scheduler:GetSchedule")},
    # Read where no version is approved.
    "calibrate": {("ConfiguredData", "s3:GetObject")},
}
"""What the loop does not show of commands, with the reason."""


@dataclass(frozen=True)
class Done:
    """What the loop called: permissions needed by each command and by jobs, and what policies are about."""

    needs: dict[str, list[Need]]
    scope: Scope
    codes: dict[str, list[int]]


class Walk:
    """The loop, command by command, under the recorder's eye."""

    def __init__(self, folder: Path, server: Server, recorder: Recorder) -> None:
        """Prepare the example."""
        self.folder, self.server, self.recorder = folder, server, recorder
        recorder.by = "preparing"
        self.loop = prepared(folder, server.url)
        self.codes: dict[str, list[int]] = {}

    @property
    def root(self) -> str:
        """Where everything of the environment lies."""
        return self.loop.aws.environment.storage.root

    def type(self, command: str, *arguments: str) -> None:
        """Type a command, whose calls are its own."""
        self.server.context.hosting.flush()
        self.recorder.by = command
        self.codes.setdefault(command, []).append(self.loop(*command.split(), *arguments))

    def application(self, *arguments: str) -> None:
        """Run the example's application, whose calls are nobody's here."""
        self.recorder.by = "application"
        program = [sys.executable, str(ROOT / "examples" / "mortgage" / "endpoint.py"), *arguments]
        subprocess.run(program, check=True, capture_output=True, cwd=self.folder)

    def newest(self, pipeline: str) -> str:
        """Return the newest execution of a pipeline."""
        self.recorder.by = "looking"
        found = self.loop.aws.call(
            "sagemaker",
            "list_pipeline_executions",
            PipelineName=f"mortgage-{pipeline}-local",
            SortBy="CreationTime",
            SortOrder="Descending",
        )
        return str(found["PipelineExecutionSummaries"][0]["PipelineExecutionArn"])

    def versions(self) -> None:
        """From nothing to an approved version, looked at by every command that looks."""
        file = self.loop.file
        self.type("plan")
        self.type("upsert")
        self.type("plan")
        self.recorder.by = "preparing"
        model = load_model("mortgage", self.loop.conf)
        artifact = Path(file("model.tar.gz")).read_bytes()
        put(self.loop.aws, f"{self.root}/{model.artifact.model_data}", artifact)
        data = ("--baseline-data", file("validation.csv"))
        self.type("run", "register", *M, "--mode", "bootstrap", *data)
        self.type("gate", "mortgage", "--version", "1", "--apply")
        self.type("calibrate", "mortgage", "--rows", "300")

    def batches(self) -> None:
        """Batches that pass, break, are stopped and are refused; a baseline that is taken."""
        file, batch = self.loop.file, ("monitor-batch", *M)
        self.type("run", *batch, "--input", file("batch-late.csv"))
        self.type("ground-truth put", file("labels-late.csv"), *KEY)
        self.type("run", "monitor-ground-truth", *M)
        self.type("gate", "mortgage", "--execution", self.newest("monitor-ground-truth"), "--apply")
        labelled = ("--input", file("batch-honest.csv"), "--labels")
        self.type("run", *batch, *labelled, file("labels-shifted.csv"))
        self.type("follow", self.newest("monitor-batch"))
        accept = ("--mode", "bias=accept", "--reason", "for the test")
        self.type("run", *batch, *labelled, file("labels-honest.csv"), *accept)
        self.type("report", "mortgage", "-o", str(self.folder / "run.html"))
        self.type("report", "mortgage", "--last", "5", "-o", str(self.folder / "model.html"))
        policy = str(self.loop.conf / "models" / "mortgage.yaml")
        self.type("backtest", "mortgage", "--last", "3", "--policy", policy)
        for step in ("Inputs", "BatchMonitor-transform"):
            self.stop_while(step, "--input", file("batch-honest.csv"))

    def stop_while(self, step: str, *options: str) -> None:
        """Start a batch, and stop it while a step's job runs."""
        self.type("run", "monitor-batch", *M, *options, "--detach")
        arn = self.newest("monitor-batch")
        self.recorder.by = "looking"
        deadline = time.monotonic() + 60
        while not any(each.name == step for each in next(iter(follow(self.loop.aws, arn))).steps):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        self.recorder.by = "run"
        stop_execution(self.loop.aws, arn)
        self.recorder.by = "looking"
        list(follow(self.loop.aws, arn))

    def endpoint(self) -> None:
        """Two windows of an endpoint, without labels and with them."""
        file = self.loop.file
        self.recorder.by = "preparing"
        for stored in list(list_objects(self.loop.aws, f"{self.root}/labels/")):
            delete(self.loop.aws, stored.uri)  # of batches, and in the same hour
        self.application("deploy", "--version", "1")
        self.application("ask", file("batch-honest.csv"))
        self.type("run", "monitor-endpoint", *M)
        decisions = str(self.folder / "decisions.csv")
        labels = (file("batch-honest.csv"), file("labels-honest.csv"), "-o", decisions)
        self.application("decisions", *labels)
        self.type("ground-truth put", decisions, *M, "--of", "endpoint")
        self.type("run", "monitor-endpoint", *M)
        self.type("estimate")
        self.type("status")
        self.recorder.by = "preparing"
        batch = Path(file("batch-honest.csv")).read_bytes()
        put(self.loop.aws, f"{self.root}/data/mortgage/batches/a.csv", batch)
        self.type("doctor")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    """The loop, walked once. Deploying commands are held to their calls in tests/operations, in full."""
    folder = tmp_path_factory.mktemp("policy")
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server, recorded(server) as recorder:
        walk = Walk(folder, server, recorder)
        walk.versions()
        walk.batches()
        walk.endpoint()
        recorder.by = "records"
        environment = walk.loop.aws.environment
        account = Account(environment.account, environment.region)
        needs: dict[str, list[Need]] = {}
        for request in recorder.requests:
            needs.setdefault(request.by, []).extend(account.needs(request) if request.by in known() else ())
        # Who calls without roles.deploy is a role that the configuration does not know: doctor says so.
        needs["doctor"] = [need for need in needs["doctor"] if not need.resource.endswith(f"/{CALLER}")]
        needs[JOB] = [*needs[JOB], *Service(walk.loop.aws, account).needs()]
        yield Done(needs, scope(walk.loop), walk.codes)


def known() -> set[str]:
    """Who calls what policies are about."""
    return {JOB, *COMMANDS}


def scope(loop: Loop) -> Scope:
    """What the policies of the loop's environment are about; the example's application captures elsewhere."""
    model = load_model("mortgage", loop.conf)
    environment = loop.aws.environment
    bundle: Bundle = build_and_lint(model, environment)
    return scope_of(environment, [(model, bundle)], reads=[f"{environment.storage.root}/endpoint-capture/"])


def test_the_loop_went_as_it_should(done: Done) -> None:
    """Commands passed, refused, broke and were stopped where they should."""
    assert done.codes["run"] == [0, 0, 10, 3, 0, 0, 0, 0, 0]
    assert {code for name, codes in done.codes.items() if name != "run" for code in codes} == {0, 3, 10}


@pytest.mark.parametrize("command", [*COMMANDS, JOB])
def test_every_call_is_allowed(done: Done, command: str) -> None:
    """By the statements of the command, or of the execution role."""
    grants = execution_grants(done.scope) if command == JOB else COMMANDS[command]
    found = judge(done.needs.get(command, ()), statements_of(grants, done.scope))

    assert found.denied == ()


@pytest.mark.parametrize("command", [*sorted({*COMMANDS} - HELD_ELSEWHERE), JOB])
def test_every_permission_is_used(done: Done, command: str) -> None:
    """Each action of each statement, by a call of the command or of a job, or it is known why not."""
    grants = execution_grants(done.scope) if command == JOB else COMMANDS[command]
    found = judge(done.needs[command], statements_of(grants, done.scope))
    unseen = {(place.sid, action) for place in UNSEEN for action in grants.get(place, ())}

    assert found.unused - unseen - set(NOT_SHOWN) - NOT_SHOWN_OF.get(command, set()) == set()
