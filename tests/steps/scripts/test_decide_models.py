"""Deciding about predictions and attributions from what SageMaker and S3 say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.analysis.decision.sample import read_sample
from sagemaker_monitor.analysis.decision.spec import from_json as read_spec
from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.analysis.documents.verdict_json import from_json as read_verdict
from steps.scripts import decide
from tests.analysis.decision.cases import spec_document
from tests.analysis.decision.scoring import answers, records
from tests.steps.scripts.test_decide import EXECUTION, VERSION
from tests.steps.scripts.watched import Watched, joined

pytestmark = pytest.mark.long

BASELINE, HONEST, WORSE = answers(1, 400), answers(6, 300), answers(3, 300, noise=0.45)
BEFORE, SAME, TURNED = records(1, 400), records(2, 300), records(4, 300, (0.02, 0.05, 0.2, 0.3))


class Service:
    """An execution whose checks compared with an approved version's baselines."""

    def __init__(self, watched: Watched) -> None:
        self.watched, self.found = watched, True
        self.folders = {f"s3://b/old/join/{name}": text for name, text in joined(watched.baseline).items()}

    def steps(self, execution_arn: str) -> dict[str, dict[str, Any]]:
        """Return the steps by name."""
        return self.watched.steps

    def version(self, arn: str, group: str) -> dict[str, Any] | None:
        """Return the approved version; None where nothing is approved."""
        if not self.found:
            return None
        return {
            "ModelPackageArn": VERSION,
            "DriftCheckBaselines": self.watched.version,
            "CustomerMetadataProperties": {"BaselineDataUri": "s3://b/old/join"},
        }

    def output_uri(self, step: dict[str, Any] | None, output: str) -> str | None:
        """Return where this run's join step wrote."""
        return f"s3://b/this/join/{output}"

    def text(self, uri: str) -> str | None:
        """Return an object."""
        return self.watched.objects.get(uri)

    def download(self, uri: str, folder: Path) -> int:
        """Write the folder's one file."""
        if uri not in self.folders:
            return 0
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "000000.csv").write_text(self.folders[uri])
        return 1


class Run:
    """A decide job: its folders and its service."""

    def __init__(self, root: Path, watched: Watched) -> None:
        self.root, self.watched = root, watched
        self.service = Service(watched)
        (root / "spec.json").write_text(json.dumps(watched.document))
        rows = len(watched.batch.labels)
        self.labels("labels-complete", rows, rows)
        for folder, text in joined(watched.batch).items():
            (root / "join" / folder).mkdir(parents=True)
            (root / "join" / folder / "data.csv").write_text(text)

    def labels(self, status: str, rows: int, labelled: int) -> None:
        """Write labels.json."""
        known = {"schema_version": 1, "status": status, "rows": rows, "labelled": labelled}
        counts = {
            "overlap": labelled / rows,
            "minimum_overlap": 0.9,
            "duplicate_labels": 0,
            "unmatched_labels": 0,
        }
        (self.root / "labels.json").write_text(json.dumps({**known, **counts}))

    def decide(self, *, labelled: bool = True) -> Verdict:
        """Return the verdict that the script writes."""
        join = ("--join", str(self.root / "join")) if labelled else ()
        options = decide.parse(
            [
                *("--spec", str(self.root / "spec.json"), "--output", str(self.root / "out")),
                *("--labels", str(self.root / "labels.json"), *join),
                *("--execution-arn", EXECUTION, "--model-package-arn=", "--baseline-model-package-arn="),
                *("--model-package-group", "mortgage", "--bundle", "0" * 64),
            ]
        )
        decide.decide(options, self.service)
        return read_verdict(json.loads((self.root / "out" / "verdict.json").read_text()))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The decide job of an honest batch."""
    return Run(tmp_path, Watched(HONEST, BASELINE, SAME, BEFORE))


def test_an_honest_batch_opens_the_gate(run: Run) -> None:
    """From the documents to the verdict: what was compared, with which version, on how many rows."""
    verdict = run.decide()

    assert (verdict.decision, verdict.gate) == ("pass", "open")
    assert verdict.summary == (
        "pass: 1 limit of attributions held at 300 rows, 11 of model quality at 300 labelled rows"
    )
    assert verdict.baseline
    assert (verdict.baseline.model_package_arn, verdict.baseline.rows) == (VERSION, 400)
    assert verdict.baseline.constraints == {
        "ModelQuality": "s3://b/old/quality/constraints.json",
        "ModelExplainability": "s3://b/old/shap/analysis.json",
    }
    assert {each.step: each.report_uri for each in verdict.checks} == {
        "ModelQuality": "s3://b/new/quality/statistics.json",
        "ModelExplainability": "s3://b/new/shap/analysis.json",
    }
    assert verdict.attributions
    assert {each.feature: each.value for each in verdict.attributions} == pytest.approx(SAME.means)
    assert verdict.carried_baseline_data_uri == "s3://b/old/join"


def test_a_worse_model_and_a_turned_ranking_are_refused(tmp_path: Path) -> None:
    """Both monitors' findings are in one verdict, with the violations that AWS counts."""
    verdict = Run(tmp_path, Watched(WORSE, BASELINE, TURNED, BEFORE)).decide()

    assert verdict.decision == "refused"
    assert {each.monitor for each in verdict.findings if each.crossed} == {"model_quality", "explainability"}
    assert {each.step: each.aws_violations for each in verdict.checks}["ModelExplainability"] == 1


def test_without_labels_the_ranking_is_judged(run: Run) -> None:
    """Attributions are read before labels arrive; the report of predictions is not asked for."""
    run.labels("labels-missing", 300, 0)
    verdict = run.decide(labelled=False)

    assert (verdict.decision, verdict.gate) == ("pass", "open")
    assert "model quality was not checked: labels have not arrived" in verdict.summary
    assert [each.step for each in verdict.checks] == ["ModelExplainability"]


def test_a_first_version_establishes_its_baselines(run: Run) -> None:
    """Skipped checks have reports and nothing that they were compared with."""
    run.service.found = False
    for metadata in (run.watched.quality(), run.watched.ranking()):
        metadata.update(SkipCheck=True, RegisterNewBaseline=True, ViolationReport="")
    verdict = run.decide()

    assert verdict.decision == "baseline-established"
    assert verdict.carried_baseline_data_uri == "s3://b/this/join"
    assert verdict.attributions
    assert verdict.attributions[0].baseline is None


@pytest.mark.parametrize("check", ["quality", "ranking"])
def test_a_baseline_of_another_version_is_no_evidence(run: Run, check: str) -> None:
    """A check that compared with another version's baseline says nothing about this one."""
    getattr(run.watched, check)()["BaselineUsedForDriftCheckConstraints"] = "s3://b/other/constraints.json"
    verdict = run.decide()

    assert verdict.decision == "no-evidence"
    assert "baseline-version-mismatch: it used s3://b/other/constraints.json" in verdict.summary


def test_statistics_of_another_version_are_no_evidence(run: Run) -> None:
    """Both of the baseline's documents must be the version's."""
    run.watched.quality()["BaselineUsedForDriftCheckStatistics"] = "s3://b/other/statistics.json"

    assert "baseline-version-mismatch" in run.decide().summary


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("s3://b/new/quality/statistics.json", "statistics.json does not exist"),
        ("s3://b/old/quality/constraints.json", "constraints.json does not exist"),
        ("s3://b/old/shap/analysis.json", "analysis.json does not exist"),
        ("s3://b/new/shap/explanations_shap/out.csv", "out.csv does not exist"),
        ("s3://b/old/shap/explanations_shap/out.csv", "out.csv does not exist"),
    ],
)
def test_missing_documents_are_no_evidence(run: Run, uri: str, said: str) -> None:
    """What should have been written and is not there is named."""
    del run.watched.objects[uri]
    verdict = run.decide()

    assert verdict.decision == "no-evidence"
    assert said in verdict.summary


@pytest.mark.parametrize(
    ("uri", "text", "said"),
    [
        ("s3://b/new/quality/statistics.json", "{", "statistics.json is not JSON"),
        ("s3://b/new/quality/statistics.json", '{"features": []}', "of a data quality baseline"),
        ("s3://b/old/quality/constraints.json", '{"features": []}', "of a data quality baseline"),
        ("s3://b/new/shap/analysis.json", "[]", "analysis.json is not a JSON object"),
        ("s3://b/new/shap/analysis.json", '{"version": "1.0"}', "has no explanations"),
        ("s3://b/new/shap/explanations_shap/out.csv", "a,b\n1,2\n", "has 2 columns"),
    ],
)
def test_broken_documents_are_told(run: Run, uri: str, text: str, said: str) -> None:
    """A document that is none closes the gate with its place, and stops nothing."""
    run.watched.objects[uri] = text
    verdict = run.decide()

    assert (verdict.decision, verdict.gate) == ("no-evidence", "closed")
    assert said in " ".join(each.reason or "" for each in verdict.checks)


@pytest.mark.parametrize("step", ["ModelQuality", "ModelExplainability"])
def test_a_failed_step_is_no_evidence(run: Run, step: str) -> None:
    """SageMaker's reason is passed on."""
    run.watched.steps[step] = {
        "StepStatus": "Failed",
        "FailureReason": "ClientError: no data",
        "Metadata": {},
    }
    verdict = run.decide()

    assert verdict.decision == "no-evidence"
    assert f"{step}: the step is Failed: ClientError: no data" in verdict.summary


def test_a_step_that_did_not_run_is_no_evidence(run: Run) -> None:
    """An expected check without a step is told."""
    del run.watched.steps["ModelExplainability"]

    assert "ModelExplainability: the step did not run" in run.decide().summary


def test_a_check_of_a_type_that_is_not_known_is_no_evidence(run: Run) -> None:
    """A specification of a later version asks for what this program cannot read."""
    document = run.watched.document
    document["checks"][0]["check_type"] = "DATA_DRIFT"
    (run.root / "spec.json").write_text(json.dumps(document))
    run.watched.quality()["CheckType"] = "DATA_DRIFT"

    assert "this program reads no such check" in run.decide().summary


def test_missing_baseline_rows_are_no_evidence(run: Run) -> None:
    """Limits of predictions are calibrated from the rows behind the baseline."""
    run.service.folders.clear()

    assert "its limits cannot be calibrated: there are no rows below s3://b/old/join" in run.decide().summary


def test_unknown_labels_are_told(run: Run) -> None:
    """A label that is neither 0 nor 1 is named with its row."""
    text = (run.root / "join" / "scored" / "data.csv").read_text().splitlines()
    text[3] = text[3].rpartition(",")[0] + ",maybe"
    (run.root / "join" / "scored" / "data.csv").write_text("\n".join(text) + "\n")

    assert "row 3 has the label 'maybe', which is neither 0 nor 1" in run.decide().summary


def test_predictions_are_favourable_when_they_are_the_good_outcome(tmp_path: Path) -> None:
    """Where 0 is the good outcome, scores up to the threshold predict it; 1 stays the positive class."""
    for name, content in (("labelled", "10,1,0\n10,0,1\n"), ("scored", "0.2,0\n0.9,1\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data.csv").write_text(content)
    spec = read_spec({**spec_document(), "favourable": 0})
    sample = read_sample(tmp_path / "labelled", tmp_path / "scored", spec)

    assert (sample.observed.tolist(), sample.predicted.tolist()) == ([True, False], [True, False])
    assert sample.scored
    assert sample.scored.positive.tolist() == sample.scored.predicted.tolist() == [False, True]
