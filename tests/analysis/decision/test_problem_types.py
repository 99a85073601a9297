"""Numbers and classes held against labels: metrics, what chance explains, what refuses, what is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from sagemaker_monitor.analysis.decision import confusion, model_chance, residuals
from sagemaker_monitor.analysis.decision.conclude import conclude
from sagemaker_monitor.analysis.decision.residuals import Residuals
from sagemaker_monitor.analysis.documents.model_statistics import ModelStatistics
from sagemaker_monitor.analysis.documents.verdict import Finding, Verdict
from sagemaker_monitor.analysis.documents.verdict_json import from_json as read
from sagemaker_monitor.analysis.documents.verdict_json import to_json
from tests.analysis.decision.answered import (
    MULTICLASS,
    REGRESSION,
    Answered,
    evidence_of,
    multiclass,
    regression,
    spec,
)

ONE = pytest.approx
RULE = {"match": "model_quality/*", "action": "fail"}
BASELINES = {REGRESSION: regression(1, 400), MULTICLASS: multiclass(11, 400)}
HONEST = {REGRESSION: regression(2, 300), MULTICLASS: multiclass(7, 300)}
WORSE = {REGRESSION: regression(3, 300, noise=1.6), MULTICLASS: multiclass(3, 300, right=0.6)}
BETTER = {REGRESSION: regression(4, 300, noise=0.4), MULTICLASS: multiclass(4, 300, right=0.99)}
BOTH = pytest.mark.parametrize("problem_type", [REGRESSION, MULTICLASS])


def decide(batch: Answered, baseline: Answered | None, *rules: dict[str, Any], **gate: Any) -> Verdict:
    """Return the verdict on *batch*, as it is read again."""
    return read(to_json(conclude(spec(batch.problem_type, *rules, **gate), evidence_of(batch, baseline))))


def of(verdict: Verdict, metric: str) -> Finding:
    """Return the finding about *metric*."""
    return next(each for each in verdict.findings if each.metric == metric)


# --- the metrics ---------------------------------------------------------------------------------


@BOTH
def test_they_are_the_analyzers(problem_type: str) -> None:
    """All rows together give what the analyzer writes for them, and every metric it constrains."""
    rows = BASELINES[problem_type]
    written = ModelStatistics.from_json(rows.documents()["statistics.json"]).metrics
    found = rows.measured.whole()

    assert tuple(found) == (residuals.METRICS if problem_type == REGRESSION else confusion.METRICS)
    assert {name: value[0] for name, value in found.items()} == {
        name: ONE(written[name].value, rel=1e-12) for name in found
    }


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(0, 3)), min_size=2, max_size=30
    ).filter(lambda rows: np.ptp([y for y, _, n in rows if n] or [0]) > 1e-3)
)
def test_rows_of_numbers_count_as_often_as_they_are_drawn(rows: list[tuple[float, float, int]]) -> None:
    """A row of weight n is n rows, as scikit-learn measures them."""
    truth, said = np.array([y for y, _, _ in rows]), np.array([p for _, p, _ in rows])
    weights = np.array([n for _, _, n in rows])
    found = {n: v[0] for n, v in Residuals(truth, said).metrics(weights[None, :].astype(float)).items()}

    assert found["mae"] == ONE(oracle.mean_absolute_error(truth, said, sample_weight=weights), rel=1e-9)
    squared = oracle.mean_squared_error(truth, said, sample_weight=weights)
    assert found["mse"] == ONE(squared, rel=1e-9)
    assert found["rmse"] == ONE(np.sqrt(squared), rel=1e-9)
    r2 = oracle.r2_score(truth, said, sample_weight=weights)
    # Rows of weight 0 may lie so far away that few digits are left of what the others vary.
    variance = np.average((truth - np.average(truth, weights=weights)) ** 2, weights=weights)
    assert found["r2"] == ONE(r2, abs=1e-9 + 1e-14 * (1 - r2) * np.ptp(truth) ** 2 / variance)


def test_labels_that_do_not_vary_have_no_r2() -> None:
    """There is nothing to explain; the errors are what they are."""
    found = Residuals(np.full(3, 0.1), np.array([0.1, 0.2, 0.4])).whole()

    assert np.isnan(found["r2"]).all()
    assert found["mae"][0] == ONE(0.4 / 3)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.integers(1, 4)),
        min_size=1,
        max_size=30,
    )
)
def test_cells_count_as_often_as_they_have_rows(rows: list[tuple[str, str, int]]) -> None:
    """Metrics of counts are those of the rows, as scikit-learn measures them."""
    truth = [y for y, _, n in rows for _ in range(n)]
    said = [p for _, p, n in rows for _ in range(n)]
    found = {name: value[0] for name, value in confusion.confusion(truth, said).whole().items()}

    assert found["accuracy"] == found["weighted_recall"] == ONE(oracle.accuracy_score(truth, said))
    more: dict[str, Any] = {"average": "weighted", "zero_division": 0}
    assert found["weighted_precision"] == ONE(oracle.precision_score(truth, said, **more))
    for name, beta in confusion.BETAS.items():
        assert found[name] == ONE(oracle.fbeta_score(truth, said, beta=beta, **more))


def test_numbers_are_one_class_however_they_are_written() -> None:
    """1, 1.0 and " 1" are one class, also with a text among them; what a double cannot hold stays text."""
    numbers = confusion.confusion(["1", "2", " 1"], ["1.0", "1.0", "2e0"])
    texts = confusion.confusion(["1", "x", str(2**53 + 1)], ["1.0", "x", str(2**53)])

    assert numbers.counts() == {("1", "1"): 1, ("2", "1"): 1, ("1", "2"): 1}
    assert texts.counts() == {("1", "1"): 1, ("x", "x"): 1, (str(2**53 + 1), str(2**53)): 1}


@BOTH
def test_both_sides_of_every_split_are_the_same_rows(problem_type: str) -> None:
    """The true split comes first, and on average a random one puts the pool's metric on either side."""
    baseline, batch = BASELINES[problem_type].measured, WORSE[problem_type].measured
    name = {REGRESSION: "mse", MULTICLASS: "accuracy"}[problem_type]
    parts = list(baseline.splits(batch, 2_000, 0.05, 7))
    before, now = (np.concatenate([part[side][name] for part in parts]) for side in (0, 1))

    assert len(now) == 2_000
    assert (before[0], now[0]) == (ONE(baseline.whole()[name][0]), ONE(batch.whole()[name][0]))
    assert before * 400 + now * 300 == ONE(np.full(2_000, before[0] * 400 + now[0] * 300))
    assert now[1:].mean() == ONE(before[1:].mean(), rel=0.02)


# --- what is decided -----------------------------------------------------------------------------


@BOTH
def test_an_honest_batch_passes_though_aws_flags_it(problem_type: str) -> None:
    """Every metric has a limit in the direction that is worse; the error rate is the policy's."""
    verdict = decide(HONEST[problem_type], BASELINES[problem_type])

    assert (verdict.decision, verdict.gate) == ("pass", "open")
    assert verdict.summary == f"pass: {len(verdict.findings)} limits held at 300 rows"
    for each in verdict.findings:
        assert each.limit
        assert (each.limit.low is None) == (each.worse == "higher")
    assert any(each.aws_violation for each in verdict.findings)
    assert verdict.calibration
    assert 0.03 < verdict.calibration.refuses_honest <= 0.05


@pytest.mark.parametrize(
    ("problem_type", "said"),
    [
        (REGRESSION, "refused: mae is 1.50, at most 1.12"),
        (MULTICLASS, "refused: accuracy is 0.7"),
    ],
)
def test_a_worse_model_is_refused_in_words(problem_type: str, said: str) -> None:
    """The sentence names metric, value, limit, rows and baseline, and what is worse about the model."""
    verdict = decide(WORSE[problem_type], BASELINES[problem_type])
    worse = {
        REGRESSION: "predictions are farther from the labels on average",
        MULTICLASS: "fewer predictions",
    }

    assert (verdict.decision, verdict.gate) == ("refused", "closed")
    assert verdict.summary.startswith(said)
    assert "is explained by chance at 300 rows (baseline " in verdict.summary
    assert worse[problem_type] in verdict.summary


@BOTH
def test_a_better_model_is_never_refused(problem_type: str) -> None:
    """However far metrics move, for the better they cross nothing, also where a tolerance is 0."""
    batch, baseline = BETTER[problem_type], BASELINES[problem_type]

    assert decide(batch, baseline).decision == "pass"
    assert decide(batch, baseline, {**RULE, "tolerance": 0}).decision == "pass"


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_the_labels_unit_decides_nothing(unit: float) -> None:
    """Prices in euros or in billions: the same rows are refused and pass, and limits scale with them."""
    baseline = regression(1, 400, unit=unit)
    verdict = decide(regression(3, 300, noise=1.6, unit=unit), baseline)
    plain, found = of(decide(WORSE[REGRESSION], BASELINES[REGRESSION]), "mse"), of(verdict, "mse")

    assert verdict.decision == "refused"
    assert decide(regression(2, 300, unit=unit), baseline).decision == "pass"
    assert plain.limit
    assert found.limit
    assert found.limit.high == ONE((plain.limit.high or 0.0) * unit**2, rel=1e-6)
    assert found.crossed


@pytest.mark.parametrize(
    ("metric", "limit", "crossed"),
    [
        ("mae", {"maximum": 1.2}, True),
        ("mae", {"maximum": 3}, False),
        ("r2", {"minimum": 0.99}, True),
        ("rmse", {"between": [0, 0.5]}, True),
        ("rmse", {"tolerance": 5}, False),
        ("mse", {"tolerance": 0.1}, True),
        ("r2", {}, True),
    ],
)
def test_every_kind_of_limit(metric: str, limit: dict[str, Any], crossed: bool) -> None:
    """Ranges, minima and maxima are what the policy wrote, tolerances count towards worse, none is AWS's."""
    rule = {"match": f"model_quality/{metric}", "action": "fail", **limit}
    found = of(decide(WORSE[REGRESSION], BASELINES[REGRESSION], rule), metric)

    assert (found.crossed, found.limit is not None) == (crossed, True)


@BOTH
def test_a_first_version_keeps_the_policys_own_limits(problem_type: str) -> None:
    """A limit of one's own needs no baseline."""
    name, limit = {
        REGRESSION: ("mae", {"maximum": 1.0}),
        MULTICLASS: ("accuracy", {"minimum": 0.9}),
    }[problem_type]
    rule = {"match": f"model_quality/{name}", "action": "fail", **limit}

    assert decide(WORSE[problem_type], None, rule).decision == "refused"
    assert decide(HONEST[problem_type], None).decision == "baseline-established"


@BOTH
def test_too_few_rows_decide_nothing(problem_type: str) -> None:
    """The total counts; a class may be as rare as it is."""
    batch = {REGRESSION: regression(5, 90), MULTICLASS: multiclass(5, 90)}[problem_type]
    verdict = decide(batch, BASELINES[problem_type])
    rare = multiclass(5, 298)
    rare = Answered(MULTICLASS, (*rare.predictions, "a", "z"), (*rare.labels, "rare", "a"))

    assert verdict.decision == "inconclusive"
    assert "the batch has 90 labelled rows; 100 are needed" in verdict.summary
    assert decide(rare, BASELINES[MULTICLASS]).decision == "pass"


def test_a_batch_whose_labels_do_not_vary_is_not_passed_over() -> None:
    """Its r2 is no number, which a rule that refuses must not overlook."""
    rows = regression(2, 300)
    verdict = decide(replace(rows, labels=("20.5",) * 300), BASELINES[REGRESSION])

    assert verdict.decision in ("inconclusive", "refused")
    assert any("r2" in each.subject for each in verdict.not_checked)


# --- evidence that is none -----------------------------------------------------------------------


def test_classes_that_the_baseline_never_had_are_told() -> None:
    """They count as every class does, and the verdict says that nothing is known of them, without a name."""
    batch = multiclass(12, 300)
    labels = ("secret", "new", *batch.labels[2:])
    found = evidence_of(replace(batch, labels=labels), BASELINES[MULTICLASS])
    verdict = conclude(spec(MULTICLASS), found)

    assert [each.why for each in verdict.not_checked] == [
        "2 rows of 2 classes that the baseline has no row of: how good the model was at them is not known"
    ]
    assert verdict.decision == "pass"
    assert not conclude(spec(MULTICLASS), evidence_of(batch, BASELINES[MULTICLASS])).not_checked


def test_one_absurd_prediction_is_judged_and_not_doubted() -> None:
    """Chance may put one row into a batch, so only a limit of one's own refuses; r2 is minus billions."""
    honest = regression(2, 299)
    batch = Answered(REGRESSION, (*honest.predictions, "1e9"), (*honest.labels, "20"))

    evidence = evidence_of(batch, BASELINES[REGRESSION])
    own = {"match": "model_quality/mae", "maximum": 5, "action": "fail"}

    assert conclude(spec(REGRESSION), evidence).decision == "pass"
    assert conclude(spec(REGRESSION, own), evidence).decision == "refused"


@BOTH
def test_a_report_about_other_rows_is_no_evidence(problem_type: str) -> None:
    """Another batch's report, though of as many rows, measures something else."""
    made = {REGRESSION: regression(9, 300), MULTICLASS: multiclass(9, 300)}[problem_type]
    other = replace(evidence_of(HONEST[problem_type], BASELINES[problem_type]), batch=made.sample)
    verdict = conclude(spec(problem_type), other)

    assert verdict.decision == "no-evidence"
    assert "they are not the same data" in verdict.summary


def test_small_errors_are_held_against_the_rows_as_closely_as_large_ones() -> None:
    """An error that is off by a hundredth is another one, also where labels are counted in billions."""
    rows, other = regression(2, 300, unit=1e-9), regression(2, 300, unit=1.01e-9)
    found = replace(evidence_of(rows, regression(1, 400, unit=1e-9)), batch=other.sample)

    assert "for mae, but its joined rows give" in conclude(spec(REGRESSION), found).summary


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (Answered(REGRESSION, ("1.5", "2"), ("1", "many")), "row 2 has the label 'many', which is no number"),
        (
            Answered(REGRESSION, ("nan", "2"), ("1", "2")),
            "row 1 has the prediction 'nan', which is no number",
        ),
        (Answered(MULTICLASS, ("a", " "), ("a", "b")), "row 2 has no prediction"),
    ],
)
def test_rows_that_cannot_be_what_they_are_called_say_so(rows: Answered, said: str) -> None:
    """The row is named, and nothing is measured."""
    assert rows.sample.scored is None
    assert said in (rows.sample.unscored or "")


# --- the promise ---------------------------------------------------------------------------------


@pytest.mark.long
@BOTH
def test_honest_batches_are_refused_as_rarely_as_promised(problem_type: str) -> None:
    """Of 150 honest batches, each with its own baseline, about 10 % are refused where 10 % are promised."""
    refused, worse = refusals(problem_type, 150)

    # 15 are expected; 25 or more of 150 have a chance of 1 %, as have 6 or fewer.
    assert 5 <= refused < 25
    assert worse > 15


def refusals(problem_type: str, batches: int, *, total: int = 300) -> tuple[int, int]:
    """Return how many of *batches* honest ones are refused, and of as many by a clearly worse model."""
    make: Any = {REGRESSION: regression, MULTICLASS: multiclass}[problem_type]
    decline = {REGRESSION: {"noise": 1.5}, MULTICLASS: {"right": 0.6}}[problem_type]
    higher = residuals.ERRORS if problem_type == REGRESSION else ()
    names = residuals.METRICS if problem_type == REGRESSION else confusion.METRICS
    worse = {name: "higher" if name in higher else "lower" for name in names}
    refused = [0, 0]
    for seed in range(batches):
        before = make(1_000 + seed, 200).measured
        for place, change in enumerate(({}, decline)):
            now = make(9_000 + seed, 120, **change).measured
            found = model_chance.chance(before, now, worse, 0.1, total=total)
            reach = found.reach(found.names, 0.1)
            refused[place] += any(
                change > reach[name] for name, change in zip(found.names, found.change[0], strict=True)
            )
    return refused[0], refused[1]
