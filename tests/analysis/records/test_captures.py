"""Captured records: outputs before inputs, one record one row, and labels of merged ones."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records import DatasetFormat, attributes, lines

from .conftest import Written, rows

BOTH = '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}'
OUTPUT = '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointOutput"]}}'
MERGED = '{"sagemakerMergeJson": {"captureIndexNames": ["endpointOutput"], "originalDatasetFormat": null}}'
MERGED_BOTH = '{"sagemakerMergeJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}'
MERGED_BATCH = '{"sagemakerMergeJson": {"captureIndexNames": ["batchTransformOutput"]}}'
TYPES = {"CSV": "text/csv; charset=utf-8", "JSON": "application/json"}


def part(data: str, encoding: str = "CSV", content_type: str | None = None) -> dict[str, str]:
    """Return one captured part, its data encoded as it says."""
    kind = content_type or TYPES.get(encoding, "text/csv")
    data = base64.b64encode(data.encode()).decode() if encoding == "BASE64" else data
    return {"observedContentType": kind, "mode": "INPUT", "data": data, "encoding": encoding}


def record(truth: dict[str, str] | None = None, source: str | None = None, **parts: dict[str, str]) -> str:
    """Return one captured record as a line."""
    names = {"input": "endpointInput", "output": "endpointOutput", "batch": "batchTransformOutput"}
    document: dict[str, Any] = {
        "captureData": {names[name]: found for name, found in parts.items()},
        "eventMetadata": {"eventId": "b1bfa55b", "inferenceTime": "2025-02-15T21:29:20Z"},
        "eventVersion": "0",
    }
    if source is not None:
        document["eventMetadata"]["invocationSource"] = source
    if truth is not None:
        document["groundTruthData"] = truth
    return json.dumps(document) + "\n"


def pair(input: str, output: str, encoding: str = "CSV") -> str:
    """Return a record of one request and its answer."""
    return record(input=part(input, encoding), output=part(output, encoding))


@pytest.mark.parametrize(
    ("position", "expected"), [("START", ("0.25", "31", "2", None)), ("END", ("31", "2", None, "0.25"))]
)
def test_outputs_come_before_inputs(
    written: Written, position: str, expected: tuple[str | None, ...]
) -> None:
    """Cells stand as they were captured, without the answer's line end; empty ones are missing."""
    format = json.loads(BOTH)
    format["sagemakerCaptureJson"]["output_columns_position"] = position
    dataset = written(json.dumps(format), pair("31,2,", "0.25\n"))

    assert dataset.names == ("_c0", "_c1", "_c2", "_c3")
    assert rows(dataset) == [expected]


def test_a_request_of_several_rows_is_one_wide_row(written: Written) -> None:
    """Of 72 rows of 59 cells come 4,178 columns, as recorded: line ends separate nothing."""
    request = "\n".join(",".join(["1"] * 59) for _ in range(72))
    dataset = written(BOTH, pair(request, "\n".join(["0.5"] * 72) + "\n"))

    assert len(dataset.names) == 4178
    (row,) = rows(dataset)
    assert row[59] == "1\n1"


def test_quotes_are_those_of_csv(written: Written) -> None:
    """A quoted cell may have commas, quotes and line ends."""
    dataset = written(BOTH, pair('"a,b","say ""x"""', "1"), pair('"c\nd",', "2"))

    assert rows(dataset) == [("1", "a,b", 'say "x"'), ("2", "c\nd", None)]


def test_base64_is_decoded_by_its_content_type(written: Written) -> None:
    """CSV and JSON in BASE64 are what they are, also beside records that are not encoded so."""
    dataset = written(BOTH, pair("1,é", "0.5", "BASE64"), pair("2,x", "0.25"))

    assert rows(dataset) == [("0.5", "1", "é"), ("0.25", "2", "x")]


def test_json_parts_are_columns_of_sorted_keys(written: Written) -> None:
    """A key that both parts have is told apart by its part; line ends between tokens are blanks."""
    first = pair(json.dumps({"b": 1, "a": {"x": "t"}}, indent=2), '{"score": 0.5, "b": 2}', "JSON")
    dataset = written(BOTH, first, pair('{"a": {"x": "u"}}', '{"score": 1}', "JSON"))

    assert dataset.names == ("endpointOutput.b", "score", "a.x", "endpointInput.b")
    assert rows(dataset) == [("2", "0.5", "t", "1"), (None, "1.0", "u", None)]


def test_json_in_base64_is_json(written: Written) -> None:
    """The content type tells."""
    content = part('{"a": 1}', "BASE64", "application/json")

    assert rows(written(OUTPUT, record(output=content))) == [("1",)]


def test_texts_that_are_written_otherwise_are_what_spark_reads(written: Written) -> None:
    """A number is its text, half a character a question mark, of two keys the last; others stay beside it."""
    usual = record(output=part("é"))
    twice = usual.replace('"data":', '"data": "x", "data":').replace("}\n", ', "x": NaN}\n')
    others = [record(output=part("?")).replace('"?"', each) for each in ("7", "1e5", r'"\ud83d"')]

    found = rows(written(OUTPUT, "".join((usual, *others, "\n", twice)), others[0]))

    assert found == [("é",), ("7",), ("100000.0",), ("?",), ("é",), ("7",)]


def test_shadow_variants_are_left_out(written: Written) -> None:
    """Their records are not of the production variant; with nothing else there is no data."""
    shadow = record(source="ShadowExperiment", output=part("9,9,9"))
    dataset = written(OUTPUT, shadow + record(output=part("1")), shadow)

    assert rows(dataset) == [("1",)]


NO_TEXT = {"encoding": "BASE64", "data": base64.b64encode(b"\xff\x00").decode()}


@pytest.mark.parametrize(
    ("format", "contents", "reason"),
    [
        (OUTPUT, ("",), "Job inputs had no data"),
        (OUTPUT, (record(source="ShadowExperiment", output=part("1")),), "Job inputs had no data"),
        (OUTPUT, (record(output=part("1")), "\n{\n"), "'1.part', line 2, is not JSON"),
        (OUTPUT, ('{"captureData": [1]}\n',), "'0.part', line 1, is no captured record"),
        (
            OUTPUT,
            (record(output=part("1")) + '{"captureData": {"endpointOutput": "1"}}\n',),
            "'0.part', line 2, is no captured record: its endpointOutput must be an object",
        ),
        (OUTPUT, ('{"a": 1}\n',), "'0.part', line 1 has no endpointOutput; captureIndexNames"),
        (
            BOTH,
            (pair("1", "2") + "\n" + record(input=part("1")),),
            "'0.part', line 3 has no endpointOutput; captureIndexNames of dataset_format asks for it",
        ),
        (
            BOTH,
            (record(input=part("1"), output=part('{"a": 1}', "JSON")),),
            "Encoding mismatch: Encoding is CSV for endpointInput, but Encoding is JSON for endpointOutput. "
            "We currently only support the same type of input and output encoding at the moment.",
        ),
        (
            OUTPUT,
            (record(output=part("1")), record(output=part('{"a": 1}', "JSON"))),
            "'1.part', line 1 has endpointOutput as JSON, others are CSV",
        ),
        (OUTPUT, (record(output=part("1", "XML")),), "encoding 'XML'; it must be one of CSV, JSON"),
        (
            OUTPUT,
            (record(output=part("1", "BASE64", "image/png")),),
            "neither CSV nor JSON ('image/png'); name the type in CaptureContentTypeHeader",
        ),
        (OUTPUT, (record(output=part("!", "CSV") | {"encoding": "BASE64"}),), "is not text in BASE64"),
        (
            OUTPUT,
            (record(output=part("1", "BASE64")) + record(output=part("!", "CSV") | NO_TEXT),),
            "'0.part', line 2 cannot be read: endpointOutput, encoded as BASE64, is not text in BASE64",
        ),
        (OUTPUT, (pair("", "1,2") + pair("", "1,2,3"),), "line 2, has 3 cells, the first record has 2"),
        (OUTPUT, (pair("", '"1'),), "'0.part', line 1, cannot be read as CSV: unexpected end of data"),
        (OUTPUT, (pair("", "1") + pair("", '"1'),), "'0.part', line 2, cannot be read as CSV"),
        (OUTPUT, (pair("", '"1"') + pair("", '1,"1"'),), "'0.part', line 2, has 2 cells"),
        (OUTPUT, (pair("", "{", "JSON"),), "what was captured in '0.part', line 1, is not JSON"),
        (OUTPUT, (pair("", '{"a":1}\n{"a":2}', "JSON"),), "captured in '0.part', line 1, is not JSON"),
        (OUTPUT, (pair("", '{"p": [1]}', "JSON"),), "'endpointOutput.p' is an array; the analyzer"),
        (OUTPUT, (pair("", "[1]", "JSON"),), "'endpointOutput' is an array"),
        (OUTPUT, (pair("", "7", "JSON"),), "'endpointOutput' is a single value"),
        (MERGED, (pair("", "7"),), "has no groundTruthData; sagemakerMergeJson is captured records merged"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(
    written: Written, format: str, contents: tuple[str, ...], reason: str
) -> None:
    """A message says which file, which line of it, and what to do."""
    dataset = written(format, *contents)

    with pytest.raises(AnalysisError) as caught:
        _ = dataset.names, rows(dataset)

    assert reason in str(caught.value)


CELL = st.text(st.sampled_from('1.,"\n x'), max_size=4)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6), st.integers(1, 400))
def test_cells_come_back_whatever_they_are(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]], size: int
) -> None:
    """Quoted cells are read as they were written, whatever the blocks are."""
    folder: Path = tmp_path_factory.mktemp("captured")
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells]
    (folder / "a.jsonl").write_text("".join(record(output=part(data)) for data in quoted))
    from sagemaker_monitor.analysis.records import open_dataset

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK", size)
        found = rows(open_dataset(DatasetFormat.of(OUTPUT), folder))

    assert found == [tuple(cell or None for cell in row) for row in cells]


def found(folder: Path, format: str, content: str, **wanted: str) -> dict[str, list[str | None]]:
    """Return the attributes of one file by role."""
    (folder / "data.jsonl").write_text(content)
    series = attributes(DatasetFormat.of(format), folder, wanted)
    return {role: values.to_list() for role, values in series.items()}


def truth(data: str, encoding: str = "CSV") -> dict[str, str]:
    """Return the label of a merged record."""
    return {"data": data, "encoding": encoding}


def test_merged_records_give_scores_and_labels(tmp_path: Path) -> None:
    """The score is at an index of the output; the label is the record's, whatever the attribute says."""
    merged = "".join(
        record(truth(label), input=part("5,6"), output=part(f"{score}\n"))
        for label, score in (("0", 0.125), ("1", 0.5), ("", 0.75))
    )

    assert found(tmp_path, MERGED, merged, probability="0", ground_truth="none") == {
        "probability": ["0.125", "0.5", "0.75"],
        "ground_truth": ["0", "1", None],
    }
    assert found(tmp_path, MERGED_BOTH, merged, probability="_c2")["probability"] == ["6", "6", "6"]


@pytest.mark.parametrize("output", [part("0.5"), part('{"p": 1}', "JSON")])
def test_labels_can_be_all_that_is_wanted(tmp_path: Path, output: dict[str, str]) -> None:
    """Scores need not be looked up for them."""
    line = record(truth("1"), output=output)

    assert found(tmp_path, MERGED, line * 2, ground_truth="0") == {"ground_truth": ["1", "1"]}


@pytest.mark.parametrize("score", ["69", "_c69"])
def test_rows_of_a_transform_are_counted_whole(tmp_path: Path, score: str) -> None:
    """A batch's output has the features first; its probability is at an index of the whole row."""
    row = ",".join([*(["1"] * 69), "0.125"])

    assert found(tmp_path, MERGED_BATCH, record(truth("1"), batch=part(row)), probability=score) == {
        "probability": ["0.125"]
    }


@pytest.mark.parametrize(
    ("label", "attribute"),
    [
        (truth('{"label": 1}', "JSON"), "label"),
        (truth('{"label": 1}', "JSON"), "other"),
        (truth('{"y": {"value": 1}, "z": 2}', "JSON"), "y.value"),
        (truth('{"y": 1, "z": 2}', "JSON"), "y"),
        (truth("1", "JSON"), "label"),
        (truth('"1"', "JSON"), "label"),
        (truth(" 1\n"), "label"),
        (truth('"1"'), "label"),
    ],
)
def test_labels_are_one_value(tmp_path: Path, label: dict[str, str], attribute: str) -> None:
    """In JSON the attribute leads to it, unless there is just one."""
    output = part('{"p": {"score": 0.5}}', "JSON")

    line = record(label, output=output)

    assert found(tmp_path, MERGED, line, probability="p.score", ground_truth=attribute) == {
        "probability": ["0.5"],
        "ground_truth": ["1"],
    }


def test_paths_lead_into_outputs_first(tmp_path: Path) -> None:
    """A JMESPath is looked up in the model's answer, then in the request."""
    line = record(
        truth("1"), input=part('{"ids": ["a"]}', "JSON"), output=part('{"p": [{"score": 0.5}]}', "JSON")
    )

    assert found(tmp_path, MERGED_BOTH, line, probability="p[0].score", inference="ids[0]") == {
        "probability": ["0.5"],
        "inference": ["a"],
    }


@pytest.mark.parametrize(
    ("content", "wanted", "reason"),
    [
        (record(truth("1,2"), output=part("1")), {"ground_truth": "0"}, "of more than one cell"),
        (record(truth("1", "XML"), output=part("1")), {"ground_truth": "0"}, "with encoding 'XML'"),
        (record(truth("{", "JSON"), output=part("1")), {"ground_truth": "0"}, "that is not JSON"),
        (
            record(truth('{"a": {"b": 1}}', "JSON"), output=part("1")),
            {"ground_truth": "0"},
            "in which no single label can be told",
        ),
        (record(truth("1"), output=part("1")), {"probability": "1"}, "'1' is no column of the dataset"),
        (
            record(truth("1"), output=part('{"a": 1}', "JSON")),
            {"probability": "b"},
            "'b' leads to nothing in any record; the records' keys are a",
        ),
    ],
)  # fmt: skip
def test_labels_and_scores_that_are_not_there_are_named(
    tmp_path: Path, content: str, wanted: dict[str, str], reason: str
) -> None:
    """The message says what there is instead."""
    with pytest.raises(AnalysisError) as caught:
        found(tmp_path, MERGED, content, **wanted)

    assert reason in str(caught.value)


def test_captured_records_have_no_labels(tmp_path: Path) -> None:
    """Only merged ones have."""
    with pytest.raises(AnalysisError, match="captured records have no ground truth; merge them"):
        found(tmp_path, OUTPUT, record(output=part("1")), ground_truth="label")
