"""What the terminal says at the end of a run about inputs, windows, and labels that have not arrived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.verdict import (
    Attribution,
    Batch,
    Check,
    ConfiguredWaiver,
    Finding,
    Limit,
    NotChecked,
    Power,
    Verdict,
    Waiver,
    Window,
)
from sagemaker_monitor.cli.render.outcome import print_outcome
from sagemaker_monitor.operations.follow import Snapshot
from sagemaker_monitor.operations.outcome import Outcome

ARN = "arn:aws:sagemaker:eu-west-1:444455556666:pipeline/mortgage-monitor-batch-prod/execution/k3q9c2d8"
Say = Callable[..., str]

DRIFT = Finding(
    check="DataQuality",
    monitor="data_quality",
    metric="baseline_drift_check",
    facet=None,
    facet_value=None,
    value=0.336,
    baseline=None,
    limit=Limit("calibrated", None, 0.103),
    rule="data_quality/*",
    action="fail",
    crossed=True,
    aws_violation=True,
    message="obrat is far",
    feature="obrat",
)
BIAS = replace(
    DRIFT, metric="DPPL", facet="black", facet_value="1", baseline=0.18, feature=None, message="fewer"
)
COLUMNS = replace(
    DRIFT, metric="missing_column_check", value=None, limit=Limit("aws", None, None), feature=None
)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Return a function that prints the end of a run with this verdict, and returns what was printed."""

    def printed(decision: str, **changes: Any) -> str:
        parts: dict[str, Any] = {
            "batch": Batch(600, 0, 0.0, ()),
            "findings": (),
            "not_checked": (),
            "calibration": None,
            "checks": (),
            "baseline": None,
        }
        verdict = Verdict(
            decision=decision,
            summary="a sentence",
            model="mortgage",
            pipeline="monitor-batch",
            environment="prod",
            execution_arn=ARN,
            model_package_arn=None,
            bundle_sha256="b" * 64,
            created="2026-01-01T00:00:00Z",
            **{**parts, **changes},
        )
        status = "Succeeded" if verdict.gate == "open" else "Failed"
        snapshot = Snapshot(execution_arn=ARN, status=status, reason="", started=None, steps=())
        print_outcome(
            Outcome(snapshot, "monitor-batch", "mortgage", verdict, "s3://b/v", ""), again="--env prod"
        )
        return capsys.readouterr().out

    return printed


def test_drifted_features_are_in_the_table(say: Say) -> None:
    """A feature that crossed has its name, distance and limit; without bias there is no baseline column."""
    out = say("refused", findings=(DRIFT,))

    (row,) = [line for line in out.splitlines() if "baseline_drift_check" in line]
    for told in ("obrat", "0.336", "≤ 0.103 (calibrated)", "obrat is far"):
        assert told in row
    assert " baseline " not in out
    assert "None" not in out


def test_features_and_groups_share_a_table(say: Say) -> None:
    """With bias beside drift, each row says what it is about, and baselines are shown."""
    out = say("refused", findings=(DRIFT, BIAS))

    assert "black=1" in out
    assert "obrat" in out
    assert " baseline " in out


def test_the_model_is_named_and_so_are_features_that_changed_places(say: Say) -> None:
    """A metric of the model has its baseline; a ranking that crossed is told with who moved."""
    auc = replace(
        BIAS, monitor="model_quality", metric="auc", facet=None, facet_value=None, value=0.71, baseline=0.83
    )
    ranking = replace(auc, monitor="explainability", metric="ndcg", value=0.93, baseline=None)
    moved = (Attribution("income", 0.1, 0.2), Attribution("debt", 0.15, 0.1), Attribution("term", 0.01, 0.01))
    out = say("refused", findings=(auc, ranking), attributions=moved)

    row = next(line for line in out.splitlines() if " auc " in line)
    assert ("0.83" in row, " model " in row) == (True, True)
    assert "features that changed places: income (1 to 2), debt (2 to 1)" in out
    assert "changed places" not in say("pass", findings=(auc,), attributions=moved)


def test_columns_that_do_not_fit_are_named(say: Say) -> None:
    """A violation of no feature is about the columns, and rows that were never counted are not told."""
    out = say("refused", findings=(COLUMNS,), batch=Batch(0, 0, 0.0, ()))

    assert "missing_column_check   columns" in out
    assert "0 rows" not in out


def test_warnings_name_features(say: Say) -> None:
    """What only warns is listed with its feature."""
    assert "1 warning, which refuses nothing: baseline_drift_check obrat" in say(
        "pass", findings=(replace(DRIFT, action="warn"),)
    )


def test_a_pass_without_labels_says_what_comes_next(say: Say) -> None:
    """Where bias waits for labels, both commands that bring it about are printed."""
    out = say("pass", not_checked=(NotChecked("ModelBias", "labels have not arrived"),))

    assert "600 rows, none with a label yet" in out
    assert "not checked: ModelBias: labels have not arrived" in out
    assert "sagemaker-monitor ground-truth put FILE --model mortgage --env prod" in out
    assert "sagemaker-monitor run monitor-ground-truth --model mortgage --env prod" in out


def test_a_window_is_told(say: Say) -> None:
    """A run over captures says from when until when they were made."""
    window = Window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
    out = say("refused", findings=(BIAS,), batch=Batch(600, 590, 0.983, (), window))

    assert "600 rows, 590 with a label (98%)" in out
    assert "captured from 2026-03-01T00:00:00Z until 2026-03-02T00:00:00Z" in out


def test_waivers_are_told_with_what_became_of_them(say: Say) -> None:
    """Who answers until when, what nobody needed, and what counts again; markup stays text."""
    signed = {"reason": "few [b]people[/b]", "approved_by": "committee", "expires": "2027-03-31"}
    waived = replace(DRIFT, waiver=Waiver(match="data_quality/*", **signed))
    waivers = (
        ConfiguredWaiver(match="data_quality/*", **signed, status="applied", findings=1),
        ConfiguredWaiver(match="bias/DI/*", **signed, status="unused", findings=0),
        ConfiguredWaiver(match="bias/AD/*", **signed, status="expired", findings=2),
    )
    text = say("pass", findings=(waived,), waivers=waivers)

    assert "obrat is far" not in text
    assert (
        "waiver of data_quality/*: covers 1 finding through 2027-03-31, approved by committee: few [b]people"
        in text
    )
    assert "waiver of bias/DI/*: unused, nothing crossed that it covers" in text
    assert "waiver of bias/AD/*: expired on 2027-03-31, approved by committee; 2 findings that it" in text


def test_what_does_not_fit_is_counted(say: Say) -> None:
    """Of a thousand crossings twenty are shown; what is left out is counted, and where it is said."""
    many = tuple(
        replace(BIAS, facet=f"g{number}", evidence_uri="s3://b/analysis.json") for number in range(1000)
    )
    out = say("refused", findings=many, findings_left_out=9000)

    assert sum("DPPL" in row for row in out.splitlines()) == 20
    assert "… and 980 more in the verdict, which leaves out 9000 findings; the checks' reports" in out
    assert "report of DataQuality: s3://b/analysis.json" in out
    assert "verdict: s3://b/v" in out
    assert f"sagemaker-monitor gate mortgage --execution {ARN} --env prod" in out


def test_declared_changes_that_a_batch_is_too_small_for_are_told(say: Say) -> None:
    """Beside the decision stands what the batch would hardly have caught, and how many rows would do."""
    likely = Power("bias/DPPL/old", 0.2, 0.9, 0.95, 600, 500, False)
    rare = Power("bias/DPPL/black", 0.15, 0.9, 0.788, 600, 1100, False)
    out = say("pass", power=(likely, rare))

    told = "bias/DPPL/black moved by +0.15 would be caught in 79% of batches of 600 rows; 90% take about 1100"
    assert told in out
    assert "bias/DPPL/old" not in out


def test_modes_waivers_and_counted_warnings_are_told(say: Say) -> None:
    """What a person took responsibility for stands beside what refused, and does not refuse itself."""
    waiver = Waiver("bias/DPPL/black", "31 applicants", "risk-committee", "2027-03-31")
    accepted = Check(
        "ModelBias", "MODEL_BIAS", "established", None, "s3://b/a.json", None, 0, "accept", "new branches"
    )
    out = say(
        "refused",
        findings=(replace(BIAS, waiver=waiver), replace(DRIFT, action="warn")),
        checks=(accepted,),
        waivers=(ConfiguredWaiver(**asdict(waiver), status="applied", findings=1),),
        warnings=1,
        maximum_warnings=0,
    )

    assert "≤ 0.103" not in out
    assert "1 warning, and at most 0 pass: baseline_drift_check obrat" in out
    assert "waiver of bias/DPPL/black: covers 1 finding through 2027-03-31" in out
    assert "ModelBias: mode accept: new branches" in out


def test_a_batch_that_lacks_labels_may_be_judged_again(say: Say) -> None:
    """Where some rows have no label yet, waiting for more is the first advice; where all have, it is none."""
    some = say("inconclusive", batch=Batch(600, 200, 1 / 3, ()))
    every = say("inconclusive", batch=Batch(600, 600, 1.0, ()))

    assert "next: judge it again when more of its labels have arrived, collect a larger batch" in some
    assert "next: collect a larger batch" in every
