"""JSON datasets: columns by sorted keys, cells as Spark writes them, and what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records import lines as block_lines
from sagemaker_monitor.analysis.records.json_files import json_lines
from sagemaker_monitor.analysis.records.json_records import JsonTable, Lines, Records

from .conftest import Written, rows

LINES = '{"json": {"lines": true}}'
DOCUMENT = '{"Json": {"Line": false}}'


def lines(*records: Any) -> str:
    """Return records as JSON Lines."""
    return "".join(json.dumps(record) + "\n" for record in records)


def test_columns_are_in_the_order_of_their_sorted_keys(written: Written) -> None:
    """Keys sort as text, so _c10 comes before _c2; a key that a record lacks is a missing value there."""
    dataset = written(LINES, lines({"_c2": 1, "_c10": "x"}, {"_c1": True, "_c2": None}))

    assert dataset.names == ("_c1", "_c10", "_c2")
    assert rows(dataset) == [(None, "x", "1"), ("true", None, None)]


def test_numbers_are_written_by_the_type_of_their_column(written: Written) -> None:
    """With a fraction anywhere, also in another file, whole numbers of the column are fractions."""
    dataset = written(LINES, lines({"a": 1, "b": 1}, {"a": 2, "b": 2}), lines({"a": 0.5, "b": 10**20}))

    assert rows(dataset) == [("1.0", "1"), ("2.0", "2"), ("0.5", str(10**20))]


def test_numbers_among_texts_stay_what_they_are(written: Written) -> None:
    """A column with texts has each number as it would stand alone, whatever file it is in."""
    dataset = written(LINES, lines({"a": 1.0}, {"a": 2}), lines({"a": "x"}, {"a": 1.0}))

    assert rows(dataset) == [("1.0",), ("2",), ("x",), ("1.0",)]


def test_nested_objects_are_columns_of_their_own(written: Written) -> None:
    """Their names have dots, and each object's keys are sorted within it."""
    dataset = written(LINES, lines({"b": {"z": 1, "c": {"d": "x"}}, "a": 1}, {"a": 2, "b": None}))

    assert dataset.names == ("a", "b.c.d", "b.z")
    assert rows(dataset) == [("1", "x", "1"), ("2", None, None)]


@pytest.mark.parametrize("document", [{"b": 1, "a": "x"}, [{"b": 1, "a": "x"}]])
def test_a_document_is_a_record_or_an_array_of_them(written: Written, document: Any) -> None:
    """Its lines mean nothing."""
    dataset = written(DOCUMENT, json.dumps(document, indent=4))

    assert (dataset.names, rows(dataset)) == (("a", "b"), [("x", "1")])


def test_empty_text_is_a_value(written: Written) -> None:
    """As it is to Spark; null is what is missing."""
    dataset = written(LINES, lines({"a": ""}, {"a": None}))

    assert rows(dataset) == [("",), (None,)]


def test_a_byte_order_mark_and_blank_lines_are_nothing(written: Written) -> None:
    """Files as editors leave them."""
    dataset = written(LINES, b"\xef\xbb\xbf" + lines({"a": 1}).encode() + b"\n\r\n" + b'{"a": 2}')

    assert rows(dataset) == [("1",), ("2",)]


@pytest.mark.parametrize(
    ("format", "contents", "reason"),
    [
        (LINES, (lines({"a": 1}), '{"a": 1}\n\n{"a": \n'), "'1.part', line 3, is not JSON"),
        (LINES, ('{"a": 1}\n[1]\n',), "'0.part', line 2, is a JSON array; a record must be a JSON object"),
        (LINES, ('{"a": 1}\n7\n',), "'0.part', line 2, is a single int"),
        (LINES, ('{"a": 1}\nnull\n',), "'0.part', line 2, is null"),
        (LINES, (b'{"a": "\xe9"}\n',), "'0.part', line 1, is not JSON: text that is not UTF-8"),
        (LINES, ('{"a": 1}\n{"a": 2}\n'.encode("utf-16"),), "line 1, is not JSON: text that is not UTF-8"),
        (LINES, (lines({"a": [1, 2]}),), "'a' is an array; the analyzer takes flat JSON records"),
        (LINES, (lines({"a": {"b": [1]}}),), "'a.b' is an array"),
        (LINES, ("",), "Job inputs had no data"),
        (LINES, ("\n \n",), "Job inputs had no data"),
        (LINES, ("{}\n{}\n",), "the records have no keys"),
        (DOCUMENT, (lines({"a": 1}, {"a": 2}),), "dataset_format needs lines"),
        (DOCUMENT, ('[{"a": 1}, 3]',), "'0.part' has int as record 2"),
        (DOCUMENT, ("[]",), "Job inputs had no data"),
        (DOCUMENT, ("",), "Job inputs had no data"),
        (DOCUMENT, (b'{"a": "\xe9"}',), "'0.part' is not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_named(
    written: Written, format: str, contents: tuple[str | bytes, ...], reason: str
) -> None:
    """A message says which file and which line of it."""
    dataset = written(format, *contents)

    with pytest.raises(AnalysisError) as caught:
        _ = dataset.names, rows(dataset)

    assert reason in str(caught.value)


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_not_finite_are_texts_of_java(written: Written, token: str) -> None:
    """Spark's reader takes them as numbers, and writes them as Java does."""
    dataset = written(LINES, f'{{"a": {token}}}\n{{"a": 1}}\n')

    assert rows(dataset) == [(token,), ("1.0",)]


def test_lines_are_counted_across_blocks(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """A corrupt line is named by its number in the file, not in the block that was read."""
    monkeypatch.setattr(block_lines, "BLOCK", 64)
    dataset = written(LINES, lines(*[{"a": number} for number in range(100)]) + "{\n")

    with pytest.raises(AnalysisError, match="line 101, is not JSON"):
        _ = dataset.names


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(-1e6, 1e6).map(lambda value: round(value, 3)),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3),
)
RECORDS = st.lists(
    st.dictionaries(
        st.sampled_from("abc"),
        VALUES | st.dictionaries(st.sampled_from("xy"), VALUES, max_size=2),
        min_size=1,
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(RECORDS, st.integers(1, 200))
def test_reading_quickly_is_reading_record_by_record(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]], size: int
) -> None:
    """Names and cells are those of one record parsed after the other, whatever the blocks are."""
    file: Path = tmp_path_factory.mktemp("json") / "records.jsonl"
    file.write_text(lines(*records))
    slow = JsonTable(lambda: iter([Records(records)]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block_lines, "BLOCK", size)
        quick = json_lines([file])

        assert outcome(quick) == outcome(slow)


def outcome(table: JsonTable) -> object:
    """Return names and rows, or why there are none."""
    try:
        return table.names, rows(table)
    except AnalysisError as error:
        return str(error)


def test_flat_numbers_are_read_quickly() -> None:
    """Records of numbers need no parsing one by one: their reader would name a place, and is not asked."""
    content = lines(*[{"a": number, "b": number / 4, "c": "x"} for number in range(100)]).encode()

    def place(number: int) -> str:
        raise AssertionError(f"line {number} was parsed alone")

    table = JsonTable(lambda: iter([Lines(content, place)]))

    assert rows(table)[1] == ("1", "0.25", "x")
