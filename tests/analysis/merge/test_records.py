"""Which lines are records and labels to the merge, and what it makes of those that are written unusually."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.merge import endpoints
from sagemaker_monitor.analysis.merge.truths import LONGEST, Truth, Truths, truths_of
from sagemaker_monitor.analysis.records.lines import blocks_of

DEEP = "[" * 1500 + "]" * 1500
PART = '"endpointInput":{"data":"1,2"}'
LABEL = b'{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"i"}}\n'


def captured(part: str = PART, about: str = '"eventId":"i"', more: str = "") -> bytes:
    """Return a captured line of what is given as JSON: members of captureData, eventMetadata, the record."""
    line = f'{{"captureData":{{{part}}},"eventMetadata":{{{about}}},"eventVersion":"0"{more}}}\n'
    return line.encode("utf-8")


def label(data: str = '"1"', event_id: str = '"i"', more: str = "") -> bytes:
    """Return a line of ground truth of what is given as JSON."""
    truth, about = f'{{"data":{data},"encoding":"CSV"}}', f'{{"eventId":{event_id}}}'
    return f'{{"groundTruthData":{truth},"eventMetadata":{about}{more}}}\n'.encode()


def merged(folder: Path, content: bytes, labels: bytes = LABEL) -> tuple[list[str], int]:
    """Return the merged lines, and how many records there are."""
    files = [folder / "captured.jsonl", folder / "labels.jsonl"]
    for file, each in zip(files, (content, labels), strict=True):
        file.write_bytes(each)
    truths = truths_of(files[1:])
    found = [endpoints.merged(block, truths) for block in blocks_of(files[:1])]
    lines = b"".join(each[0] for each in found).decode("utf-8").split("\n")[:-1]
    assert len(lines) == sum(each[1] for each in found)
    return lines, sum(each[2] for each in found)


def test_the_form_of_a_merged_record(tmp_path: Path) -> None:
    """The label first, each part's keys by the alphabet, what was not given left out, nothing else kept."""
    line = captured(
        '"endpointOutput":{"observedContentType":"text/csv","mode":"OUTPUT","data":"0.5\\n","encoding":"CSV"},'
        '"endpointInput":{"mode":null,"data":"\\u00e9\\ud83d\\ude00\\/\\u0001","more":1}',
        '"inferenceTime":"t","customAttributes":["a",null],"inferenceId":" i ","eventId":"e",'
        '"invocationSource":"Other"',
        ',"groundTruthData":5',
    )

    assert merged(tmp_path, line) == (
        [
            '{"eventVersion":"0","groundTruthData":{"data":"1","encoding":"CSV"},"captureData":'
            '{"endpointInput":{"data":"é😀/\\u0001"},"endpointOutput":{"data":"0.5\\n","encoding":"CSV",'
            '"mode":"OUTPUT","observedContentType":"text/csv"}},"eventMetadata":{"eventId":"e",'
            '"inferenceId":" i ","inferenceTime":"t","customAttributes":["a",null]}}'
        ],
        1,
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("5", "5"),
        ("1e5", "100000.0"),
        ("1e22", "1.0E22"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("true", "true"),
        ('[1, "a"]', '[1,"a"]'),
        ('{"a": 1}', '{"a":1}'),
        ("NaN", "NaN"),
        (r'"\ud83d"', "?"),
        (r'"\ud83dx\ud83d\ude00"', "?x😀"),
        ('"a","data":"b"', "b"),
    ],
)
def test_a_text_that_is_written_otherwise_is_what_spark_reads(
    tmp_path: Path, written: str, read: str
) -> None:
    """Numbers and structures are texts, half a character is a question mark, the last of two keys counts."""
    attributes = f',"customAttributes":[{written}]' if "data" not in written else ""
    lines, _ = merged(
        tmp_path,
        captured(f'"endpointInput":{{"data":{written}}}', f'"eventId":"i"{attributes}') + captured(),
        label(written),
    )

    first, second = map(json.loads, lines)
    assert first["groundTruthData"] == second["groundTruthData"] == {"data": read, "encoding": "CSV"}
    assert first["captureData"]["endpointInput"] == {"data": read}
    assert first["eventMetadata"].get("customAttributes", [read]) == [read]
    assert second["captureData"]["endpointInput"] == {"data": "1,2"}


@pytest.mark.parametrize("value", ["NaN", "1e999", "9" * 400, r'"\ud800"', '[{"x":[]}]', '"é"'])
def test_what_nobody_asks_for_may_be_anything_that_spark_reads(tmp_path: Path, value: str) -> None:
    """As long as it is JSON, or a number that JSON has not."""
    more = f',"x":{value}'

    assert len(merged(tmp_path, captured(more=more) + captured(), label(more=more))[0]) == 2


@pytest.mark.parametrize(
    "content",
    [
        captured().replace(b"\n", b"\r\n") * 2,
        b"\n \t\r\n" + captured() + b"\n" + captured() + b"\n",
        b"\xef\xbb\xbf" + captured() + captured()[:-1],
    ],
    ids=["CRLF", "blank lines", "BOM, no end"],
)
def test_lines_may_end_and_begin_as_editors_write_them(tmp_path: Path, content: bytes) -> None:
    """And labels as well."""
    labels = content.replace(captured()[:-1], LABEL[:-1])

    assert merged(tmp_path, content, labels) == (merged(tmp_path, captured())[0] * 2, 2)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (captured(""), "no captured record: its captureData must have endpointInput or endpointOutput"),
        (captured('"endpointInput":null'), "its captureData must have endpointInput or endpointOutput"),
        (captured('"endpointInput":5'), "no captured record: its endpointInput must be an object"),
        (captured(PART + ',"endpointOutput":[]'), "its endpointOutput must be an object"),
        (captured(about=""), "no captured record: its eventMetadata has neither inferenceId nor eventId"),
        (captured(about='"eventId":null'), "its eventMetadata has neither inferenceId nor eventId"),
        (captured(about='"eventId":"i","customAttributes":"a"'), "its customAttributes must be an array"),
        (captured(more=f',"x":{DEEP}'), "is not JSON: maximum recursion depth exceeded"),
        (captured(more=',"x":01'), "is not JSON: Expecting ',' delimiter"),
        (captured(more=',"x":"\t"'), "is not JSON: Invalid control character"),
        (captured(more=',"x":"?"').replace(b"?", b"\xff"), "is not JSON: text that is not UTF-8"),
        (captured('"endpointInput":{"data":"?"}').replace(b"?", b"\xed\xa0\x80"), "text that is not UTF-8"),
        (captured().replace(b":", b":\n", 1), "is not JSON: Expecting value"),
        (captured()[:-1] + captured(), "is not JSON: Extra data"),
        (captured()[:-1] + b"\r" + captured(), "is not JSON: Extra data"),
        (b"\xef\xbb\xbf" + captured(), "is not JSON: Unexpected UTF-8 BOM"),
        (b"null\n", "is null; a record must be a JSON object"),
        (b"[]\n", "is a JSON array; a record must be a JSON object"),
    ],
)
def test_a_line_that_is_no_record_is_named(tmp_path: Path, wrong: bytes, said: str) -> None:
    """The first of two, whichever lines are before it."""
    with pytest.raises(AnalysisError) as raised:
        merged(tmp_path, captured() + b"\n" + captured('"endpointInput":{"data":5}') + wrong * 2)

    assert str(raised.value).startswith("'captured.jsonl', line 4, is ")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (label(event_id='" "'), "it has no eventMetadata.eventId, which must be the inference id as text"),
        (label(event_id="null"), "it has no eventMetadata.eventId, which must be the inference id as text"),
        (label("null"), "it has no groundTruthData.data, which must be text"),
        (label('"1","encoding":"csv"').replace(b',"encoding":"CSV"', b""), "must be one of CSV, JSON"),
        (b'{"groundTruthData":5,"eventMetadata":{"eventId":"i"}}\n', "it has no groundTruthData"),
        (label(more=f',"x":{DEEP}'), "it is not JSON; one record is one line"),
        (label()[:-1] + label(), "it is not JSON; one record is one line"),
        (b"null\n", "it has no groundTruthData"),
        (label('"?"').replace(b"?", b"\xff"), "line 3, of the ground truth is not UTF-8 text"),
        (label(more=',"x":"?"').replace(b"?", b"\xff"), "line 3, of the ground truth is not UTF-8 text"),
    ],
)
def test_a_line_that_is_no_label_is_named(tmp_path: Path, wrong: bytes, said: str) -> None:
    """The first of two, whichever lines are before it."""
    with pytest.raises(AnalysisError) as raised:
        merged(tmp_path, captured(), label() + label("5") + wrong * 2)

    assert str(raised.value).startswith("'labels.jsonl', line 3, ")
    assert said in str(raised.value)


def test_two_records_in_one_line_are_refused_though_another_is_in_two(tmp_path: Path) -> None:
    """As many records as lines do not make each line a record."""
    content = captured()[:-1] + captured() + captured().replace(b":", b":\n", 1)

    with pytest.raises(AnalysisError, match="line 1, is not JSON: Extra data"):
        merged(tmp_path, content)


def test_shadows_are_no_records_whatever_they_are(tmp_path: Path) -> None:
    """Also without an id or a part."""
    shadow = captured("", '"invocationSource":"ShadowExperiment"')

    assert merged(tmp_path, shadow + captured() + shadow) == (merged(tmp_path, captured())[0], 1)


class OfOneHash(str):
    """A text whose hash is that of all its kind."""

    __slots__ = ()

    def __hash__(self) -> int:
        """Return the same for all."""
        return 7


TRUE = [Truth(str(each), "CSV") for each in range(5)]


def found(truths: Truths, ids: Iterable[str]) -> dict[int, str]:
    """Return what came true by the places of ids."""
    rows, true = truths.find([*ids])
    return {row: each.data for row, each in zip(rows, true, strict=True)}


def test_ids_of_one_hash_are_told_apart() -> None:
    """Each has its own label, the first that it got, and one more has none."""
    ids = [OfOneHash(each) for each in ("a", "b", "a", "c", "b")]

    truths = Truths.of([(ids[:2], TRUE[:2]), (ids[2:], TRUE[2:])])

    asked = map(OfOneHash, ("c", "x", "b", "a", "a"))
    assert found(truths, [*asked, "z"]) == {0: "3", 2: "1", 3: "0", 4: "0"}


def test_long_ids_cost_no_more_than_others_and_are_told_apart() -> None:
    """SageMaker has none longer than 64 characters; one that is makes none of the others longer."""
    long = "é" * LONGEST
    ids = [long + "a", long + "b", "é", "short"]

    truths = Truths.of([(ids, TRUE[:4])])

    assert found(truths, [*reversed(ids), long]) == {0: "3", 1: "2", 2: "1", 3: "0"}
    assert truths.ids.itemsize <= LONGEST
    assert found(Truths.of([]), ["a"]) == {}


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MEMBERS = st.fixed_dictionaries({}, optional=dict.fromkeys(("data", "mode", "encoding", "other"), TEXT))
ABOUT = st.fixed_dictionaries(
    {"eventId": st.sampled_from(["i", "j", " i "])},
    optional={"inferenceId": TEXT, "customAttributes": st.lists(TEXT, max_size=2), "inferenceTime": TEXT},
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(MEMBERS, MEMBERS, ABOUT, st.booleans()), min_size=1, max_size=4))
def test_a_record_is_the_same_beside_an_unusual_one(
    tmp_path_factory: pytest.TempPathFactory, records: list[tuple[dict, dict, dict, bool]]
) -> None:
    """Read with its block or by itself, its texts written as they are or escaped."""
    folder = tmp_path_factory.mktemp("merge")
    content = b""
    for asked, answered, about, escaped in records:
        document = {
            "eventMetadata": about,
            "captureData": {"endpointInput": asked, "endpointOutput": answered},
        }
        content += json.dumps(document, ensure_ascii=escaped).encode() + b"\n"

    together = merged(folder, content)
    # A number makes each line of this record's block be read by itself; as an id it has no label.
    apart = merged(folder, content + captured(about='"eventId":5'))
    numbers = content.replace(b'"eventMetadata": {', b'"eventMetadata": {"invocationSource": 5, ')
    unusual = merged(folder, numbers)

    assert apart == (together[0], together[1] + 1)
    assert unusual == together
