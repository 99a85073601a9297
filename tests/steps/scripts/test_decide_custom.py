"""Deciding about monitors of teams' own, whose documents may say anything or be missing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.analysis.documents.verdict_json import from_json as read_verdict
from steps.scripts import decide
from tests.analysis.decision.cases import spec_document
from tests.steps.scripts.test_decide import EXECUTION, VERSION

OLD, NEW = "s3://b/old/custom/texts", "s3://b/new/custom/texts"
STEP = {"StepName": "CustomTexts", "StepStatus": "Succeeded"}
RULES = [
    {"match": "custom/texts/long", "maximum": 0.2, "action": "fail"},
    {"match": "custom/texts/odd", "tolerance": 0.1, "action": "warn"},
    {"match": "custom/texts/*/ignored", "action": "ignore"},
    {"match": "custom/*", "action": "fail"},
]


def statistics(rows: int = 300, **metrics: object) -> str:
    """Return statistics.json of so many rows."""
    stated = {"long": 0.1, "odd": 0.5, **metrics}
    return json.dumps(
        {"dataset": {"item_count": rows}, "custom_metrics": {k: {"value": v} for k, v in stated.items()}}
    )


def violations(*subjects: str, key: str = "feature_name", **more: object) -> str:
    """Return constraint_violations.json about *subjects*."""
    each = {"constraint_check_type": "share_check", "description": "Too many.", **more}
    return json.dumps({"violations": [{key: subject, **each} for subject in subjects]})


@dataclass
class Run:
    """A decide job, and what the monitor's job left: *left* is by name, None for what is not there."""

    root: Path
    left: dict[str, str | None] = field(default_factory=dict)
    message: str = "Completed: fine."
    environment: dict[str, str] = field(default_factory=dict)
    supplied: str = OLD
    metadata: dict[str, str] = field(default_factory=lambda: {"CustomBaseline.texts": OLD})
    labels: tuple[int, int] = (300, 300)
    status: str = "Succeeded"
    pipeline: str = "monitor-batch"
    needs_labels: bool = False
    gate: Mapping[str, Any] = field(default_factory=dict)
    joined: str | None = None

    def objects(self) -> dict[str, str]:
        """Return what there is in S3."""
        left = {"statistics.json": statistics(), "constraints.json": "{}", **self.left}
        found = {f"{NEW}/{name}": text for name, text in left.items() if text is not None}
        before = {"statistics.json": statistics(400), "constraints.json": "{}"}
        return {**found, **{f"{OLD}/{name}": text for name, text in before.items()}}

    def steps(self, execution_arn: str) -> dict[str, dict[str, Any]]:
        """Return the steps by name."""
        failure = {} if self.status == "Succeeded" else {"FailureReason": "AlgorithmError: no such column"}
        return {"CustomTexts": {**STEP, "StepStatus": self.status, **failure}}

    def version(self, arn: str, group: str) -> dict[str, Any] | None:
        """Return the approved version."""
        return {"ModelPackageArn": VERSION, "CustomerMetadataProperties": self.metadata}

    def job(self, step: dict[str, Any]) -> dict[str, Any] | None:
        """Return the job of the monitor."""
        inputs = {"baseline_constraints": "constraints.json", "baseline_statistics": "statistics.json"}
        return {
            "ProcessingJobArn": "arn:aws:sagemaker:eu-west-1:000000000000:processing-job/texts",
            "Environment": {"check_type": "CUSTOM:texts", "skip_check": "False", **self.environment},
            "ProcessingInputs": [
                {"InputName": name, "S3Input": {"S3Uri": f"{self.supplied}/{file}"}}
                for name, file in inputs.items()
            ],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "report", "S3Output": {"S3Uri": NEW}}]},
            "ExitMessage": self.message,
        }

    def output_uri(self, step: dict[str, Any] | None, output: str) -> str | None:
        """Return where the join step wrote."""
        return f"{self.joined}/{output}" if self.joined else None

    def text(self, uri: str) -> str | None:
        """Return an object."""
        return self.objects().get(uri)

    def size(self, uri: str) -> int | None:
        """Return how long an object is."""
        text = self.text(uri)
        return None if text is None else len(text)

    def download(self, uri: str, folder: Path) -> int:
        """Find nothing."""
        return 0

    def model_data_etag(self, step: dict[str, Any] | None) -> str | None:
        """Return the artifact's."""
        return "e"

    def carried(self) -> str:
        """Return where the baseline lies that a version would carry, whose documents must be as told."""
        told = json.loads((self.root / "out" / "evidence.json").read_text())["custom"]["texts"]
        known = (f"{told['uri']}/{name}" for name in ("statistics.json", "constraints.json"))
        assert told["sha256"].split() == [
            hashlib.sha256(str(self.text(uri)).encode()).hexdigest() for uri in known
        ]
        return str(told["uri"])

    def decide(self) -> Verdict:
        """Return the verdict that the script writes."""
        check = {"step": "CustomTexts", "check_type": "CUSTOM:texts", "monitor": "custom/texts"}
        document = spec_document()
        document |= {
            "pipeline": self.pipeline,
            "facets": [],
            "monitors": ["custom/texts"],
            "rows_for_teams": ["predictions"],
            "checks": [{**check, "engine": "own", "needs_labels": self.needs_labels}],
        }
        document["gate"] = {**document["gate"], "rules": RULES, **self.gate}
        rows, labelled = self.labels
        known = {
            "schema_version": 1,
            "rows": rows,
            "labelled": labelled,
            "overlap": labelled / rows,
            "status": "labels-complete" if labelled else "labels-missing",
            "minimum_overlap": 0.5,
            "duplicate_labels": 0,
            "unmatched_labels": 0,
        }
        (self.root / "spec.json").write_text(json.dumps(document))
        (self.root / "labels.json").write_text(json.dumps(known))
        options = decide.parse(
            [
                *("--spec", str(self.root / "spec.json"), "--output", str(self.root / "out")),
                *("--labels", str(self.root / "labels.json"), "--execution-arn", EXECUTION),
                *("--model-package-group", "mortgage", "--bundle", "0" * 64),
            ]
        )
        decide.decide(options, self)
        return read_verdict(json.loads((self.root / "out" / "verdict.json").read_text()))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The decide job after a monitor that found nothing."""
    return Run(tmp_path)


def test_a_monitor_that_violates_nothing_opens_the_gate(run: Run) -> None:
    """Its limits count: that nothing is violated, and the metric that a rule has a limit for."""
    verdict = run.decide()

    assert (verdict.decision, verdict.summary) == ("pass", "pass: 2 limits of texts held at 300 rows")
    assert verdict.baseline
    assert verdict.baseline.constraints == {"CustomTexts": f"{OLD}/constraints.json"}
    assert [(each.metric, each.value, each.baseline) for each in verdict.findings] == [
        ("long", 0.1, 0.1),
        ("odd", 0.5, 0.5),
    ]


@pytest.mark.parametrize(("new", "rows"), [("True", "s3://b/this/join"), ("False", "s3://b/old/join")])
def test_a_version_that_it_alone_watches_names_the_rows_of_its_baseline(
    run: Run, new: str, rows: str
) -> None:
    """A new baseline is of this run's rows; one that is kept, of those that the approved version names."""
    run.pipeline, run.joined = "register", "s3://b/this/join"
    run.metadata["BaselineDataUri"] = "s3://b/old/join"
    run.environment = {"register_new_baseline": new}

    assert run.decide().carried_baseline_data_uri == rows


@pytest.mark.parametrize("name", ["constraint_violations.json", "constraints_violations.json"])
@pytest.mark.parametrize("key", ["feature_name", "metric_name"])
def test_a_violation_is_a_finding_that_rules_name(run: Run, key: str, name: str) -> None:
    """Of a feature or a metric, under the name that AWS's containers write or the one a page of AWS's has."""
    run.left = {name: violations("review", "ignored", key=key, severity="high")}

    verdict = run.decide()
    crossed = [each for each in verdict.findings if each.crossed]

    assert verdict.decision == "refused"
    assert verdict.summary == "refused: texts: share_check for review: Too many"
    assert [(each.monitor, each.metric, each.feature, each.rule) for each in crossed] == [
        ("custom/texts", "share_check", "review", "custom/*")
    ]
    assert crossed[0].evidence_uri == f"{NEW}/{name}"
    assert [each.action for each in verdict.findings if each.feature == "ignored"] == ["ignore"]


def test_a_metric_has_the_limit_that_a_rule_gives_it(run: Run) -> None:
    """A maximum refuses; a tolerance is for both sides of the baseline."""
    run.left = {"statistics.json": statistics(long=0.3, odd=0.35)}
    verdict = run.decide()

    assert verdict.summary == "refused: texts: long is 0.30, at most 0.20 is allowed (baseline 0.10)"
    found = {each.metric: each for each in verdict.findings}
    assert found["odd"].limit
    assert (found["odd"].limit.low, found["odd"].limit.high) == (0.4, 0.6)
    assert {each.metric: each.severity for each in verdict.findings} == {"long": "refuse", "odd": "warn"}


def test_a_violation_can_be_waived(run: Run) -> None:
    """A waiver names it as a rule does; it is told and refuses nothing until its day."""
    run.left = {"constraint_violations.json": violations("review")}
    waiver = {"match": "custom/texts/share_check/*", "reason": "known", "approved_by": "risk"}
    run.gate = {"waivers": [{**waiver, "expires": "2999-01-01"}]}
    verdict = run.decide()

    assert verdict.decision == "pass"
    assert [each.severity for each in verdict.findings if each.feature == "review"] == ["waived"]

    run.gate = {"waivers": [{**waiver, "expires": "2020-01-01"}]}
    assert run.decide().decision == "refused"


def test_columns_that_do_not_fit_refuse_under_any_policy(run: Run) -> None:
    """As in data quality, whatever a rule says and however few rows there are."""
    run.left = {
        "statistics.json": statistics(20),
        "constraint_violations.json": violations("review", constraint_check_type="missing_column_check"),
    }
    run.labels = (20, 20)
    run.gate = {"rules": [{"match": "custom/*", "action": "ignore"}]}
    verdict = run.decide()

    assert verdict.summary == "refused: texts: missing_column_check for review: Too many"
    assert [each.severity for each in verdict.findings if each.feature] == ["refuse"]


@pytest.mark.parametrize(
    ("left", "message", "reason"),
    [
        ({"statistics.json": None}, "", f"{NEW}/statistics.json does not exist"),
        (
            {},
            "CompletedWithViolations: Job completed successfully with 2 violations.",
            f"{NEW}/constraint_violations.json does not exist",
        ),
        (
            {"constraint_violations.json": '{"violations": []}'},
            "CompletedWithViolations: 1 violations.",
            "its job speaks of violations, and its document has none",
        ),
        (
            {"statistics.json": statistics(299)},
            "",
            "its report counts 299 rows, but it was given 300",
        ),
    ],
)
def test_what_is_missing_is_no_evidence(
    run: Run, left: dict[str, str | None], message: str, reason: str
) -> None:
    """A container that wrote nothing, said too much, or looked at other rows has shown nothing."""
    run.left, run.message = left, message or run.message
    verdict = run.decide()

    assert (verdict.decision, verdict.gate) == ("no-evidence", "closed")
    assert [(each.status, each.reason) for each in verdict.checks] == [("no-evidence", reason)]


@pytest.mark.parametrize(
    ("left", "reason"),
    [
        ({"statistics.json": "[1]"}, "statistics.json is list; it must be an object"),
        ({"statistics.json": "{"}, "statistics.json is not JSON: Expecting property name"),
        ({"statistics.json": "{}"}, "statistics.json has no 'dataset'"),
        (
            {"statistics.json": '{"dataset": {"item_count": -1}}'},
            "statistics.json.dataset.item_count is -1; it must be at least 0",
        ),
        (
            {"statistics.json": statistics(long="high")},
            "statistics.json.custom_metrics.long.value is str; it must be a number",
        ),
        ({"constraint_violations.json": "{}"}, "constraint_violations.json has no 'violations'"),
        (
            {"constraint_violations.json": '{"violations": [{"constraint_check_type": "x"}]}'},
            "constraint_violations.json.violations[0] has neither a feature_name nor a metric_name",
        ),
        (
            {"constraint_violations.json": violations("a/b")},
            "constraint_violations.json.violations[0] has the name 'a/b'; names have 1 to 256 characters",
        ),
        (
            {"constraint_violations.json": violations(*("x" * 1001))},
            "constraint_violations.json has 1001 violations; at most 1000 are read",
        ),
        (
            {"constraint_violations.json": " " * 10_000_001},
            f"{NEW}/constraint_violations.json has 10000001 bytes; at most 10000000 are read",
        ),
    ],
)
def test_a_malformed_document_is_a_broken_check(run: Run, left: dict[str, str | None], reason: str) -> None:
    """Which document, what is wrong with it, and what is allowed; never a pass."""
    run.left = left
    verdict = run.decide()

    assert verdict.gate == "closed"
    assert verdict.checks[0].status == "broken"
    assert str(verdict.checks[0].reason).startswith(reason)


def test_a_job_that_failed_is_a_broken_check(run: Run) -> None:
    """Its own words are the reason."""
    run.status = "Failed"
    verdict = run.decide()

    assert (verdict.decision, verdict.checks[0].status) == ("no-evidence", "broken")
    assert verdict.checks[0].reason == "the step is Failed: AlgorithmError: no such column"


@pytest.mark.parametrize(
    ("supplied", "metadata", "reason"),
    [
        ("s3://b/none", {"CustomBaseline.texts": OLD}, "baseline-version-mismatch: it used s3://b/none"),
        (OLD, {}, "no approved version with a baseline for this check is known"),
    ],
)
def test_another_baseline_is_no_evidence(
    run: Run, supplied: str, metadata: dict[str, str], reason: str
) -> None:
    """What was compared with must be what the version carries; nothing pinned is nothing compared."""
    run.supplied, run.metadata = supplied, metadata

    assert str(run.decide().checks[0].reason).startswith(reason)


def test_too_few_rows_tell_nothing(run: Run) -> None:
    """A violation of a batch smaller than the policy's minimum is shown and not judged."""
    run.left = {
        "statistics.json": statistics(20, long=0.9),
        "constraint_violations.json": violations("review"),
    }
    run.labels = (20, 0)
    verdict = run.decide()

    assert verdict.decision == "inconclusive"
    assert verdict.summary == "inconclusive: the batch has 20 rows; 100 are needed to tell anything"
    assert not any(each.crossed for each in verdict.findings)


def test_a_monitor_of_outcomes_waits_for_labels(run: Run) -> None:
    """Without any nothing is asked of it; with some it is held against the rows that have one."""
    run.needs_labels, run.labels = True, (300, 0)
    assert run.decide().decision == "labels-missing"

    run.labels, run.left = (300, 250), {"statistics.json": statistics(250)}
    verdict = run.decide()
    assert verdict.summary == "pass: 2 limits held at 250 rows"


def test_a_limit_without_its_metric_does_not_pass(run: Run) -> None:
    """A rule that refuses names a metric that the run has not, or that is not computable."""
    run.left = {"statistics.json": statistics(long="NaN")}
    assert run.decide().summary == "inconclusive: custom/texts/long cannot be judged: not computable"

    run.gate = {"rules": [{"match": "custom/texts/lnog", "maximum": 0.2, "action": "fail"}]}
    verdict = run.decide()
    assert verdict.summary == (
        "inconclusive: custom/texts/lnog cannot be judged: the statistics have no such metric"
    )


def test_a_first_baseline_is_carried_from_where_it_was_made(run: Run) -> None:
    """Bootstrap compares nothing, needs both documents, and names their folder; later runs carry it on."""
    run.pipeline = "register"
    run.environment, run.metadata = {"skip_check": "True", "register_new_baseline": "True"}, {}
    assert run.decide().decision == "baseline-established"
    assert run.carried() == NEW

    run.left = {"constraints.json": None}
    assert run.decide().checks[0].reason == f"{NEW}/constraints.json does not exist"

    run.environment, run.left, run.metadata = {}, {}, {"CustomBaseline.texts": OLD}
    assert run.decide().decision == "pass"
    assert run.carried() == OLD
