"""CSV in, predictions out."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xgboost

from sagemaker_monitor.emulator.models.exchange import RequestError
from sagemaker_monitor.emulator.models.resolve import BATCH
from sagemaker_monitor.emulator.models.scoring import Scorer


@pytest.fixture(scope="session")
def scorer(booster: xgboost.Booster) -> Scorer:
    """The tiny model's scorer."""
    return Scorer(booster, BATCH)


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


def test_an_endpoint_answers_in_one_line(booster: xgboost.Booster, scorer: Scorer) -> None:
    """Predictions have commas between them, and there is no newline behind, as on AWS."""
    lines = csv(scorer, b"1,2,3\n-1,0.25,0\n").splitlines()

    assert csv(Scorer(booster), b"1,2,3\n-1,0.25,0\n") == ",".join(lines)
    assert csv(Scorer(booster), b"1,2,3\n") == lines[0]


def test_an_empty_cell_is_missing(scorer: Scorer, booster: xgboost.Booster) -> None:
    """Nothing between two commas is a missing value."""
    expected = booster.predict(xgboost.DMatrix(np.array([[np.nan, 2.0, 3.0]])))

    assert float(csv(scorer, b",2,3")) == float(expected[0])


def test_windows_line_ends_are_read(scorer: Scorer) -> None:
    """A carriage return before the newline belongs to the line's end."""
    assert csv(scorer, b"1,2,3\r\n4,5,6\r\n") == csv(scorer, b"1,2,3\n4,5,6\n")


@pytest.mark.parametrize(
    ("objective", "parameters"),
    [
        ("binary:logistic", {}),
        ("binary:logitraw", {}),
        ("binary:hinge", {}),
        ("reg:squarederror", {}),
        ("reg:logistic", {}),
        ("reg:absoluteerror", {}),
        ("reg:gamma", {}),
        ("count:poisson", {}),
        ("multi:softmax", {"num_class": 3}),
        ("multi:softprob", {"num_class": 3}),
    ],
)
def test_every_objective_answers_what_the_booster_predicts(
    objective: str, parameters: dict[str, int]
) -> None:
    """Numbers a line, lists in brackets for several classes; JSON has the same as scores."""
    rows = np.random.default_rng(0).normal(size=(60, 2))
    label = np.arange(60) % 3 if parameters else np.arange(60) % 2
    data = xgboost.DMatrix(rows, label=label + (objective == "reg:gamma"))
    model = xgboost.train({"objective": objective, **parameters}, data, num_boost_round=2)
    expected = model.predict(xgboost.DMatrix(rows)).astype(np.float64).tolist()
    body = "".join(f"{a!r},{b!r}\n" for a, b in rows.tolist()).encode()

    lines = csv(Scorer(model, BATCH), body).splitlines()
    found = Scorer(model, BATCH).answer("text/csv", "application/json", body)

    assert lines == [str(each) for each in expected]
    assert found.content_type == "application/json"
    assert json.loads(found.body) == {"predictions": [{"score": each} for each in expected]}


@pytest.mark.parametrize("kind", ["text/libsvm", "text/x-libsvm"])
def test_libsvm_names_its_features(scorer: Scorer, kind: str) -> None:
    """Features are counted from 0, those that are not named are missing, and a label is ignored."""
    answer = scorer.answer(kind, "", b"1 0:1.5 2:-2\n1:4\n").body.decode()

    assert answer == csv(scorer, b"1.5,,-2\n,4,\n")


def test_a_model_that_stopped_early_predicts_with_its_best_iteration() -> None:
    """Later rounds are in the file, and not in the answer."""
    rows = np.random.default_rng(0).normal(size=(60, 2))
    model = xgboost.train({}, xgboost.DMatrix(rows, label=rows[:, 0]), num_boost_round=6)
    model.set_attr(best_iteration="1")
    expected = model.predict(xgboost.DMatrix(rows[:1]), iteration_range=(0, 2)).tolist()

    body = ",".join(map(repr, rows[0].tolist())).encode()
    assert csv(Scorer(model, BATCH), body) == f"{expected[0]}\n"


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
        ("text/libsvm", b"0:1\n1\n", 415, "line 2 has no feature; libsvm lines are like 0:1.5 3:2"),
        ("text/libsvm", b"0:x\n", 415, "line 1 has a pair that is not feature:number"),
        ("text/libsvm", b"0:1 3:1\n", 400, "line 1 has feature 3, the model was trained on 3 features, co"),
    ],
)
def test_a_bad_request_is_answered_with_the_reason(
    scorer: Scorer, content_type: str, body: bytes, status: int, text: str
) -> None:
    """Wrong types, widths and values are client errors that say where; no value of a row is repeated."""
    with pytest.raises(RequestError, match=text) as caught:
        scorer.answer(content_type, "", body)

    assert caught.value.status == status


def test_an_accept_type_that_is_not_answered_is_refused(scorer: Scorer) -> None:
    """406 names what there is."""
    with pytest.raises(RequestError, match="'application/jsonlines' is not supported; supported: text/csv, "):
        scorer.answer("text/csv", "application/jsonlines", b"1,2,3")
