"""Ground truth records are read and written in the forms that Model Monitor documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sagemaker_monitor.analysis.documents.ground_truth import GroundTruthRecord
from sagemaker_monitor.analysis.documents.strict import DocumentError
from steps.scripts.joining.cells import JoinError
from steps.scripts.joining.columns import Columns
from steps.scripts.joining.label_values import LabelCheck
from steps.scripts.joining.labels import ground_truth_labels, read_labels
from steps.scripts.joining.matches import Matches
from steps.scripts.joining.scored import records
from tests.parity.plugin import Parity

DOCUMENTED = (
    '{"groundTruthData":{"data":"1","encoding":"CSV"},'
    '"eventMetadata":{"eventId":"f31acadc-b05e-4b0f-8f4d-04ff6003d40f"},"eventVersion":"0"}'
)
COLUMNS = Columns("id", ("income",), (), "label", numeric_label=True)


def test_a_record_is_written_as_documented() -> None:
    """The line is the documentation's, letter for letter, and comes back as the same record."""
    record = GroundTruthRecord("f31acadc-b05e-4b0f-8f4d-04ff6003d40f", "1")

    assert record.to_json() == DOCUMENTED
    assert GroundTruthRecord.from_json(DOCUMENTED) == record


def test_a_label_with_further_columns_is_read_as_it_is_written() -> None:
    """Facet columns of an endpoint's record come in JSON; numbers keep their writing, texts are texts."""
    record = GroundTruthRecord.of_columns("a", {"label": "1", "sex": "1.0", "zip": "007", "region": "n/a"})
    columns = Columns("id", (), ("sex", "zip", "region"), "label", numeric_label=True, of_endpoint=True)

    assert record.data == '{"label":1,"sex":1.0,"zip":"007","region":"n/a"}'
    assert GroundTruthRecord.from_json(record.to_json()).label("label") == "1"
    (read,) = ground_truth_labels([record.to_json()], "x", columns)
    assert read == ("x line 1", "a", "1", ["1.0", "007", "n/a"])


@pytest.mark.parametrize(
    ("case", "event_id", "label"),
    [
        ("churn_bias_batch_csv/merged_record_0", "bd6c3be0-5902-4008-afc2-538b3be3bf2c", "1"),
        ("adult_bias_endpoint_jsonl/merged_record_last", "d7f04b0c-e3f3-4a55-b0be-47c4942e9ee8", "0"),
    ],
)
def test_the_ground_truth_of_recorded_merges_is_read(
    recorded_data: Path, parity: Parity, case: str, event_id: str, label: str
) -> None:
    """The labels in AWS's merged records, CSV and JSON, are found under their ids."""
    record = GroundTruthRecord.from_json((recorded_data / "recorded" / f"{case}.json").read_text())

    what = "id and label of a merged record, as read"
    found = [record.event_id, record.label("label")]
    parity.equal(case.split("/")[0], what, [event_id, label], found)


def test_the_recorded_row_joins_with_its_recorded_label(recorded_data: Path, tmp_path: Path) -> None:
    """AWS's first merged row, with id and time as the transform wrote them, finds its label by its id."""
    folder = recorded_data / "recorded" / "churn_bias_batch_csv"
    merged = json.loads((folder / "merged_record_0.json").read_text())
    layout = json.loads((folder / "layout.json").read_text())
    *features, probability = merged["captureData"]["batchTransformOutput"]["data"].split(",")
    event_id = merged["eventMetadata"]["eventId"]
    assert event_id == layout["transform_output_first5"][0]["id"]
    assert float(probability) == pytest.approx(layout["transform_output_first5"][0]["prediction"], abs=1e-6)
    names = tuple(f"f{number}" for number in range(len(features)))
    columns = Columns("id", names, (), "label", numeric_label=True)
    row = ["row-0", *features, probability, event_id, layout["inference_time"]]
    (tmp_path / "part-00000.csv").write_text(",".join(row) + "\n")
    truth = tmp_path / "truth.jsonl"
    truth.write_text(GroundTruthRecord(event_id, merged["groundTruthData"]["data"]).to_json() + "\n")

    with truth.open(newline="") as lines:
        labels = read_labels([("truth", lines)], columns)
    check = LabelCheck(columns)
    (record,) = records(tmp_path, columns, check)

    assert Matches(labels, columns).label_of(record) == "1"
    assert record.features == features


@pytest.mark.parametrize(
    ("data", "encoding", "label"),
    [
        ("1", "CSV", "1"),
        ("1.0\n", "CSV", "1.0"),
        ('"yes, with conditions"', "CSV", "yes, with conditions"),
        ("", "CSV", ""),
        ('{"label": 1}', "JSON", "1"),
        ('{"label": 1.50, "by": null}', "JSON", "1.50"),
        ('{"label": "yes"}', "JSON", "yes"),
        ('{"label": null}', "JSON", ""),
        ("1,0", "CSV", None),
        ("1\n0", "CSV", None),
        ('"1', "CSV", None),
        ("1", "JSON", None),
        ("{", "JSON", None),
        ('{"outcome": 1}', "JSON", None),
        ('{"label": true}', "JSON", None),
        ('{"label": [1]}', "JSON", None),
    ],
)
def test_labels_are_read_as_the_join_reads_them(data: str, encoding: str, label: str | None) -> None:
    """What is put and what is joined agree on every form, also on those that are refused."""
    line = GroundTruthRecord("a", data, encoding).to_json()
    if label is None:
        with pytest.raises(DocumentError):
            GroundTruthRecord.from_json(line).label("label")
        with pytest.raises(JoinError):
            list(ground_truth_labels([line], "x", COLUMNS))
        return

    assert GroundTruthRecord.from_json(line).label("label") == label
    assert list(ground_truth_labels([line], "x", COLUMNS)) == [("x line 1", "a", label, [])]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        '{"eventMetadata": {"eventId": "a"}}',
        '{"groundTruthData": {"data": "1", "encoding": "CSV"}}',
        '{"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": " "}}',
        '{"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": 7}}',
        '{"groundTruthData": {"data": 1, "encoding": "CSV"}, "eventMetadata": {"eventId": "a"}}',
        '{"groundTruthData": {"data": "1", "encoding": "BASE64"}, "eventMetadata": {"eventId": "a"}}',
        '{"groundTruthData": "1", "eventMetadata": {"eventId": "a"}}',
    ],
)
def test_what_is_no_record_is_refused_by_both(line: str) -> None:
    """A line without id, data or a known encoding is refused when it is put and when it is joined."""
    with pytest.raises(DocumentError):
        GroundTruthRecord.from_json(line)
    with pytest.raises(JoinError):
        list(ground_truth_labels([line or "{}"], "x", COLUMNS))
