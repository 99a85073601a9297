"""What is decided about inputs, with and without labels."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sagemaker_monitor.analysis.decision.conclude import conclude
from sagemaker_monitor.analysis.decision.evidence import CheckEvidence, Collected, Evidence
from sagemaker_monitor.analysis.decision.spec import from_json as read_spec
from sagemaker_monitor.analysis.documents.verdict import Finding, NotChecked, Verdict, Window
from sagemaker_monitor.analysis.documents.verdict_json import from_json, to_json
from tests.analysis.decision.cases import evidence, people, spec_document
from tests.analysis.decision.inputs import (
    CALIBRATED,
    STEP,
    Inputs,
    columns,
    inputs,
    quality_document,
    quality_evidence,
    quality_spec,
    with_inputs,
)

BASELINE = inputs(columns(1, 750))
HONEST = inputs(columns(2, 600))
POORER = inputs(columns(3, 600, richer=0.8))
RUINED = inputs(columns(3, 600, richer=0.3))
BIAS = {"match": "bias/*", "tolerance": "calibrated", "action": "fail"}


def edited(**changes: Any) -> Inputs:
    """Return honest inputs with other columns; None takes one away."""
    found = {**columns(2, 600), **changes}
    return inputs({name: cells for name, cells in found.items() if cells is not None})


def decide(batch: Inputs, *rules: dict[str, Any], **gate: Any) -> Verdict:
    """Return the verdict on inputs alone, read again from what is written."""
    verdict = conclude(quality_spec(rules=rules, **gate), quality_evidence(batch, BASELINE))
    assert from_json(json.loads(json.dumps(to_json(verdict), allow_nan=False))) == verdict
    return verdict


def drift_of(verdict: Verdict, feature: str) -> Finding:
    """Return the finding about a feature's drift."""
    return next(f for f in verdict.findings if f.feature == feature and f.metric == "baseline_drift_check")


def test_honest_inputs_pass() -> None:
    """Every feature has a distance, a limit, and the smallest drift that would be caught."""
    verdict = decide(HONEST)
    income = drift_of(verdict, "income")

    assert (verdict.decision, verdict.summary) == ("pass", "pass: 4 limits of the inputs held at 600 rows")
    assert {f.feature for f in verdict.findings} == {"income", "debt", "term", "region"}
    assert income.limit
    assert income.limit.high
    assert income.limit.detects_high
    assert income.value < income.limit.high < income.limit.detects_high < 0.15  # type: ignore[operator]
    assert (income.facet, income.monitor, income.check) == (None, "data_quality", STEP)


def test_drift_that_sagemaker_does_not_see_is_refused() -> None:
    """Incomes 20 % lower are beyond chance at 600 rows; the sentence says that Robust lets them pass."""
    verdict = decide(POORER)
    income = drift_of(verdict, "income")

    assert (verdict.decision, verdict.gate) == ("refused", "closed")
    assert (income.crossed, income.aws_violation) == (True, False)
    assert verdict.summary.startswith(
        "refused: the distance of income from its baseline is 0.15, at most 0.0"
    )
    assert "SageMaker's own rule (at most 0.20) lets it pass" in verdict.summary


def test_drift_that_both_see_says_so() -> None:
    """SageMaker's violation and the calibrated limit are both in the finding."""
    income = drift_of(decide(RUINED), "income")

    assert (income.crossed, income.aws_violation) == (True, True)
    assert income.message.endswith("SageMaker's own rule (at most 0.20) flags it")


def test_calibration_says_what_it_promises() -> None:
    """Alone, the inputs have the whole error rate."""
    calibration = decide(HONEST).calibration

    assert calibration
    assert (calibration.limits, calibration.false_refusals, calibration.families) == (4, 0.05, None)
    assert 0.03 < calibration.refuses_honest <= 0.05


@pytest.mark.parametrize(
    ("rule", "crossed", "high"),
    [
        ({"maximum": 0.1, "action": "fail"}, True, 0.1),
        ({"maximum": 0.5, "action": "fail"}, False, 0.5),
        ({"action": "fail"}, False, 0.1986),
        ({"tolerance": "calibrated", "action": "warn"}, True, None),
    ],
)
def test_kinds_of_limits(rule: dict[str, Any], crossed: bool, high: float | None) -> None:
    """A number is a distance; no limit is SageMaker's own rule, shown as the distance it allows."""
    verdict = decide(POORER, {"match": "data_quality/baseline_drift_check/income", **rule})
    income = drift_of(verdict, "income")

    assert income.crossed == crossed
    assert verdict.decision == ("refused" if crossed and rule["action"] == "fail" else verdict.decision)
    assert income.limit
    assert high is None or income.limit.high == pytest.approx(high, abs=1e-4)
    assert drift_of(verdict, "debt").action == "none"


def test_a_tolerance_is_no_limit_of_a_distance() -> None:
    """A kind that makes no sense is not applied, and told."""
    verdict = decide(POORER, {"match": "data_quality/*", "tolerance": 0.1, "action": "fail"})
    why = {each.subject: each.why for each in verdict.not_checked}

    assert "give maximum" in why["data_quality/baseline_drift_check/income"]
    assert drift_of(verdict, "income").limit is None


@pytest.mark.parametrize("action", ["ignore", "warn", "fail"])
@pytest.mark.parametrize(
    ("batch", "check", "counts"),
    [
        (
            edited(region=None),
            "missing_column_check",
            "dataset: 3, Number of columns in baseline constraints: 4",
        ),
        (edited(extra=["1"] * 600), "extra_column_check", "dataset: 5, Number of columns in baseline"),
    ],
)
def test_columns_that_do_not_fit_refuse_under_any_policy(
    batch: Inputs, check: str, counts: str, action: str
) -> None:
    """One violation, which no rule can wave through, and nothing else is told."""
    verdict = decide(batch, {"match": "data_quality/*", "action": action})

    assert (verdict.decision, [f.metric for f in verdict.findings]) == ("refused", [check])
    assert (verdict.findings[0].action, verdict.findings[0].feature) == ("fail", None)
    assert counts in verdict.summary
    assert verdict.checks[0].aws_violations == 1


def test_columns_outrank_checks_that_broke_for_want_of_them() -> None:
    """Where columns are missing nothing is scored: that is why other checks have no report."""
    found = with_inputs(
        evidence(people(2, 500), people(1, 600)), quality_evidence(edited(debt=None), BASELINE)
    )
    broken = tuple(
        each if each.quality else replace(each, status="broken", reason="the step is Failed")
        for each in found.checks
    )
    verdict = conclude(
        read_spec(quality_document(bias=True, rules=[CALIBRATED, BIAS])), replace(found, checks=broken)
    )

    assert verdict.decision == "refused"


@pytest.mark.parametrize(("action", "decision"), [("fail", "refused"), ("warn", "pass"), (None, "pass")])
def test_whole_numbers_where_fractions_were(action: str | None, decision: str) -> None:
    """SageMaker's violation is the limit: its share and its words are in the finding."""
    rules = [CALIBRATED]
    if action:
        rules.append({"match": "data_quality/data_type_check/*", "action": action})
    whole = [str(round(float(cell))) for cell in columns(2, 600)["income"]]
    verdict = decide(edited(income=whole), *rules)
    fact = verdict.findings[0]

    assert verdict.decision == decision
    assert (fact.metric, fact.feature, fact.value) == ("data_type_check", "income", 0.0)
    assert (fact.aws_violation, fact.crossed, fact.action) == (True, action is not None, action or "none")
    assert "Observed: Only 0.0% of data is Fractional" in fact.message
    assert drift_of(verdict, "income").limit


def test_a_broad_calibrated_rule_covers_facts_too() -> None:
    """Nobody calibrates a type: under such a rule SageMaker's violation counts."""
    verdict = decide(edited(region=["north"] * 599 + ["moon"]), {**CALIBRATED, "match": "data_quality/*"})
    fact = verdict.findings[0]

    assert verdict.decision == "refused"
    assert fact.metric == "categorical_values_check"
    assert fact.value == pytest.approx(599 / 600)


def test_missing_values_are_refused_by_their_own_check() -> None:
    """The share that is present is told; drift compares the values that are there."""
    rule = {"match": "data_quality/completeness_check/*", "action": "fail"}
    verdict = decide(inputs(columns(2, 600, missing=0.1)), rule, CALIBRATED)
    fact = verdict.findings[0]

    assert (verdict.decision, fact.metric, fact.feature) == ("refused", "completeness_check", "income")
    assert fact.value == pytest.approx(0.9, abs=0.03)
    assert not drift_of(verdict, "income").crossed
    assert any("SageMaker found other violations" in each.why for each in verdict.not_checked)


@pytest.mark.parametrize("cells", [["x"] * 600, [""] * 600])
def test_what_must_be_compared_and_cannot_be_is_inconclusive(cells: list[str]) -> None:
    """Texts in place of numbers, or no value at all, leave a failing drift limit unjudged: never a pass."""
    verdict = decide(edited(income=cells))

    assert verdict.decision == "inconclusive"
    assert "data_quality/baseline_drift_check/income cannot be judged" in verdict.summary


@pytest.mark.parametrize(
    ("when_too_few", "decision"), [("inconclusive", "inconclusive"), ("fail", "refused"), ("warn", "pass")]
)
def test_too_few_rows(when_too_few: str, decision: str) -> None:
    """The minimum is one of rows here, labelled or not."""
    verdict = decide(inputs(columns(3, 60)), when_too_few=when_too_few)

    assert verdict.decision == decision
    assert any(each.why.startswith("the batch has 60 rows; 100 are needed") for each in verdict.not_checked)


def test_facts_need_no_minimum_of_rows() -> None:
    """A wrong type is wrong in any number of rows."""
    short = {name: cells[:60] for name, cells in columns(2, 600).items()}
    verdict = decide(
        inputs({**short, "debt": ["x"] * 60}), {"match": "data_quality/data_type_check/*", "action": "fail"}
    )

    assert verdict.decision == "refused"


def test_reports_about_other_rows_are_no_evidence() -> None:
    """Statistics that do not follow from the rows that are split were computed on other data."""
    found = quality_evidence(HONEST, BASELINE)
    verdict = conclude(quality_spec(), replace(found, features=inputs(columns(9, 600)).table))

    assert verdict.decision == "no-evidence"
    assert (
        "its report has another mean of income than its rows: they are not the same data" in verdict.summary
    )


def test_calibration_needs_the_baselines_rows() -> None:
    """Without them a calibrated limit is no evidence; SageMaker's own rule needs none."""
    found = quality_evidence(HONEST, BASELINE)
    assert found.baseline
    version = replace(
        found.baseline, features=None, features_problem="there are no rows below s3://b/features"
    )
    found = replace(found, baseline=version)
    rule = {"match": "data_quality/*", "action": "fail"}

    assert conclude(quality_spec(), found).decision == "no-evidence"
    assert "no rows below s3://b/features" in conclude(quality_spec(), found).summary
    assert conclude(quality_spec(rules=[rule]), found).decision == "pass"


def test_bootstrap_establishes() -> None:
    """The first inputs are compared with nothing."""
    verdict = conclude(quality_spec(), quality_evidence(BASELINE, None))

    assert (verdict.decision, verdict.findings) == ("baseline-established", ())


def both(batch: Inputs = HONEST, *, bias: float = 0.0, **labels: Any) -> Evidence:
    """Return the evidence of a batch with labels whose inputs are checked as well."""
    found = evidence(people(3 if bias else 2, 500, bias=bias), people(1, 600), rows=600, **labels)
    return with_inputs(found, quality_evidence(batch, BASELINE))


def judged(found: Evidence, *rules: dict[str, Any]) -> Verdict:
    """Return the verdict of a policy for inputs and bias."""
    return conclude(read_spec(quality_document(bias=True, rules=rules or [CALIBRATED, BIAS])), found)


def waiting(batch: Inputs) -> Evidence:
    """Return the evidence of a batch without labels."""
    found = both(batch, status="labels-missing", labelled=0, overlap=0.0)
    checks = tuple(each for each in found.checks if each.quality)
    return replace(found, checks=checks, batch=None)


def test_monitors_share_the_error_rate() -> None:
    """Each monitor with calibrated limits that refuse has half of it, and both add up to the promise."""
    calibration = judged(both()).calibration

    assert calibration
    assert calibration.families
    assert {each.monitor: each.false_refusals for each in calibration.families} == {
        "data_quality": 0.025,
        "bias": 0.025,
    }
    assert calibration.false_refusals == 0.05
    assert calibration.refuses_honest <= 0.05
    assert calibration.limits == sum(each.limits for each in calibration.families)


def test_the_parts_do_not_depend_on_which_labels_have_arrived() -> None:
    """A batch may be refused in either run: both runs use the policy's parts."""
    early = judged(waiting(HONEST)).calibration
    document = {**spec_document(rules=[CALIBRATED, BIAS]), "pipeline": "monitor-ground-truth"}
    late = conclude(read_spec(document), evidence(people(2, 500), people(1, 600))).calibration

    assert early
    assert late
    assert (early.false_refusals, late.false_refusals) == (0.025, 0.025)


def test_both_pass() -> None:
    """The sentence counts limits and rows of both."""
    verdict = judged(both())

    assert verdict.decision == "pass"
    assert verdict.summary.startswith("pass: 4 limits of the inputs held at 600 rows, ")
    assert verdict.summary.endswith("of bias at 500 labelled rows")


def test_bias_is_refused_beside_honest_inputs() -> None:
    """What labels tell refuses as before."""
    verdict = judged(both(bias=0.35))

    assert verdict.decision == "refused"
    assert "for black" in verdict.summary


def test_partial_labels_do_not_undo_a_refusal_of_the_inputs() -> None:
    """Inputs are judged on all rows; honest inputs with half of the labels are inconclusive."""
    partial: dict[str, Any] = {"status": "labels-partial", "overlap": 0.5}

    assert judged(both(POORER, **partial)).decision == "refused"
    assert judged(both(HONEST, **partial)).decision == "inconclusive"


@pytest.mark.parametrize(("batch", "decision"), [(HONEST, "pass"), (POORER, "refused")])
def test_inputs_are_judged_before_labels_arrive(batch: Inputs, decision: str) -> None:
    """The decision rests on the inputs, and what waits for labels is listed."""
    verdict = judged(waiting(batch))
    why = {each.subject: each.why for each in verdict.not_checked}

    assert verdict.decision == decision
    assert why["DataBias"] == why["ModelBias"] == "labels have not arrived"
    assert verdict.batch
    assert (verdict.batch.rows, verdict.batch.labelled) == (600, 0)
    assert not any(subject.startswith("bias/") for subject in why)


def test_a_pass_without_labels_says_what_is_missing() -> None:
    """Nobody mistakes it for the whole."""
    assert judged(waiting(HONEST)).summary.endswith("bias was not checked: labels have not arrived")


def test_inputs_that_nothing_refuses_by_leave_labels_missing() -> None:
    """Without a rule that may refuse the inputs, there is nothing to pass on."""
    verdict = judged(waiting(HONEST), BIAS)

    assert (verdict.decision, verdict.gate) == ("labels-missing", "closed")


def test_a_step_that_broke_is_not_taken_for_missing_labels() -> None:
    """Where nothing was joined because scoring failed, the checks that need labels are no evidence."""
    found = replace(waiting(HONEST), labels=None, failed="BatchMonitor-transform is Failed: OOM")
    verdict = judged(found)

    assert verdict.decision == "no-evidence"
    assert "nothing was joined: BatchMonitor-transform is Failed: OOM" in verdict.summary


def test_columns_that_do_not_fit_need_no_labels() -> None:
    """The refusal says the columns, although scoring broke on them."""
    found = replace(waiting(edited(debt=None)), labels=None, failed="BatchMonitor-transform is Failed")
    verdict = judged(found)
    why = {each.subject: each.why for each in verdict.not_checked}

    assert verdict.decision == "refused"
    assert why["ModelBias"] == "the columns do not fit, so nothing was scored"


def without_rows(collected: Collected) -> Evidence:
    """Return what a run finds that stopped at its window."""
    return replace(
        evidence(people(2, 500), people(1, 600)),
        labels=None,
        checks=(),
        batch=None,
        baseline=None,
        collected=collected,
    )


def test_an_empty_window_is_a_decision_of_its_own() -> None:
    """Nothing captured is neither a pass nor missing labels; the verdict says which hours."""
    window = Window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
    found = without_rows(Collected("window-empty", 0, window))
    document = {**spec_document(), "pipeline": "monitor-ground-truth"}
    verdict = conclude(read_spec(document), found)

    assert (verdict.decision, verdict.gate) == ("window-empty", "closed")
    assert "nothing was captured from 2026-03-01T00:00:00Z until 2026-03-02T00:00:00Z" in verdict.summary
    assert verdict.batch
    assert (verdict.batch.window, verdict.batch.rows) == (window, 0)
    assert from_json(to_json(verdict)) == verdict


def test_a_batch_that_is_not_there_is_told_by_its_place() -> None:
    """A scheduled run that finds none says where it looked, and has no window to tell."""
    found = without_rows(Collected("window-empty", 0, None, "there is no object below s3://data/2026/"))
    verdict = conclude(read_spec({**spec_document(), "pipeline": "monitor-batch"}), found)

    assert (verdict.decision, verdict.gate) == ("window-empty", "closed")
    assert verdict.summary.startswith("no batch: there is no object below s3://data/2026/; put it there")
    assert verdict.batch is None or verdict.batch.window is None
    assert from_json(to_json(verdict)) == verdict


def test_captures_that_cannot_be_judged_are_no_evidence() -> None:
    """Why is the verdict's sentence, and what else was found is told beside what was not checked."""
    window = Window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
    why = "baseline-version-mismatch: the window was answered by version 2"
    told = NotChecked("variant B", "3 of 9 requests were answered by another version")
    found = without_rows(Collected("unusable", 0, window, why, None, (told,)))
    verdict = conclude(read_spec({**spec_document(), "pipeline": "monitor-endpoint"}), found)

    assert (verdict.decision, verdict.gate, verdict.summary) == (
        "no-evidence",
        "closed",
        f"no evidence: {why}",
    )
    assert verdict.not_checked[-1] == told
    assert from_json(to_json(verdict)) == verdict


def test_what_a_window_has_to_be_told_is_in_every_verdict_on_it() -> None:
    """Hours without captures, and whose word the version is, stand beside what was not checked."""
    window = Window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
    told = NotChecked("hours", "nothing was captured in 3 of 24 hours: 2026-03-01T02:00:00Z")
    found = replace(
        evidence(people(2, 500), people(1, 600)), collected=Collected("captured", 500, window, notes=(told,))
    )

    assert told in conclude(read_spec(spec_document()), found).not_checked


def test_a_check_of_inputs_that_broke_is_no_evidence() -> None:
    """As for bias: absence is not a pass."""
    found = quality_evidence(HONEST, BASELINE)
    check = CheckEvidence(STEP, "DATA_QUALITY", "data_quality", "broken", "the step is Failed: OOM")
    verdict = conclude(quality_spec(), replace(found, checks=(check,)))

    assert verdict.decision == "no-evidence"


def test_idle_rules_of_inputs_are_told() -> None:
    """A rule that no check or feature matches is a mistake someone should hear of."""
    verdict = decide(HONEST, {"match": "data_quality/*/salary", "action": "fail"}, CALIBRATED)

    assert {each.subject: each.why for each in verdict.not_checked}[
        "data_quality/*/salary"
    ] == "the rule matches no metric of this run"
