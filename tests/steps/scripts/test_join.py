"""Joining a transform's output with its labels: what comes out, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from steps.scripts import join

SPEC = {
    "columns": {
        "record_key": "id",
        "features": ["income", "term"],
        "facet_columns": ["black"],
        "label": "approve",
    },
    "favourable": 1,
    "prediction": {"probability": 0, "values": 1},
    "monitors": ["data_quality", "bias"],
    "minimum_overlap": 0.75,
}
ADDED = "0.7,7b0c,2026-01-01T00:00:00Z"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An S3 bucket called `data`."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield s3


class Job:
    """A join job's folders."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.transform, self.output, self.message = root / "transform", root / "output", root / "message"
        self.transform.mkdir()
        self.spec = root / "spec.json"
        self.spec.write_text(json.dumps(SPEC))
        monkeypatch.setenv("OUTPUT_MESSAGE_PATH", str(self.message))

    def scored(self, text: str, name: str = "batch.csv.out") -> None:
        """Add a file of the transform's output."""
        path = self.transform / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def run(self, labels_uri: str = "", *more: str) -> int:
        """Run the script as the container does."""
        return join.main(
            [
                "--spec",
                str(self.spec),
                "--transform",
                str(self.transform),
                f"--labels-uri={labels_uri}",
                "--output",
                str(self.output),
                *more,
            ]
        )

    def text(self, folder: str) -> str:
        """Return what was written for one kind of check."""
        return (self.output / folder / "data.csv").read_text()

    @property
    def labels(self) -> dict[str, Any]:
        """Return labels.json."""
        return dict(json.loads((self.output / "summary" / "labels.json").read_text()))

    def files(self) -> list[str]:
        """Return every file that was written."""
        return sorted(str(path.relative_to(self.output)) for path in self.output.rglob("*") if path.is_file())


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A join job with empty input."""
    return Job(tmp_path, monkeypatch)


def put(s3: Any, key: str, text: str) -> None:
    """Write a label object."""
    s3.put_object(Bucket="data", Key=key, Body=text.encode())


def test_cells_are_copied_as_they_stand(job: Job) -> None:
    """1 and 1.0, 007, blanks and quoted commas reach the checks as they came; features have a header."""
    job.scored(f'a,1.0,007,1,1,{ADDED}\nb,1,"x, y", 0,0,{ADDED}\n')

    assert job.run() == 0
    assert job.text("features") == 'income,term\n1.0,007\n1,"x, y"\n'
    assert job.text("labelled") == '1.0,007,1,1\n1,"x, y", 0,0\n'
    assert job.text("scored") == "prediction,label\n0.7,1\n0.7,0\n"
    assert job.labels == {
        "schema_version": 1,
        "status": "labels-complete",
        "rows": 2,
        "labelled": 2,
        "overlap": 1.0,
        "minimum_overlap": 0.75,
        "duplicate_labels": 0,
        "unmatched_labels": 0,
    }


def test_rows_to_explain_have_no_header_and_need_no_label(job: Job) -> None:
    """Where attributions are watched, the features are written once more as Clarify reads them."""
    job.spec.write_text(json.dumps({**SPEC, "monitors": ["explainability"]}))
    job.scored(f"a,1.0,2,1,{ADDED}\nb,3,4,0,{ADDED}\n")

    assert job.run() == 0
    assert job.text("explained") == "1.0,2\n3,4\n"
    assert not (job.output / "scored" / "data.csv").exists()


def test_labels_are_predicted_where_an_image_computes_model_bias(job: Job) -> None:
    """An answer strictly above the threshold is a 1; the rows are those of `labelled`, in its order."""
    check = {"step": "ModelBias", "check_type": "MODEL_BIAS", "monitor": "bias", "engine": "own"}
    job.spec.write_text(json.dumps({**SPEC, "threshold": 0.7, "checks": [check]}))
    stamps = ADDED.partition(",")[2]
    job.scored(f"a,1,2,1,1,0.70001,{stamps}\nb,3,4,0,,0.9,{stamps}\nc,5,6,0,0,0.7,{stamps}\n")

    assert job.run() == 0
    assert job.text("labelled") == "1,2,1,1\n5,6,0,0\n"
    assert job.text("predicted") == "1\n0\n"


def test_monitors_of_teams_get_rows_with_the_answer(job: Job) -> None:
    """All rows without a label, and those that have one with it; both under a header, texts as they came."""
    job.spec.write_text(json.dumps({**SPEC, "rows_for_teams": ["outcomes", "predictions"]}))
    job.scored(f'a,1.0,"x, y",1,1,{ADDED}\nb,3,4,0,,{ADDED}\n')

    assert job.run() == 0
    assert job.text("predictions") == 'income,term,black,prediction\n1.0,"x, y",1,0.7\n3,4,0,0.7\n'
    assert job.text("outcomes") == 'income,term,black,prediction,approve\n1.0,"x, y",1,0.7,1\n'


def test_the_probability_is_one_of_several_values_of_the_model(job: Job) -> None:
    """A model that answers label and score, say, has its columns told by their number."""
    job.spec.write_text(json.dumps({**SPEC, "prediction": {"probability": 1, "values": 3}}))
    stamps = ADDED.partition(",")[2]
    job.scored(f"a,1,2,1,1,yes,0.8,0.2,{stamps}\nb,3,4,0,0,no,0.3,0.7,{stamps}\n")

    assert job.run() == 0
    assert job.text("scored") == "prediction,label\n0.8,1\n0.3,0\n"
    job.scored(f"a,1,2,1,1,yes,{stamps}\n", "short.out")
    assert job.run() == 1
    assert "expected 9, or 10 with the label" in job.message.read_text()
    assert "then 3 values of the model, inference id" in job.message.read_text()


def test_all_files_are_joined_with_all_label_objects(job: Job, bucket: Any) -> None:
    """Rows and labels may come in several files; a header line and a byte order mark are no labels."""
    job.scored(f"a,1,2,1,{ADDED}\n", "1/first.csv.out")
    job.scored(f"b,3,4,0,{ADDED}\n", "2/second.csv.out")
    job.scored("not output", "second.csv")
    put(bucket, "labels/x.csv", "\ufeffid,approve\nb,1\n")
    put(bucket, "labels/y.csv", "unknown,0\na,0\n")
    put(bucket, "labels/empty.csv", "")
    put(bucket, "labels-of-another-model/z.csv", "a,1\n")

    assert job.run("s3://data/labels") == 0
    assert job.text("labelled") == "1,2,1,0\n3,4,0,1\n"
    assert (job.labels["status"], job.labels["unmatched_labels"]) == ("labels-complete", 1)


def test_one_object_can_be_named(job: Job, bucket: Any) -> None:
    """The labels' URI may be an object itself."""
    job.scored(f"a,1,2,1,{ADDED}\n")
    put(bucket, "labels/x.csv", "a,1\n")

    assert job.run("s3://data/labels/x.csv") == 0
    assert job.labels["labelled"] == 1


def test_rows_without_label_are_features_only(job: Job, bucket: Any) -> None:
    """Only labelled rows reach the checks that need labels, and the share of them is told."""
    job.scored("".join(f"{key},1,2,1,{ADDED}\n" for key in "abcd"))
    put(bucket, "labels/x.csv", "a,1\nc,0\n")

    assert job.run("s3://data/labels/") == 0
    assert job.text("features").splitlines() == ["income,term", *["1,2"] * 4]
    assert job.text("scored") == "prediction,label\n0.7,1\n0.7,0\n"
    assert (job.labels["status"], job.labels["overlap"]) == ("labels-partial", 0.5)


@pytest.mark.parametrize("uri", ["", "s3://data/labels/"])
def test_no_labels_is_a_status(job: Job, bucket: Any, uri: str) -> None:
    """A batch whose labels have not arrived is no failure; the checks that need them get no file at all."""
    job.scored(f"a,1,2,1,{ADDED}\n")

    assert job.run(uri) == 0
    assert job.files() == ["features/data.csv", "summary/labels.json"]
    assert (job.labels["status"], job.labels["labelled"]) == ("labels-missing", 0)


@pytest.mark.parametrize(
    ("check_type", "code"), [("DATA_QUALITY", 0), ("MODEL_QUALITY", 1), ("DATA_BIAS", 1)]
)
def test_a_version_is_not_registered_by_rows_without_labels(job: Job, check_type: str, code: int) -> None:
    """Nobody waits for them there: what needs them would find no object, which says nothing of labels."""
    checks = [{"step": "Check", "check_type": check_type, "monitor": "any"}]
    job.spec.write_text(json.dumps({**SPEC, "pipeline": "register", "checks": checks}))
    job.scored(f"a,1,2,1,{ADDED}\nb,1,2,0,{ADDED}\n")

    assert job.run() == code
    if code:
        assert "none of the 2 rows has a label" in job.message.read_text()


def test_an_empty_cell_is_no_label_yet(job: Job) -> None:
    """A row whose own label is empty waits for it."""
    job.scored(f"a,1,2,1,1,{ADDED}\nb,1,2,1,,{ADDED}\n")

    assert job.run() == 0
    assert (job.labels["labelled"], job.labels["status"]) == (1, "labels-partial")


def test_equal_labels_count_once(job: Job, bucket: Any) -> None:
    """The same label given twice is one label, and that is told."""
    job.scored(f"a,1,2,1,{ADDED}\n")
    put(bucket, "labels/x.csv", "a,1\na,1.0\n")

    assert job.run("s3://data/labels/") == 0
    assert (job.labels["duplicate_labels"], job.labels["labelled"]) == (1, 1)


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ("a,1\na,0\n", "1 of 1 records have a second, different label"),
        ("z,1\ny,0\n", "none of the 2 labels below s3://data/labels belongs to any of the 2 rows"),
        ("a,1\nb,yes\n", "s3://data/labels line 2: the label is no number"),
        ("a,1\nb,\n", "s3://data/labels line 2: the label is empty"),
        ("a,1\nb,0,extra\n", "s3://data/labels line 2 has 3 columns; expected id and approve"),
        (",1\n", "s3://data/labels line 1 has no id"),
        ('a,"1\n', "is not CSV"),
        ("a,nan\n", "the label is no number"),
    ],
)
def test_labels_that_cannot_be_joined(job: Job, bucket: Any, labels: str, reason: str) -> None:
    """A bad label fails the job with a reason that names file and line, and nothing is half-written."""
    job.scored(f"a,1,2,1,{ADDED}\nb,1,2,1,{ADDED}\n")
    put(bucket, "labels", labels)

    assert job.run("s3://data/labels") == 1
    assert reason in job.message.read_text()
    assert job.files() == []


@pytest.mark.parametrize(
    ("scored", "reason"),
    [
        ("", "the transform wrote no rows"),
        (f"a,1,2,1,{ADDED}\nb,1,2,{ADDED}\n", "batch.csv.out line 2 has 6 columns; the first row has 7"),
        (
            "a,1,2,1,0.7\n",
            "batch.csv.out line 1 has 5 columns; expected 7, or 8 with the label: id, 2 features",
        ),
        ("a,1,2,1,high,7b0c,2026-01-01T00:00:00Z\n", "line 1: the model's answer is no number"),
        (f",1,2,1,{ADDED}\n", "line 1 has no id"),
        (f"a,1,2,1,maybe,{ADDED}\n", "line 1: the label is no number"),
        (
            f"a,1,2,1,1,{ADDED}\nb,1,2,1,yes,{ADDED}\nc,1,2,1,no,{ADDED}\n",
            "batch.csv.out line 2: the label is no number, but the favourable label is one; 2 of 3 labels",
        ),
        ("".join(f"{key},1,2,1,{key},{ADDED}\n" for key in "123"), "the labels have 3 different values"),
    ],
)
def test_output_that_cannot_be_joined(job: Job, scored: str, reason: str) -> None:
    """A ragged or empty transform fails the job with file and line, and nothing is half-written."""
    job.scored(scored)

    assert job.run() == 1
    assert reason in job.message.read_text()
    assert job.files() == []


def test_a_key_names_one_record(job: Job, bucket: Any) -> None:
    """Two rows with one key cannot both be given its label."""
    job.scored(f"a,1,2,1,{ADDED}\na,3,4,0,{ADDED}\n")
    put(bucket, "labels", "a,1\n")

    assert job.run("s3://data/labels") == 1
    assert "1 of 2 rows repeat a record key" in job.message.read_text()


def test_reasons_hold_no_values(job: Job) -> None:
    """What stands in a row stays out of logs and reasons."""
    job.scored(f"secret-key,secret-income,2,1,secret-label,{ADDED}\n")

    assert job.run() == 1
    assert "secret" not in job.message.read_text()


def test_text_in_another_encoding_is_refused(job: Job) -> None:
    """Bytes that are no UTF-8 are named by their file."""
    path = job.transform / "batch.csv.out"
    path.write_bytes(b"a,\xff,2,1," + ADDED.encode())

    assert job.run() == 1
    assert "batch.csv.out is not UTF-8" in job.message.read_text()


def test_a_bucket_that_does_not_exist_is_named(job: Job, bucket: Any) -> None:
    """S3's own refusal is the reason, not a traceback."""
    job.scored(f"a,1,2,1,{ADDED}\n")

    assert job.run("s3://absent/labels") == 1
    assert "NoSuchBucket" in job.message.read_text()


def record(event_id: str, label: str, encoding: str = "CSV") -> str:
    """Return a ground truth record as Model Monitor's documentation has it."""
    document = {
        "groundTruthData": {"data": label, "encoding": encoding},
        "eventMetadata": {"eventId": event_id},
        "eventVersion": "0",
    }
    return json.dumps(document) + "\n"


def scored(*keys: str, own: str = "") -> str:
    """Return rows of a transform; the inference id of key a is id-a."""
    return "".join(f"{key},1,2,1{own},0.7,id-{key},2026-01-01T00:00:00Z\n" for key in keys)


NINE_TO_ELEVEN = ("--window-start=2026-03-01T09:00:00Z", "--window-end=2026-03-01T11:00:00Z")


def test_ground_truth_records_are_joined_by_inference_id(job: Job, bucket: Any) -> None:
    """Their eventId is the inference id; CSV and JSON data give the label as it is written."""
    job.scored(scored("a", "b", "c", "d"))
    put(bucket, "labels/2026/03/01/09/x.jsonl", record("id-a", "1") + "\n" + record("id-c", "1.0\n"))
    put(bucket, "labels/2026/03/01/10/y.jsonl", record("id-d", '{"approve": 0, "by": "hand"}', "JSON"))
    put(bucket, "labels/2026/03/01/10/z.jsonl", "\ufeff" + record("of-another-batch", "1"))

    assert job.run("s3://data/labels") == 0
    assert job.text("scored") == "prediction,label\n0.7,1\n0.7,1.0\n0.7,0\n"
    assert (job.labels["labelled"], job.labels["unmatched_labels"]) == (3, 1)


def test_the_same_record_under_two_hours_is_one_label(job: Job, bucket: Any) -> None:
    """A file that was uploaded twice does not multiply rows, as in Model Monitor's merge."""
    job.scored(scored("a"))
    for hour in ("09", "10"):
        put(bucket, f"labels/2026/03/01/{hour}/x.jsonl", record("id-a", "1"))

    assert job.run("s3://data/labels") == 0
    assert job.text("scored") == "prediction,label\n0.7,1\n"
    assert (job.labels["duplicate_labels"], job.labels["unmatched_labels"]) == (1, 0)


def test_records_and_keys_go_together(job: Job, bucket: Any) -> None:
    """One prefix may hold both; a record that both name has one label."""
    job.scored(scored("a", "b", "c"))
    put(bucket, "labels/keys.csv", "a,1\nb,0\n")
    put(bucket, "labels/2026/03/01/09/x.jsonl", record("id-b", "0.0") + record("id-c", "1"))

    assert job.run("s3://data/labels") == 0
    assert job.text("scored") == "prediction,label\n0.7,1\n0.7,0.0\n0.7,1\n"
    assert job.labels["unmatched_labels"] == 0


def test_a_batch_that_was_scored_twice_has_labels_by_id(job: Job, bucket: Any) -> None:
    """Two inferences of one record each have their label; by the record key that could not be told."""
    job.scored(scored("a"), "part-00000.csv")
    job.scored("a,1,2,1,0.7,again,2026-01-02T00:00:00Z\n", "part-00001.csv")
    put(bucket, "labels/2026/03/01/09/x.jsonl", record("id-a", "1") + record("again", "1"))
    put(bucket, "labels/of-another-batch.csv", "z,1\n")

    assert job.run("s3://data/labels") == 0
    assert (job.labels["labelled"], job.labels["overlap"]) == (2, 1.0)


def test_a_window_selects_the_hours_folders(job: Job, bucket: Any) -> None:
    """Only hours from the start until before the end are read, and what lies directly below the labels."""
    job.scored(scored("a", "b", "c", "d", "e"))
    for key, place in {
        "a": "2026/03/01/08/x.jsonl",
        "b": "2026/03/01/09/x.jsonl",
        "c": "2026/03/01/10/deeper/x.jsonl",
        "d": "2026/03/01/11/x.jsonl",
    }.items():
        put(bucket, f"labels/{place}", record(f"id-{key}", "1"))
    put(bucket, "labels/2026/03/01/10.csv", "not, read, at all\n")
    put(bucket, "labels/2026/readme", "not, read, at all\n")
    put(bucket, "labels/keys.csv", "e,0\n")

    assert job.run("s3://data/labels/", *NINE_TO_ELEVEN) == 0
    assert job.text("scored") == "prediction,label\n0.7,1\n0.7,1\n0.7,0\n"


@pytest.mark.parametrize("uri", ["s3://data/labels.csv", "s3://data"])
def test_a_window_reads_an_object_that_is_named(job: Job, bucket: Any, uri: str) -> None:
    """Labels that are one object, or lie at the bucket's root, are read whatever the window is."""
    job.scored(scored("a"))
    put(bucket, "labels.csv", "a,1\n")
    put(bucket, "labels.csv.old/x.csv", "a,0\n")

    assert job.run(uri, *NINE_TO_ELEVEN) == 0
    assert job.labels["labelled"] == 1


def test_a_window_without_labels_is_labels_missing(job: Job, bucket: Any) -> None:
    """Labels of other hours are not those of this window."""
    job.scored(scored("a"))
    put(bucket, "labels/2026/03/01/08/x.jsonl", record("id-a", "1"))

    assert job.run("s3://data/labels", *NINE_TO_ELEVEN) == 0
    assert job.labels["status"] == "labels-missing"


def test_a_batch_just_scored_waits_for_its_labels(job: Job, bucket: Any) -> None:
    """Records of earlier batches cannot have this one's ids: without a window that is no mistake."""
    job.scored(scored("a"))
    put(bucket, "labels/2026/03/01/08/x.jsonl", record("earlier", "1"))

    assert job.run("s3://data/labels") == 0
    assert (job.labels["status"], job.labels["unmatched_labels"]) == ("labels-missing", 1)


def test_records_of_a_window_that_match_nothing_are_a_mistake(job: Job, bucket: Any) -> None:
    """Labels under the window's hours that belong to none of its captures were made with other ids."""
    job.scored(scored("a"))
    put(bucket, "labels/2026/03/01/09/x.jsonl", record("a", "1"))

    assert job.run("s3://data/labels", *NINE_TO_ELEVEN) == 1
    assert "their eventId was compared with the rows' inference ids" in job.message.read_text()
    assert job.files() == []


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (record("id-a", "1") + record("id-a", "0"), "1 of 1 records have a second, different label"),
        (record("id-a", "1") + "{\n", "x.jsonl line 2 is no ground truth record"),
        (record("id-a", "1") + "[]\n", "x.jsonl line 2 is no ground truth record"),
        (
            '{"groundTruthData": {"data": 1, "encoding": "CSV"}, "eventMetadata": {"eventId": "a"}}',
            "is no ground",
        ),
        ('{"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {}}', "is no ground truth"),
        (record(" ", "1"), "line 1 is no ground truth record"),
        (record("id-a", "MQ==", "BASE64"), "line 1: its encoding must be CSV or JSON"),
        (record("id-a", "1,0"), "line 1: its data has 2 cells; the label alone is expected"),
        (record("id-a", "1\n0"), "line 1: its data is not CSV"),
        (record("id-a", '{"outcome": 1}', "JSON"), "line 1: its data is no JSON object with approve"),
        (record("id-a", "1", "JSON"), "line 1: its data is no JSON object with approve"),
        (
            record("id-a", '{"approve": true}', "JSON"),
            "line 1: approve in its data is neither a number nor text",
        ),
        (record("id-a", '{"approve": null}', "JSON"), "line 1: the label is empty"),
        (record("id-a", ""), "line 1: the label is empty"),
        (
            record("id-a", "1") + record("id-b", "secret") + record("id-c", "secret"),
            "line 2: the label is no number, but the favourable label is one; 2 of 3 labels",
        ),
    ],
)
def test_records_that_cannot_be_joined(job: Job, bucket: Any, labels: str, reason: str) -> None:
    """A bad record fails the job with object, line and count, and nothing is half-written or shown."""
    job.scored(scored("a", "b"))
    put(bucket, "labels/2026/03/01/09/x.jsonl", labels)

    assert job.run("s3://data/labels") == 1
    assert reason in job.message.read_text()
    assert "secret" not in job.message.read_text()
    assert job.files() == []


def test_labels_by_id_and_by_key_must_agree(job: Job, bucket: Any) -> None:
    """A record with one label by its id and another by its key is refused with the count."""
    job.scored(scored("a", "b"))
    put(bucket, "labels/keys.csv", "a,1\nb,1\n")
    put(bucket, "labels/2026/03/01/09/x.jsonl", record("id-a", "0"))

    assert job.run("s3://data/labels") == 1
    assert "1 of 2 rows have another label by their inference id" in job.message.read_text()


def test_collected_files_may_differ_in_their_label_column(job: Job) -> None:
    """Of two batches in a window one may have been scored with its labels and the other without."""
    job.scored(scored("a", own=",1"), "part-00000.csv")
    job.scored(scored("b"), "part-00001.csv")

    assert job.run() == 0
    assert (job.labels["rows"], job.labels["labelled"]) == (2, 1)


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ("2026-03-01", "", "are given both, or neither"),
        ("2026-03-01", "2026-03-01", "the window has no hour in it"),
        ("2026-03-01T09:30:00Z", "2026-03-02", "--window-start '2026-03-01T09:30:00Z' is not on the hour"),
        ("2026-03-01", "soon", "--window-end 'soon' is no date or time"),
    ],
)
def test_windows_that_are_refused(job: Job, start: str, end: str, reason: str) -> None:
    """A window that is no whole hours fails the job with what is wrong."""
    job.scored(scored("a"))

    assert job.run("", f"--window-start={start}", f"--window-end={end}") == 1
    assert reason in job.message.read_text()
