"""A dataset's columns become statistics, or an error that says what to do."""

from __future__ import annotations

import math
import time
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from sagemaker_monitor.analysis.documents.model_statistics import BINARY, MULTICLASS, REGRESSION
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.model_quality.columns import MOST_CLASSES, Texts
from sagemaker_monitor.analysis.model_quality.deviations import with_deviations
from sagemaker_monitor.analysis.model_quality.measure import Sample, measure
from tests.analysis.model_quality.samples import sample, scored


def test_a_probability_must_be_above_the_threshold() -> None:
    """Equal to it is the negative class."""
    found = measure(BINARY, sample([0, 1, 1], None, [0.2, 0.8, 0.80001]), 0.8)

    assert found.confusion_matrix == {"0": {"0": 1, "1": 0}, "1": {"0": 1, "1": 1}}


def test_labels_are_believed_before_probabilities() -> None:
    """With both, labels make the counts and probabilities the curves."""
    found = measure(BINARY, sample([0, 1, 0, 1], [1, 0, 1, 0], [0.1, 0.9, 0.2, 0.8]), 0.5)

    assert found.metrics["accuracy"].value == 0.0
    assert found.metrics["auc"].value == 1.0


def test_without_probabilities_there_are_no_curves() -> None:
    """Labels alone give no order of rows, so neither auc nor curves."""
    found = measure(BINARY, sample([0, 1], [0, 1]), 0.5)

    assert found.curves is None
    assert "auc" not in found.metrics
    assert found.metrics["f1"].value == 1.0


@pytest.mark.parametrize(
    ("negative", "positive"),
    [
        ("no", "yes"),
        ("<=50K", ">50K"),
        ("false", "true"),
        ("-1", "1"),
        ("9", "10"),
        ("1", "2"),
        ("bad", "good"),
    ],
)
def test_the_greater_label_is_the_positive_class(negative: str, positive: str) -> None:
    """Numbers by value, texts by their letters."""
    found = measure(BINARY, sample([positive, negative, positive], None, [0.9, 0.1, 0.2]), 0.5)

    assert found.confusion_matrix == {
        negative: {negative: 1, positive: 0},
        positive: {negative: 1, positive: 1},
    }
    assert found.metrics["recall"].value == 0.5


def test_numbers_are_one_class_however_they_are_written() -> None:
    """A model that answers 1.0 is right about a 1."""
    found = measure(BINARY, sample([0, 1, 1], ["0.0", "1.0", " 1e0\n"]), 0.5)

    assert found.confusion_matrix == {"0": {"0": 1, "1": 0}, "1": {"0": 0, "1": 2}}


def test_classes_stand_in_the_order_of_their_values() -> None:
    """Ten comes after nine; beside texts all are in the order of texts."""
    numbers = measure(MULTICLASS, sample([10, 9, 9.5], [9, 9, 10]), 0.5)
    texts = measure(MULTICLASS, sample(["b", "a", "10", "9"], ["a", "a", "9", "9"]), 0.5)

    assert numbers.confusion_matrix is not None
    assert list(numbers.confusion_matrix) == ["9", "9.5", "10"]
    assert texts.confusion_matrix is not None
    assert list(texts.confusion_matrix) == ["10", "9", "a", "b"]


def test_long_identifiers_are_different_classes() -> None:
    """Whole numbers beyond what a double can tell apart stay texts."""
    names = ["9007199254740992", "9007199254740993"]
    found = measure(MULTICLASS, sample(names, names), 0.5)

    assert found.confusion_matrix is not None
    assert list(found.confusion_matrix) == names


def test_lists_of_probabilities_name_the_most_probable_class() -> None:
    """For several classes, a JSON list has one probability for each, counted from 0."""
    found = measure(MULTICLASS, sample([2, 0], None, ["[0.1, 0.2, 0.7]", "[0.3, 0.6, 0.1]"]), 0.5)

    assert found.metrics["accuracy"].value == 0.5
    assert found.confusion_matrix is not None
    assert found.confusion_matrix["0"]["1"] == 1


@settings(deadline=None)
@given(st.integers(2, 60), st.integers(0, 99), st.randoms())
def test_the_order_of_rows_does_not_matter(rows: int, seed: int, order: Random) -> None:
    """Below the rows that have deviations, documents of shuffled rows are equal."""
    truth, probability = scored(rows, seed)
    truth[:2] = 0, 1
    pairs = list(zip(truth, probability, strict=True))
    shuffled = pairs[:]
    order.shuffle(shuffled)
    one, other = (
        measure(BINARY, sample([t for t, _ in each], None, [p for _, p in each]), 0.5)
        for each in (pairs, shuffled)
    )

    assert one.to_json() == other.to_json()


def test_deviations_begin_at_200_rows_and_can_be_repeated() -> None:
    """One row fewer and they are NaN; with enough rows two runs agree to the byte."""
    truth, probability = scored(200)
    few = measure(BINARY, sample(truth[:199], None, probability[:199]), 0.5)
    enough = [measure(BINARY, sample(truth, None, probability), 0.5) for _ in range(2)]

    assert all(math.isnan(each.standard_deviation) for each in few.metrics.values())
    assert all(0 <= each.standard_deviation <= 0.5 for each in enough[0].metrics.values())
    assert enough[0].metrics["auc"].standard_deviation > 0
    assert enough[0].to_json() == enough[1].to_json()


def test_deviations_are_those_of_subsamples_of_80_percent() -> None:
    """The spread of a share over subsamples is p(1-p)/4n; over five, a population shows four fifths of it."""
    hits = np.arange(1000) < 300

    def mean(rows: np.ndarray | None) -> dict[str, float]:
        return {"mean": float((hits if rows is None else hits[rows]).mean())}

    squares = [with_deviations(1000, mean, seed)["mean"].standard_deviation ** 2 for seed in range(3000)]

    assert np.mean(squares) == pytest.approx(0.8 * 0.3 * 0.7 / 4000, rel=0.05)


ONE = sample([0, 1], [0, 1], [0.1, 0.9])


@pytest.mark.parametrize(
    ("problem_type", "wrong", "text"),
    [
        (BINARY, sample([], [], []), "Job inputs had no data"),
        (
            BINARY,
            sample([0, 1], None, [0.1, 1.2]),
            r"probability_attribute 'score': row 2 has '1.2', which is no",
        ),
        (BINARY, sample([0, 1], None, [-0.1, 1]), "row 1 has '-0.1', which is no probability"),
        (BINARY, sample([0, 1], None, [0.1, "NaN"]), "row 2 has 'NaN', which is no number"),
        (BINARY, sample([0, 1], None, ["x", 0.1]), "row 1 has 'x', which is no number"),
        (BINARY, sample([0, 1, 2], None, [0, 1, 0]), "3 classes: '0', '1', '2'; .* MulticlassClassification"),
        (BINARY, sample([0, 0], None, [0, 1]), "all 2 rows have the class '0'; .* a longer window"),
        (BINARY, sample(["a", "a"], ["a", "b"]), "all 2 rows have the class 'a'"),
        (
            BINARY,
            sample([0, 1], [0, 2]),
            "inference_attribute 'prediction' has '2'; the ground truth has only",
        ),
        (
            BINARY,
            sample(["no", "yes"], [0, 1]),
            "has '0', '1'; the ground truth has only the classes 'no', 'yes'",
        ),
        (BINARY, sample([0, None, 1, None], [0, 1, 1, 1]), "2 of 4 rows have no value, the first is row 2"),
        (BINARY, sample([0, 1], ["0", ""]), "inference_attribute 'prediction': 1 of 2 rows have no value"),
        (REGRESSION, sample([1, 2], [1, "high"]), "'prediction': row 2 has 'high', which is no number"),
        (REGRESSION, sample([1, "inf"], [1, 2]), "ground_truth_attribute 'label': row 2 has 'inf'"),
        (MULTICLASS, sample([0, 1], None, [0.1, 0.9]), "no lists of one probability per class"),
        (MULTICLASS, sample([0, 1], None, ["[1, 0]", "[1]"]), "no lists of one probability per class"),
        (MULTICLASS, sample([0, 1], None, ["[1, 0]", "[1, 7]"]), "no lists of one probability per class"),
        (MULTICLASS, sample([0, 1], None, ["[1, 0]", "[1, "]), "set inference_attribute"),
        (MULTICLASS, sample([0, 1], None, ["[1, 0]", "[null, 1]"]), "no lists of one probability per class"),
        (MULTICLASS, sample([0, 1], None, ["[]", "[]"]), "no lists of one probability per class"),
        (MULTICLASS, sample([0, 1], None, ["[1]", "[0]"]), "no lists of one probability per class"),
        (
            MULTICLASS,
            sample(range(MOST_CLASSES + 1), range(MOST_CLASSES + 1)),
            "1001 different values, too many to be classes .* Regression",
        ),
    ],
)
def test_data_that_cannot_be_measured_is_refused(problem_type: str, wrong: Sample, text: str) -> None:
    """The error names the attribute, the row or the classes, and a way out."""
    with pytest.raises(AnalysisError, match=text):
        measure(problem_type, wrong, 0.5)


@pytest.mark.long
def test_a_million_rows_cost_little_more_than_reading_them() -> None:
    """Curves, five subsamples and all: the work of twenty sorts at most; the area is scikit-learn's."""
    generator = np.random.default_rng(0)
    scores = generator.random(1_000_000)
    positive = generator.random(len(scores)) < scores
    cells = pl.DataFrame({"p": scores, "y": positive.astype(int)}).cast(pl.String)
    begin = time.process_time()
    np.sort(scores, kind="stable")
    sort = time.process_time() - begin
    begin = time.process_time()
    big = Sample(Texts("ground_truth", "y", cells["y"]), None, Texts("probability", "p", cells["p"]))
    found = measure(BINARY, big, 0.5)
    text = found.to_json()
    spent = time.process_time() - begin

    assert found.metrics["auc"].value == pytest.approx(sklearn.roc_auc_score(positive, scores), abs=1e-12)
    assert len(text) < 200_000
    assert spent < 20 * sort
