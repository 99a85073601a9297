"""The model is asked in the form the configuration says, and its answer read where the configuration says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.analysis.columns import Kind, column_of_values
from sagemaker_monitor.analysis.container import payloads
from sagemaker_monitor.analysis.container.config import PredictorConfig
from sagemaker_monitor.analysis.container.payloads import JSON, JSON_LINES, batches
from sagemaker_monitor.analysis.container.predictor import Model
from sagemaker_monitor.analysis.errors import AnalysisError

from .conftest import respond

FRAME = pl.DataFrame({"age": [41, None], "pay": [0.1, 1e-7], "job": ['a "b", é', "1"], "own": [True, False]})


def lines(**changes: Any) -> PredictorConfig:
    """Return a predictor that speaks JSON Lines."""
    return PredictorConfig(
        **{
            "content_type": JSON_LINES,
            "accept_type": JSON_LINES,
            "content_template": '{"features":$features}',
            **changes,
        }
    )


def document(content: str = "$records", record: str = "$features", **changes: Any) -> PredictorConfig:
    """Return a predictor that speaks JSON with these templates."""
    return PredictorConfig(
        content_type=JSON, accept_type=JSON, content_template=content, record_template=record, **changes
    )


def sent(predictor: PredictorConfig, frame: pl.DataFrame = FRAME) -> list[str]:
    """Return the requests' bodies."""
    return [body.decode() for _, body in batches(frame, predictor)]


def json_lines(*answers: Any) -> Callable[[bytes], bytes]:
    """Return a responder that gives *answers*, one line each."""
    return lambda _: "".join(f"{json.dumps(each)}\n" for each in answers).encode()


# --- what is asked -----------------------------------------------------------------------------


def test_csv_is_cells_in_their_shortest_form() -> None:
    """A text is quoted where it must be, a gap is empty, true and false are words as in Python."""
    (body,) = sent(PredictorConfig())

    assert body == '41,0.1,"a ""b"", é",True\n,1e-7,1,False\n'


def test_text_cells_go_verbatim() -> None:
    """A number that is kept as text keeps its digits."""
    assert sent(PredictorConfig(), pl.DataFrame({"a": ["1.50", "007"]})) == ["1.50\n007\n"]


def test_json_lines_fill_the_content_template_with_features() -> None:
    """Each row is one line; numbers, texts, gaps and truth values are JSON's."""
    (body,) = sent(lines())

    assert [json.loads(each) for each in body.splitlines()] == [
        {"features": [41, 0.1, 'a "b", é', True]},
        {"features": [None, 1e-7, "1", False]},
    ]


@pytest.mark.parametrize(
    ("content", "record", "expected"),
    [
        ('{"instances":$records}', "$features", {"instances": [[1, 2.5], [3, 4.0]]}),
        (
            '{"instances":$records}',
            '{"x":$features,"n":$feature_names}',
            {"instances": [{"x": [1, 2.5], "n": ["A", "^B.*$"]}, {"x": [3, 4.0], "n": ["A", "^B.*$"]}]},
        ),
        ("$records", "$features_kvp", [{"A": 1, "^B.*$": 2.5}, {"A": 3, "^B.*$": 4.0}]),
        ("$records", '{"b":"${^B.*$}","a":"${A}"}', [{"b": 2.5, "a": 1}, {"b": 4.0, "a": 3}]),
        ('{"n":$feature_names,"r":$records}', "$features", {"n": ["A", "^B.*$"], "r": [[1, 2.5], [3, 4.0]]}),
    ],
)
def test_json_fills_records_into_the_content(content: str, record: str, expected: Any) -> None:
    """Every placeholder of the SDK's documentation, also for names that look like patterns."""
    (body,) = sent(document(content, record), pl.DataFrame({"A": [1, 3], "^B.*$": [2.5, 4.0]}))

    assert json.loads(body) == expected


def test_one_record_placeholder_asks_one_row_at_a_time() -> None:
    """$record is a single record, so each row is a request of its own."""
    assert sent(document("$record", "$features_kvp"), pl.DataFrame({"A": [1, 2]})) == ['{"A":1}', '{"A":2}']


def test_template_with_an_unknown_feature_is_refused() -> None:
    """The name and what may stand there are told."""
    with pytest.raises(AnalysisError, match=r"predictor.record_template has \$\{C\}: that is no feature"):
        sent(document("$records", '{"c":"${C}"}'))


def test_infinite_feature_cannot_be_said_in_json() -> None:
    """JSON has no infinity: the feature is named, instead of something else being sent."""
    with pytest.raises(AnalysisError, match="feature 'x' is infinite"):
        sent(lines(), pl.DataFrame({"x": [float("inf")]}))


@settings(deadline=None)
@given(
    widths=st.lists(st.integers(0, 300), min_size=1, max_size=30),
    kind=st.sampled_from([PredictorConfig(), lines(), document()]),
)
def test_requests_stay_below_the_limit_and_lose_no_row(widths: list[int], kind: PredictorConfig) -> None:
    """However uneven the rows are, they go in order and no body is larger than allowed."""
    frame = pl.DataFrame({"n": range(len(widths)), "text": ["é" * width for width in widths]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(payloads, "PAYLOAD", 400)
        patch.setattr(payloads, "LIMIT", 700)
        parts = list(batches(frame, kind))

    assert max(len(body) for _, body in parts) <= 700
    assert sum(rows for rows, _ in parts) == len(widths)
    whole = b"".join(body for _, body in parts).decode()
    assert [whole.count("é" * width) > 0 for width in widths] == [True] * len(widths)


def test_row_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """One row that no endpoint accepts cannot be split."""
    monkeypatch.setattr(payloads, "LIMIT", 50)

    with pytest.raises(AnalysisError, match="one row of features takes 1"):
        sent(PredictorConfig(), pl.DataFrame({"text": ["a", "b" * 100]}))


def test_one_connection_serves_all_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches and calls share a connection; one that the server closed is opened again."""
    monkeypatch.setattr(payloads, "PAYLOAD", 100)
    frame = pl.DataFrame({"x": range(40)})
    answer = lambda body: body  # noqa: E731

    with respond(answer) as server, Model(server.url, PredictorConfig()) as model:
        scores = model.scores(frame)
        again = model.scores(frame)
    assert (server.connections, len(server.bodies)) == (1, 20)
    assert scores.tolist() == again.tolist() == [[float(each)] for each in range(40)]

    with respond(answer, requests_per_connection=3) as server, Model(server.url, PredictorConfig()) as model:
        assert model.scores(frame).tolist() == scores.tolist()
    assert (server.connections, len(server.bodies)) == (4, 10)


# --- what is answered --------------------------------------------------------------------------

TWO = pl.DataFrame({"x": [1, 2]})


@pytest.mark.parametrize(
    ("predictor", "answer", "expected"),
    [
        (PredictorConfig(), b"0.1\n0.9\n", [[0.1], [0.9]]),
        (PredictorConfig(), b"0.1,0.9", [[0.1], [0.9]]),
        (PredictorConfig(), b"\n0.1\r\n\r\n0.9\r\n", [[0.1], [0.9]]),
        (PredictorConfig(), b"0.1,0.9\n0.7,0.3\n", [[0.1, 0.9], [0.7, 0.3]]),
        (PredictorConfig(probability=1), b"no,0.25\nyes,0.75\n", [[0.25], [0.75]]),
        (PredictorConfig(probability=1), b'no,"[0.1, 0.9]"\nyes,"[1, 0]"\n', [[0.1, 0.9], [1, 0]]),
        (PredictorConfig(label=0), b"0.25,x\n0.75,y\n", [[0.25], [0.75]]),
        (lines(), b"0.5\n0.25\n", [[0.5], [0.25]]),
        (lines(), b"[0.5, 0.5]\n[1, 0]\n", [[0.5, 0.5], [1, 0]]),
        (lines(probability="score"), b'{"score":0.5}\n{"score":1}', [[0.5], [1]]),
        (lines(probability="score"), b'{"score":"[0.5, 1]"}\n{"score":[1, 2]}', [[0.5, 1], [1, 2]]),
        (lines(label="a.b"), b'{"a":{"b":0.5}}\n{"a":{"b":1}}', [[0.5], [1]]),
        (document(), b"[0.5, 1]", [[0.5], [1]]),
        (document(), b"[[0.5], [1]]", [[0.5], [1]]),
        (
            document(probability="predictions[*].score"),
            b'{"predictions":[{"score":1},{"score":2}]}',
            [[1], [2]],
        ),
        (document(probability="scores"), b'{"scores":[[0.5, 1]]}', [[0.5], [1]]),
        (PredictorConfig(accept_type=JSON, probability="s"), b'{"s":[3, 4]}', [[3], [4]]),
    ],
)
def test_scores_are_read_where_the_configuration_says(
    predictor: PredictorConfig, answer: bytes, expected: list[list[float]]
) -> None:
    """Index or expression, one score or a list of them, line by line or in one document."""
    with respond(lambda _: answer) as server, Model(server.url, predictor) as model:
        scores = model.scores(TWO)

    assert np.array_equal(scores, np.array(expected))
    assert server.headers[0]["Accept"] == predictor.accept_type


@pytest.mark.parametrize("answer", [b'{"p":0.25}', b'{"p":[0.25]}'])
def test_answer_to_a_single_row_needs_no_list(answer: bytes) -> None:
    """For one row a plain expression may find the score itself."""
    with respond(lambda _: answer) as server, Model(server.url, document(probability="p")) as model:
        assert model.scores(TWO[:1]).tolist() == [[0.25]]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=50))
def test_scores_come_back_to_the_last_bit(values: list[float]) -> None:
    """What is sent and answered in shortest form is the same number again."""
    frame = pl.DataFrame({"x": values})

    for predictor in (PredictorConfig(), lines(content_template="$features")):
        with respond(lambda body: body) as server, Model(server.url, predictor) as model:
            assert model.scores(frame).ravel().tolist() == values


def labels(predictor: PredictorConfig, answer: bytes, observed: list[Any] | None = None) -> Any:
    """Return the kind and values of the labels in *answer*."""
    labelled = column_of_values("label", observed) if observed else None
    with respond(lambda _: answer) as server, Model(server.url, predictor, 0.5) as model:
        column = model.labels(TWO, labelled)
    return column.kind, column.values.tolist()


@pytest.mark.parametrize(
    ("predictor", "answer", "observed", "expected"),
    [
        (lines(label="l"), b'{"l":1}\n{"l":0}', [0, 1], (Kind.INTEGER, [1, 0])),
        (lines(label="l"), b'{"l":"1"}\n{"l":"0"}', ["0", "1"], (Kind.STRING, ["1", "0"])),
        (lines(label="l"), b'{"l":1.0}\n{"l":0.5}', [0.5, 1.0], (Kind.FLOAT, [1.0, 0.5])),
        (lines(label="l"), b'{"l":0.50}\n{"l":0.51}', [0, 1], (Kind.INTEGER, [0, 1])),
        (PredictorConfig(label=0), b"1,0.2\n0,0.9\n", [0, 1], (Kind.INTEGER, [1, 0])),
        (PredictorConfig(label=0), b"yes,0.2\nno,0.9\n", ["no", "yes"], (Kind.STRING, ["yes", "no"])),
        (PredictorConfig(), b"0.5\n0.75\n", [0, 1], (Kind.INTEGER, [0, 1])),
        (PredictorConfig(), b"9.5\n16.0\n", [9.0, 15.5], (Kind.FLOAT, [9.5, 16.0])),
        (PredictorConfig(probability=0), b"0.5\n0.75\n", [0.0, 1.0], (Kind.INTEGER, [0, 1])),
        (
            PredictorConfig(label_headers=("no", "yes")),
            b"0.4,0.6\n0.5,0.5\n",
            None,
            (Kind.STRING, ["yes", "no"]),
        ),
        (PredictorConfig(label_headers=(0, 1)), b"0.4,0.6\n0.5,0.5\n", None, (Kind.INTEGER, [1, 0])),
        (PredictorConfig(label_headers=("yes",)), b"0.6\n0.5\n", ["no", "yes"], (Kind.STRING, ["yes", ""])),
        (PredictorConfig(label_headers=("score",)), b"0.6\n0.5\n", [0, 1], (Kind.INTEGER, [1, 0])),
        (
            lines(label="labels", probability="p"),
            b'{"labels":["cat","dog"],"p":[0.2,0.8]}\n{"labels":["dog","cat"],"p":[0.2,0.8]}',
            ["cat", "dog"],
            (Kind.STRING, ["dog", "cat"]),
        ),
        (
            document(label="predictions[*].predicted_label"),
            b'{"predictions":[{"predicted_label":1},{"predicted_label":0}]}',
            [0, 1],
            (Kind.INTEGER, [1, 0]),
        ),
    ],
)
def test_labels_are_taken_cut_or_chosen(
    predictor: PredictorConfig, answer: bytes, observed: list[Any] | None, expected: tuple[Kind, list[Any]]
) -> None:
    """A label is used as it is, and a regression's number; a score is cut, of several the best is taken."""
    assert labels(predictor, answer, observed) == expected


@pytest.mark.parametrize(
    ("predictor", "answer", "text"),
    [
        (PredictorConfig(), b"0.5\n", "the model answered 1 predictions for 2 rows"),
        (PredictorConfig(), b"", "the model answered 0 predictions for 2 rows"),
        (PredictorConfig(), b"0.5\nhigh\n", "Could not convert string to float."),
        (PredictorConfig(), b"1,2\n3,4,5\n", "the model's answer is not text/csv"),
        (PredictorConfig(), b"1,2\n3\n", "no finite scores"),
        (PredictorConfig(), b"\xff\n1\n", "the model's answer is not text/csv"),
        (
            PredictorConfig(probability=1),
            b"1\n2\n",
            "predictor.probability is 1, but the model's answer has 1",
        ),
        (PredictorConfig(probability=1), b"1,2\n3\n", "the model's answer 2 is empty there"),
        (PredictorConfig(), b"inf\n1\n", "no finite scores"),
        (lines(), b"{\n}\n", "the model's answer is not application/jsonlines"),
        (lines(), b"0.5\n", "the model answered 1 predictions for 2 rows"),
        (lines(), b'{"score":1}\n{"score":1}\n', "Could not convert string to float."),
        (lines(), b"true\nfalse\n", "Could not convert string to float."),
        (lines(probability="s"), b'{"s":1}\n{}\n', "predictor.probability 's' finds nothing"),
        (lines(probability="s"), b'{"s":[1]}\n{"s":[1,2]}\n', "Could not convert string to float."),
        (document(), b"<html>", "the model's answer is not application/json"),
        (document(), b'{"a":1}', "finds an object in the model's answer"),
        (document(label="b"), b'{"a":1}', "predictor.label 'b' finds nothing in the model's answer"),
        (document(label="a"), b'{"a":[1,2,3]}', "the model answered 3 predictions for 2 rows"),
        (document(label="a[*].b"), b'{"a":[{"b":[1]},{"b":[[2]]}]}', "has a list or an object"),
        (lines(label="l"), b'{"l":["a","b"]}\n{"l":["a","b"]}', "give predictor.probability"),
        (
            lines(label="l", probability="p"),
            b'{"l":["a","b"],"p":1}\n{"l":["a","b"],"p":2}',
            "different numbers",
        ),
        (lines(probability="p"), b'{"p":[1,2]}\n{"p":[3,4]}', "the model answers 2 scores for each row"),
    ],
)
def test_answers_that_cannot_be_read_are_refused(
    predictor: PredictorConfig, answer: bytes, text: str
) -> None:
    """What the model answered, and where it was looked at, is the failure."""
    with pytest.raises(AnalysisError) as raised:
        labels(predictor, answer, [0, 1])

    assert text in str(raised.value)


@pytest.mark.parametrize(
    ("status", "text"),
    [(415, "the model refused 2 rows with HTTP status 415: bad type"), (500, "HTTP status 500: bad type")],
)
def test_refusals_of_the_model_are_told(status: int, text: str) -> None:
    """Status and the beginning of the answer are in the text."""
    with (
        respond(lambda _: b"bad type", status) as server,
        Model(server.url, PredictorConfig()) as model,
        pytest.raises(AnalysisError, match=text),
    ):
        model.scores(TWO)
