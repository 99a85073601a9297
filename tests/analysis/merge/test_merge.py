"""The merge's container, run as a process of its own or in this one, on folders as a job has them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.analysis.container.__main__ import main
from sagemaker_monitor.analysis.merge import endpoints
from sagemaker_monitor.analysis.merge.truths import truths_of
from sagemaker_monitor.analysis.records.lines import Block, Origin
from tests.parity.plugin import Parity

CHURN, ADULT = "churn_bias_batch_csv", "adult_bias_endpoint_jsonl"
HOUR = "2023/01/19/05"


class Job:
    """The directory of one merge job, which stands for /opt/ml."""

    def __init__(self, root: Path) -> None:
        """Use *root*."""
        self.root = root
        self.environment = {
            "SAGEMAKER_MONITOR_ROOT": str(root),
            "dataset_source": "/opt/ml/processing/input_data",
            "ground_truth_source": "/opt/ml/processing/groundtruth",
            "output_path": "/opt/ml/processing/output",
        }

    def add(self, place: str, content: str) -> None:
        """Write one input file, such as `input_data/…` or `groundtruth/…`."""
        path = self.root / "processing" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def run(self, **environment: str) -> tuple[int, str]:
        """Run the container; return its exit code and its exit text."""
        code = main(["merge"], {**self.environment, **environment})
        return code, (self.root / "output" / "message").read_text()

    def records(self) -> dict[str, list[dict[str, Any]]]:
        """Return the merged records by folder."""
        output = self.root / "processing" / "output"
        return {
            path.parent.relative_to(output).as_posix(): [
                json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()
            ]
            for path in sorted(output.rglob("part-00000-*.c000.jsonl"))
        }


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job without inputs."""
    return Job(tmp_path)


def captured(event_id: str, inference_id: str | None = None, data: str = "1,2", **more: Any) -> str:
    """Return one line of an endpoint's capture."""
    about = {"eventId": event_id, **({"inferenceId": inference_id} if inference_id else {}), **more}
    kind = {"observedContentType": "text/csv", "encoding": "CSV"}
    parts = {
        "endpointInput": {**kind, "mode": "INPUT", "data": data},
        "endpointOutput": {**kind, "mode": "OUTPUT", "data": "0.5\n"},
    }
    return json.dumps({"captureData": parts, "eventMetadata": about, "eventVersion": "0"}) + "\n"


def truth(event_id: str, data: str = "1", encoding: str = "CSV") -> str:
    """Return one line of ground truth."""
    document = {
        "groundTruthData": {"data": data, "encoding": encoding},
        "eventMetadata": {"eventId": event_id},
        "eventVersion": "0",
    }
    return json.dumps(document) + "\n"


def test_records_meet_their_labels_by_inference_id_else_by_event(job: Job) -> None:
    """Those without a label and labels without a record are left out; folders of hours stay."""
    job.add(f"input_data/e/AllTraffic/{HOUR}/a.jsonl", captured("e1", "i1") + captured("e2", data='"x, y",2'))
    job.add("input_data/e/AllTraffic/2023/01/19/06/b.jsonl", captured("e3", "i3") + captured("e4", "i4"))
    job.add(f"groundtruth/{HOUR}/a.jsonl", truth("i1", "1") + truth("e2", "0") + truth("e3", "1"))
    job.add("groundtruth/2023/01/19/06/b.jsonl", truth("i3", '{"label": 1}', "JSON"))

    assert job.run() == (0, "Completed: 3 of 4 captured records have their label.")

    found = job.records()
    assert {folder: len(records) for folder, records in found.items()} == {
        f"e/AllTraffic/{HOUR}": 2,
        "e/AllTraffic/2023/01/19/06": 1,
    }
    first, second = found[f"e/AllTraffic/{HOUR}"]
    assert first["groundTruthData"] == {"data": "1", "encoding": "CSV"}
    assert second["eventMetadata"] == {"eventId": "e2"}
    assert second["captureData"]["endpointInput"]["data"] == '"x, y",2'
    assert found["e/AllTraffic/2023/01/19/06"][0]["groundTruthData"]["data"] == '{"label": 1}'


def test_a_label_that_comes_twice_counts_once_and_each_request_counts(job: Job) -> None:
    """A file of labels uploaded to two hours multiplies nothing; an id that was asked twice is two rows."""
    job.add(f"input_data/e/v/{HOUR}/a.jsonl", captured("e1", "i1") + captured("e2", "i1"))
    for hour in ("05", "06"):
        job.add(f"groundtruth/2023/01/19/{hour}/a.jsonl", truth("i1"))

    assert job.run()[1] == "Completed: 2 of 2 captured records have their label."
    assert [each["eventMetadata"]["eventId"] for each in job.records()[f"e/v/{HOUR}"]] == ["e1", "e2"]


def test_shadow_variants_are_no_records(job: Job) -> None:
    """What a shadow test recorded is left out, as the analyzer leaves it out."""
    job.add(
        f"input_data/e/v/{HOUR}/a.jsonl",
        captured("e1", "i1", invocationSource="ShadowExperiment") + captured("e2", "i1"),
    )
    job.add(f"groundtruth/{HOUR}/a.jsonl", truth("i1"))

    assert job.run()[1] == "Completed: 1 of 1 captured records have their label."


@pytest.mark.parametrize(
    ("capture", "label", "said"),
    [
        (
            captured("e1", "i1"),
            truth("other"),
            "Job inputs had no data: none of 1 captured records has",
        ),
        (captured("e1"), "", "Job inputs had no data: there is no file of ground truth"),
        ("", truth("i1"), "Job inputs had no data: there is no file of captured records"),
        ("{}\n", truth("i1"), "'a.jsonl', line 1, is no captured record: its captureData must have"),
        (captured("e1") + "{\n", truth("e1"), "'a.jsonl', line 2, is not JSON"),
        (
            json.dumps({**json.loads(captured("e1")), "eventMetadata": {}}) + "\n",
            truth("e1"),
            "its eventMetadata has neither inferenceId nor eventId",
        ),
        (captured("e1"), "{\n", "is no ground truth record: it is not JSON"),
        (
            captured("e1"),
            truth("e1", encoding="BASE64"),
            "its groundTruthData.encoding must be one of CSV, JSON",
        ),
        (captured("e1"), '{"groundTruthData":{"data":"1","encoding":"CSV"}}\n', "it has no eventMetadata"),
    ],
)
def test_what_cannot_be_merged_ends_the_job_with_the_reason(
    job: Job, capture: str, label: str, said: str
) -> None:
    """And nothing is written."""
    if capture:
        job.add(f"input_data/e/v/{HOUR}/a.jsonl", capture)
    if label:
        job.add(f"groundtruth/{HOUR}/a.jsonl", label)

    code, text = job.run()

    assert code == 1
    assert said in text
    assert job.records() == {}


CSV_FORMAT = '{"Csv":{"Header":false}}'
JSON_FORMAT = '{"Json":{"Line":true}}'
TIME = "2023-01-19T05:40:55Z"


def test_rows_of_a_transform_lose_their_id_and_time(job: Job) -> None:
    """Columns of fractions are written as Spark writes them, whole numbers and texts stay."""
    rows = [f'1,0.10,"a, b",007,0.5,i1,{TIME}', f"2,3,c,1,0.25,i2,{TIME}", f"3,,d,2,1e-7,i3,{TIME}"]
    job.add(f"input_data/s/{HOUR}/a.csv.out", "\n".join(rows) + "\n")
    job.add(f"groundtruth/{HOUR}/a.jsonl", truth("i1") + truth("i2", "0") + truth("i3", "0"))

    assert job.run(dataset_format=CSV_FORMAT)[0] == 0

    data = [each["captureData"]["batchTransformOutput"]["data"] for each in job.records()[f"s/{HOUR}"]]
    assert data == ['1,0.1,"a, b",007,0.5', "2,3.0,c,1,0.25", "3,,d,2,1.0E-7"]


def test_lines_of_a_transform_are_merged_with_sorted_keys(job: Job) -> None:
    """Without the id and the time that the transform added."""
    record = {
        "features": [28, 2],
        "SageMakerOutput": {"score": 0.98, "predicted_label": 1},
        "SageMakerInferenceId": "i1",
        "SageMakerInferenceTime": TIME,
    }
    job.add(f"input_data/s/{HOUR}/a.jsonl.out", json.dumps(record) + "\n")
    job.add(f"groundtruth/{HOUR}/a.jsonl", truth("i1", '{"label": 1}', "JSON"))

    assert job.run(dataset_format=JSON_FORMAT)[0] == 0
    assert job.records()[f"s/{HOUR}"][0]["captureData"]["batchTransformOutput"] == {
        "data": '{"SageMakerOutput":{"predicted_label":1,"score":0.98},"features":[28,2]}',
        "encoding": "JSON",
    }


@pytest.mark.parametrize(
    ("format", "content", "said"),
    [
        (CSV_FORMAT, "1,2,0.5\n", "row 1 does not end with an inference id and a time"),
        (CSV_FORMAT, f"1,0.5,i1,{TIME}\n1,2,0.5,i1,{TIME}\n", "row 2 has 5 cells, the first has 4"),
        (CSV_FORMAT, '1,"0.5\n', "'a.out' is not CSV"),
        (JSON_FORMAT, '{"features":[1]}\n', "'a.out', line 1, has no SageMakerInferenceId"),
        (JSON_FORMAT, "[1]\n", "'a.out', line 1, has no SageMakerInferenceId"),
        ('{"Parquet":{}}', "x", "a transform's output is merged as csv or json"),
    ],
)
def test_transforms_that_cannot_be_merged_end_the_job_with_the_reason(
    job: Job, format: str, content: str, said: str
) -> None:
    """A transform without GenerateInferenceId most of all."""
    job.add(f"input_data/s/{HOUR}/a.out", content)
    job.add(f"groundtruth/{HOUR}/a.jsonl", truth("i1"))

    code, text = job.run(dataset_format=format)

    assert (code, job.records()) == (1, {})
    assert said in text


def test_the_recorded_batch_record_comes_out(job: Job, recorded_data: Path, parity: Parity) -> None:
    """From the row that the transform left and the label that was uploaded, by a process of its own."""
    expected = json.loads((recorded_data / "recorded" / CHURN / "merged_record_0.json").read_text())
    traffic = (recorded_data / "churn" / "test-dataset-input-cols.csv").read_text().splitlines()
    row = expected["captureData"]["batchTransformOutput"]["data"]
    answer, event_id = row.rsplit(",", 1)[1], expected["eventMetadata"]["eventId"]
    job.add(f"input_data/schedule/{HOUR}/x.csv.out", f"{traffic[0]},{answer},{event_id},{TIME}\n")
    job.add(f"groundtruth/{HOUR}/x.jsonl", truth(event_id))
    command = [sys.executable, "-m", "sagemaker_monitor.analysis.container", "merge"]

    done = subprocess.run(command, env={**os.environ, **job.environment, "dataset_format": CSV_FORMAT})

    assert done.returncode == 0
    (found,) = job.records()[f"schedule/{HOUR}"]
    parity.equal(CHURN, "a merged record, made from the transform's row", expected, found, ordered=True)


def test_the_recorded_endpoint_record_comes_out(job: Job, recorded_data: Path, parity: Parity) -> None:
    """With the order of its keys."""
    expected = json.loads((recorded_data / "recorded" / ADULT / "merged_record_last.json").read_text())
    data = {
        part: {key: about[key] for key in ("observedContentType", "mode", "data", "encoding")}
        for part, about in expected["captureData"].items()
    }
    line = {"captureData": data, "eventMetadata": expected["eventMetadata"], "eventVersion": "0"}
    job.add(f"input_data/e/AllTraffic/{HOUR}/x.jsonl", json.dumps(line) + "\n")
    label = expected["groundTruthData"]
    job.add(f"groundtruth/{HOUR}/x.jsonl", truth(expected["eventMetadata"]["inferenceId"], **label))

    assert job.run()[0] == 0

    (found,) = job.records()[f"e/AllTraffic/{HOUR}"]
    parity.equal(ADULT, "a merged record, made from a captured one", expected, found, ordered=True)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
IDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=2)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(IDS, TEXT), min_size=1, max_size=12), st.lists(st.tuples(IDS, TEXT), max_size=12))
def test_a_merge_is_the_join_of_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[str, str]], labelled: list[tuple[str, str]]
) -> None:
    """Whatever the ids and texts are: quotes, line ends and characters beyond ASCII stay as they were."""
    folder = tmp_path_factory.mktemp("truths")
    path = folder / "a.jsonl"
    path.write_text("".join(truth(each, data) for each, data in labelled), encoding="utf-8")
    content = "".join(captured(f"e{n}", each, data) for n, (each, data) in enumerate(asked)).encode()
    block = Block(content, (Origin(0, "a", 1),))

    lines, merged, count = endpoints.merged(block, truths_of([path]))

    first = dict(reversed(labelled))
    expected = [(each, data, first[each]) for each, data in asked if each in first]
    found = [json.loads(line) for line in lines.splitlines()]
    assert (merged, count) == (len(expected), len(asked))
    assert expected == [
        (
            each["eventMetadata"]["inferenceId"],
            each["captureData"]["endpointInput"]["data"],
            each["groundTruthData"]["data"],
        )
        for each in found
    ]
