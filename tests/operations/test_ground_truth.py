"""Labels that arrive late: what becomes of a file of them, and what is refused with nothing written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.ground_truth import GroundTruthRecord
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.operations.errors import OperationError, UsageError
from sagemaker_monitor.operations.ground_truth import KeyKind, Put, put_ground_truth
from sagemaker_monitor.operations.windows import Window, read_window
from sagemaker_monitor.settings import Model
from sagemaker_monitor.settings.schema import Endpoint
from tests.analysis.invocations.test_records import line
from tests.operations.captured import HOUR, KEYS, Captured, fresh

ALWAYS = Window(None, None)


def label_file(folder: Path, *lines: str, header: str = "application_id,approve") -> Path:
    """Return a file of labels."""
    path = folder / "labels.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def put(
    captured: Captured,
    model: Model,
    labels: Path,
    *,
    key: str = "application_id",
    label: str = "approve",
    key_is: KeyKind = "record-key",
    window: Window = ALWAYS,
    dry_run: bool = False,
) -> Put:
    """Put a file of labels as the command does."""
    return put_ground_truth(
        captured.aws, model, labels, key=key, label=label, key_is=key_is, window=window, dry_run=dry_run
    )


def test_labels_become_records_under_the_hour_of_their_capture(captured: Captured, tmp_path: Path) -> None:
    """Each record is AWS's, its id the inference's; the file is named by its content, below the hour."""
    model = captured.model("records")
    result = put(captured, model, label_file(tmp_path, f"{KEYS[0]},1", f"{KEYS[3]},0"))

    ((key, records),) = captured.labels("records").items()
    assert key.startswith(f"{HOUR}/")
    assert key.endswith(".jsonl")
    assert records == [
        {
            "groundTruthData": {"data": label, "encoding": "CSV"},
            "eventMetadata": {"eventId": captured.ids[name]},
            "eventVersion": "0",
        }
        for name, label in ((KEYS[0], "1"), (KEYS[3], "0"))
    ]
    (hour,) = result.hours
    assert (hour.captured, hour.records, hour.labelled, hour.overlap) == (8, 2, 2, 0.25)
    assert (result.status, result.matched, result.unknown) == ("written", 2, 0)
    assert hour.uri is not None
    assert hour.uri.endswith(key)


def test_a_capture_is_found_where_the_transform_put_it(captured: Captured, tmp_path: Path) -> None:
    """Below a model's real capture root, the hour is that of the job's start."""
    model = captured.model("real", captured.started.strftime("%Y/%m/%d/%H"))
    put(captured, model, label_file(tmp_path, f"{KEYS[0]},1"))

    assert captured.manifest.split("/output/")[1].startswith(captured.started.strftime("%Y/%m/%d/%H/"))
    assert [key[:13] for key in captured.labels("real")] == [captured.started.strftime("%Y/%m/%d/%H")]


def test_the_same_file_again_writes_nothing(captured: Captured, tmp_path: Path) -> None:
    """The content names the object, whatever order the lines have, so a second put changes nothing."""
    model = captured.model("again")
    put(captured, model, label_file(tmp_path, f"{KEYS[0]},1", f"{KEYS[1]},0"))
    before = captured.labels("again")
    captured.aws.writes.clear()

    result = put(captured, model, label_file(tmp_path, f"{KEYS[1]},0", f"{KEYS[0]},1"))

    assert (result.status, captured.aws.writes, captured.labels("again")) == ("unchanged", [], before)


def test_a_dry_run_tells_everything_and_writes_nothing(captured: Captured, tmp_path: Path) -> None:
    """What would be written and where is told; nothing is sent."""
    model = captured.model("dry")
    result = put(captured, model, label_file(tmp_path, f"{KEYS[0]},1"), dry_run=True)

    assert (result.status, captured.labels("dry"), captured.aws.writes) == ("dry-run", {}, [])
    assert result.hours[0].done == "not written"
    assert put(captured, model, label_file(tmp_path, f"{KEYS[0]},1")).hours[0].uri == result.hours[0].uri


def test_labels_that_come_in_parts_add_up(captured: Captured, tmp_path: Path) -> None:
    """The overlap counts what earlier files labelled, whether their data is CSV or JSON."""
    model = captured.model("parts")
    put(captured, model, label_file(tmp_path, *(f"{key},1" for key in KEYS[:4])))
    stored = GroundTruthRecord(captured.ids[KEYS[4]], '{"approve": 0}', "JSON")
    captured.put("parts", f"{HOUR}/other.jsonl", stored.to_json() + "\n")

    (hour,) = put(captured, model, label_file(tmp_path, *(f"{key},1.0" for key in KEYS[3:4]), "Z,0")).hours

    assert (hour.records, hour.labelled, hour.overlap) == (1, 5, 0.625)


def test_counts_tell_what_is_left_over_on_both_sides(captured: Captured, tmp_path: Path) -> None:
    """Keys that were not captured, repeated lines, and records without a label are counted apart."""
    model = captured.model("counts")
    lines = (f"{KEYS[0]},1", f"{KEYS[0]},1.0", "nobody,1", "no-one,0")
    result = put(captured, model, label_file(tmp_path, *lines))

    assert (result.matched, result.unknown, result.labels.duplicates) == (1, 2, 1)
    assert result.hours[0].captured - result.hours[0].labelled == 7


def test_only_the_window_is_read(captured: Captured, tmp_path: Path) -> None:
    """--from is the first hour and --to the one after the last; hours outside get no records."""
    hours = ("2026/03/01/08", "2026/03/01/09", "2026/03/01/10", "2026/03/02/00")
    model = captured.model("window", *hours)
    captured.capture("window", "2026/03/01/11", b"not read", "x.json")
    window = read_window("2026-03-01T09:00:00Z", "2026-03-01T12:00+01:00")
    result = put(captured, model, label_file(tmp_path, f"{KEYS[0]},1"), window=window)

    assert [key[:13] for key in captured.labels("window")] == ["2026/03/01/09", "2026/03/01/10"]
    assert result.matched == 1


def test_a_batch_captured_twice_in_an_hour_counts_once(captured: Captured, tmp_path: Path) -> None:
    """Two manifests that name one object are one capture of its records."""
    model = captured.model("twice")
    captured.capture("twice", HOUR, read(captured.aws, captured.manifest), "b.json")
    (hour,) = put(captured, model, label_file(tmp_path, f"{KEYS[0]},1")).hours

    assert (hour.captured, hour.records) == (8, 1)


def test_labels_may_name_inference_ids(captured: Captured, tmp_path: Path) -> None:
    """A caller that kept the ids of its predictions needs no record key."""
    model = captured.model("ids")
    ids = captured.ids
    path = label_file(tmp_path, f"1,{ids[KEYS[2]]}", f"0,{ids[KEYS[5]]}", header="outcome,prediction")
    result = put(captured, model, path, key="prediction", label="outcome", key_is="inference-id")

    assert result.matched == 2
    ((_, records),) = captured.labels("ids").items()
    assert {each["eventMetadata"]["eventId"] for each in records} == {ids[KEYS[2]], ids[KEYS[5]]}


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (
            ("APP-00,1", "APP-00,0"),
            "line 3: approve contradicts an earlier line with the same application_id",
        ),
        (("APP-00,1", "APP-01,yes"), "line 3: approve is neither 0 nor 1"),
        (("APP-00,1", "APP-01,"), "line 3: approve is neither 0 nor 1 (leave a line out"),
        (("APP-00,nan",), "line 2: approve is neither 0 nor 1"),
        ((",1",), "line 2: application_id is empty"),
        (("APP-00,1", "APP-01,1,0"), "line 3 has 3 cells, but the header has 2"),
        (("APP-00,1", '"APP-01'), "is not CSV"),
        ((), "has no lines below its header"),
        (("nobody,1", "no-one,0"), "none of the 2 labels"),
    ],
)
def test_labels_that_are_refused(
    captured: Captured, tmp_path: Path, lines: tuple[str, ...], reason: str
) -> None:
    """A file with a mistake is refused with its line and count, and nothing of it is written."""
    model = captured.model(fresh())
    with pytest.raises(UsageError) as caught:
        put(captured, model, label_file(tmp_path, *lines))

    assert reason in str(caught.value)
    assert captured.labels(model.model) == {}
    assert captured.aws.writes == []


def of_type(captured: Captured, problem_type: str) -> Model:
    """Return a captured model of another problem type."""
    model = captured.model(fresh())
    schema = model.data_schema.model_copy(update={"problem_type": problem_type})
    return model.model_copy(update={"data_schema": schema})


@pytest.mark.parametrize(
    ("problem_type", "cells", "labels"),
    [
        ("Regression", ("12.50", "-3e2", "0"), ["12.50", "-3e2", "0"]),
        (
            "MulticlassClassification",
            ('"a ""q"""', '"b, c"', "größe"),
            ['a "q"', "b, c", "größe"],
        ),
    ],
)
def test_labels_may_be_numbers_or_classes(
    captured: Captured, tmp_path: Path, problem_type: str, cells: tuple[str, ...], labels: list[str]
) -> None:
    """They stand in the records as one cell of CSV, which the join reads; a second put changes nothing."""
    from steps.scripts.joining.labels import csv_label

    model = of_type(captured, problem_type)
    lines = [f"{key},{cell}" for key, cell in zip(KEYS, cells, strict=False)]

    put(captured, model, label_file(tmp_path, *lines))
    assert put(captured, model, label_file(tmp_path, *lines[::-1])).status == "unchanged"

    (records,) = captured.labels(model.model).values()
    data = [each["groundTruthData"]["data"] for each in records]
    assert sorted(csv_label(each, "") for each in data) == sorted(labels)
    assert sorted(GroundTruthRecord("a", each).label("") for each in data) == sorted(labels)


@pytest.mark.parametrize(
    ("problem_type", "lines", "reason"),
    [
        ("Regression", ("APP-00,1.5", "APP-01,many"), "line 3: approve is no finite number"),
        ("Regression", ("APP-00,inf",), "line 2: approve is no finite number"),
        ("Regression", ("APP-00,1.5", "APP-00,1.50", "APP-00,1.6"), "line 4: approve contradicts"),
        ("MulticlassClassification", ("APP-00,a", "APP-01, "), "line 3: approve is empty, or not a number"),
        ("MulticlassClassification", ("APP-00,NaN",), "line 2: approve is empty, or not a number"),
        ("MulticlassClassification", ("APP-00,a", "APP-00,b"), "line 3: approve contradicts"),
    ],
)
def test_numbers_and_classes_that_are_refused(
    captured: Captured, tmp_path: Path, problem_type: str, lines: tuple[str, ...], reason: str
) -> None:
    """What no label of the problem type can be is refused with its line."""
    model = of_type(captured, problem_type)
    with pytest.raises(UsageError) as caught:
        put(captured, model, label_file(tmp_path, *lines))

    assert reason in str(caught.value)
    assert captured.labels(model.model) == {}


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("applicationid,approve", "no column 'application_id' (--key); did you mean 'applicationid'?"),
        ("application_id,approved", "no column 'approve' (--label); did you mean 'approved'?"),
        ("application_id,application_id,approve", "has 2 columns called 'application_id' (--key)"),
        ("SECRET-7,1", "no column 'application_id' (--key); its first line must name the columns"),
    ],
)
def test_columns_are_checked_by_name(captured: Captured, tmp_path: Path, header: str, reason: str) -> None:
    """A column that is not there is told with the close match, and a first row is never shown."""
    with pytest.raises(UsageError) as caught:
        put(captured, captured.model(fresh()), label_file(tmp_path, header=header))

    assert reason in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_one_column_cannot_be_both(captured: Captured, tmp_path: Path) -> None:
    """--key and --label name two columns."""
    with pytest.raises(UsageError, match="are both the column 'approve'"):
        put(captured, captured.model("both"), label_file(tmp_path), key="approve")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "cannot be read: No such file"), (b"", "is empty"), (b"PK\x03\x04\xff\xfe", "is not UTF-8 text")],
)
def test_files_that_are_no_labels(
    captured: Captured, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    """A file that is absent, empty or no text is told by its name."""
    path = tmp_path / "labels.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=f"labels.csv {reason}"):
        put(captured, captured.model(fresh()), path)


def test_a_spreadsheets_byte_order_mark_is_no_name(captured: Captured, tmp_path: Path) -> None:
    """A header that begins with a byte order mark is read as it is meant."""
    path = tmp_path / "labels.csv"
    path.write_bytes(f"\ufeffapplication_id,approve\r\n{KEYS[0]},1\r\n".encode())

    assert put(captured, captured.model("mark"), path).matched == 1


def test_labels_that_contradict_what_is_there_are_refused(captured: Captured, tmp_path: Path) -> None:
    """A label that says otherwise than one put before is refused, because the join would fail on both."""
    model = captured.model("otherwise", HOUR, "2026/03/01/10")
    put(captured, model, label_file(tmp_path, f"{KEYS[0]},1"))
    before = captured.labels("otherwise")
    with pytest.raises(UsageError, match=rf"2 labels in .* contradict .*labels/otherwise/{HOUR}/ and 1 more"):
        put(captured, model, label_file(tmp_path, f"{KEYS[0]},0", f"{KEYS[1]},1"))

    assert captured.labels("otherwise") == before


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ("{}\n", "line 1 is no ground truth record: it has no groundTruthData"),
        ("{\n", "line 1 is no ground truth record: it is not JSON"),
        (
            GroundTruthRecord("a", "secret").to_json(),
            "line 1 is no ground truth record: its label is neither 0 nor 1",
        ),
        (GroundTruthRecord("a", "{}", "JSON").to_json(), "its label is JSON without 'approve'"),
    ],
)
def test_a_stored_file_that_is_no_ground_truth_is_named(
    captured: Captured, tmp_path: Path, stored: str, reason: str
) -> None:
    """What another wrote below the hour and no join could read stops the put, named with its line."""
    model = captured.model(fresh())
    captured.put(model.model, f"{HOUR}/foreign.jsonl", stored)
    with pytest.raises(OperationError) as caught:
        put(captured, model, label_file(tmp_path, f"{KEYS[0]},1"))

    assert reason in str(caught.value)
    assert "foreign.jsonl" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_nothing_captured_is_told(captured: Captured, tmp_path: Path) -> None:
    """A window without captures, or a model without any, is refused with the place that was looked at."""
    model = captured.model("empty")
    with pytest.raises(
        UsageError, match=r"nothing was captured from 2027-01-01T00:00:00Z below s3://.*/empty/"
    ):
        put(captured, model, label_file(tmp_path, f"{KEYS[0]},1"), window=read_window("2027-01-01", None))


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        (b"{", "a capture manifest is not JSON"),
        (b"\xff", "cannot be read"),
        (b"[]", "a capture manifest must be"),
        (b'[{"prefix": "s3://b/"}]', "a capture manifest must be"),
        (b'[{"prefix": "/etc/"}, "passwd"]', "a capture manifest must be"),
        (b'[{"prefix": "s3://sagemaker-monitor-local/"}, "gone.out"]', "gone.out, which does not exist"),
    ],
)
def test_a_manifest_that_leads_nowhere_is_named(
    captured: Captured, tmp_path: Path, manifest: bytes, reason: str
) -> None:
    """A broken manifest, or one that names what is not there, stops the put before anything is written."""
    model = captured.model(fresh())
    uri = captured.capture(model.model, "2026/03/01/11", manifest, "broken.json")
    with pytest.raises(OperationError) as caught:
        put(captured, model, label_file(tmp_path, f"{KEYS[0]},1"))

    assert str(caught.value).startswith(uri)
    assert reason in str(caught.value)
    assert captured.labels(model.model) == {}


def test_output_without_inference_ids_is_named(captured: Captured, tmp_path: Path) -> None:
    """A transform that was captured without ids has nothing that a label could be about."""
    model = captured.model("idless")
    root = captured.aws.environment.storage.root
    captured.store(f"{root}/idless/a.out", "APP-00,1,0.7\n")
    captured.capture("idless", HOUR, json.dumps([{"prefix": f"{root}/idless/a.out"}, ""]).encode(), "b.json")
    with pytest.raises(OperationError, match=r"a\.out line 1 does not end with an inference id and time"):
        put(captured, model, label_file(tmp_path, f"{KEYS[0]},1"))


def test_labels_need_a_prefix_to_go_to(captured: Captured, tmp_path: Path) -> None:
    """A model without data.ground_truth, or with an object there, is told so."""
    model = captured.model("nowhere")
    without = model.model_copy(update={"data": model.data.model_copy(update={"ground_truth": None})})
    with pytest.raises(UsageError, match=r"'nowhere' has no data\.ground_truth\.uri"):
        put(captured, without, label_file(tmp_path, f"{KEYS[0]},1"))
    captured.store(f"{captured.aws.environment.storage.root}/labels/nowhere", "a,1\n")
    with pytest.raises(UsageError, match="is an object"):
        put(captured, model, label_file(tmp_path, f"{KEYS[0]},1"))


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ("2026-03-01T09:30:00Z", None, "--from '2026-03-01T09:30:00Z' is not on the hour"),
        (None, "2026-03-01T09:30:00Z", "give 2026-03-01T10:00:00Z"),
        ("2026-03-02", "2026-03-01", "there is no hour from 2026-03-02T00:00:00Z until"),
        ("2026-03-01", "2026-03-01", "a whole day goes from its date to the next"),
        ("yesterday", None, "--from 'yesterday' is no date or time; write 2026-03-01"),
        ("0001-01-01T00:00+10:00", None, "is no date or time"),
    ],
)
def test_windows_that_are_refused(start: str | None, end: str | None, reason: str) -> None:
    """A window that is no whole hours is refused with what to write instead."""
    with pytest.raises(UsageError) as caught:
        read_window(start, end)

    assert reason in str(caught.value)


def requests(captured: Captured, name: str, *lines: str, hour: str = HOUR) -> Model:
    """Return a model whose endpoint captured *lines* in an hour."""
    model = captured.model(name)
    root = captured.aws.environment.storage.root
    captured.store(
        f"{root}/captures/{name}-local/AllTraffic/{hour}/a.jsonl", "".join(f"{each}\n" for each in lines)
    )
    endpoint = Endpoint(name="{model}-{environment}", capture="captures/")
    return model.model_copy(update={"endpoint": endpoint})


def put_of_endpoint(captured: Captured, model: Model, labels: Path, **given: Any) -> Put:
    """Put labels of an endpoint's records as the command does."""
    options = {"key": "application_id", "label": "approve", "key_is": "record-key", "window": ALWAYS, **given}
    return put_ground_truth(captured.aws, model, labels, of="endpoint", **options)


OF_ENDPOINT = "application_id,black,hispan,male,old,approve"


def test_labels_of_an_endpoint_bring_the_facet_columns(captured: Captured, tmp_path: Path) -> None:
    """One request has one record and its id, one of several has places; one sent twice is labelled once."""
    asked = [line("1,2", "0.5", inferenceId=name) for name in ("A", "A", "C")]
    model = requests(captured, fresh(), *asked, line("1,2\n3,4", "0.5\n0.25", inferenceId="B"), "no record")
    labels = label_file(tmp_path, "A,0,0,1,0,1", "B/1,1,0,1.0,0,0", header=OF_ENDPOINT)

    result = put_of_endpoint(captured, model, labels)
    again = put_of_endpoint(captured, model, labels, dry_run=True)

    ((_, records),) = captured.labels(model.model).items()
    data = {each["eventMetadata"]["eventId"]: each["groundTruthData"] for each in records}
    assert data == {
        "A": {"data": '{"approve":1,"black":0,"hispan":0,"male":1,"old":0}', "encoding": "JSON"},
        "B/1": {"data": '{"approve":0,"black":1,"hispan":0,"male":1.0,"old":0}', "encoding": "JSON"},
    }
    assert (result.hours[0].captured, result.hours[0].records, result.matched) == (5, 3, 2)
    assert again.hours[0].done == "unchanged"


@pytest.mark.parametrize(
    ("header", "given", "reason"),
    [
        ("application_id,approve", {}, "has no column 'black': an endpoint is not sent the facet columns"),
        (OF_ENDPOINT, {"endpoint": "other"}, "nothing was captured at any hour below"),
    ],
)
def test_labels_of_an_endpoint_that_are_refused(
    captured: Captured, tmp_path: Path, header: str, given: dict[str, Any], reason: str
) -> None:
    """Bias is watched, so labels say of whom they are; and another endpoint has captured nothing."""
    model = requests(captured, fresh(), line("1,2", "0.5", inferenceId="A"))
    labels = label_file(tmp_path, *(["A,0,0,1,0,1"] if header == OF_ENDPOINT else ["A,1"]), header=header)

    with pytest.raises(UsageError, match=reason):
        put_of_endpoint(captured, model, labels, **given)
    assert captured.labels(model.model) == {}


def test_where_an_endpoint_captures_has_to_be_known(captured: Captured, tmp_path: Path) -> None:
    """Without endpoint.capture the endpoint says it, which one that is not there cannot."""
    model = captured.model(fresh()).model_copy(update={"endpoint": Endpoint(name="gone")})

    with pytest.raises(UsageError, match="where endpoint 'gone' captures is not known"):
        put_of_endpoint(captured, model, label_file(tmp_path, "A,0,0,1,0,1", header=OF_ENDPOINT))
