"""What a run finds out by its scheduled time: its batch, its version, and whose scores lie in its window."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from steps.scripts import collect_endpoint, collect_late, find_batch
from steps.scripts.collect import CollectError
from steps.scripts.scheduled import scheduled_moment
from tests.steps.scripts.test_collect_endpoint import Objects
from tests.steps.scripts.test_serving import GROUP, account

SCHEDULED = "2026-03-02T06:00:00Z"
OWN = "arn:aws:sagemaker:eu-west-1:000000000000:pipeline/loans-monitor-ground-truth-dev/execution/own1"
MADE = "arn:aws:sagemaker:eu-west-1:000000000000:pipeline/loans-monitor-batch-dev/execution/"
SPEC = {
    "columns": {"record_key": "id", "features": ["a"], "facet_columns": [], "label": "y"},
    "prediction": {"probability": 0, "values": 1},
    "window": [-24, 0],
}
ROW = "1,2,0.5,inference,2026-03-01T09:00:00Z\n"


def found(s3: Objects, approved: int | None = 3, **given: str) -> dict[str, Any]:
    """Find the batch of a day before a scheduled time."""
    options = {
        "scheduled_time": SCHEDULED,
        "input_uri": "",
        "batches_uri": "s3://data/batches/",
        "model_package_arn": "",
        "model_package_group": "loans",
    }
    batch = {"batch": "{year}/{month}/{day}/", "offset": -24}
    ask = account(approved=approved)
    return find_batch.find(Namespace(**{**options, **given}), batch, s3, ask)


class Captures(Objects):
    """Captured batches, and what SageMaker knows of the executions that scored them."""

    def __init__(self, approved: int | None = 3) -> None:
        super().__init__()
        self.answers = account(approved=approved)
        self.models: dict[str, int] = {}

    def batch(self, execution: str, version: int | None, name: str) -> None:
        """Capture a scored file of an execution; SageMaker forgot one that has no version."""
        uri = f"loans/monitor-batch/{execution}/transform/"
        self.texts[f"{uri}{name}.out"] = ROW
        manifest = [{"prefix": f"s3://data/{uri}"}, f"{name}.out"]
        self.texts[f"capture/output/2026/03/01/09/{name}.json"] = json.dumps(manifest)
        if version is not None:
            self.models[execution] = version

    def download_file(self, _bucket: str, key: str, path: str) -> None:
        """Copy an object."""
        Path(path).write_text(self.texts[key])

    def ask(self, operation: str, **request: Any) -> Any:
        """Answer as SageMaker."""
        if operation == "list_pipeline_execution_steps":
            execution = request["PipelineExecutionArn"].removeprefix(MADE)
            arn = f"arn:aws:sagemaker:eu-west-1:000000000000:model/m-{execution}"
            steps = [{"StepName": "CreateModel", "Metadata": {"Model": {"Arn": arn}}}]
            return {"PipelineExecutionSteps": steps} if execution in self.models else None
        if operation == "describe_model":
            version = self.models[request["ModelName"].removeprefix("m-")]
            return {"PrimaryContainer": {"ModelPackageName": f"{GROUP}/{version}"}}
        return self.answers(operation, **request)

    def collect(self, root: Path, **given: str) -> dict[str, Any]:
        """Collect the day before a scheduled time."""
        spec = root / "spec.json"
        spec.write_text(json.dumps(SPEC))
        options = {
            "spec": spec,
            "output": root / "output",
            "capture_uri": "s3://data/capture",
            "window_start": "",
            "window_end": "",
            "scheduled_time": SCHEDULED,
            "model_package_arn": "",
            "model_package_group": "loans",
            "execution_arn": OWN,
        }
        collect_late.run(Namespace(**{**options, **given}), self, self.ask)
        return dict(json.loads((root / "output" / "summary" / "collect.json").read_text()))


def test_the_batch_of_a_time_lies_where_its_placeholders_say() -> None:
    """Of the shifted time in UTC, below the batches' prefix; scored by the latest approved version."""
    s3 = Objects()
    s3.texts["batches/2026/03/01/a.csv"] = "1,2\n"
    batch = found(s3)

    assert (batch["status"], batch["input_uri"]) == ("captured", "s3://data/batches/2026/03/01/")
    assert batch["model_package_arn"] == f"{GROUP}/3"
    assert found(s3, scheduled_time="2026-03-01T23:30:00-03:00")["input_uri"].endswith("/2026/03/01/")


def test_without_a_batch_or_a_version_there_is_no_run() -> None:
    """Each is a status with its reason; what a run names itself is not looked for."""
    empty, unapproved = found(Objects()), found(Objects(), approved=None)
    named = found(Objects(), approved=None, input_uri="s3://b/x.csv", model_package_arn=f"{GROUP}/1")

    assert (empty["status"], empty["reason"]) == (
        "window-empty",
        "there is no object below s3://data/batches/2026/03/01/",
    )
    assert unapproved["status"] == "unusable"
    assert unapproved["reason"].startswith("no version of loans is approved")
    assert (named["status"], named["input_uri"], named["model_package_arn"]) == (
        "captured",
        "s3://b/x.csv",
        f"{GROUP}/1",
    )


def test_the_approved_version_s_scores_are_collected(tmp_path: Path) -> None:
    """A version with the same artifact counts as it; scores of another are left out and told."""
    captures = Captures(approved=3)
    captures.batch("e1", 3, "a")
    captures.batch("e2", 1, "b")  # version 1 has the artifact of version 3
    captures.batch("e3", 4, "c")
    summary = captures.collect(tmp_path)

    assert (summary["status"], summary["rows"], summary["objects"]) == ("captured", 2, 2)
    assert summary["window"] == {"start": "2026-03-01T06:00:00Z", "end": SCHEDULED}
    assert summary["model_package_arn"] == f"{GROUP}/3"
    (note,) = summary["notes"]
    assert note["why"] == "1 of 3 captured objects were scored by version 4, and left out"


def test_scores_of_others_alone_are_no_evidence(tmp_path: Path) -> None:
    """Their baseline is not the one that checks compare with."""
    captures = Captures(approved=3)
    captures.batch("e1", 4, "a")
    summary = captures.collect(tmp_path)

    assert summary["status"] == "unusable"
    assert summary["reason"].startswith(
        "baseline-version-mismatch: the window was scored by version 4, and a"
    )


def test_scores_of_which_nobody_knows_the_version_are_no_evidence(tmp_path: Path) -> None:
    """SageMaker no longer knows the execution, or it was none of monitor-batch."""
    captures = Captures()
    captures.batch("e1", 3, "a")
    captures.batch("e2", None, "b")
    summary = captures.collect(tmp_path)

    assert summary["status"] == "unusable"
    assert summary["reason"].startswith("which version scored 1 of 2 captured objects is not known")


def test_a_run_that_names_its_version_is_believed(tmp_path: Path) -> None:
    """As before there were schedules: every captured row of the window that it names."""
    captures = Captures(approved=None)
    captures.batch("e2", None, "b")
    given = {"window_start": "2026-03-01T09:00:00Z", "window_end": "2026-03-01T10:00:00Z"}
    summary = captures.collect(tmp_path, **given, model_package_arn=f"{GROUP}/1")

    assert (summary["status"], summary["rows"]) == ("captured", 1)
    assert (summary["model_package_arn"], summary["notes"]) == (f"{GROUP}/1", [])


def test_without_an_approved_version_a_window_is_no_evidence(tmp_path: Path) -> None:
    """There is nothing to compare with."""
    summary = Captures(approved=None).collect(tmp_path)

    assert (summary["status"], summary["rows"]) == ("unusable", 0)
    assert summary["reason"] == "no version of loans is approved: open one"


def test_a_time_that_is_none_is_refused() -> None:
    """And none at all is the time of the run."""
    now = datetime(2026, 3, 2, tzinfo=UTC)

    assert scheduled_moment("", now) == now
    with pytest.raises(CollectError, match="'monday' is no time; write 2026-03-01T09:00:00Z"):
        scheduled_moment("monday", now)


@pytest.mark.parametrize(
    ("main", "told", "own"),
    [
        (find_batch.main, "cannot find the batch: ", ["--batches-uri=s3://data/batches/"]),
        (
            collect_late.main,
            "cannot collect: ",
            ["--capture-uri=s3://data/capture", f"--execution-arn={OWN}"],
        ),
        (collect_endpoint.main, "cannot collect: ", ["--endpoint=loans"]),
    ],
)
def test_what_is_not_possible_becomes_the_reason_of_the_job(
    main: Callable[[list[str]], int],
    told: str,
    own: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In one line, where SageMaker takes its FailureReason from."""
    message = tmp_path / "message"
    monkeypatch.setenv("OUTPUT_MESSAGE_PATH", str(message))
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    places = [f"--spec={tmp_path / 'spec.json'}", f"--output={tmp_path}", "--model-package-group=loans"]

    assert main([*places, *own]) == 1
    assert message.read_text().startswith(f"{told}[Errno 2] No such file or directory: ")
