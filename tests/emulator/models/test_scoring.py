"""CSV in, predictions out."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost

from sagemaker_monitor.emulator.models.exchange import RequestError
from sagemaker_monitor.emulator.models.scoring import Scorer


@pytest.fixture(scope="session")
def scorer(booster: xgboost.Booster) -> Scorer:
    """The tiny model's scorer."""
    return Scorer(booster)


def csv(scorer: Scorer, body: bytes) -> str:
    """Return the answer to a CSV request."""
    answer = scorer.answer("text/csv", "", body)
    assert answer.content_type == "text/csv; charset=utf-8"
    return answer.body.decode()


def test_each_line_gets_its_prediction(scorer: Scorer, booster: xgboost.Booster) -> None:
    """The answer is the model's own float32, widened, one line for each line."""
    expected = booster.predict(xgboost.DMatrix(np.array([[1.0, 2.0, 3.0], [-1.0, 0.25, 0.0]])))

    answer = csv(scorer, b"1,2,3\n-1,0.25,0\n")

    assert [float(line) for line in answer.splitlines()] == expected.astype(np.float64).tolist()


def test_an_empty_cell_is_missing(scorer: Scorer, booster: xgboost.Booster) -> None:
    """Nothing between two commas is a missing value."""
    expected = booster.predict(xgboost.DMatrix(np.array([[np.nan, 2.0, 3.0]])))

    assert float(csv(scorer, b",2,3")) == float(expected[0])


def test_windows_line_ends_are_read(scorer: Scorer) -> None:
    """A carriage return before the newline belongs to the line's end."""
    assert csv(scorer, b"1,2,3\r\n4,5,6\r\n") == csv(scorer, b"1,2,3\n4,5,6\n")


def test_several_classes_are_separated_by_commas() -> None:
    """multi:softprob answers the probabilities of the classes on one line."""
    rows = np.random.default_rng(0).normal(size=(60, 2))
    data = xgboost.DMatrix(rows, label=np.arange(60) % 3)
    model = xgboost.train({"objective": "multi:softprob", "num_class": 3}, data, num_boost_round=2)

    values = csv(Scorer(model), b"0.5,0.5\n").strip().split(",")

    assert len(values) == 3
    assert sum(map(float, values)) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("content_type", "body", "status", "text"),
    [
        ("application/json", b"{}", 415, "content type 'application/json' is not supported"),
        ("text/csv", b"1,2,3,4", 400, "line 1 has 4 values, the model was trained on 3 features"),
        ("text/csv", b"1,2,3\n1,2\n", 400, "line 2 has 2 values, the model was trained on 3 features"),
        ("text/csv", b"1,2,3\n\n1,2,3\n", 400, "line 2 is blank"),
        ("text/csv", b"a,b,c\n1,2,3\n", 415, "value 1 of line 1 is not a number"),
        ("text/csv", b"1,2,3\n1,2,x\n", 415, "value 3 of line 2 is not a number"),
        ("text/csv", b"\xff\xfe", 415, "not UTF-8"),
        ("text/csv", b"1,inf,3\n", 400, "unable to evaluate the payload"),
    ],
)
def test_a_bad_request_is_answered_with_the_reason(
    scorer: Scorer, content_type: str, body: bytes, status: int, text: str
) -> None:
    """Wrong types, widths and values are client errors that say where; no value of a row is repeated."""
    with pytest.raises(RequestError, match=text) as caught:
        scorer.answer(content_type, "", body)

    assert caught.value.status == status
