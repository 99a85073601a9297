"""The whole loop on the mortgage example: a version, an honest batch, a biased one, and a worse candidate."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.aws.iam.commands import COMMANDS
from sagemaker_monitor.aws.storage import delete, put, read
from sagemaker_monitor.cli.main import main
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.registry.versions import latest_approved
from sagemaker_monitor.reports.verdict_schema import schema
from sagemaker_monitor.settings import load_environment, load_model
from tests.policy.judging import denied
from tests.policy.recording import JOB, Recorder, recorded

ROOT = Path(__file__).parents[1]
JSON = ("--format", "json")
KEY = ("--model", "mortgage", "--key", "application_id")


@dataclass(frozen=True)
class Loop:
    """An emulator with the mortgage pipelines deployed, and the example's files."""

    conf: Path
    data: Path
    aws: Aws
    calls: Recorder | None = None

    def __call__(self, *arguments: str) -> int:
        """Run a command in `local` and return its exit code."""
        if self.calls is None:
            return main([*arguments, "--conf-dir", str(self.conf), "--quiet"])
        words = " ".join(arguments[:2])
        self.calls.by = words if words in COMMANDS else arguments[0]
        try:
            return main([*arguments, "--conf-dir", str(self.conf), "--quiet"])
        finally:
            self.calls.by = "a test"

    def file(self, name: str) -> str:
        return str(self.data / name)

    def forget_captures(self) -> None:
        """Leave nothing captured, so that a window holds what comes next alone."""
        bucket, prefix = self.aws.environment.storage.bucket, self.aws.environment.storage.prefix
        found = self.aws.call("s3", "list_objects_v2", Bucket=bucket, Prefix=f"{prefix}/mortgage/capture/")
        for entry in found.get("Contents", []):
            self.aws.call("s3", "delete_object", Bucket=bucket, Key=entry["Key"])

    def versions(self) -> list[dict[str, Any]]:
        summaries = self.aws.call("sagemaker", "list_model_packages", ModelPackageGroupName="mortgage")
        return list(summaries["ModelPackageSummaryList"])


def prepared(folder: Path, url: str) -> Loop:
    """The repository's configuration and the example's files in *folder*, for the emulator at *url*."""
    conf = folder / "conf"
    shutil.copytree(ROOT / "conf", conf)
    local = conf / "environments" / "local.yaml"
    local.write_text(local.read_text().replace("http://127.0.0.1:4780", url))
    prepare = ROOT / "examples" / "mortgage" / "prepare.py"
    subprocess.run(
        [sys.executable, str(prepare), "--output", str(folder / "data")], check=True, capture_output=True
    )
    aws = connect(load_environment("local", conf))
    bucket, region = aws.environment.storage.bucket, aws.environment.region
    aws.call("s3", "create_bucket", Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    return Loop(conf, folder / "data", aws)


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """One emulator for the tests of this module, which build on each other's state through `approved`."""
    folder = tmp_path_factory.mktemp("loop")
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server, recorded(server) as calls:
        found = replace(prepared(folder, server.url), calls=calls)
        assert found("upsert") == 0
        yield found


@pytest.fixture(scope="module")
def approved(loop: Loop) -> Loop:
    """The loop after its first version was registered and opened."""
    files = ("--artifact", loop.file("model.tar.gz"), "--baseline-data", loop.file("validation.csv"))
    assert loop("run", "register", "--model", "mortgage", "--mode", "bootstrap", *files) == 0
    assert loop("gate", "mortgage", "--version", "1", "--apply") == 0
    return loop


def test_a_second_upsert_writes_nothing(loop: Loop, capsys: pytest.CaptureFixture[str]) -> None:
    """Built anew, the same configuration makes no writing call and says that it is unchanged."""
    code = loop("upsert", "--format", "json")
    told = json.loads(capsys.readouterr().out)

    assert code == 0
    assert told["writes"] == 0
    assert {change["done"] for change in told["changes"]} == {"unchanged"}


def test_the_first_version_carries_its_baselines_and_evidence(approved: Loop) -> None:
    """The registered version is approved and names its execution, bundle, verdict and baseline's rows."""
    arn = approved.versions()[0]["ModelPackageArn"]
    version = approved.aws.call("sagemaker", "describe_model_package", ModelPackageName=arn)

    assert version["ModelApprovalStatus"] == "Approved"
    carried = {section: set(parts) for section, parts in version["DriftCheckBaselines"].items()}
    assert carried == {
        "ModelDataQuality": {"Statistics", "Constraints"},
        "ModelQuality": {"Statistics", "Constraints"},
        "Bias": {"PreTrainingConstraints", "PostTrainingConstraints"},
        "Explainability": {"Constraints"},
    }
    assert set(version["CustomerMetadataProperties"]) == {
        "PipelineExecutionArn",
        "BundleSha256",
        "VerdictUri",
        "VerdictSha256",
        "ModelDataETag",
        "BaselineDataUri",
        "DataQualityBaselineDataUri",
        "ModelQualityBaselineDataUri",
        "BiasBaselineDataUri",
        "ExplainabilityBaselineDataUri",
        "BaselineModes",
        "AcceptReason",
        "Environment",
    }


def test_calibrate_tells_what_the_policy_sees_beside_the_approved_rows(
    approved: Loop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All four monitors from the version's own rows; from a local file what needs no prediction, and why."""
    change = ("--rows", "300", "--detect", "data_quality/baseline_drift_check/appinc=0.2")
    assert approved("calibrate", "mortgage", *change, *JSON) == 0
    found = json.loads(capsys.readouterr().out)
    at = found["sizes"][0]
    assert (
        approved("calibrate", "mortgage", "--rows", "300", "--baseline", approved.file("validation.csv")) == 0
    )
    told = capsys.readouterr().out

    assert found["baseline"]["rows"] == 750
    assert set(at["monitors"]) == {"data_quality", "bias", "model_quality", "explainability"}
    assert at["monitors"]["data_quality"]["refuses_honest"] <= 0.025
    assert at["declared"][0]["caught"] > 0.8
    assert "not simulated: model_quality: needs scored rows" in told


def doctored(
    loop: Loop, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, list[dict[str, Any]]]:
    """Run doctor on the model; return its exit code and what it found."""
    capsys.readouterr()
    code = loop("doctor", "mortgage", *arguments, *JSON)
    return code, json.loads(capsys.readouterr().out)["findings"]


def test_doctor_finds_no_problem_with_the_example(approved: Loop, capsys: pytest.CaptureFixture[str]) -> None:
    """The environment, the version and its baselines, an honest batch and its labels: all is looked at."""
    files = ("--input", approved.file("batch-honest.csv"), "--labels", approved.file("labels-honest.csv"))
    code, found = doctored(approved, capsys, *files)

    assert code == 0
    assert [each for each in found if each["status"] == "problem"] == []
    fine = {each["check"]: each["seen"] for each in found if each["status"] == "ok"}
    assert {"identity", "role-trust", "role-permissions", "bucket-region", "images", "pipelines"} <= set(fine)
    assert fine["baselines"] == "5 baselines of version 1 are there, and unchanged"
    assert fine["features"] == "schema.features are the 12 of version 1, in its order"
    assert fine["batch-types"] == "the types of 12 features are the baseline's (all 600 rows)"
    assert fine["batch-order"] == "no column looks like another one of version 1 (all 600 rows)"
    assert fine["labels"].startswith("100.0% of the rows have a label")


def test_doctor_takes_drift_and_bias_for_no_fault_of_the_data(
    approved: Loop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Batches that runs refuse are as they should be: that is for the verdict to say."""
    for name in ("drifted", "shifted"):
        files = (
            "--input",
            approved.file(f"batch-{name}.csv"),
            "--labels",
            approved.file(f"labels-{name}.csv"),
        )
        assert doctored(approved, capsys, *files)[0] == 0


def test_doctor_finds_what_is_gone_or_was_altered(approved: Loop, capsys: pytest.CaptureFixture[str]) -> None:
    """A baseline that was written again, another that is gone, and the version's archive: exit code 3."""
    version = latest_approved(approved.aws, "mortgage")
    assert version is not None
    uris = (version.baselines["DATA_BIAS"], version.baselines["MODEL_QUALITY"], version.model_data_url)
    kept = {uri: read(approved.aws, uri) for uri in uris}
    try:
        put(approved.aws, uris[0], b"{}")
        delete(approved.aws, uris[1])
        delete(approved.aws, uris[2])
        code, found = doctored(approved, capsys)
    finally:
        for uri, content in kept.items():
            put(approved.aws, uri, content)

    assert code == 3
    wrong = [(each["check"], each["seen"]) for each in found if each["status"] == "problem"]
    assert [check for check, _ in wrong] == ["baselines", "baselines", "artifact"]
    assert wrong[0][1].startswith("ModelQuality: the baseline is gone: ")
    assert "was altered" in wrong[1][1]
    assert "is gone" in wrong[2][1]


def test_an_honest_batch_passes(approved: Loop, capsys: pytest.CaptureFixture[str]) -> None:
    """AWS's rule flags it, chance explains what it flags, and the run exits 0; four monitors were judged."""
    batch = ("--input", approved.file("batch-honest.csv"), "--labels", approved.file("labels-honest.csv"))

    assert approved("run", "monitor-batch", "--model", "mortgage", *batch, *JSON) == 0
    verdict = json.loads(capsys.readouterr().out)["verdict"]
    assert {finding["monitor"] for finding in verdict["findings"]} == {
        "data_quality",
        "model_quality",
        "bias",
        "explainability",
    }
    assert {check["status"] for check in verdict["checks"]} == {"compared"}
    jsonschema.validate(verdict, schema())


def test_a_biased_batch_is_refused_with_its_reasons(
    approved: Loop, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run exits 10, and its outcome names black applicants' approvals, the value and the limit."""
    batch = ("--input", approved.file("batch-shifted.csv"), "--labels", approved.file("labels-shifted.csv"))
    code = approved("run", "monitor-batch", "--model", "mortgage", *batch, "--format", "json")
    verdict = json.loads(capsys.readouterr().out)["verdict"]
    crossed = {
        (f["metric"], f["facet"]) for f in verdict["findings"] if f["crossed"] and f["action"] == "fail"
    }

    assert code == 10
    assert verdict["decision"] == "refused"
    assert ("DPL", "black") in crossed
    assert ("DPPL", "black") in crossed


def test_a_worse_candidate_is_refused_and_not_registered(approved: Loop) -> None:
    """The run exits 10 and the group has the versions it had."""
    before = len(approved.versions())
    files = (
        "--artifact",
        approved.file("worse-model.tar.gz"),
        "--baseline-data",
        approved.file("validation.csv"),
    )

    assert approved("run", "register", "--model", "mortgage", "--mode", "check", *files) == 10
    assert len(approved.versions()) == before


def test_labels_that_arrive_late_refuse_what_the_inputs_let_pass(
    approved: Loop, capsys: pytest.CaptureFixture[str]
) -> None:
    """A batch without labels passes on its inputs alone and says so; its labels, put later, refuse it."""
    approved.forget_captures()
    code = approved(
        "run", "monitor-batch", "--model", "mortgage", "--input", approved.file("batch-late.csv"), *JSON
    )
    first = json.loads(capsys.readouterr().out)
    names = {
        step["StepName"]
        for step in approved.aws.call(
            "sagemaker", "list_pipeline_execution_steps", PipelineExecutionArn=first["execution_arn"]
        )["PipelineExecutionSteps"]
    }
    put = approved("ground-truth", "put", approved.file("labels-late.csv"), *KEY)
    capsys.readouterr()
    later = approved("run", "monitor-ground-truth", "--model", "mortgage", *JSON)
    second = json.loads(capsys.readouterr().out)["verdict"]
    crossed = {
        (f["metric"], f["facet"]) for f in second["findings"] if f["crossed"] and f["action"] == "fail"
    }

    assert (code, put, later) == (0, 0, 10)
    assert first["verdict"]["decision"] == "pass"
    assert not {"DataBias", "ModelBias"} & names
    assert "labels have not arrived" in {entry["why"] for entry in first["verdict"]["not_checked"]}
    assert second["decision"] == "refused"
    assert ("DPL", "black") in crossed


def backtest(loop: Loop, capsys: pytest.CaptureFixture[str], *policies: Path) -> dict[str, Any]:
    """Return what the newest judged window becomes under *policies*."""
    tried = [word for policy in policies for word in ("--policy", str(policy))]
    newest = ("--pipeline", "monitor-ground-truth", "--last", "1")
    assert loop("backtest", "mortgage", *newest, *tried, *JSON) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_backtest_gives_the_recorded_verdict_and_that_of_another_policy(
    approved: Loop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The refused window is refused again, finding for finding; a policy that only warns would open it."""
    lenient = tmp_path / "lenient.yaml"
    lenient.write_text(
        "rules:\n"
        "  - {match: model_quality/auc, minimum: 0.5, action: fail}\n"
        "  - {match: bias/*, tolerance: 0.01, action: warn}\n"
    )
    found = backtest(approved, capsys, approved.conf / "models" / "mortgage.yaml", lenient)
    execution = found["executions"][0]
    own, other = execution["decided"]

    assert execution["reproduced"] == "identical"
    assert (execution["then"], own["decision"], other["decision"]) == ("refused", "refused", "pass")
    assert "DPL/black" in {each["subject"] for each in own["refused_by"]}
    assert other["refused_by"] == []
    assert "DPL/black" in {each["subject"] for each in other["warned_by"]}
    assert found["policies"][1]["opened"] == [execution["execution_arn"].rpartition("/")[2]]


def test_a_backtest_says_what_was_deleted(approved: Loop, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the joined rows are gone nothing is decided, and their URI is named."""
    storage = approved.aws.environment.storage
    windows = f"{storage.prefix}/mortgage/monitor-ground-truth/"
    listed = approved.aws.call("s3", "list_objects_v2", Bucket=storage.bucket, Prefix=windows)
    rows = [each["Key"] for each in listed["Contents"] if "/labelled/" in each["Key"]]
    for key in rows:
        approved.aws.call("s3", "delete_object", Bucket=storage.bucket, Key=key)
    execution = backtest(approved, capsys)["executions"][0]

    assert rows
    assert execution["decided"] == []
    assert "evidence was deleted: there is nothing at s3://" in execution["not_replayed"]


def test_drifted_inputs_are_refused_before_any_label_exists(
    approved: Loop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Incomes and obligations beyond what chance explains refuse the batch, with AWS's own finding beside."""
    code = approved(
        "run", "monitor-batch", "--model", "mortgage", "--input", approved.file("batch-drifted.csv"), *JSON
    )
    verdict = json.loads(capsys.readouterr().out)["verdict"]
    crossed = {f["feature"]: f for f in verdict["findings"] if f["crossed"] and f["action"] == "fail"}

    assert code == 10
    assert set(crossed) == {"appinc", "hrat", "obrat"}
    assert crossed["obrat"]["aws_violation"]
    assert not crossed["appinc"]["aws_violation"]


def test_an_extra_column_is_refused_without_scoring(
    approved: Loop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One violation, as AWS has it; nothing is scored, and no rule could let it pass."""
    batch = tmp_path / "batch.csv"
    rows = (approved.data / "batch-honest.csv").read_text().splitlines()
    batch.write_text("".join(f"{row.partition(',')[0]},0.5,0.5,{row.partition(',')[2]}\n" for row in rows))
    code = approved("run", "monitor-batch", "--model", "mortgage", "--input", str(batch), *JSON)
    verdict = json.loads(capsys.readouterr().out)["verdict"]
    failing = [f["metric"] for f in verdict["findings"] if f["crossed"] and f["action"] == "fail"]

    assert code == 10
    assert failing == ["extra_column_check"]


def test_labels_of_other_records_break_the_run_with_a_reason(
    approved: Loop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Labels that match no record fail the join, and the run exits 3 with its reason."""
    batch = ("--input", approved.file("batch-honest.csv"), "--labels", approved.file("labels-shifted.csv"))
    code = approved("run", "monitor-batch", "--model", "mortgage", *batch)
    told = capsys.readouterr()

    assert code == 3
    assert "application_id" in told.err + told.out


def test_an_artifact_that_is_no_model_breaks_the_run_with_a_reason(
    approved: Loop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is no archive fails the transform, and the run exits 3 with its reason."""
    artifact = tmp_path / "model.tar.gz"
    artifact.write_bytes(b"no model")
    files = ("--artifact", str(artifact), "--baseline-data", approved.file("validation.csv"))
    code = approved("run", "register", "--model", "mortgage", "--mode", "check", *files)
    told = capsys.readouterr()

    assert code == 3
    assert "model.tar.gz" in told.err + told.out


def test_an_estimate_has_every_job_of_the_runs(approved: Loop, capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts, checks and the transform on their instances, and a shadow endpoint of what asks the model."""
    capsys.readouterr()
    assert approved("estimate", "mortgage", *JSON) == 0
    pipelines = {
        each["pipeline"]: each for each in json.loads(capsys.readouterr().out)["models"][0]["pipelines"]
    }
    used = {(each["step"], each["kind"], each["instance_type"]) for each in pipelines["register"]["steps"]}

    checks = {"DataQuality", "ModelQuality", "DataBias", "ModelBias", "ModelExplainability"}
    assert used == {
        ("ScoreBaseline", "transform", "ml.m5.large"),
        *((step, "processing", "ml.t3.medium") for step in ("Join", "Decide")),
        *((step, "processing", "ml.m5.large") for step in checks),
        *((step, "endpoint", "ml.m5.large") for step in ("ModelBias", "ModelExplainability")),
    }
    assert {each["kind"]: each["at_most"] for each in pipelines["register"]["instance_hours"]} == {
        "processing": False,
        "transform": False,
        "endpoint": True,
    }


def test_everything_that_was_called_above_is_allowed(approved: Loop) -> None:
    """Commands by what is said of them, scripts in jobs by the execution role."""
    assert approved.calls is not None
    model = load_model("mortgage", approved.conf)
    found, callers = denied(approved.calls.requests, approved.aws.environment, model)

    assert found == []
    assert callers >= {"upsert", "run", "gate", JOB}
