"""Predictions held against labels: what refuses, what is chance, and what cannot be told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sagemaker_monitor.analysis.decision.conclude import conclude
from sagemaker_monitor.analysis.decision.evidence import CheckEvidence, Evidence
from sagemaker_monitor.analysis.decision.measured import MOST_SPLIT, thinned
from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.spec import from_json
from sagemaker_monitor.analysis.documents.model_constraints import Constraint
from sagemaker_monitor.analysis.documents.model_statistics import Metric
from sagemaker_monitor.analysis.documents.verdict import Finding, Verdict
from sagemaker_monitor.analysis.documents.verdict_json import from_json as read
from sagemaker_monitor.analysis.documents.verdict_json import to_json
from tests.analysis.decision.cases import evidence as bias_evidence
from tests.analysis.decision.cases import people, spec_document
from tests.analysis.decision.scoring import (
    QUALITY,
    QUALITY_RULE,
    Answers,
    answers,
    quality_evidence,
    quality_spec,
)

BASELINE, HONEST, WORSE = answers(1, 400), answers(6, 300), answers(3, 300, noise=0.45)
BETTER = answers(4, 300, skill=3.0)


def rule(metric: str, **limit: Any) -> dict[str, Any]:
    """Return a rule that refuses."""
    return {"match": f"model_quality/{metric}", "action": "fail", **limit}


def decide(
    batch: Answers, *rules: dict[str, Any], baseline: Answers | None = BASELINE, **gate: Any
) -> Verdict:
    """Return the verdict on *batch*, as it is read again."""
    return read(to_json(conclude(quality_spec(*rules, **gate), quality_evidence(batch, baseline))))


def edited(found: Evidence, **changes: Any) -> Evidence:
    """Return the evidence with other documents of its check."""
    check = found.checks[0]
    assert check.model
    return replace(found, checks=(replace(check, model=replace(check.model, **changes)),))


def of(verdict: Verdict, metric: str) -> Finding:
    """Return the finding about *metric*."""
    return next(each for each in verdict.findings if each.metric == metric)


def test_an_honest_batch_passes_though_aws_flags_it() -> None:
    """Every metric has a limit in the direction that is worse; AWS's violations stay and do not decide."""
    verdict = decide(HONEST)

    assert (verdict.decision, verdict.gate) == ("pass", "open")
    assert verdict.summary == "pass: 11 limits held at 300 rows"
    assert {each.worse for each in verdict.findings} == {"lower", "higher"}
    for each in verdict.findings:
        assert each.limit
        assert (each.limit.low is None) == (each.worse == "higher")
        assert (each.monitor, each.facet, each.feature) == ("model_quality", None, None)
    assert any(each.aws_violation for each in verdict.findings)
    assert verdict.checks[0].aws_violations == sum(each.aws_violation for each in verdict.findings)
    assert verdict.calibration
    assert (verdict.calibration.limits, verdict.calibration.false_refusals) == (11, 0.05)
    assert 0.03 < verdict.calibration.refuses_honest <= 0.05


def test_a_worse_model_is_refused_in_words() -> None:
    """The sentence names metric, value, limit, rows and baseline, and what is worse about the model."""
    verdict = decide(WORSE)

    assert (verdict.decision, verdict.gate) == ("refused", "closed")
    assert verdict.summary.startswith("refused: auc is 0.7")
    assert (
        "is explained by chance at 300 rows (baseline 0.91); scores tell the two classes apart less well"
        in (verdict.summary)
    )


def test_a_better_model_is_never_refused() -> None:
    """However far metrics move, for the better they cross nothing, also where a tolerance is 0."""
    assert decide(BETTER).decision == "pass"
    assert decide(BETTER, rule("*", tolerance=0)).decision == "pass"


def test_limits_say_what_they_would_catch() -> None:
    """Beyond the limit, on the worse side, lies the value that nine of ten batches would show as crossing."""
    verdict = decide(HONEST)
    auc, missed = of(verdict, "auc").limit, of(verdict, "false_negative_rate").limit

    assert auc
    assert auc.detects_low is not None
    assert auc.low is not None
    assert auc.detects_high is None
    assert auc.detects_low < auc.low
    assert missed
    assert missed.high is not None
    assert missed.detects_high is not None
    assert missed.detects_high > missed.high


@pytest.mark.parametrize(
    ("limit", "crossed"),
    [
        ({"minimum": 0.95}, True),
        ({"minimum": 0.7}, False),
        ({"between": [0.95, 1.0]}, True),
        ({"maximum": 0.8}, True),
        ({"tolerance": 0.3}, False),
        ({"tolerance": 0.05}, True),
        ({}, True),
    ],
)
def test_every_kind_of_limit(limit: dict[str, Any], crossed: bool) -> None:
    """Ranges, minima and maxima are what the policy wrote, tolerances count towards worse, none is AWS's."""
    batch = HONEST if "maximum" in limit else WORSE
    found = of(decide(batch, rule("auc", **limit)), "auc")

    assert (found.crossed, found.limit is not None) == (crossed, True)


def test_fixed_limits_tell_how_often_they_refuse_honest_batches() -> None:
    """A limit that is no wider than chance is told to be so: AWS's own refuses half of the honest batches."""
    own, wide = decide(HONEST, rule("auc")), decide(HONEST, rule("auc", tolerance=0.2))

    assert own.calibration
    assert wide.calibration
    assert 0.4 < own.calibration.refuses_honest < 0.6
    assert wide.calibration.refuses_honest == 0.0
    assert (own.calibration.limits, own.calibration.replicates) == (0, 0)


def test_f0_5_is_judged_though_sagemaker_never_reports_it() -> None:
    """Where a rule leaves the limit to AWS, the constraint itself decides about f0_5."""
    verdict = decide(WORSE, rule("f0_5"))
    found = of(verdict, "f0_5")

    assert (verdict.decision, found.crossed, found.aws_violation) == ("refused", True, False)


def test_the_direction_is_the_constraints_own() -> None:
    """A baseline whose comparison was turned around by hand is followed."""
    found = quality_evidence(BETTER, BASELINE)
    check = found.checks[0]
    assert check.model
    assert check.model.constraints
    constraints = dict(check.model.constraints.constraints)
    constraints["auc"] = Constraint(constraints["auc"].threshold, "GreaterThanThreshold")
    turned = edited(found, constraints=replace(check.model.constraints, constraints=constraints))
    verdict = conclude(quality_spec(rule("auc", tolerance=0.001)), turned)

    assert (verdict.decision, of(verdict, "auc").worse) == ("refused", "higher")


def test_warnings_do_not_close_the_gate() -> None:
    """A rule that warns has a family of its own, and is told in a verdict that is open."""
    verdict = decide(
        WORSE, {**QUALITY_RULE, "match": "model_quality/auc", "action": "warn"}, rule("f1", minimum=0.1)
    )

    assert verdict.decision == "pass"
    assert "1 warning, such as: auc is" in verdict.summary
    assert verdict.calibration
    assert verdict.calibration.limits == 0


def test_a_first_version_keeps_the_policys_own_limits() -> None:
    """A minimum needs no baseline: a candidate below it is refused when the baseline is made."""
    assert decide(WORSE, rule("auc", minimum=0.9), baseline=None).decision == "refused"
    verdict = decide(HONEST, rule("auc", minimum=0.9), QUALITY_RULE, baseline=None)
    assert verdict.decision == "baseline-established"
    assert [(each.subject, each.why) for each in verdict.not_checked] == [
        ("ModelQuality", "baseline established, nothing compared")
    ]


@pytest.mark.parametrize(
    ("rows", "minimum", "said"),
    [
        (90, {"total": 100}, "the batch has 90 labelled rows; 100 are needed to tell anything"),
        (90, {"total": 50, "per_facet_and_label": 60}, "rows with the label 0; 60 are needed"),
    ],
)
@pytest.mark.parametrize(
    ("when_too_few", "decision"), [("inconclusive", "inconclusive"), ("fail", "refused"), ("warn", "refused")]
)
def test_too_few_rows_decide_nothing(
    rows: int, minimum: dict[str, int], said: str, when_too_few: str, decision: str
) -> None:
    """Below the minimum, of all rows or of one label, the policy says what follows, and how many would do."""
    few = {"total": 1, "per_facet": 1, "per_facet_and_label": 1, **minimum}
    batch = answers(3, rows, noise=0.9)
    verdict = decide(batch, minimum_rows=few, when_too_few=when_too_few)

    assert verdict.decision == decision
    assert any(said in each.why for each in verdict.not_checked if each.subject == "model_quality/*")
    if when_too_few == "warn":
        assert any(each.crossed for each in verdict.findings)
    else:
        assert said in verdict.summary
        assert all(each.limit is None for each in verdict.findings)


def test_a_baseline_can_be_too_small_too() -> None:
    """Both samples need rows of both labels."""
    few = {"total": 1, "per_facet": 1, "per_facet_and_label": 10}
    verdict = decide(HONEST, baseline=answers(1, 20), minimum_rows=few)

    assert verdict.decision == "inconclusive"
    assert "the baseline has" in verdict.summary


# --- evidence that is none -----------------------------------------------------------------------


def test_a_report_about_other_rows_is_no_evidence() -> None:
    """Another batch's report, though of as many rows, counts other cells."""
    other = replace(quality_evidence(HONEST, BASELINE), batch=answers(9, 300).sample)
    verdict = conclude(quality_spec(), other)

    assert verdict.decision == "no-evidence"
    assert "its report counts" in verdict.summary
    assert "they are not the same data" in verdict.summary


def test_a_report_of_other_scores_is_no_evidence() -> None:
    """Equal counts are not enough: the area under the curve must follow from the scores."""
    order = np.random.default_rng(1).permutation(300)
    scores = np.where(
        HONEST.scores > 0.5, 0.5 + np.abs(HONEST.scores[order] - 0.5), 0.5 - HONEST.scores[order] / 2
    )
    other = Answers(scores, HONEST.labels)
    found = replace(quality_evidence(HONEST, BASELINE), batch=other.sample)

    assert "for auc, but its joined rows give" in conclude(quality_spec(), found).summary


def test_a_baseline_about_other_rows_is_no_evidence() -> None:
    """The rows that limits are calibrated from must be those that the baseline's report is about."""
    found = quality_evidence(HONEST, BASELINE)
    assert found.baseline
    found = replace(found, baseline=replace(found.baseline, sample=answers(8, 390).sample))

    assert "its baseline has 400 rows, but there are 390" in conclude(quality_spec(), found).summary


def without_rows(found: Evidence) -> Evidence:
    """Return the evidence without the rows behind the baseline."""
    assert found.baseline
    return replace(found, baseline=replace(found.baseline, sample=None, problem="there are no rows"))


def test_calibration_needs_the_baselines_rows() -> None:
    """Without them there is no calibrated limit that refuses; fixed limits decide all the same."""
    found = without_rows(quality_evidence(HONEST, BASELINE))
    verdict = conclude(quality_spec(), found)

    assert verdict.summary == (
        "no evidence: ModelQuality: its limits cannot be calibrated: there are no rows"
    )
    assert conclude(quality_spec(rule("auc", tolerance=0.1)), found).decision == "pass"


def test_a_warning_without_rows_is_told_and_judges_nothing() -> None:
    """A calibrated limit that only warns is left out where it cannot be had."""
    warning = {**QUALITY_RULE, "match": "model_quality/auc", "action": "warn"}
    found = without_rows(quality_evidence(WORSE, BASELINE))
    verdict = conclude(quality_spec(warning, rule("f1", minimum=0.1)), found)

    assert (verdict.decision, of(verdict, "auc").limit) == ("pass", None)
    assert any(
        e.subject == "model_quality/auc" and "rows of batch or baseline" in e.why for e in verdict.not_checked
    )


def test_unknown_labels_are_no_evidence() -> None:
    """A label that is neither 0 nor 1 cannot be what a binary report counted."""
    sample = replace(HONEST.sample, scored=None, unscored="row 3 has the label '2', which is neither 0 nor 1")
    verdict = conclude(quality_spec(), replace(quality_evidence(HONEST, BASELINE), batch=sample))

    assert verdict.decision == "no-evidence"
    assert "cannot be held against its rows: row 3 has the label '2'" in verdict.summary


def test_a_report_of_a_third_class_is_no_evidence() -> None:
    """Counts of a class that the rows do not have are another dataset's."""
    found = quality_evidence(HONEST, BASELINE)
    check = found.checks[0]
    assert check.model
    assert check.model.statistics.confusion_matrix
    matrix = {**check.model.statistics.confusion_matrix, "2": {"0": 4}}
    strange = edited(found, statistics=replace(check.model.statistics, confusion_matrix=matrix))

    assert "4 of class 2 predicted as 0" in conclude(quality_spec(), strange).summary


def test_another_problem_type_is_no_evidence() -> None:
    """The report must be one of what the model is."""
    from tests.analysis.decision.scoring import document

    given = {**document([QUALITY], [QUALITY_RULE]), "problem_type": "Regression"}
    spec = from_json({key: given[key] for key in given if key not in ("favourable", "threshold")})
    verdict = conclude(spec, quality_evidence(HONEST, BASELINE))

    assert "its report is one of BinaryClassification, the model's is Regression" in verdict.summary


def test_a_violation_must_follow_from_its_report() -> None:
    """A violation of a metric that has not become worse was written about other data."""
    found = edited(quality_evidence(BETTER, BASELINE), violated=frozenset({"auc"}))

    assert "a violation of auc, which its report does not bear out" in conclude(quality_spec(), found).summary


def test_a_metric_without_a_number_is_not_passed_over() -> None:
    """NaN, or a report without the metric, is inconclusive where the metric must be judged."""
    found = quality_evidence(HONEST, BASELINE)
    check = found.checks[0]
    assert check.model
    known = check.model.statistics.metrics
    for metrics in ({**known, "auc": Metric(float("nan"))}, {k: v for k, v in known.items() if k != "auc"}):
        changed = edited(found, statistics=replace(check.model.statistics, metrics=metrics))
        verdict = conclude(quality_spec(), replace(changed))
        assert verdict.decision == "inconclusive"
        assert "model_quality/auc cannot be judged: the report has no number for it" in verdict.summary
        assert read(to_json(verdict)) == verdict


def test_a_baseline_without_the_metric_is_told() -> None:
    """What the baseline does not have cannot be compared; that is said, and the others are judged."""
    found = quality_evidence(HONEST, BASELINE)
    check = found.checks[0]
    assert check.model
    assert check.model.baseline
    metrics = {name: each for name, each in check.model.baseline.metrics.items() if name != "auc"}
    changed = edited(found, baseline=replace(check.model.baseline, metrics=metrics))
    verdict = conclude(quality_spec(), changed)

    assert (verdict.decision, of(verdict, "auc").limit) == ("pass", None)
    assert ("model_quality/auc", "no baseline: the baseline's report has no number for it") in [
        (each.subject, each.why) for each in verdict.not_checked
    ]


def test_a_constraint_that_was_removed_leaves_aws_no_rule() -> None:
    """Without a constraint, a rule that leaves the limit to AWS judges nothing, and says so."""
    found = quality_evidence(WORSE, BASELINE)
    check = found.checks[0]
    assert check.model
    assert check.model.constraints
    kept = {name: each for name, each in check.model.constraints.constraints.items() if name != "auc"}
    changed = edited(
        found,
        constraints=replace(check.model.constraints, constraints=kept),
        violated=check.model.violated - {"auc"},
    )
    verdict = conclude(quality_spec(rule("auc"), rule("f1", minimum=0.1)), changed)

    assert verdict.decision == "pass"
    assert any(each.why == "the baseline has no constraint for it" for each in verdict.not_checked)


@pytest.mark.parametrize("status", ["broken", "no-evidence"])
def test_a_check_without_report_outranks_everything(status: str) -> None:
    """No evidence is never open."""
    found = quality_evidence(HONEST, BASELINE)
    lost = CheckEvidence("ModelQuality", "MODEL_QUALITY", "model_quality", status, "the step is Failed")
    verdict = conclude(quality_spec(), replace(found, checks=(lost,)))

    assert (verdict.decision, verdict.findings) == ("no-evidence", ())


def test_partial_labels_are_inconclusive() -> None:
    """Labels of half of a batch tell nothing about the whole, even where the model looks worse."""
    found = quality_evidence(WORSE, BASELINE)
    assert found.labels
    found = replace(found, labels=replace(found.labels, status="labels-partial", overlap=0.5))

    assert conclude(quality_spec(), found).decision == "inconclusive"


def test_nothing_is_judged_before_labels_arrive() -> None:
    """A model of which only predictions are watched waits for its labels."""
    found = replace(quality_evidence(HONEST, BASELINE), checks=(), batch=None)
    assert found.labels
    found = replace(found, labels=replace(found.labels, status="labels-missing", labelled=0, overlap=0.0))

    assert conclude(quality_spec(), found).decision == "labels-missing"


# --- beside bias ---------------------------------------------------------------------------------


def with_bias(batch: Sample, scored: Answers) -> tuple[dict[str, Any], Evidence]:
    """Return spec.json and evidence of a model of which bias and predictions are watched."""
    document = spec_document(
        rules=[QUALITY_RULE, {"match": "bias/DPL/*", "tolerance": "calibrated", "action": "fail"}]
    )
    document["checks"] = [QUALITY, *document["checks"]]
    baseline = people(1, 400)
    found, of_model = bias_evidence(batch, baseline), quality_evidence(scored, BASELINE)
    assert found.baseline
    return document, replace(
        found,
        checks=(*of_model.checks, *found.checks),
        batch=replace(batch, scored=scored.sample.scored),
        baseline=replace(found.baseline, sample=replace(baseline, scored=BASELINE.sample.scored)),
    )


def test_monitors_share_the_error_rate_and_the_sentence() -> None:
    """Each has half of it, and the summary counts what held of both."""
    document, found = with_bias(people(2, 300), HONEST)
    verdict = conclude(from_json(document), found)

    assert verdict.summary == "pass: 1 limit of bias and 11 of model quality held at 300 labelled rows"
    assert verdict.calibration
    assert verdict.calibration.families
    assert {each.monitor: each.false_refusals for each in verdict.calibration.families} == {
        "bias": 0.025,
        "model_quality": 0.025,
    }
    assert verdict.calibration.limits == 12


def test_either_monitor_refuses() -> None:
    """A model that became worse is refused though it is fair, and an unfair one though it is good."""
    document, found = with_bias(people(2, 300), WORSE)
    assert conclude(from_json(document), found).summary.startswith("refused: auc is")
    document, found = with_bias(people(3, 300, bias=0.5), HONEST)
    assert conclude(from_json(document), found).summary.startswith("refused: DPL for black")


# --- the promise ---------------------------------------------------------------------------------


def test_honest_batches_are_refused_as_rarely_as_promised() -> None:
    """Of 150 honest batches, each with its own baseline, about 10 % are refused where 10 % are promised."""
    from sagemaker_monitor.analysis.decision import model_chance

    refused = 0
    worse = {**dict.fromkeys(("recall", "precision", "auc", "f1"), "lower"), "false_positive_rate": "higher"}
    for seed in range(150):
        before, now = answers(1_000 + seed, 200).sample.scored, answers(9_000 + seed, 120).sample.scored
        assert before
        assert now
        found = model_chance.chance(before, now, worse, 0.1, total=300)
        reach = found.reach(found.names, 0.1)
        refused += any(
            change > reach[name] for name, change in zip(found.names, found.change[0], strict=True)
        )

    # 15 are expected; 25 or more of 150 have a chance of 1 %.
    assert 5 <= refused < 25


def test_of_very_many_rows_a_part_is_split() -> None:
    """Beyond 100,000 rows the same random part every time, with both classes; fewer stay whole."""
    many = answers(1, 120_000).sample.scored
    few = answers(1, 500).sample.scored
    assert many is not None
    part = thinned(many)

    assert part.rows == MOST_SPLIT
    assert part.positive.mean() == pytest.approx(0.7, abs=0.005)
    assert (thinned(many).scores == part.scores).all()
    assert thinned(few) is few
