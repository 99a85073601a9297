"""Selectable inference content of the built-in XGBoost."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import xgboost

from sagemaker_monitor.emulator.models.exchange import RequestError
from sagemaker_monitor.emulator.models.scoring import Scorer

ROWS = np.random.default_rng(3).normal(size=(90, 2))
BODY = "".join(f"{a!r},{b!r}\n" for a, b in ROWS[:4].tolist()).encode()


def scorer(objective: str, keys: str, **environment: str) -> tuple[Scorer, Any]:
    """Return a model that answers *keys*, and its predictions for the body's rows."""
    classes = {"num_class": 3} if objective.startswith("multi:") else {}
    label = np.digitize(ROWS[:, 0], [-0.5, 0.5]) if classes else ROWS[:, 0] > 0
    model = xgboost.train(
        {"objective": objective, **classes}, xgboost.DMatrix(ROWS, label=label), num_boost_round=3
    )
    found = model.predict(xgboost.DMatrix(ROWS[:4]))
    return Scorer(model, {"SAGEMAKER_INFERENCE_OUTPUT": keys, **environment}), found


def test_a_binary_classifier_tells_label_and_probabilities() -> None:
    """JSON by default, in the container's order, lists for those of all classes."""
    model, expected = scorer("binary:logistic", "probabilities, predicted_label,labels")

    answer = model.answer("text/csv", "*/*", BODY)

    assert answer.content_type == "application/json"
    assert json.loads(answer.body)["predictions"] == [
        {"predicted_label": int(p > 0.5), "labels": [0, 1], "probabilities": [1.0 - p, p]}
        for p in expected.astype(float).tolist()
    ]


def test_several_classes_have_the_winner_s_probability() -> None:
    """CSV has the contents in the order in which they are asked for, a list in one quoted cell."""
    model, expected = scorer("multi:softprob", "probability,probabilities,predicted_label")

    lines = model.answer("text/csv", "text/csv", BODY).body.decode().splitlines()

    for line, row in zip(lines, expected, strict=True):
        each = row.astype(float).tolist()
        assert line == f'{max(each)},"{each}",{each.index(max(each))}'


def test_json_lines_have_a_record_each() -> None:
    """A default accept type of the environment counts when the request names none."""
    model, expected = scorer(
        "reg:squarederror", "predicted_score", SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT="application/jsonlines"
    )

    lines = model.answer("text/csv", "", BODY).body.decode().splitlines()

    assert [json.loads(line) for line in lines] == [
        {"predicted_score": each} for each in expected.astype(float).tolist()
    ]


def test_a_content_that_the_objective_has_not_is_no_number() -> None:
    """As the container answers it; an objective without contents is an error."""
    model, _ = scorer("binary:logitraw", "predicted_label,probability,raw_score")
    first = json.loads(model.answer("text/csv", "", BODY).body)["predictions"][0]

    assert first["predicted_label"] == int(first["raw_score"] > 0)
    assert np.isnan(first["probability"])
    with pytest.raises(RequestError, match="objective 'count:poisson' has no contents to select"):
        scorer("count:poisson", "labels")[0].answer("text/csv", "", BODY)
