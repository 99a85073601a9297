"""Deciding an execution from what SageMaker and S3 say about it."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from sagemaker_monitor.analysis.decision.evidence import Value
from sagemaker_monitor.analysis.decision.sample import Sample, SampleError, read_sample
from sagemaker_monitor.analysis.decision.spec import from_json as read_spec
from sagemaker_monitor.analysis.documents.analysis import Analysis, BiasSection, FacetResult, MetricResult
from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.analysis.documents.verdict_json import from_json as read_verdict
from steps.scripts import decide
from tests.analysis.decision.cases import people, spec_document, values
from tests.analysis.decision.inputs import CALIBRATED, STEP, Inputs, columns, inputs, quality_document

VERSION = "arn:aws:sagemaker:eu-west-1:000000000000:model-package/mortgage/1"
EXECUTION = "arn:aws:sagemaker:eu-west-1:000000000000:pipeline/p/execution/abcdefghijkl"
KINDS = {"DataBias": "DATA_BIAS", "ModelBias": "MODEL_BIAS"}
SECTIONS = {
    "DATA_BIAS": ("pre_training", "PreTrainingConstraints"),
    "MODEL_BIAS": ("post_training", "PostTrainingConstraints"),
}


def report(found: tuple[Value, ...], check_type: str) -> str:
    """Return the analysis.json with these values."""
    metrics = tuple(MetricResult(each.metric, each.metric, each.value, each.error) for each in found)
    section = BiasSection("approve", {"black": (FacetResult("1", metrics),)}, "1")
    return Analysis(**{SECTIONS[check_type][0]: section}).to_json()  # type: ignore[arg-type]


def rows(sample: Sample) -> dict[str, str]:
    """Return the files of the join step for *sample*, by folder."""
    cells = list(zip(sample.inside[0], sample.observed, sample.predicted, strict=True))
    return {
        "labelled": "".join(f"10.5,{int(inside)},{int(label)}\n" for inside, label, _ in cells),
        "scored": "".join(f"{0.9 if predicted else 0.2},{int(label)}\n" for _, label, predicted in cells),
    }


class FakeService:
    """An execution whose checks compared *batch* with an approved version's baseline."""

    def __init__(self, batch: Sample, baseline: Sample) -> None:
        self.found_version: dict[str, Any] | None = {
            "ModelPackageArn": VERSION,
            "DriftCheckBaselines": {
                "Bias": {
                    SECTIONS[kind][1]: {"S3Uri": f"s3://b/old/{step}.json"} for step, kind in KINDS.items()
                }
            },
            "InferenceSpecification": {
                "Containers": [{"Image": "an-image", "ModelDataUrl": "s3://b/model.tar.gz"}]
            },
            "CustomerMetadataProperties": {"BaselineDataUri": "s3://b/old/join"},
        }
        self.found_steps: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, str] = {}
        for step, kind in KINDS.items():
            self.objects[f"s3://b/new/{step}.json"] = report(values(batch, kind), kind)
            self.objects[f"s3://b/old/{step}.json"] = report(values(baseline, kind), kind)
            check = {
                "CheckType": kind,
                "CalculatedBaselineConstraints": f"s3://b/new/{step}.json",
                "BaselineUsedForDriftCheckConstraints": f"s3://b/old/{step}.json",
                "SkipCheck": False,
                "RegisterNewBaseline": False,
            }
            self.found_steps[step] = {"StepStatus": "Succeeded", "Metadata": {"ClarifyCheck": check}}
        self.folders = {f"s3://b/old/join/{name}": text for name, text in rows(baseline).items()}

    def quality(self, batch: Inputs, baseline: Inputs) -> None:
        """Add the step that checked *batch* against *baseline*."""
        found, before = batch.documents(baseline), baseline.documents()
        self.objects.update({f"s3://b/new/{name}": text for name, text in found.items()})
        self.objects.update({f"s3://b/old/{name}": text for name, text in before.items()})
        self.folders["s3://b/old/join/features"] = baseline.text
        assert self.found_version
        self.found_version["DriftCheckBaselines"]["ModelDataQuality"] = {
            kind: {"S3Uri": f"s3://b/old/{kind.lower()}.json"} for kind in ("Statistics", "Constraints")
        }
        violations = "constraint_violations.json"
        check = {
            "CheckType": "DATA_QUALITY",
            "CalculatedBaselineStatistics": "s3://b/new/statistics.json",
            "CalculatedBaselineConstraints": "s3://b/new/constraints.json",
            "BaselineUsedForDriftCheckStatistics": "s3://b/old/statistics.json",
            "BaselineUsedForDriftCheckConstraints": "s3://b/old/constraints.json",
            "ViolationReport": f"s3://b/new/{violations}" if violations in found else "",
            "SkipCheck": False,
            "RegisterNewBaseline": False,
        }
        self.found_steps[STEP] = {"StepStatus": "Succeeded", "Metadata": {"QualityCheck": check}}

    def check(self, step: str) -> dict[str, Any]:
        """Return the metadata of one check, to be changed."""
        metadata: dict[str, Any] = self.found_steps[step]["Metadata"]["ClarifyCheck"]
        return metadata

    def steps(self, execution_arn: str) -> dict[str, dict[str, Any]]:
        """Return the steps by name."""
        assert execution_arn == EXECUTION
        return self.found_steps

    def version(self, arn: str, group: str) -> dict[str, Any] | None:
        """Return the approved version."""
        return self.found_version

    def output_uri(self, step: dict[str, Any] | None, output: str) -> str | None:
        """Return where this run's join step wrote."""
        return f"s3://b/this/join/{output}"

    def model_data_etag(self, step: dict[str, Any] | None) -> str | None:
        """Return the candidate's."""
        return "0f343b0931126a20f133d67c2b018a3b"

    def etag(self, uri: str) -> str:
        """Return one that tells of which object it is."""
        return f"of {uri}"

    def text(self, uri: str) -> str | None:
        """Return an object."""
        return self.objects.get(uri)

    def download(self, uri: str, folder: Path) -> int:
        """Write the folder's one file."""
        if uri not in self.folders:
            return 0
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "000000.csv").write_text(self.folders[uri])
        return 1


BASELINE, HONEST, BIASED = people(1, 600), people(2, 500), people(3, 500, bias=0.35)


class Run:
    """A decide job: its folders and its service."""

    def __init__(self, root: Path, batch: Sample) -> None:
        self.root, self.service = root, FakeService(batch, BASELINE)
        (root / "spec.json").write_text(json.dumps(spec_document()))
        self.labels(rows=batch.rows, labelled=batch.rows, status="labels-complete")
        for folder, text in rows(batch).items():
            (root / "join" / folder).mkdir(parents=True)
            (root / "join" / folder / "data.csv").write_text(text)

    def labels(self, **known: Any) -> None:
        """Write labels.json."""
        summary = {
            "schema_version": 1,
            "overlap": 1.0,
            "minimum_overlap": 0.9,
            "duplicate_labels": 0,
            "unmatched_labels": 0,
        }
        (self.root / "labels.json").write_text(json.dumps({**summary, **known}))

    def evidence(self) -> dict[str, Any]:
        """Return what the script writes beside the verdict."""
        found: dict[str, Any] = json.loads((self.root / "out" / "evidence.json").read_text())
        return found

    def decide(self, *given: str) -> Verdict:
        """Return the verdict that the script writes; *given* replaces the joined rows and labels, or adds."""
        joined = ("--labels", str(self.root / "labels.json"), "--join", str(self.root / "join"))
        if given and given[0].startswith("--modes"):
            given = (*joined, *given)
        options = decide.parse(
            [
                *("--spec", str(self.root / "spec.json"), "--output", str(self.root / "out")),
                *(given or joined),
                *("--execution-arn", EXECUTION, "--model-package-arn=", "--baseline-model-package-arn="),
                *("--model-package-group", "mortgage", "--bundle", "0" * 64),
            ]
        )
        decide.decide(options, self.service)
        return read_verdict(json.loads((self.root / "out" / "verdict.json").read_text()))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The decide job of an honest batch."""
    return Run(tmp_path, HONEST)


def test_an_honest_batch_opens_the_gate(run: Run) -> None:
    """From the documents to the verdict: what was compared, with which version, on how many rows."""
    verdict = run.decide()

    assert verdict.decision == "pass"
    assert verdict.baseline
    assert (verdict.baseline.model_package_arn, verdict.baseline.rows) == (VERSION, 600)
    assert verdict.baseline.constraints["ModelBias"] == "s3://b/old/ModelBias.json"
    assert verdict.batch
    assert verdict.batch.facets[0].inside.rows == int(HONEST.inside[0].sum())
    assert verdict.carried_baseline_data_uri == "s3://b/old/join"


def test_a_biased_batch_closes_it(tmp_path: Path) -> None:
    """The shift that is in the rows is what the sentence says."""
    verdict = Run(tmp_path, BIASED).decide()

    assert (verdict.decision, verdict.gate) == ("refused", "closed")
    assert "DPPL for black" in verdict.summary


def test_a_failed_check_is_no_evidence(run: Run) -> None:
    """SageMaker's reason is passed on."""
    run.service.found_steps["ModelBias"] = {"StepStatus": "Failed", "FailureReason": "ClientError: no rows"}
    verdict = run.decide()

    assert verdict.decision == "no-evidence"
    assert "ModelBias: the step is Failed: ClientError: no rows" in verdict.summary


def test_a_check_that_never_ran_is_no_evidence(run: Run) -> None:
    """What was expected is known beforehand; absence is not a pass."""
    del run.service.found_steps["DataBias"]

    assert "DataBias: the step did not run" in run.decide().summary


def test_a_report_that_vanished_is_no_evidence(run: Run) -> None:
    """A step that succeeded and left nothing tells nothing."""
    del run.service.objects["s3://b/new/ModelBias.json"]

    assert "s3://b/new/ModelBias.json does not exist" in run.decide().summary


def test_another_versions_baseline_is_a_mismatch(run: Run) -> None:
    """A check that was held against another version than the one asked about proves nothing about it."""
    run.service.check("ModelBias")["BaselineUsedForDriftCheckConstraints"] = "s3://b/other.json"
    verdict = run.decide()

    assert verdict.decision == "no-evidence"
    assert "baseline-version-mismatch" in verdict.summary


def test_an_altered_baseline_is_no_evidence(run: Run) -> None:
    """A baseline that is not what the version was registered with proves nothing, whoever widened it."""
    assert run.service.found_version
    source = run.service.found_version["DriftCheckBaselines"]["Bias"]["PostTrainingConstraints"]
    text = run.service.objects["s3://b/old/ModelBias.json"]
    source["ContentDigest"] = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    assert run.decide().decision == "pass"

    run.service.objects["s3://b/old/ModelBias.json"] = text + "\n"
    verdict = run.decide()

    assert verdict.decision == "no-evidence"
    assert "ModelBias: baseline-altered: s3://b/old/ModelBias.json" in verdict.summary


def test_without_an_approved_version_nothing_was_compared(run: Run) -> None:
    """A check that claims to have compared, with no version to compare with, is no evidence."""
    run.service.found_version = None

    assert run.decide().decision == "no-evidence"


def test_bootstrap_establishes_and_carries_this_runs_rows(run: Run) -> None:
    """The first version's baseline is computed from this run's rows, and the verdict says where they are."""
    run.service.found_version = None
    for step in KINDS:
        run.service.check(step).update(SkipCheck=True, RegisterNewBaseline=True)
    verdict = run.decide()

    assert (verdict.decision, verdict.gate) == ("baseline-established", "open")
    assert verdict.carried_baseline_data_uri == "s3://b/this/join"


def test_what_binds_a_version_stands_beside_the_verdict(run: Run) -> None:
    """The digests are those of the bytes: the verdict's, and of each baseline that the version will carry."""
    (run.root / "spec.json").write_text(json.dumps({**spec_document(), "pipeline": "register"}))
    run.decide()
    evidence = json.loads((run.root / "out" / "evidence.json").read_text())

    def digest(content: bytes) -> str:
        return hashlib.sha256(content).hexdigest()

    assert evidence["verdict_sha256"] == digest((run.root / "out" / "verdict.json").read_bytes())
    assert evidence["model_data_etag"] == "0f343b0931126a20f133d67c2b018a3b"
    assert evidence["baselines"] == {
        kind: {"Constraints": f"sha256:{digest(run.service.objects[f's3://b/old/{step}.json'].encode())}"}
        for step, kind in KINDS.items()
    }


def test_monitoring_binds_nothing_unless_it_is_asked_for_a_new_baseline(run: Run) -> None:
    """What the pipeline's condition reads beside the verdict says that nothing is registered."""
    run.decide()

    assert run.evidence() == {
        "schema_version": 1,
        "registers": "no",
        "notice": "pass: 18 limits held at 500 rows",
    }


def asked(run: Run, modes: str, reason: str = "none", **flags: bool) -> Verdict:
    """Return the verdict of a run that was asked for *modes*, its checks run with these *flags*."""
    for step in KINDS:
        run.service.check(step).update(flags)
    return run.decide(f"--modes={modes}", f"--accept-reason={reason}")


def test_a_refreshed_baseline_was_compared_and_is_carried(run: Run) -> None:
    """The checks compare with the earlier baseline by its own URI; the version gets what they computed."""
    for step in KINDS:
        # SageMaker's property shows the new baseline where one is registered.
        run.service.check(step)["BaselineUsedForDriftCheckConstraints"] = f"s3://b/new/{step}.json"
    verdict = asked(run, "bias=refresh", RegisterNewBaseline=True)
    evidence = run.evidence()

    assert (verdict.decision, {each.mode for each in verdict.checks}) == ("pass", {"refresh"})
    assert verdict.baseline is not None
    assert verdict.baseline.constraints["DataBias"] == "s3://b/old/DataBias.json"
    assert verdict.summary.endswith("; new baseline for DataBias, ModelBias")
    assert evidence["registers"] == "yes"
    assert evidence["carried"]["MODEL_BIAS"] == {"Constraints": "s3://b/new/ModelBias.json"}
    assert evidence["baseline_data_uris"] == {"bias": "s3://b/this/join"}
    assert evidence["container"] == {"image": "an-image", "model_data_url": "s3://b/model.tar.gz"}
    assert evidence["model_data_etag"] == "of s3://b/model.tar.gz"


def test_an_accepted_baseline_says_why(run: Run) -> None:
    """Nothing is compared; the verdict has the reason that a person gave."""
    verdict = asked(run, "bias=accept", "minute 11", SkipCheck=True, RegisterNewBaseline=True)

    assert (verdict.decision, verdict.gate) == ("baseline-established", "open")
    assert verdict.summary == "new baseline of DataBias, ModelBias accepted without comparing: minute 11"
    assert {(each.mode, each.accept_reason) for each in verdict.checks} == {("accept", "minute 11")}
    assert run.evidence()["carried"]["DATA_BIAS"] == {"Constraints": "s3://b/new/DataBias.json"}


@pytest.mark.parametrize(
    ("modes", "flags", "text"),
    [
        ("bias=accept", (True, True), "its new baseline was accepted without a reason"),
        ("none", (True, True), "nothing was compared, although version 1 has a baseline"),
        ("bias=check", (True, True), "nothing was compared, although version 1 has a baseline"),
        ("bias=refresh", (True, False), "the earlier baseline would be carried on"),
        ("none", (True, False), "the earlier baseline would be carried on"),
    ],
)
def test_whoever_skips_a_comparison_has_to_say_why(
    run: Run, modes: str, flags: tuple[bool, bool], text: str
) -> None:
    """An execution that was started by hand does not get round the approved baseline."""
    verdict = asked(run, modes, SkipCheck=flags[0], RegisterNewBaseline=flags[1])

    assert verdict.decision == "no-evidence"
    assert text in verdict.summary


def test_a_mode_that_is_none_ends_without_a_verdict(run: Run) -> None:
    """What the parameters cannot mean is an error, not a guess."""
    with pytest.raises(ValueError, match="the mode 'skip' is none of bootstrap, check, refresh, accept"):
        asked(run, "bias=skip")


def test_a_baseline_that_was_to_be_accepted_needs_labels(run: Run) -> None:
    """Without labels there is nothing to accept, and no version is registered."""
    run.labels(rows=500, labelled=0, status="labels-missing")
    verdict = run.decide(
        "--labels", str(run.root / "labels.json"), "--modes=bias=accept", "--accept-reason=x"
    )

    assert verdict.decision == "labels-missing"


def test_missing_baseline_rows_are_told(run: Run) -> None:
    """Calibration says what it lacks instead of passing."""
    run.service.folders.clear()

    assert "there are no rows below s3://b/old/join" in run.decide().summary


def test_missing_labels_close_the_gate(run: Run) -> None:
    """Without labels there are no joined rows, and none are needed to say so."""
    run.labels(rows=500, labelled=0, overlap=0.0, status="labels-missing")
    for folder in ("labelled", "scored"):
        (run.root / "join" / folder / "data.csv").unlink()

    assert run.decide().decision == "labels-missing"


def test_violations_are_read_from_the_step(run: Run) -> None:
    """AWS's violations come from the document that the step names."""
    violation = {
        "facet": "black",
        "facet_value": "1",
        "metric_name": "DPPL",
        "constraint_check_type": "bias_drift_check",
        "description": "Metric value 1 doesn't meet the baseline constraint requirement 0",
    }
    run.service.objects["s3://b/v.json"] = json.dumps({"version": "1.0", "violations": [violation]})
    run.service.check("ModelBias")["ViolationReport"] = "s3://b/v.json"
    verdict = run.decide()

    assert [f.metric for f in verdict.findings if f.aws_violation] == ["DPPL"]
    assert {c.step: c.aws_violations for c in verdict.checks} == {"DataBias": 0, "ModelBias": 1}


INCOMES, POORER = inputs(columns(1, 750)), inputs(columns(3, 600, richer=0.8))
BIAS_RULE = {"match": "bias/*", "tolerance": "calibrated", "action": "fail"}


class InputsRun(Run):
    """A decide job of a pipeline that checks its inputs too."""

    def __init__(self, root: Path, batch: Inputs, *, bias: bool = True) -> None:
        super().__init__(root, HONEST)
        document = quality_document(bias=bias, rules=[CALIBRATED, BIAS_RULE])
        (root / "spec.json").write_text(json.dumps(document))
        (root / "features").mkdir()
        (root / "features" / "data.csv").write_text(batch.text)
        # Rows of the bias checks have the one feature that their specification names.
        for folder in (root / "join" / "labelled", self.service.folders):
            self._widen(folder)
        self.service.quality(batch, INCOMES)
        self.given = ("--features", str(root / "features"))

    def _widen(self, where: Any) -> None:
        if isinstance(where, Path):
            (where / "data.csv").write_text(wide((where / "data.csv").read_text()))
        else:
            where["s3://b/old/join/labelled"] = wide(where["s3://b/old/join/labelled"])

    def labelled(self) -> tuple[str, ...]:
        """Return the arguments of a run with labels."""
        return (*self.given, "--labels", str(self.root / "labels.json"), "--join", str(self.root / "join"))


def wide(labelled: str) -> str:
    """Return rows of one feature as rows of four."""
    return "".join(f"1.0,2.0,{line}\n" for line in labelled.replace("10.5,", "120,north,").splitlines())


def test_inputs_and_bias_are_decided_together(tmp_path: Path) -> None:
    """Both kinds of check are read from the execution's steps, and one verdict has both."""
    run = InputsRun(tmp_path, inputs(columns(2, 600)))
    verdict = run.decide(*run.labelled())

    assert verdict.decision == "pass"
    assert {finding.monitor for finding in verdict.findings} == {"data_quality", "bias"}
    assert verdict.baseline
    assert verdict.baseline.constraints[STEP] == "s3://b/old/constraints.json"


def test_inputs_are_decided_without_labels(tmp_path: Path) -> None:
    """Before labels arrive, with or without labels.json, drift refuses; nothing joined is needed."""
    run = InputsRun(tmp_path, POORER)
    run.labels(rows=600, labelled=0, overlap=0.0, status="labels-missing")
    verdict = run.decide(*run.given, "--labels", str(tmp_path / "labels.json"))

    assert verdict.decision == "refused"
    assert "income" in verdict.summary
    assert run.decide(*run.given).summary == verdict.summary


def test_inputs_alone_need_no_facets(tmp_path: Path) -> None:
    """A model that is watched for its inputs only is decided by them."""
    verdict = InputsRun(tmp_path, inputs(columns(2, 600)), bias=False)

    assert verdict.decide(*verdict.given).decision == "pass"


def test_a_violation_of_columns_stands_alone(tmp_path: Path) -> None:
    """SageMaker leaves neither statistics nor constraints then, and none are asked for."""
    found = columns(2, 600)
    del found["debt"]
    run = InputsRun(tmp_path, inputs(found))
    assert "s3://b/new/statistics.json" not in run.service.objects
    run.service.found_steps["BatchMonitor-transform"] = {"StepStatus": "Failed", "FailureReason": "columns"}
    verdict = run.decide(*run.given)

    assert verdict.decision == "refused"
    assert "Number of columns in current dataset: 3" in verdict.summary


def test_a_failed_transform_is_not_taken_for_missing_labels(tmp_path: Path) -> None:
    """Fitting inputs whose scoring broke are no pass."""
    run = InputsRun(tmp_path, inputs(columns(2, 600)))
    run.service.found_steps["BatchMonitor-transform"] = {"StepStatus": "Failed", "FailureReason": "OOM"}

    assert run.decide(*run.given).decision == "no-evidence"


@pytest.mark.parametrize("document", ["Statistics", "Constraints"])
def test_another_versions_statistics_are_a_mismatch(tmp_path: Path, document: str) -> None:
    """Both documents that the check was held against must be the version's."""
    run = InputsRun(tmp_path, inputs(columns(2, 600)))
    metadata = run.service.found_steps[STEP]["Metadata"]["QualityCheck"]
    metadata[f"BaselineUsedForDriftCheck{document}"] = "s3://b/other.json"
    verdict = run.decide(*run.labelled())

    assert verdict.decision == "no-evidence"
    assert f"{STEP}: baseline-version-mismatch" in verdict.summary


def test_altered_statistics_are_no_evidence(tmp_path: Path) -> None:
    """Drift is measured from the statistics: other ones than were registered are found out too."""
    run = InputsRun(tmp_path, inputs(columns(2, 600)))
    assert run.service.found_version
    sources = run.service.found_version["DriftCheckBaselines"]["ModelDataQuality"]
    sources["Statistics"]["ContentDigest"] = f"sha256:{'0' * 64}"

    assert f"{STEP}: baseline-altered: s3://b/old/statistics.json" in run.decide(*run.labelled()).summary


def test_statistics_that_vanished_are_no_evidence(tmp_path: Path) -> None:
    """Without a violation of columns the report must be there."""
    run = InputsRun(tmp_path, inputs(columns(2, 600)))
    del run.service.objects["s3://b/new/statistics.json"]

    assert "s3://b/new/statistics.json does not exist" in run.decide(*run.labelled()).summary


def test_missing_rows_of_the_baselines_inputs_are_told(tmp_path: Path) -> None:
    """Calibration of drift needs the features that the baseline was computed from."""
    run = InputsRun(tmp_path, inputs(columns(2, 600)))
    del run.service.folders["s3://b/old/join/features"]

    assert "there are no rows below s3://b/old/join/features" in run.decide(*run.labelled()).summary


def test_an_empty_window_needs_nothing_else(run: Run) -> None:
    """Where nothing was captured there is nothing to join, and the verdict says which hours."""
    (run.root / "spec.json").write_text(json.dumps({**spec_document(), "pipeline": "monitor-ground-truth"}))
    collected = {
        "schema_version": 1,
        "window": {"start": "2026-03-01T00:00:00Z", "end": "2026-03-02T00:00:00Z"},
        "manifests": 0,
        "objects": 0,
        "rows": 0,
        "status": "window-empty",
    }
    (run.root / "collect.json").write_text(json.dumps(collected))
    verdict = run.decide("--collected", str(run.root / "collect.json"))

    assert verdict.decision == "window-empty"
    assert verdict.batch
    assert verdict.batch.window


def test_a_window_with_rows_is_decided_as_any_batch(run: Run) -> None:
    """The verdict says the hours that the rows were captured in."""
    collected = {
        "schema_version": 1,
        "window": {"start": "2026-03-01T00:00:00Z", "end": "2026-03-02T00:00:00Z"},
        "rows": 500,
        "status": "captured",
    }
    (run.root / "collect.json").write_text(json.dumps(collected))
    joined = ("--labels", str(run.root / "labels.json"), "--join", str(run.root / "join"))
    verdict = run.decide(*joined, "--collected", str(run.root / "collect.json"))

    assert verdict.decision == "pass"
    assert verdict.batch
    assert verdict.batch.window
    assert verdict.batch.window.start == "2026-03-01T00:00:00Z"


def test_the_script_says_in_one_line_why_it_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason becomes the job's FailureReason, and there is no verdict."""
    monkeypatch.setenv("OUTPUT_MESSAGE_PATH", str(tmp_path / "message"))
    (tmp_path / "spec.json").write_text('{"schema_version": 1}')
    folders = [str(tmp_path / name) for name in ("labels.json", "join", "out")]
    code = decide.main(
        [
            *("--spec", str(tmp_path / "spec.json"), "--labels", folders[0], "--join", folders[1]),
            *(
                "--output",
                folders[2],
                "--execution-arn",
                EXECUTION,
                "--model-package-group",
                "g",
                "--bundle",
                "0",
            ),
        ]
    )

    assert code == 1
    assert (tmp_path / "message").read_text() == "no verdict: spec has no 'model'"
    assert not (tmp_path / "out").exists()


def stubbed(name: Any) -> tuple[Any, Stubber]:
    """Return a client that answers what the test says, requests validated by botocore."""
    client: Any = boto3.session.Session().client(
        name, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    return client, Stubber(client)


def test_the_latest_approved_version_is_asked_for() -> None:
    """Without an ARN, the version is the newest that is approved, as the checks themselves choose it."""
    client, stub = stubbed("sagemaker")
    summary = {
        "ModelPackageName": "mortgage",
        "ModelPackageArn": VERSION,
        "CreationTime": 0,
        "ModelPackageStatus": "Completed",
    }
    stub.add_response(
        "list_model_packages",
        {"ModelPackageSummaryList": [summary]},
        {
            "ModelPackageGroupName": "mortgage",
            "ModelApprovalStatus": "Approved",
            "SortBy": "CreationTime",
            "SortOrder": "Descending",
            "MaxResults": 1,
        },
    )
    described = {**summary, "ModelPackageStatusDetails": {"ValidationStatuses": []}}
    stub.add_response("describe_model_package", described, {"ModelPackageName": VERSION})
    with stub:
        version = decide.Service(client, None).version("", "mortgage")

    assert version
    assert version["ModelPackageArn"] == VERSION


def test_a_group_that_does_not_exist_has_no_version() -> None:
    """The first run of all finds no group; that is no error."""
    client, stub = stubbed("sagemaker")
    stub.add_client_error("list_model_packages", "ValidationException", "does not exist")
    with stub:
        assert decide.Service(client, None).version("", "mortgage") is None


def test_objects_that_are_absent_are_none_and_others_are_errors() -> None:
    """A missing report is told apart from a report that may not be read."""
    client, stub = stubbed("s3")
    stub.add_response(
        "get_object", {"Body": StreamingBody(io.BytesIO(b"{}"), 2)}, {"Bucket": "b", "Key": "k"}
    )
    stub.add_client_error("get_object", "NoSuchKey", expected_params={"Bucket": "b", "Key": "k"})
    stub.add_client_error("get_object", "AccessDenied")
    with stub:
        service = decide.Service(None, client)
        assert service.text("s3://b/k") == "{}"
        assert service.text("s3://b/k") is None
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            service.text("s3://b/k")


@pytest.mark.parametrize(
    ("labelled", "scored", "text"),
    [
        ("1,1,1\n1,0,0\n", "0.9,1\n", "different numbers of rows, from row 2 on"),
        ("1,1\n", "0.9,1\n", "row 1 has 2 and 2 cells; expected 3 and 2"),
        ("1,1,1\n", "high,1\n", "the prediction of row 1 is no number"),
    ],
)
def test_rows_that_do_not_belong_together(tmp_path: Path, labelled: str, scored: str, text: str) -> None:
    """The two files of the join step have the same rows, or are refused."""
    for name, content in (("labelled", labelled), ("scored", scored)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data.csv").write_text(content)

    with pytest.raises(SampleError, match=text):
        read_sample(tmp_path / "labelled", tmp_path / "scored", read_spec(spec_document()))


@pytest.mark.parametrize(
    ("facet", "inside"),
    [
        ({"name": "black", "values": [1]}, [True, True, False, False]),
        ({"name": "black", "values": ["x"]}, [False, False, False, True]),
        ({"name": "income", "threshold": 10}, [False, True, False, True]),
    ],
)
def test_facets_are_read_as_clarify_reads_them(
    tmp_path: Path, facet: dict[str, Any], inside: list[bool]
) -> None:
    """Values compare as numbers where both are, thresholds are strict, and an empty cell is outside."""
    for name, content in (
        ("labelled", "10,1,1\n10.5,1.0,0\n,0,1\n11,x,0\n"),
        ("scored", "prediction,label\n0.5,1\n0.51,0\n1,1\n0,0\n"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data.csv").write_text(content)
    document = {**spec_document(), "facets": [facet]}
    sample = read_sample(tmp_path / "labelled", tmp_path / "scored", read_spec(document))

    assert sample.inside[0].tolist() == inside
    assert sample.observed.tolist() == [True, False, True, False]
    assert sample.predicted.tolist() == [False, True, True, False]
