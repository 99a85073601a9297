"""Attributions held against the baseline's: what refuses, what is chance, and what cannot be told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from sagemaker_monitor.analysis.decision import attribution_chance
from sagemaker_monitor.analysis.decision.attributions import read_global, read_local
from sagemaker_monitor.analysis.decision.conclude import conclude
from sagemaker_monitor.analysis.decision.evidence import BaselineVersion, Evidence
from sagemaker_monitor.analysis.decision.spec import from_json
from sagemaker_monitor.analysis.decision.table import Table
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.analysis.documents.verdict_json import from_json as read
from sagemaker_monitor.analysis.documents.verdict_json import to_json
from sagemaker_monitor.analysis.explainability import drift
from tests.analysis.decision.scoring import (
    NAMES,
    QUALITY,
    QUALITY_RULE,
    RANKING,
    RANKING_RULE,
    Records,
    answers,
    document,
    quality_evidence,
    ranking_evidence,
    ranking_spec,
    records,
    together,
)

BASELINE, HONEST = records(1, 400), records(2, 300)
SWAPPED = records(3, 300, (0.2, 0.3, 0.1, 0.05))
TURNED = records(4, 300, (0.02, 0.05, 0.2, 0.3))


def decide(
    batch: Records, *rules: dict[str, Any], baseline: Records | None = BASELINE, **gate: Any
) -> Verdict:
    """Return the verdict on *batch*, as it is read again."""
    return read(to_json(conclude(ranking_spec(*rules, **gate), ranking_evidence(batch, baseline))))


def rule(**limit: Any) -> dict[str, Any]:
    """Return a rule that refuses."""
    return {"match": "explainability/ndcg", "action": "fail", **limit}


def edited(found: Evidence, **changes: Any) -> Evidence:
    """Return the evidence with another report of its check."""
    check = found.checks[0]
    assert check.explained
    return replace(found, checks=(replace(check, explained=replace(check.explained, **changes)),))


# --- the measure ---------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.001, 1), st.floats(0.001, 1)), min_size=2, max_size=12, unique_by=lambda p: p[1]
    )
)
def test_ndcg_is_the_one_that_clarify_and_scikit_learn_have(pairs: list[tuple[float, float]]) -> None:
    """Gains are the baseline's attributions, the order is the current one's."""
    before, now = np.array(pairs).T
    found = float(attribution_chance.ndcg(before, now))

    assert found == pytest.approx(ndcg_score([before], [now], ignore_ties=True))
    assert found == pytest.approx(drift.ndcg(before, now))


def test_awss_documented_example() -> None:
    """SAT .70, GPA .50 and rank .05 in the opposite order give 0.69."""
    before, now = np.array([0.70, 0.50, 0.05]), np.array([0.1, 0.2, 0.3])

    assert float(attribution_chance.ndcg(before, now)) == pytest.approx(0.69, abs=0.005)


def test_many_rankings_at_once_are_each_on_its_own() -> None:
    """What is computed for many splits is what each gives alone; nothing to gain is not a number."""
    random = np.random.default_rng(1)
    before, now = random.random((5, 7)), random.random((5, 7))
    before[3] = 0
    found = attribution_chance.ndcg(before, now)

    assert np.isnan(found[3])
    for place in (0, 1, 2, 4):
        assert found[place] == pytest.approx(drift.ndcg(before[place], now[place]))


# --- the verdict ---------------------------------------------------------------------------------


def test_an_honest_batch_passes() -> None:
    """The nDCG has a limit on the lower side, and the verdict has every feature's attribution."""
    verdict = decide(HONEST)
    (found,) = verdict.findings

    assert (verdict.decision, verdict.summary) == ("pass", "pass: 1 limit of attributions held at 300 rows")
    assert (found.monitor, found.metric, found.worse) == ("explainability", "ndcg", "lower")
    assert (found.facet, found.feature, found.baseline) == (None, None, None)
    assert found.limit
    assert found.limit.high is None
    assert verdict.attributions
    assert {each.feature: each.value for each in verdict.attributions} == HONEST.means
    assert {each.feature: each.baseline for each in verdict.attributions} == BASELINE.means
    assert verdict.batch
    assert verdict.batch.rows == 300
    assert verdict.calibration
    assert (verdict.calibration.limits, verdict.calibration.false_refusals) == (1, 0.05)


def test_features_that_traded_places_are_refused_though_aws_passes_them() -> None:
    """AWS's limit of 0.9 is far from what chance explains; the sentence names who moved most."""
    verdict = decide(SWAPPED)
    (found,) = verdict.findings

    assert (verdict.decision, found.aws_violation) == ("refused", False)
    assert verdict.summary.startswith("refused: nDCG of the features' ranking is 0.9")
    assert "is explained by chance at 300 rows; income was number 1 and is number 2" in verdict.summary


@pytest.mark.parametrize(
    ("limit", "swapped", "turned"),
    [
        ({"tolerance": "calibrated"}, True, True),
        ({"minimum": 0.9}, False, True),
        ({"tolerance": 0.2}, False, True),
        ({}, False, True),
    ],
)
def test_every_kind_of_limit(limit: dict[str, Any], swapped: bool, turned: bool) -> None:
    """A tolerance counts from 1, the baseline's own ranking; without a limit AWS's 0.9 decides."""
    for batch, crossed in ((SWAPPED, swapped), (TURNED, turned)):
        verdict = decide(batch, rule(**limit))
        assert verdict.findings[0].crossed is crossed
        assert (verdict.decision == "refused") is crossed
        assert verdict.findings[0].aws_violation is (batch is TURNED)


def test_fixed_limits_tell_how_often_they_refuse_honest_batches() -> None:
    """A minimum is held against the splits too."""
    strict, wide = decide(HONEST, rule(minimum=1.0)), decide(HONEST, rule(minimum=0.9))

    assert strict.calibration
    assert wide.calibration
    assert (strict.calibration.limits, wide.calibration.refuses_honest) == (0, 0.0)


def test_warnings_do_not_close_the_gate() -> None:
    """A rule that warns is told in a verdict that is open, where something else may refuse."""
    both = together(quality_evidence(answers(6, 300), answers(1, 400)), ranking_evidence(SWAPPED, BASELINE))
    spec = from_json(document([QUALITY, RANKING], [QUALITY_RULE, {**RANKING_RULE, "action": "warn"}]))
    verdict = conclude(spec, both)

    assert verdict.decision == "pass"
    assert verdict.summary.startswith(
        "pass: 11 limits of model quality held at 300 labelled rows; "
        "1 warning, such as: nDCG of the features' ranking is"
    )
    assert verdict.calibration
    assert verdict.calibration.false_refusals == 0.05


def test_a_ranking_refuses_before_labels_arrive() -> None:
    """Attributions need no label: what they refuse holds, and what waits is said."""
    found = replace(ranking_evidence(TURNED, BASELINE), batch=None)
    spec = from_json(document([QUALITY, RANKING], [QUALITY_RULE, RANKING_RULE]))

    assert conclude(spec, found).decision == "refused"
    verdict = conclude(spec, ranking_evidence(HONEST, BASELINE))
    assert (verdict.decision, verdict.gate) == ("pass", "open")
    assert verdict.summary == (
        "pass: 1 limit of attributions held at 300 rows; "
        "model quality was not checked: labels have not arrived"
    )


def test_a_warning_alone_waits_for_labels() -> None:
    """Where attributions only warn, nothing was judged that could refuse."""
    spec = from_json(document([QUALITY, RANKING], [QUALITY_RULE, {**RANKING_RULE, "action": "warn"}]))
    verdict = conclude(spec, ranking_evidence(HONEST, BASELINE))

    assert (verdict.decision, verdict.gate) == ("labels-missing", "closed")
    assert "and attributions alone refuse nothing" in verdict.summary


def test_a_first_version_has_attributions_and_nothing_to_compare() -> None:
    """The verdict tells what features contribute; the baseline has no number."""
    verdict = decide(HONEST, baseline=None)

    assert (verdict.decision, verdict.findings) == ("baseline-established", ())
    assert verdict.attributions
    assert {each.baseline for each in verdict.attributions} == {None}


@pytest.mark.parametrize(
    ("when_too_few", "decision"), [("inconclusive", "inconclusive"), ("fail", "refused"), ("warn", "refused")]
)
def test_too_few_rows_decide_nothing(when_too_few: str, decision: str) -> None:
    """Below the minimum the policy says what follows, and how many would do."""
    few = {"total": 350, "per_facet": 1, "per_facet_and_label": 1}
    verdict = decide(TURNED, minimum_rows=few, when_too_few=when_too_few)

    said = "the batch has 300 explained rows; 350 are needed to tell anything"
    assert verdict.decision == decision
    assert said in [each.why for each in verdict.not_checked]
    assert (said in verdict.summary) is (when_too_few != "warn")


# --- evidence that is none -----------------------------------------------------------------------


@pytest.mark.parametrize("side", ["now", "before"])
def test_without_single_records_there_is_no_calibrated_limit(side: str) -> None:
    """A rule that refuses then has no evidence; what warns, or has a limit of its own, goes on."""
    found = ranking_evidence(TURNED, BASELINE, **{side: "out.csv does not exist"})
    refusing = conclude(ranking_spec(), found)
    warning = conclude(ranking_spec({**RANKING_RULE, "action": "warn"}, QUALITY_RULE), found)

    assert refusing.decision == "no-evidence"
    assert (
        "its limit cannot be calibrated: the attributions of single records are missing" in refusing.summary
    )
    assert any("out.csv does not exist" in each.why for each in warning.not_checked)
    assert conclude(ranking_spec(rule(minimum=0.9)), found).decision == "refused"


@pytest.mark.parametrize(("side", "what"), [("current", "report"), ("baseline", "baseline")])
def test_a_report_that_does_not_follow_from_its_records_is_no_evidence(side: str, what: str) -> None:
    """Another report beside the records was computed on other data."""
    other = replace(HONEST.read(), records=SWAPPED.values)
    verdict = conclude(ranking_spec(), edited(ranking_evidence(HONEST, BASELINE), **{side: other}))

    assert verdict.decision == "no-evidence"
    assert f"its {what} does not follow from the attributions beside it" in verdict.summary


@pytest.mark.parametrize("name", ["mean_sq", "median"])
def test_other_aggregations_are_recognised(name: str) -> None:
    """Squares and medians have limits as well, if both sides are aggregated alike."""
    from sagemaker_monitor.analysis.decision.attributions import aggregate

    def side(of: Records) -> Any:
        shifted = of.values + 0.1 * np.array([4.0, 3.0, 2.0, 1.0])
        values = dict(zip(NAMES, aggregate(name, shifted).tolist(), strict=True))
        return replace(of.read(), values=values, records=shifted)

    both = {"current": side(records(2, 120)), "baseline": side(records(1, 150))}
    found = ranking_evidence(HONEST, BASELINE)
    verdict = conclude(ranking_spec(), edited(found, **both))

    assert verdict.decision == "pass"
    mixed = conclude(ranking_spec(), edited(found, current=both["current"]))
    assert f"aggregated differently (mean_abs and {name})" in mixed.summary


def test_a_baseline_of_other_features_is_no_evidence() -> None:
    """Rankings of different features cannot be compared."""
    values = {"wealth" if name == "income" else name: value for name, value in BASELINE.means.items()}
    found = edited(ranking_evidence(HONEST, BASELINE), baseline=replace(BASELINE.read(), values=values))

    assert "its baseline 4 other ones" in conclude(ranking_spec(), found).summary


def test_features_belong_together_by_name() -> None:
    """A report that lists the features in another order is about the same ranking."""
    order = [2, 0, 3, 1]
    values = {NAMES[place]: SWAPPED.means[NAMES[place]] for place in order}
    turned = replace(SWAPPED.read(), values=values, records=SWAPPED.values[:, order])
    found = edited(ranking_evidence(SWAPPED, BASELINE), current=turned)
    same = conclude(ranking_spec(), ranking_evidence(SWAPPED, BASELINE))

    assert conclude(ranking_spec(), found).findings[0].limit == same.findings[0].limit


def test_a_violation_of_another_ranking_is_no_evidence() -> None:
    """The nDCG that SageMaker states must be that of its report."""
    found = edited(ranking_evidence(TURNED, BASELINE), drift=0.5)

    assert "its violation has an nDCG of 0.50" in conclude(ranking_spec(), found).summary


@pytest.mark.parametrize(("batch", "baseline"), [(299, 400), (300, 401)])
def test_other_numbers_of_rows_are_no_evidence(batch: int, baseline: int) -> None:
    """Every row of the inputs is explained; a report with more or fewer is about others."""
    found = ranking_evidence(HONEST, BASELINE)

    def table(rows: int) -> Table:
        return Table(("income",), (("1",) * rows,), rows)

    version = BaselineVersion("arn:version/1", "s3://b", None, None, table(baseline))
    verdict = conclude(ranking_spec(), replace(found, features=table(batch), baseline=version))

    assert verdict.decision == "no-evidence"
    assert "records, but there are" in verdict.summary


def test_a_baseline_without_any_attribution_ranks_nothing() -> None:
    """Where the baseline attributes nothing, no ranking can be held against it."""
    nothing = Records(np.zeros((400, 4)))
    found = edited(ranking_evidence(HONEST, BASELINE), baseline=nothing.read())
    verdict = conclude(ranking_spec(), found)

    assert verdict.decision == "inconclusive"
    assert "the baseline attributes nothing to any feature" in verdict.summary


def test_a_rule_may_be_missing() -> None:
    """Without a rule the nDCG is a finding without a limit, and that is said."""
    verdict = decide(TURNED, QUALITY_RULE)

    assert verdict.findings[0].limit is None
    assert ("explainability/ndcg", "no rule matches it") in [
        (each.subject, each.why) for each in verdict.not_checked
    ]


# --- documents -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "has 2 columns (a, b); expected one for each of the 4 features"),
        (HONEST.local.replace("debt_label0", "age_label0"), "expected one for each of the 4 features"),
        (f"{HONEST.local}1,2\n", "record 301 has 2 cells"),
        (f"{HONEST.local}1,2,x,4\n", "a cell that is no number"),
        (f"{HONEST.local}1,2,nan,4\n", "record 301 has an attribution that is not finite"),
        ("", "has 0 columns"),
    ],
)
def test_records_are_read_strictly(text: str, said: str) -> None:
    """What is no table of the report's features is refused, with the place."""
    with pytest.raises(DocumentError, match=said.replace("(", r"\(").replace(")", r"\)")):
        read_local(text, NAMES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"version": "1.0"}', "has no explanations"),
        ('{"explanations": {"kernel_shap": {}}}', "explains 0 outputs"),
        ('{"explanations": {"kernel_shap": {"label0": {"global_shap_values": {}}}}}', "of no feature"),
        (
            '{"explanations": {"kernel_shap": {"label0": {"global_shap_values": {"a": null}}}}}',
            "no attribution of 'a'",
        ),
    ],
)
def test_reports_are_read_strictly(text: str, said: str) -> None:
    """A report without the attributions of one output is none."""
    with pytest.raises(DocumentError, match=said):
        read_global(text)


# --- the promise ---------------------------------------------------------------------------------


def test_honest_batches_are_refused_as_rarely_as_promised() -> None:
    """Of 150 honest batches, features being nearly equal, about 10 % are refused where 10 % are promised."""
    refused = 0
    weights = (0.11, 0.1, 0.1, 0.09)
    for seed in range(150):
        before, now = records(1_000 + seed, 200, weights).values, records(9_000 + seed, 120, weights).values
        found = attribution_chance.chance(before, now, "mean_abs", 0.1, total=300)
        refused += bool(found.ndcg[0] < found.limit(0.1) - 1e-8)

    # 15 are expected; 25 or more of 150 have a chance of 1 %.
    assert 5 <= refused < 25
