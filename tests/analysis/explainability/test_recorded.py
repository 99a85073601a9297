"""Kernel SHAP gives what AWS's runs gave, and other sound schemes do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from sagemaker_monitor.analysis.documents.analysis import Analysis, Explanation, Explanations
from sagemaker_monitor.analysis.explainability import coalitions, regression
from sagemaker_monitor.analysis.explainability.drift import violations
from sagemaker_monitor.analysis.explainability.kernel_shap import explain
from tests.parity.plugin import Parity

from .oracles import Array, Function, adult_model, adult_rows, frame, on_frames

TOLERANCE = 0.0005
"""AWS's own runs differ by up to 0.00023 from each other."""
ADULT_BASELINE = np.array([[39, 2, 184870, 10, 10, 3, 6, 1, 4, 1, 1597, 61, 41, 37]], float)


@pytest.fixture(scope="module")
def recorded(recorded_data: Path) -> Explanation:
    """AWS's explanation of the adult model."""
    text = (recorded_data / "recorded" / "adult_shap_endpoint_jsonl" / "baseline_analysis.json").read_text()
    explanations = Analysis.from_json(text).explanations
    assert explanations is not None
    return explanations.kernel_shap["label0"]


def off(values: Array, recorded: Explanation) -> float:
    """Return the largest difference of global values from the recorded ones."""
    expected = np.array(list(recorded.numbers.values()))
    return float(abs(np.abs(values).mean(axis=0) - expected).max())


def by_regression(function: Function, rows: Array, baseline: Array, members: Any) -> Array:
    """Return attributions of one output from coalitions, (features, rows, samples), of any scheme."""
    expected = function(baseline)[0, 0]
    values = np.empty_like(rows)
    for place, row in enumerate(rows):
        chosen = members[:, place].T
        worth = function(np.where(chosen, row, baseline))[:, 0] - expected
        total = function(row[None])[0, 0] - expected
        matrix = chosen[:, :-1].astype(float) - chosen[:, -1:]
        values[place, :-1] = np.linalg.lstsq(matrix, worth - chosen[:, -1] * total, rcond=None)[0]
        values[place, -1] = total - values[place, :-1].sum()
    return values


def test_adult_globals_equal_the_recorded_ones(
    recorded_data: Path, recorded: Explanation, parity: Parity
) -> None:
    """In ten draws the 14 global values are within 0.0005 of the record, the expected value within 1e-7."""
    model, rows = on_frames(adult_model(recorded_data)), frame(adult_rows(recorded_data))

    draws = []
    for seed in range(10):
        found = explain(rows, frame(ADULT_BASELINE), model, samples=100, seed=seed)
        assert off(found.values[:, 0], recorded) < TOLERANCE
        draws.append(globals_of(found.values[:, 0]).tolist())
    parity.close(
        "adult_shap_endpoint_jsonl",
        "global SHAP values in ten draws",
        [list(recorded.numbers.values())] * 10,
        draws,
        tolerance=TOLERANCE,
        note="coalitions are drawn anew; exact Shapley values and other schemes miss the tolerance",
    )
    assert found.expected[0] == pytest.approx(recorded.expected_value, rel=0, abs=1e-7)


@pytest.mark.long
def test_exact_shapley_values_are_not_the_recorded_ones(recorded_data: Path, recorded: Explanation) -> None:
    """All 16,382 coalitions of a row give the true values, which are off the record: it has its noise."""
    model = on_frames(adult_model(recorded_data))

    found = explain(frame(adult_rows(recorded_data)), frame(ADULT_BASELINE), model, samples=16_382)

    assert off(found.values[:, 0], recorded) > 1.5 * TOLERANCE


def test_leaving_out_features_at_the_baseline_is_not_the_recorded_scheme(
    recorded_data: Path, recorded: Explanation
) -> None:
    """Explaining only the features that differ, as the public package does, misses the record."""
    function, rows = adult_model(recorded_data), adult_rows(recorded_data)
    values = np.zeros_like(rows)
    for place, row in enumerate(rows):
        varying = np.flatnonzero(row != ADULT_BASELINE[0])
        reduced = pl.DataFrame({str(each): [row[each]] for each in varying})
        start = pl.DataFrame({str(each): [ADULT_BASELINE[0, each]] for each in varying})

        def model(asked: pl.DataFrame, varying: Any = varying) -> Array:
            full = np.repeat(ADULT_BASELINE, asked.height, axis=0)
            full[:, varying] = asked.to_numpy()
            return function(full)

        values[place, varying] = explain(reduced, start, model, samples=100, seed=place).values[0, 0]

    assert off(values, recorded) > TOLERANCE


@pytest.mark.parametrize("seed", range(3))
def test_coalitions_without_complements_are_not_the_recorded_scheme(
    recorded_data: Path, recorded: Explanation, seed: int
) -> None:
    """A hundred coalitions drawn one by one are noisier than the record."""
    rows = adult_rows(recorded_data)
    drawn = coalitions.draw(np.random.default_rng(seed), 14, len(rows), 200)[:, :, :100]

    values = by_regression(adult_model(recorded_data), rows, ADULT_BASELINE, drawn)

    assert off(values, recorded) > TOLERANCE


# --- 69 features, fewer equations than unknowns ------------------------------------------------

CHURN_EXPECTED = 0.008322875015437603
STATES, STATE_SPREAD = 0.00430, 0.00032
LAST = 0.00636


class Churn:
    """The churn data, model and baseline of the recorded run: 666 rows, the rounded mean record."""

    def __init__(self, recorded_data: Path) -> None:
        xgboost = pytest.importorskip("xgboost")
        booster = xgboost.Booster({"nthread": 1})
        booster.load_model(recorded_data / "churn" / "xgb-churn.json")
        table = pl.read_csv(recorded_data / "churn" / "validation-dataset-with-header.csv")
        self.names = table.columns[1:]
        self.rows = table.select(self.names).to_numpy().astype(float)
        self.baseline = self.rows.mean(axis=0, keepdims=True).round()
        self.states = [place for place, name in enumerate(self.names) if name.startswith("State_")]
        self.ask: Function = lambda rows: booster.inplace_predict(rows).astype(float)[:, None]


@pytest.fixture(scope="module")
def churn(recorded_data: Path) -> Churn:
    """The recorded run's inputs."""
    return Churn(recorded_data)


def globals_of(values: Array) -> Array:
    """Return the mean magnitude of each feature."""
    means: Array = np.abs(values).mean(axis=0)
    return means


@pytest.mark.long
def test_churn_globals_have_the_recorded_noise(churn: Churn, parity: Parity) -> None:
    """With 100 samples for 69 features the dummies get the recorded noise, and others their values."""
    found = [
        explain(frame(churn.rows), frame(churn.baseline), on_frames(churn.ask), samples=100, seed=seed)
        for seed in range(6)
    ]
    values = np.array([globals_of(each.values[:, 0]) for each in found])

    assert found[0].expected[0] == CHURN_EXPECTED
    assert len(churn.states) == 51
    states = values[:, churn.states]
    assert abs(states.mean() - STATES) < 0.0002
    assert abs(states.std(axis=1).mean() - STATE_SPREAD) < 0.0001
    # The eliminated feature carries the noise of all others.
    assert churn.names[-1] == "VMail Plan_yes"
    assert values[:, -1].min() < LAST < values[:, -1].max()
    for name, value in (("Account Length", 0.004896209687986929), ("VMail Message", 0.019776577737845684)):
        column = values[:, churn.names.index(name)]
        assert column.min() < value < column.max()
    case = "churn_shap_batch_csv"
    parity.equal(case, "expected value", CHURN_EXPECTED, float(found[0].expected[0]))
    parity.add(
        case,
        "global SHAP values of three features, level and spread of the 51 dummies' noise, in six draws",
        values="5 numbers",
        agreement="between the draws; level within 0.0002, spread within 0.0001",
        tolerance="as stated",
        note="69 features with 100 samples: most of each small value is noise of the draw",
    )


def test_one_set_of_coalitions_for_all_rows_is_not_the_recorded_scheme(churn: Churn) -> None:
    """Shared by all rows the same coalitions make the dummies differ ten times as much as recorded."""
    drawn = np.repeat(coalitions.draw(np.random.default_rng(1), 69, 1, 100), len(churn.rows), axis=1)

    values = globals_of(by_regression(churn.ask, churn.rows, churn.baseline, drawn))

    assert values[churn.states].std() > 5 * STATE_SPREAD


def test_unpaired_coalitions_are_not_the_recorded_scheme(churn: Churn) -> None:
    """Without complements the dummies get three times the recorded noise."""
    drawn = coalitions.draw(np.random.default_rng(2), 69, len(churn.rows), 200)[:, :, :100]

    values = globals_of(by_regression(churn.ask, churn.rows, churn.baseline, drawn))

    assert values[churn.states].mean() > 2 * STATES


def test_a_constraint_shared_by_all_features_is_not_the_recorded_scheme(churn: Churn) -> None:
    """Spreading the constraint over all features leaves the last one without its additional noise."""
    drawn = coalitions.draw(np.random.default_rng(3), 69, len(churn.rows), 100)
    rows, baseline, expected = churn.rows, churn.baseline, CHURN_EXPECTED
    values = np.empty_like(rows)
    for place, row in enumerate(rows):
        members = drawn[:, place].T.astype(float)
        worth = churn.ask(np.where(drawn[:, place].T, row, baseline))[:, 0] - expected
        share = (churn.ask(row[None])[0, 0] - expected) / 69
        centred = members - members.mean(axis=1, keepdims=True)
        values[place] = share + np.linalg.lstsq(centred, worth - members.sum(axis=1) * share, rcond=None)[0]

    assert globals_of(values)[-1] < 0.8 * LAST


def test_the_pairs_are_solved_as_the_whole_system(churn: Churn) -> None:
    """Folding complements into one equation gives what the plain least squares of all coalitions give."""
    rows = churn.rows[:40]
    drawn = coalitions.draw(np.random.default_rng(4), 69, 40, 101)
    worth = np.array(
        [
            churn.ask(np.where(drawn[:, place].T, row, churn.baseline)) - CHURN_EXPECTED
            for place, row in enumerate(rows)
        ]
    )

    found = regression.attributions(drawn, worth, churn.ask(rows) - CHURN_EXPECTED)

    plain = by_regression(churn.ask, rows, churn.baseline, drawn)
    np.testing.assert_allclose(plain, found[:, 0], rtol=0, atol=1e-9)


def test_recorded_document_is_its_own_baseline(recorded_data: Path, recorded: Explanation) -> None:
    """A fresh run of the recorded case does not drift from AWS's record."""
    found = explain(
        frame(adult_rows(recorded_data)),
        frame(ADULT_BASELINE),
        on_frames(adult_model(recorded_data)),
        samples=100,
        seed=1,
    )
    names = list(recorded.numbers)
    current = Explanation(dict(zip(names, globals_of(found.values[:, 0]).tolist(), strict=True)), 0.25)

    assert violations(Explanations({"label0": recorded}), Explanations({"label0": current})) == ()
