"""Linear Learner: scores, labels and forms of answers."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.emulator.models.exchange import CSV, JSON, JSON_LINES, RequestError
from sagemaker_monitor.emulator.models.linear_learner import LinearLearner
from sagemaker_monitor.emulator.models.linear_learner_artifact import LinearModel, load
from tests.emulator.models.linear_learners import model_file, unpacked
from tests.parity.plugin import Parity


@pytest.fixture(scope="module")
def recorded_model(recorded_data: Path, tmp_path_factory: pytest.TempPathFactory) -> LinearLearner:
    """The public binary classifier of the adult cases."""
    directory = tmp_path_factory.mktemp("adult")
    with tarfile.open(recorded_data / "adult" / "ll-adult-prediction-model.tar.gz") as tar:
        tar.extractall(directory, filter="data")
    return LinearLearner(load(directory))


@pytest.fixture(scope="module")
def recorded(recorded_data: Path) -> list[dict[str, Any]]:
    """Requests that were sent to AWS's container, and what it answered."""
    found: list[dict[str, Any]] = json.loads(
        (recorded_data / "recorded" / "ll_predictions" / "recorded.json").read_text()
    )
    return found


def request(records: list[dict[str, Any]], kind: str) -> bytes:
    """Return the records' features as a request of media type *kind*."""
    rows = [each["features"] for each in records]
    if kind == CSV:
        return "".join(f"{','.join(map(str, row))}\n" for row in rows).encode()
    instances = [{"features": row} for row in rows]
    if kind == JSON:
        return json.dumps({"instances": instances}).encode()
    return "".join(f"{json.dumps(each)}\n" for each in instances).encode()


@pytest.mark.parametrize("kind", [CSV, JSON, JSON_LINES])
def test_recorded_json_lines_are_answered_byte_for_byte(
    parity: Parity, recorded_model: LinearLearner, recorded: list[dict[str, Any]], kind: str
) -> None:
    """Whatever the request's form, JSON Lines answers are AWS's, every digit of the cut scores too."""
    answer = recorded_model.answer(kind, JSON_LINES, request(recorded, kind))

    assert answer.content_type == JSON_LINES
    assert answer.body.decode().splitlines() == [each["jsonlines"] for each in recorded]
    parity.equal(
        "ll_predictions",
        "JSON Lines: scores and labels",
        [json.loads(each["jsonlines"]) for each in recorded],
        [json.loads(line) for line in answer.body.decode().splitlines()],
        ordered=True,
    )


def test_recorded_json_scores_are_whole(
    parity: Parity, recorded_model: LinearLearner, recorded: list[dict[str, Any]]
) -> None:
    """JSON answers have every digit of the float32 as a double."""
    known = [each for each in recorded if each.get("json_score") is not None]
    answer = json.loads(recorded_model.answer(JSON, JSON, request(known, JSON)).body)

    parity.equal(
        "ll_predictions",
        "JSON: scores",
        [each["json_score"] for each in known],
        [each["score"] for each in answer["predictions"]],
    )
    assert [list(each) for each in answer["predictions"]] == [["score", "predicted_label"]] * len(known)


def test_the_threshold_is_the_artifacts(recorded_data: Path, recorded_model: LinearLearner) -> None:
    """Of the adult test records some lie between the artifact's threshold and one half; they are ones."""
    body = (recorded_data / "adult" / "test-dataset.jsonl").read_bytes()
    answers = [json.loads(line) for line in recorded_model.answer(JSON_LINES, JSON_LINES, body).body.split()]

    between = [each for each in answers if 0.46301859617233276 < each["score"] < 0.5]
    assert len(answers) == 334
    assert between
    assert all(each["predicted_label"] == (each["score"] > 0.46301859617233276) for each in answers)


def test_a_request_in_parts_has_the_same_answers(recorded_data: Path, recorded_model: LinearLearner) -> None:
    """How many records a request has changes no digit of a score."""
    lines = (recorded_data / "adult" / "test-dataset.jsonl").read_bytes().splitlines(keepends=True)
    whole = recorded_model.answer(JSON_LINES, JSON_LINES, b"".join(lines)).body

    assert b"".join(recorded_model.answer(JSON_LINES, JSON_LINES, line).body for line in lines) == whole


def test_a_regressor_answers_scores_alone(tmp_path: Path) -> None:
    """predictor_type regressor: the sum itself, below zero too, and no label."""
    content = model_file([[2.0], [-1.0]], [0.5], predictor_type="regressor", loss_type="squared_loss")
    model = LinearLearner(load(unpacked(tmp_path, content)))

    assert model.answer(CSV, JSON_LINES, b"1,2\n1,10\n").body == b'{"score":0.5}\n{"score":-7.5}\n'
    assert model.answer(CSV, JSON, b"1,2").body == b'{"predictions":[{"score":0.5}]}'
    assert model.answer(CSV, CSV, b"1,2\n1,10").body == b"0.5\n-7.5\n"


def test_a_multiclass_classifier_answers_a_score_for_each_class(tmp_path: Path) -> None:
    """predictor_type multiclass_classifier: shares of one, and the class of the largest."""
    weights, bias = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.5]]), np.array([0.0, 0.25, -0.5])
    content = model_file(weights, bias, predictor_type="multiclass_classifier", loss_type="softmax_loss")
    model = LinearLearner(load(unpacked(tmp_path, content)))
    margins = np.array([3.0, 0.25, -3.5])
    expected = np.exp(margins) / np.exp(margins).sum()

    (found,) = json.loads(model.answer(CSV, JSON, b"3,0").body)["predictions"]
    line = json.loads(model.answer(CSV, JSON_LINES, b"3,0").body)
    cells = model.answer(CSV, CSV, b"3,0").body.decode().strip().split(",")

    assert found["score"] == pytest.approx(expected, abs=1e-7)
    assert found["predicted_label"] == line["predicted_label"] == int(cells[0]) == 0
    assert line["score"] == pytest.approx(found["score"], abs=1e-15)
    assert [float(cell) for cell in cells[1:]] == found["score"]


def test_extreme_sums_do_not_overflow(tmp_path: Path) -> None:
    """Sums far from zero score 0 and 1."""
    model = LinearLearner(load(unpacked(tmp_path, model_file([[1.0]], [0.0]))))

    assert model.answer(CSV, CSV, b"-1e4\n1e4\n").body == b"0,0.0\n1,1.0\n"


@given(st.floats(width=32, min_value=0, max_value=1), st.floats(width=32, min_value=-1e6, max_value=1e6))
def test_scores_are_cut_never_rounded(share: float, score: float) -> None:
    """A score in JSON Lines is at most 1e-15 nearer to zero than the score, never further from zero."""
    for value in (share, score):
        model = LinearModel(
            "regressor", "identity", np.zeros((1, 1), np.float32), np.array([value], np.float32), 0.5
        )
        found = json.loads(LinearLearner(model).answer(CSV, JSON_LINES, b"0").body)["score"]

        assert abs(found) <= abs(value)
        assert abs(value) - abs(found) <= 1e-15


@pytest.mark.parametrize(
    ("kind", "body", "status", "text"),
    [
        (CSV, b"1,2\n1\n", 400, "line 2 has 1 values, the model was trained on 2 features"),
        (CSV, b"1,2\n\n1,2\n", 400, "line 2 is blank"),
        (CSV, b"a,b\n1,2\n", 415, "value 1 of line 1 is not a number"),
        (CSV, b"1,\n", 415, "value 2 of line 1 is empty"),
        (CSV, b"1,nan\n", 400, "value 2 of record 1 is not finite"),
        (CSV, b"\xff\xfe", 415, "not UTF-8"),
        (JSON, b"{", 415, "the request is not JSON"),
        (JSON, b'{"rows": []}', 400, 'must be {"instances": '),
        (JSON, b'{"instances": [{"x": 1}]}', 400, "instance 1 has no dense features"),
        (
            JSON_LINES,
            b'{"features": [1, 2]}\n{"features": [1]}\n',
            400,
            "line 2 has 1 values, the model was trained on 2 features",
        ),
        (
            JSON_LINES,
            b'{"features": [1, 2]}\n{"features": [1, "x"]}\n',
            400,
            "value 2 of line 2 is not a num",
        ),
        (JSON_LINES, b'{"features": [1, true]}\n', 400, "value 2 of line 1 is not a number"),
        (JSON_LINES, b'{"features": [1, null]}\n', 400, "value 2 of line 1 is not a number"),
        (JSON_LINES, b'{"features": [1, 2]}\n{"features": [1,\n', 415, "line 2 is not JSON"),
        (JSON_LINES, b'{"features": [1, 2]}\n\n{"features": [1, 2]}', 400, "line 2 is blank"),
        (JSON_LINES, b'{"features":[1,2]},{"features":[1,2]}\n', 415, "line 1 is not JSON"),
        (JSON_LINES, b'{"features": {"keys": [0], "values": [1.0]}}', 400, "line 1 has no dense features"),
        ("image/png", b"x", 415, "content type 'image/png' is not supported; supported: application/jsonl"),
    ],
)
def test_a_bad_request_is_answered_with_the_reason(
    tmp_path: Path, kind: str, body: bytes, status: int, text: str
) -> None:
    """Wrong types, widths, values and syntax are client errors that say where; no value is repeated."""
    model = LinearLearner(load(unpacked(tmp_path, model_file([[1.0], [1.0]], [0.0]))))

    with pytest.raises(RequestError) as caught:
        model.answer(kind, JSON, body)
    assert text in str(caught.value)
    assert caught.value.status == status


def test_an_accept_type_that_is_not_answered_is_refused(tmp_path: Path) -> None:
    """406 names what there is; no Accept header at all means JSON."""
    model = LinearLearner(load(unpacked(tmp_path, model_file([[1.0]], [0.0]))))

    with pytest.raises(
        RequestError, match="'image/png' is not supported; supported: application/json, "
    ) as e:
        model.answer(CSV, "image/png", b"1")
    assert e.value.status == 406
    assert model.answer(CSV, "", b"1").content_type == JSON
    assert model.answer(CSV, "image/png, text/csv;q=0.5", b"1").content_type == CSV


def test_the_longer_documented_shape_is_read(tmp_path: Path) -> None:
    """Features may stand at data.features.values as well."""
    model = LinearLearner(load(unpacked(tmp_path, model_file([[1.0], [2.0]], [0.0]))))
    body = b'{"data":{"features":{"values":[1,2]}}}\n'

    expected = model.answer(JSON_LINES, CSV, b'{"features":[1,2]}')
    assert model.answer(JSON_LINES, CSV, body) == expected
