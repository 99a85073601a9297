"""Attributions: they add up, equal Shapley's where all coalitions are seen, and treat features alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.explainability import coalitions, kernel_shap
from sagemaker_monitor.analysis.explainability.kernel_shap import AGGREGATIONS, explain

from .oracles import Array, frame, logistic, on_frames, shapley

SEEDS = st.integers(0, 2**32 - 1)


def wavy(rows: Array) -> Array:
    """Two outputs of any number of features, with interactions."""
    first = np.sin(rows).sum(axis=1) + rows[:, 0] * rows[:, -1]
    return np.column_stack([first, np.tanh(rows.prod(axis=1)) - rows[:, 0]])


def random_rows(seed: int, rows: int, features: int) -> Array:
    """Return standard normal rows."""
    return np.random.default_rng(seed).normal(size=(rows, features))


@pytest.mark.parametrize("features", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("baseline_rows", [1, 4])
def test_equal_shapley_values_when_all_coalitions_are_evaluated(features: int, baseline_rows: int) -> None:
    """With as many samples as there are coalitions, or none given, the values are Shapley's, both outputs."""
    rows, baseline = random_rows(1, 5, features), random_rows(2, baseline_rows, features)

    for samples in (None, 2**features - 2 or 1, 10_000):
        found = explain(frame(rows), frame(baseline), on_frames(wavy), samples=samples, seed=3)
        expected = np.array([shapley(wavy, row, baseline) for row in rows])
        np.testing.assert_allclose(expected, found.values, rtol=0, atol=1e-13)
    np.testing.assert_allclose(wavy(baseline).mean(axis=0), found.expected, rtol=0, atol=1e-15)


@settings(max_examples=60, deadline=None)
@given(
    seed=SEEDS,
    features=st.integers(1, 16),
    samples=st.integers(1, 80),
    baseline_rows=st.integers(1, 3),
)
def test_attributions_add_up(seed: int, features: int, samples: int, baseline_rows: int) -> None:
    """Whatever the number of samples, a row's attributions sum to its output less the expected value."""
    rows, baseline = random_rows(seed, 7, features), random_rows(seed + 1, baseline_rows, features)

    found = explain(frame(rows), frame(baseline), on_frames(wavy), samples=samples, seed=seed)

    assert found.values.shape == (7, 2, features)
    difference = wavy(rows) - wavy(baseline).mean(axis=0)
    np.testing.assert_allclose(difference, found.values.sum(axis=2), rtol=0, atol=1e-11)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, features=st.integers(2, 12), samples=st.integers(26, 200))
def test_linear_models_have_their_closed_form(seed: int, features: int, samples: int) -> None:
    """A linear model's attribution is weight times distance from the baseline once it is determined."""
    rng = np.random.default_rng(seed)
    weights, rows = rng.normal(size=features), rng.normal(size=(6, features))
    baseline = rng.normal(size=(2, features))

    def linear(values: Array) -> Array:
        return (values @ weights)[:, None] + 5

    found = explain(frame(rows), frame(baseline), on_frames(linear), samples=4 * samples, seed=seed)

    closed = weights * (rows - baseline.mean(axis=0))
    # Of few coalitions some may be missing; those rows have a shorter solution.
    determined = np.isclose(found.values[:, 0], closed, rtol=0, atol=1e-9).all(axis=1)
    assert determined.all() if samples >= 40 else determined.any()


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, features=st.integers(2, 10), data=st.data())
def test_features_may_come_in_any_order(seed: int, features: int, data: st.DataObject) -> None:
    """Where all coalitions are evaluated, another order of the features only reorders the attributions."""
    order = data.draw(st.permutations(range(features)))
    rows, baseline = random_rows(seed, 3, features), random_rows(seed + 1, 2, features)

    def reordered(values: Array) -> Array:
        original = np.empty_like(values)
        original[:, order] = values
        return wavy(original)

    straight = explain(frame(rows), frame(baseline), on_frames(wavy))
    permuted = explain(frame(rows[:, order]), frame(baseline[:, order]), on_frames(reordered))

    np.testing.assert_allclose(straight.values[:, :, order], permuted.values, rtol=0, atol=1e-11)


def test_alike_features_are_alike_and_idle_ones_idle() -> None:
    """On average over draws, features with the same part get the same, and one without gets nothing."""

    def product(values: Array) -> Array:
        return (values[:, 0] * values[:, 1] * values[:, 2])[:, None]

    record = np.array([2.0, 2.0, 2.0, 7.0, -3.0, 1.0, 4.0, 9.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    exact = np.array([8 / 3] * 3 + [0] * 10)
    assert shapley(product, record[:4], np.zeros((1, 4)))[0].tolist() == pytest.approx(exact[:4].tolist())

    bias = []
    for rows, samples in ((20_000, 60), (1000, 1200)):
        found = explain(
            frame(np.tile(record, (rows, 1))),
            frame(np.zeros((1, 13))),
            on_frames(product),
            samples=samples,
            seed=1,
        ).values[:, 0]
        mean, error = found.mean(axis=0), found.std(axis=0) / np.sqrt(rows)
        for kind in (slice(0, 3), slice(3, 12)):
            assert abs(mean[kind] - mean[kind].mean()).max() < 5 * error[kind].max()
        bias.append(abs(mean - exact).max())
    # A regression on few coalitions is biased; the bias goes with their number.
    assert bias[1] < 0.02 < bias[0]


def test_features_equal_to_the_baseline_are_not_left_out() -> None:
    """A feature that equals the baseline still gets noise when there are few samples, as Clarify's do."""
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(50, 20))
    rows[:, 5] = 0.0

    model = logistic(np.linspace(-2, 2, 20))
    found = explain(frame(rows), frame(np.zeros((1, 20))), on_frames(model), samples=60, seed=5)

    assert (abs(found.values[:, 0, 5]) > 1e-6).mean() > 0.9


def test_undetermined_regressions_have_the_shortest_solution() -> None:
    """With fewer coalitions than features the values but the last are the pseudo-inverse's."""
    rng, model = np.random.default_rng(6), logistic(np.linspace(-1, 1, 9))
    rows, baseline = rng.normal(size=(40, 9)), np.zeros((1, 9))
    for samples in (1, 2, 5, 8, 12, 17, 40):
        drawn = coalitions.draw(np.random.default_rng(7), 9, 40, samples)
        found = explain(frame(rows), frame(baseline), on_frames(model), samples=samples, seed=7)
        for place, row in enumerate(rows):
            members = drawn[:, place].T
            worth = model(np.where(members, row, 0.0))[:, 0] - model(baseline)[0, 0]
            total = model(rows[[place]])[0, 0] - model(baseline)[0, 0]
            matrix = members[:, :-1].astype(float) - members[:, -1:]
            others = np.linalg.pinv(matrix) @ (worth - members[:, -1] * total)
            np.testing.assert_allclose(others, found.values[place, 0, :-1], rtol=0, atol=1e-10)


@pytest.mark.parametrize(("features", "samples", "number"), [(18, 34, 600), (18, 33, 600), (30, 57, 200)])
def test_nearly_singular_regressions_have_the_shortest_solution(
    features: int, samples: int, number: int
) -> None:
    """With about as many equations as features, singular ones and those next to them are told apart."""
    rng, model = np.random.default_rng(6), logistic(np.linspace(-1, 1, features))
    rows, baseline = rng.normal(size=(number, features)), np.zeros((1, features))
    drawn = coalitions.draw(np.random.default_rng(7), features, number, samples).transpose(1, 2, 0)
    assert drawn.size <= kernel_shap.DRAWN

    found = explain(frame(rows), frame(baseline), on_frames(model), samples=samples, seed=7)

    matrices = drawn[:, :, :-1].astype(float) - drawn[:, :, -1:]
    ranks = np.linalg.matrix_rank(matrices, rtol=1e-11)
    assert 0.1 < (ranks == features - 1).mean() < 0.9
    mixed = np.where(drawn, rows[:, None], 0.0).reshape(-1, features)
    worth = model(mixed).reshape(number, samples, 1) - 0.5
    right = worth - drawn[:, :, -1:] * (model(rows) - 0.5)[:, None]
    others = np.linalg.pinv(matrices, rcond=1e-11) @ right
    np.testing.assert_allclose(others[:, :, 0], found.values[:, 0, :-1], rtol=0, atol=1e-9)


def test_seeds_reproduce() -> None:
    """The same seed gives the same values bit for bit; other seeds, and none, give others."""
    rows, model = random_rows(8, 30, 12), on_frames(wavy)

    def values(seed: int | None) -> Array:
        return explain(frame(rows), frame(rows[:1]), model, samples=40, seed=seed).values

    assert np.array_equal(values(1), values(1))
    assert not np.array_equal(values(1), values(2))
    assert not np.array_equal(values(None), values(None))


def test_many_rows_are_asked_about_in_few_calls_of_bounded_size() -> None:
    """The model gets one call for the baseline, one for the rows, and synthetic rows in bounded blocks."""
    asked: list[int] = []

    def model(rows: pl.DataFrame) -> Array:
        asked.append(rows.height)
        return rows.to_numpy()[:, :1]

    rows = random_rows(9, 3000, 14)
    explain(frame(rows), frame(rows[:2]), model, samples=100, seed=1)

    limit = kernel_shap.CELLS // 14
    assert asked[:2] == [2, 3000]
    assert max(asked[2:]) <= limit
    assert sum(asked[2:]) == 3000 * 100 * 2
    assert len(asked) - 2 <= 3000 * 200 / limit * 1.1 + 1


def test_a_model_may_keep_what_it_was_asked() -> None:
    """Frames stay what they were, whatever is asked after them."""
    asked: list[tuple[pl.DataFrame, list[float]]] = []

    def model(rows: pl.DataFrame) -> Array:
        asked.append((rows, rows.sum().row(0)))
        return rows.to_numpy()[:, :1]

    rows = random_rows(14, 300, 14)
    explain(frame(rows), frame(rows[:2]), model, samples=100, seed=1)

    assert len(asked) > 4
    assert [kept.sum().row(0) for kept, _ in asked] == [sums for _, sums in asked]


def test_large_baselines_are_asked_about_in_parts() -> None:
    """A row whose synthetic rows exceed the bound is asked about in several calls, to the same values."""
    rows, baseline = random_rows(10, 2, 13), random_rows(11, 900, 13)
    sizes: list[int] = []

    def model(values: pl.DataFrame) -> Array:
        sizes.append(values.height)
        return wavy(values.to_numpy())

    found = explain(frame(rows), frame(baseline), model, samples=150, seed=2)

    assert max(sizes) * 13 <= kernel_shap.CELLS
    assert len(sizes) > 4
    drawn = coalitions.draw(np.random.default_rng(2), 13, 1, 150)
    mixed = np.where(drawn[:, 0].T[:, None, :], rows[0], baseline)
    worth = wavy(mixed.reshape(-1, 13)).reshape(150, 900, 2).mean(axis=1) - found.expected
    matrix = drawn[:-1, 0].T.astype(float) - drawn[-1:, 0].T
    total = wavy(rows[:1])[0] - found.expected
    others = np.linalg.lstsq(matrix, worth - np.outer(drawn[-1, 0], total), rcond=None)[0]
    np.testing.assert_allclose(others.T, found.values[0, :, :-1], rtol=0, atol=1e-11)


def test_texts_gaps_and_types_reach_the_model_as_they_are() -> None:
    """Categories, gaps, integers and booleans are swapped whole, each cell the row's or the baseline's."""
    rows = pl.DataFrame(
        {"job": ["a", "b", None], "n": [1, 2, 3], "x": [0.1, None, 0.3], "yes": [True, False, True]}
    )
    baseline = pl.DataFrame({"job": ["z"], "n": [9], "x": [0.5], "yes": [False]})
    seen: list[pl.DataFrame] = []

    def model(values: pl.DataFrame) -> Array:
        seen.append(values)
        score = (values["job"] == "a").fill_null(False).cast(float) * values["n"] + values["x"].fill_null(7.0)
        return score.to_numpy()[:, None]

    found = explain(rows, baseline, model)

    synthetic = seen[-1]
    assert synthetic.schema == rows.schema
    assert synthetic.height == 3 * 14
    for name in rows.columns:
        for place in range(3):
            cells = synthetic[name][place * 14 : place * 14 + 14]
            assert cells.to_list().count(rows[name][place]) >= 7
            assert set(cells) == {rows[name][place], baseline[name][0]}
    # 1 * [a] where the baseline has 9 * [a]: Shapley by hand is (1 + 9) / 2 for the job, -8 / 2 for n.
    np.testing.assert_allclose([5.0, -4.0, -0.4, 0.0], found.values[0, 0], atol=1e-14)


def test_logit_explains_log_odds() -> None:
    """With use_logit a logistic model is linear, and its expected value is the mean of the log-odds."""
    weights, baseline = np.linspace(-1, 1, 14), random_rows(12, 3, 14)
    rows = random_rows(13, 10, 14)

    found = explain(
        frame(rows), frame(baseline), on_frames(logistic(weights, 0.2)), samples=120, use_logit=True
    )

    np.testing.assert_allclose((baseline @ weights + 0.2).mean(), found.expected[0], atol=1e-12)
    np.testing.assert_allclose(weights * (rows - baseline.mean(axis=0)), found.values[:, 0], atol=1e-9)


def test_logit_of_certainty_is_finite_and_of_other_numbers_refused() -> None:
    """Outputs of exactly 0 and 1 have finite log-odds; numbers beyond are refused with the remedy."""
    rows, baseline = np.array([[1.0, 1.0]]), np.array([[0.0, 0.0]])

    certain = explain(frame(rows), frame(baseline), lambda each: each.to_numpy()[:, :1], use_logit=True)
    assert certain.values[0, 0].tolist() == pytest.approx([73.47, 0.0], abs=0.01)

    with pytest.raises(
        AnalysisError, match=r"use_logit needs probabilities.* from 2\.0 to 2\.0; set it to false"
    ):
        explain(frame(2 * rows), frame(baseline), lambda each: each.to_numpy()[:, :1], use_logit=True)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda rows: np.full((rows.height, 1), np.nan), "not all finite numbers"),
        (lambda rows: np.ones((rows.height + 1, 1)), "the same number of outputs, at least one"),
        (lambda rows: np.ones((rows.height, 0)), "the same number of outputs, at least one"),
        (lambda rows: np.ones((rows.height, 1 + (rows.height > 3))), "the same number of outputs"),
    ],
)
def test_bad_answers_are_refused(answer: Any, message: str) -> None:
    """A model that answers no numbers, too many rows, or another number of outputs is named as the cause."""
    with pytest.raises(AnalysisError, match=message):
        explain(frame(np.ones((2, 3))), frame(np.zeros((1, 3))), answer)


def test_global_values_are_aggregated_as_named() -> None:
    """mean_abs is the mean magnitude, median keeps the sign, mean_sq is the mean square."""
    values = np.array([[[1.0, -3.0]], [[-2.0, -1.0]], [[6.0, -5.0]]])

    found = {name: aggregate(values).tolist() for name, aggregate in AGGREGATIONS.items()}

    assert found == {"mean_abs": [[3.0, 3.0]], "median": [[1.0, -3.0]], "mean_sq": [[41 / 3, 35 / 3]]}


def test_the_number_of_samples_is_bounded_by_the_coalitions_there_are() -> None:
    """AWS's examples: 10 features have 1,022 and 20 have 2,088 when nothing is said; what is said, else."""
    number = coalitions.number_of_samples
    assert [number(features, None) for features in (1, 2, 10, 20, 500)] == [0, 2, 1022, 2088, 3048]
    assert [number(features, 100) for features in (3, 14, 500)] == [6, 100, 100]


@pytest.mark.parametrize("features", [2, 3, 14, 69])
def test_coalitions_are_drawn_from_the_kernel(features: int) -> None:
    """Sizes follow (M - 1) / (s * (M - s)), members of a size are equally likely, halves are complements."""
    samples, rows = 200, 2000
    drawn = coalitions.draw(np.random.default_rng(1), features, rows, samples)

    assert np.array_equal(drawn[:, :, :100], ~drawn[:, :, 100:])
    sizes = np.bincount(drawn[:, :, :100].sum(axis=0).ravel(), minlength=features + 1)
    assert sizes[0] == sizes[features] == 0
    inner = np.arange(1, features)
    weights = 1 / (inner * (features - inner))
    expected = weights / weights.sum() * rows * 100
    chi_square = ((sizes[1:features] - expected) ** 2 / expected).sum()
    assert chi_square < features + 5 * np.sqrt(2 * features)
    shares = drawn[:, :, :100].mean(axis=(1, 2))
    assert abs(shares - 0.5).max() < 5 * 0.5 / np.sqrt(rows * 100)


def test_an_odd_number_has_one_coalition_without_complement() -> None:
    """Of seven, four are drawn and the first three have complements."""
    drawn = coalitions.draw(np.random.default_rng(2), 6, 50, 7)

    assert drawn.shape == (6, 50, 7)
    assert np.array_equal(drawn[:, :, :3], ~drawn[:, :, 4:])
