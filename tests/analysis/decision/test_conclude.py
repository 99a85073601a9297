"""What is decided, and what a person is told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sagemaker_monitor.analysis.decision.conclude import conclude
from sagemaker_monitor.analysis.decision.evidence import Evidence
from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.documents.verdict_json import from_json, to_json
from tests.analysis.decision.cases import evidence, people, spec

BASELINE = people(1, 600)
HONEST = people(2, 500)
BIASED = people(3, 500, bias=0.35)


def broken(found: Evidence, step: str, status: str = "broken") -> Evidence:
    """Return the evidence with one check that left no report."""
    checks = tuple(
        replace(
            each,
            status=status,
            reason="the step is Failed: OOM",
            current=(),
            baseline=(),
            violated=frozenset(),
        )
        if each.step == step
        else each
        for each in found.checks
    )
    return replace(found, checks=checks)


def test_an_honest_batch_passes_though_aws_flags_it() -> None:
    """AWS's violations stay as findings and do not decide where a rule has a limit of its own."""
    verdict = conclude(spec(), evidence(HONEST, BASELINE))

    assert (verdict.decision, verdict.gate) == ("pass", "open")
    assert any(finding.aws_violation for finding in verdict.findings)
    assert verdict.summary.startswith("pass: ")
    assert "500 rows" in verdict.summary


def test_a_biased_batch_is_refused_in_words() -> None:
    """The sentence names metric, facet, value, limit, batch size and baseline, and who is disadvantaged."""
    verdict = conclude(spec(), evidence(BIASED, BASELINE))

    assert (verdict.decision, verdict.gate) == ("refused", "closed")
    assert verdict.summary.startswith("refused: DPPL for black is 0.")
    assert "is explained by chance at 500 rows (baseline " in verdict.summary
    assert "favourable predictions are rarer than for the others" in verdict.summary


def test_a_rule_without_limit_follows_aws() -> None:
    """A rule that sets no limit refuses what SageMaker's own rule flags."""
    rules = [{"match": "bias/*", "action": "fail"}]
    verdict = conclude(spec(rules=rules), evidence(HONEST, BASELINE))
    crossed = {(f.metric, f.facet) for f in verdict.findings if f.crossed}

    assert verdict.decision == "refused"
    assert crossed == {(f.metric, f.facet) for f in verdict.findings if f.aws_violation}


def test_warnings_do_not_close_the_gate() -> None:
    """What a rule only warns about is told in a verdict that is open."""
    rules = [
        {"match": "bias/CI/*", "between": [-1, 1], "action": "fail"},
        {"match": "bias/*", "tolerance": 0.0, "action": "warn"},
    ]
    verdict = conclude(spec(rules=rules), evidence(BIASED, BASELINE))

    assert verdict.decision == "pass"
    assert "warning" in verdict.summary


def test_ignored_and_unmatched_metrics_are_listed_unjudged() -> None:
    """Nothing disappears: a metric that no rule judges is a finding without a limit."""
    rules = [
        {"match": "bias/DPL/*", "tolerance": "calibrated", "action": "fail"},
        {"match": "bias/DI/*", "action": "ignore"},
    ]
    verdict = conclude(spec(rules=rules), evidence(BIASED, BASELINE))
    by_metric = {finding.metric: finding for finding in verdict.findings}

    assert (by_metric["DI"].action, by_metric["DI"].limit) == ("ignore", None)
    assert (by_metric["RD"].action, by_metric["RD"].limit) == ("none", None)
    assert "bias/RD/black" in {each.subject for each in verdict.not_checked}


def test_idle_rules_are_told() -> None:
    """A rule that matches nothing is a mistake someone should hear of."""
    rules = [
        {"match": "bias/DPPPL/*", "maximum": 0.1, "action": "fail"},
        {"match": "bias/*", "tolerance": "calibrated", "action": "fail"},
        {"match": "bias/DI/*", "minimum": 0.8, "action": "fail"},
    ]
    why = {
        each.subject: each.why for each in conclude(spec(rules=rules), evidence(HONEST, BASELINE)).not_checked
    }

    assert why["bias/DPPPL/*"] == "the rule matches no metric of this run"
    assert why["bias/DI/*"] == "an earlier rule matches everything that this rule matches"


def test_the_flip_test_says_why_it_has_no_calibrated_limit() -> None:
    """FT does not follow from counts; that is said, and a limit of its own works."""
    verdict = conclude(spec(), evidence(HONEST, BASELINE))
    own = [{"match": "bias/FT/*", "maximum": 0.05, "action": "fail"}]

    assert "nearest neighbour" in {e.subject: e.why for e in verdict.not_checked}["bias/FT/black"]
    assert conclude(spec(rules=own), evidence(HONEST, BASELINE)).decision == "refused"


@pytest.mark.parametrize("status", ["broken", "no-evidence"])
def test_a_check_without_report_outranks_a_refusal(status: str) -> None:
    """No evidence is never open, and what the other check found is still listed."""
    verdict = conclude(spec(), broken(evidence(BIASED, BASELINE), "ModelBias", status))

    assert (verdict.decision, verdict.gate) == ("no-evidence", "closed")
    assert "ModelBias: the step is Failed: OOM" in verdict.summary
    assert any(finding.crossed and finding.action == "fail" for finding in verdict.findings)


def test_nothing_expected_opens_nothing() -> None:
    """Without any check the gate stays closed."""
    verdict = conclude(spec(), replace(evidence(HONEST, BASELINE), checks=()))

    assert verdict.decision == "no-evidence"


def test_reports_about_other_rows_are_no_evidence() -> None:
    """A report whose numbers do not follow from the joined rows was computed on other data."""
    found = replace(evidence(HONEST, BASELINE), batch=people(77, 500))
    verdict = conclude(spec(), found)

    assert verdict.decision == "no-evidence"
    assert "not the same data" in verdict.summary


def test_calibration_needs_the_baselines_rows() -> None:
    """Without the rows behind the baseline there is no calibrated limit, and so no evidence."""
    found = evidence(HONEST, BASELINE)
    assert found.baseline
    version = replace(found.baseline, sample=None, problem="there are no rows below s3://bucket/join")
    verdict = conclude(spec(), replace(found, baseline=version))

    assert verdict.decision == "no-evidence"
    assert "there are no rows below s3://bucket/join" in verdict.summary


def test_fixed_limits_need_no_baseline_rows() -> None:
    """A policy without calibrated limits decides without the baseline's rows."""
    found = evidence(HONEST, BASELINE)
    assert found.baseline
    rules = [{"match": "bias/DI/*", "between": [0.5, 2.0], "action": "fail"}]
    verdict = conclude(spec(rules=rules), replace(found, baseline=replace(found.baseline, sample=None)))

    assert verdict.decision == "pass"


def test_bootstrap_compares_nothing() -> None:
    """Where every check establishes its baseline, that is what the verdict says, and the gate is open."""
    verdict = conclude(spec(), evidence(HONEST, None))

    assert (verdict.decision, verdict.gate) == ("baseline-established", "open")
    assert verdict.summary == "baseline established, nothing compared"
    assert verdict.calibration is None


def test_bootstrap_keeps_the_policys_own_limits() -> None:
    """A limit that needs no baseline holds for a first version too."""
    rules = [{"match": "bias/DPPL/*", "maximum": 0.1, "action": "fail"}]
    verdict = conclude(spec(rules=rules), evidence(BIASED, None))

    assert verdict.decision == "refused"
    assert "at most 0.10 is allowed" in verdict.summary


def test_one_check_may_establish_while_the_other_compares() -> None:
    """Each check is judged by what it did; the summary says where nothing was compared."""
    mixed = evidence(HONEST, BASELINE)
    established = evidence(HONEST, None).checks[0]
    verdict = conclude(spec(), replace(mixed, checks=(established, mixed.checks[1])))

    assert verdict.decision == "pass"
    assert "baseline established for DataBias" in verdict.summary


def test_missing_labels_are_told() -> None:
    """A batch without labels is closed, and says so instead of passing."""
    found = replace(
        evidence(HONEST, BASELINE, status="labels-missing", labelled=0, overlap=0.0), checks=(), batch=None
    )
    verdict = conclude(spec(), found)

    assert (verdict.decision, verdict.gate) == ("labels-missing", "closed")
    assert "500 rows scored" in verdict.summary


def test_partial_labels_are_inconclusive() -> None:
    """Labels for half of a batch tell nothing about the whole, even where they look biased."""
    found = evidence(BIASED, BASELINE, status="labels-partial", rows=1000, overlap=0.5)
    verdict = conclude(spec(), found)

    assert verdict.decision == "inconclusive"
    assert "500 of 1000 rows have labels (50%); 90% are needed" in verdict.summary


def few(rows: int, inside: int) -> Sample:
    """Return *rows* people of whom exactly *inside* are in the facet."""
    sample = people(5, rows)
    return Sample((np.arange(rows) < inside)[None, :], sample.observed, sample.predicted)


def test_too_few_rows_are_inconclusive() -> None:
    """A batch below the minimum decides nothing; the message has both numbers."""
    verdict = conclude(spec(), evidence(few(60, 25), BASELINE))

    assert verdict.decision == "inconclusive"
    assert "the batch has 60 labelled rows; 100 are needed" in verdict.summary
    assert all(finding.limit is None for finding in verdict.findings)


@pytest.mark.parametrize(
    ("when_too_few", "decision"), [("inconclusive", "inconclusive"), ("fail", "refused"), ("warn", "pass")]
)
def test_a_facet_with_three_people(when_too_few: str, decision: str) -> None:
    """Three people tell nothing about a facet: the policy says what follows, and it is never hidden."""
    rules = [{"match": "bias/DPL/*", "between": [-1, 1], "action": "fail"}]
    verdict = conclude(spec(when_too_few=when_too_few, rules=rules), evidence(few(500, 3), BASELINE))
    why = {each.subject: each.why for each in verdict.not_checked}

    assert verdict.decision == decision
    assert why["bias/*/black"] == (
        "the batch has 3 rows inside black; 20 are needed, which about 160 rows would have"
    )


def test_a_baseline_can_be_too_small_too() -> None:
    """Both samples need people: a baseline with three of a facet tells as little."""
    verdict = conclude(spec(), evidence(HONEST, few(500, 3)))

    assert verdict.decision == "inconclusive"
    assert "the baseline has 3 rows inside black" in verdict.summary


def test_a_metric_that_vanished_is_inconclusive() -> None:
    """A metric that must be judged, and could be in the baseline, is not passed over when it has no value."""
    found = evidence(HONEST, BASELINE)
    checks = tuple(
        replace(
            each,
            current=tuple(
                replace(v, value=None, error="No positive labels in set") if v.metric == "DPPL" else v
                for v in each.current
            ),
        )
        for each in found.checks
    )
    verdict = conclude(spec(), replace(found, checks=checks))

    assert verdict.decision == "inconclusive"
    assert "bias/DPPL/black cannot be computed: No positive labels in set" in verdict.summary


def test_the_error_rate_is_printed() -> None:
    """The verdict says what it was calibrated for, and what fixed limits add to it."""
    calibrated = conclude(spec(), evidence(HONEST, BASELINE)).calibration
    rules = [
        {"match": "bias/DI/*", "minimum": 1.0, "action": "fail"},
        {"match": "bias/*", "tolerance": "calibrated", "action": "fail"},
    ]
    strict = conclude(spec(rules=rules), evidence(HONEST, BASELINE)).calibration

    assert calibrated
    assert strict
    assert calibrated.refuses_honest <= 0.05
    assert strict.refuses_honest > 0.3
    assert strict.limits == calibrated.limits - 1


def test_limits_say_what_they_would_catch() -> None:
    """Beyond the limit lies the value that nine of ten batches of this size would show as crossing."""
    verdict = conclude(spec(), evidence(HONEST, BASELINE))
    limit = next(finding.limit for finding in verdict.findings if finding.metric == "DPPL")

    assert limit
    assert limit.high is not None
    assert limit.detects_high is not None
    assert limit.high < limit.detects_high < limit.high + 0.15


@pytest.mark.parametrize("batch", [HONEST, BIASED])
def test_verdicts_survive_json(batch: Sample) -> None:
    """What is written is what is read, infinities included."""
    verdict = conclude(spec(), evidence(batch, BASELINE))
    text = json.dumps(to_json(verdict), allow_nan=False)

    assert from_json(json.loads(text)) == verdict


@pytest.mark.parametrize(
    ("gate", "text"),
    [
        ({"rules": [{"match": "bias/*", "action": "explode"}]}, "one of fail, warn, ignore"),
        (
            {"rules": [{"match": "bias/*", "action": "fail", "minimum": 1, "maximum": 2}]},
            "more than one limit",
        ),
        ({"rules": [{"match": "bias/*", "action": "fail", "tolerance": -1}]}, "at least 0"),
        ({"false_refusals": 0.9}, "below 0.5"),
        ({"patience": 1}, "unknown keys: patience"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(gate: dict[str, Any], text: str) -> None:
    """A specification is read strictly, and the message says where it is wrong."""
    with pytest.raises(ValueError, match=text):
        spec(**gate)
