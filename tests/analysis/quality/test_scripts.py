"""The user's scripts before and after the analysis: what they get, what they may return, how they fail."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import pytest

from .conftest import Analyzer, Finished

BEFORE, AFTER = "record_preprocessor_script", "post_analytics_processor_script"
CAPTURE = '{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}'
OUTPUT_MERGED = '{"sagemakerMergeJson":{"captureIndexNames":["endpointOutput"]}}'
LINES, CSV, PARQUET = '{"json":{"lines":true}}', '{"csv":{"header":true}}', '{"Parquet":{}}'
RAISED = "There is an exception raised in preprocessor script. Please double check the preprocessor script."


def event(request: str, answer: str, **metadata: Any) -> str:
    """Return a captured record as a line."""
    return json.dumps(
        {
            "captureData": {
                "endpointInput": {
                    "observedContentType": "text/csv",
                    "mode": "INPUT",
                    "data": request,
                    "encoding": "CSV",
                },
                "endpointOutput": {
                    "observedContentType": "application/json",
                    "mode": "OUTPUT",
                    "data": answer,
                    "encoding": "JSON",
                },
            },
            "eventMetadata": {"eventId": "e-1", "inferenceTime": "2025-02-15T21:29:20Z", **metadata},
            "eventVersion": "0",
        }
    )


def script(text: str) -> dict[str, str]:
    """Return a preprocessor script."""
    return {BEFORE: textwrap.dedent(text)}


def names(done: Finished) -> list[str]:
    """Return the names of the analysed columns."""
    return [each["name"] for each in done.document("statistics.json")["features"]]


def test_a_captured_record_is_an_object(analyzer: Analyzer) -> None:
    """It has all that was captured, under the documented names; encodings need not be equal."""
    handler = """
    import json

    def preprocess_handler(inference_record):
        event, given, answer = (
            inference_record.event_metadata, inference_record.endpoint_input, inference_record.endpoint_output
        )
        assert inference_record.batch_transform_output is None and inference_record.ground_truth is None
        assert inference_record.as_dict() == inference_record.event_dict
        assert given.as_dict()["mode"] == "INPUT"
        return {
            "id": event.event_id, "time": event.event_time, "attribute": event.custom_attribute[0],
            "inference": event.inference_id, "version": inference_record.event_version,
            "in": given.data, "encoding": given.encoding, "type": answer.observedContentType,
            "mode": answer.mode, "score": json.loads(answer.data)["score"],
        }
    """
    line = event("1,2", '{"score": 0.5}', customAttributes=["tenant=a"], inferenceId="i-1")

    done = analyzer.run(f"{line}\n" * 3, dataset_format=CAPTURE, scripts=script(handler), own_process=True)

    assert done.code == 0, done.log
    found = done.document("statistics.json")["features"]
    texts = {
        each["name"]: each["string_statistics"]["distribution"]["categorical"]["buckets"][0]["value"]
        for each in found
        if each["inferred_type"] == "String"
    }
    assert texts == {
        "attribute": "tenant=a",
        "encoding": "CSV",
        "id": "e-1",
        "in": "1,2",
        "inference": "i-1",
        "mode": "OUTPUT",
        "time": "2025-02-15T21:29:20Z",
        "type": "application/json",
    }
    assert done.feature("score")["inferred_type"] == "Fractional"
    assert done.feature("version")["inferred_type"] == "Integral"


def test_columns_are_in_the_order_of_sorted_keys(analyzer: Analyzer) -> None:
    """Keys sort as text: _c10 stands before _c2, and so meets another column of the baseline."""
    baseline = analyzer.run("a,b,c,d\n" + "1,2,0.5,x\n" * 50)
    handler = """
    def preprocess_handler(record):
        cells = record.split(",")
        return {"_c0": cells[0], "_c1": cells[1], "_c2": cells[2], "_c10": cells[3]}
    """
    padded = handler.replace("_c0", "00").replace("_c10", "10").replace("_c1", "01").replace("_c2", "02")

    wrong, right = (
        analyzer.run(
            "a,b,c,d\n" + "1,2,0.5,x\n" * 50, baseline=baseline, dataset_format=CSV, scripts=script(each)
        )
        for each in (handler, padded)
    )

    assert {feature for feature, _, _ in wrong.violations} == {"c", "d"}
    assert right.violations == []


def test_a_csv_line_is_text(analyzer: Analyzer) -> None:
    """The header is none, blank lines are none, and quotes hold a line together."""
    handler = """
    def preprocess_handler(record):
        assert isinstance(record, str)
        return {"line": record}
    """

    done = analyzer.run('a,b\n1,2\n\n"x\ny",3\n', scripts=script(handler))

    (buckets,) = done.feature("line")["string_statistics"]["distribution"]["categorical"].values()
    assert [each["value"] for each in buckets] == ['"x\ny",3', "1,2"]


def test_a_json_record_is_a_dict(analyzer: Analyzer) -> None:
    """Arrays, which the analyzer does not take, can so become columns."""
    handler = """
    def preprocess_handler(record):
        return {f"f{place}": value for place, value in enumerate(record["features"])}
    """

    done = analyzer.run('{"features": [1, 2.5]}\n' * 3, dataset_format=LINES, scripts=script(handler))

    assert names(done) == ["f0", "f1"]
    assert [done.feature(name)["inferred_type"] for name in names(done)] == ["Integral", "Fractional"]


def test_a_record_is_skipped_kept_or_made_several(analyzer: Analyzer) -> None:
    """An empty list and None skip it, a list of dicts makes a row of each; None is a missing value."""
    handler = """
    def preprocess_handler(record, logger):
        number = int(record)
        if number == 0:
            logger.info("skipped %d", number)
            return []
        if number == 1:
            return None
        return [{"n": number, "m": None}] * number
    """

    done = analyzer.run("n\n0\n1\n2\n3\n", scripts=script(handler))

    assert done.document("statistics.json")["dataset"]["item_count"] == 5
    assert done.feature("n")["numerical_statistics"]["sum"] == 13.0
    assert done.feature("m")["string_statistics"]["common"] == {"num_present": 0, "num_missing": 5}
    assert "preprocessor script: 5 rows of 4 records" in done.log


def test_the_logger_and_prints_go_to_the_jobs_log(analyzer: Analyzer) -> None:
    """In the process that jobs run."""
    handler = """
    import os

    def preprocess_handler(record, logger):
        logger.info("record %s", record)
        logger.debug("too much")
        print("tenant", os.environ["TENANT"])
        return {"a": record}
    """
    after = "def postprocess_handler():\n    print('done with it')\n"

    done = analyzer.run("a\n1\n", scripts=script(handler) | {AFTER: after}, own_process=True, TENANT="blue")

    assert done.code == 0, done.log
    assert "INFO record 1\n" in done.log
    assert "tenant blue\n" in done.log
    assert "done with it\n" in done.log
    assert "too much" not in done.log


def test_numbers_of_numpy_are_numbers(analyzer: Analyzer) -> None:
    """Scripts compute with it; a nested dict is columns with dots in their names."""
    handler = """
    import numpy as np

    def preprocess_handler(record):
        return {"a": np.float64(0.5), "b": np.int64(2), "c": {"d": np.bool_(True)}}
    """

    done = analyzer.run("a\n1\n", scripts=script(handler))

    assert names(done) == ["a", "b", "c.d"]
    assert [done.feature(name)["inferred_type"] for name in names(done)] == [
        "Fractional",
        "Integral",
        "String",
    ]


def test_each_record_is_seen_once(analyzer: Analyzer) -> None:
    """A script that samples at random, or counts, is run once for each record."""
    handler = """
    seen = 0

    def preprocess_handler(record):
        global seen
        seen += 1
        return {"seen": seen, "late": "x" if seen > 5 else 1}
    """

    done = analyzer.run("a\n" + "1\n" * 9, scripts=script(handler))

    assert done.feature("seen")["numerical_statistics"]["max"] == 9.0


def test_model_quality_takes_rows_of_a_script_with_the_records_labels(analyzer: Analyzer) -> None:
    """The prediction is looked up in the row, the truth in the merged record."""
    handler = """
    import json

    def preprocess_handler(record):
        assert record.ground_truth.data in "01"
        return {"p": json.loads(record.endpoint_output.data)["scores"][0]}
    """
    lines = []
    for label, score in (("1", 0.9), ("0", 0.2), ("0", 0.6), ("1", 0.7)):
        document = json.loads(event("1", json.dumps({"scores": [score]})))
        lines.append(json.dumps({**document, "groundTruthData": {"data": label, "encoding": "CSV"}}))

    done = analyzer.run(
        "\n".join(lines),
        dataset_format=OUTPUT_MERGED,
        scripts=script(handler),
        analysis_type="MODEL_QUALITY",
        problem_type="BinaryClassification",
        probability_attribute="p",
        probability_threshold_attribute="0.500000",
    )

    assert done.code == 0, done.message
    metrics = done.document("statistics.json")["binary_classification_metrics"]
    assert metrics["confusion_matrix"] == {"0": {"0": 1, "1": 1}, "1": {"0": 0, "1": 2}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "def preprocess_handler(record):\n    return {'a': record['x']}\n",
            f"{RAISED} {BEFORE}.py, line 2 for '0.csv', line 2: TypeError: string indices must be integers",
        ),
        ("1 / 0", f"{RAISED} {BEFORE}.py, line 1 when it was loaded: ZeroDivisionError"),
        ("import sys; sys.exit(0)", f"{RAISED} {BEFORE}.py, line 1 when it was loaded: SystemExit: 0"),
        (
            "def preprocess_handler(record):\n    raise SystemExit('enough')\n",
            f"{RAISED} {BEFORE}.py, line 2 for '0.csv', line 2: SystemExit: enough",
        ),
        (
            "import os\ndef preprocess_handler(record):\n    os._exit(0)\n",
            f"{RAISED} {BEFORE}.py, line 3 for '0.csv', line 2: SystemExit: os._exit(0)",
        ),
        (
            "import os; os._exit(0)",
            f"{RAISED} {BEFORE}.py, line 1 when it was loaded: SystemExit: os._exit(0)",
        ),
        ("import no_such_module", f"{RAISED} {BEFORE}.py, line 1 when it was loaded: ModuleNotFoundError"),
        ("def preprocess_handler(:\n", "is not Python: invalid syntax"),
        ("def handler(record): pass", "has no function preprocess_handler; define it"),
        ("preprocess_handler = 3", "has no function preprocess_handler"),
        ("def preprocess_handler(): pass", "other arguments than the record, or the record and a logger"),
        ("def preprocess_handler(a, b, c): pass", "preprocess_handler(a, b, c)"),
        (
            "def preprocess_handler(record): return record",
            "preprocess_handler returned str for '0.csv', line 2; it must return a dict for one row",
        ),
        ("def preprocess_handler(record): return [[1]]", "returned a list of list for '0.csv', line 2"),
        ("def preprocess_handler(record): return {'a': [1]}", "returned list as 'a' for '0.csv', line 2"),
        (
            "def preprocess_handler(record): return {'a': {'b': object()}}",
            "returned object as 'a.b' for '0.csv', line 2; a value must be text, a number",
        ),
        ("def preprocess_handler(record): return []", "Job inputs had no data: the preprocessor script"),
        ("def preprocess_handler(record): return {}", "the records have no keys"),
    ],
)  # fmt: skip
def test_a_script_that_fails_ends_the_job_with_its_reason(analyzer: Analyzer, text: str, reason: str) -> None:
    """In AWS's words where it raises; nothing is written."""
    done = analyzer.run("a\n1\n2\n", scripts=script(text))

    assert done.code == 1
    assert reason in done.message
    assert done.files == []


def test_the_traceback_is_in_the_log(analyzer: Analyzer) -> None:
    """With the script's own lines."""
    handler = """
    def inner(record):
        raise KeyError("the column")

    def preprocess_handler(record):
        return inner(record)
    """

    done = analyzer.run("a\n1\n", scripts=script(handler), own_process=True)

    assert done.message.startswith(RAISED)
    assert "Traceback (most recent call last)" in done.log
    assert "KeyError: 'the column'" in done.log
    assert "line 6, in preprocess_handler" in done.log


def test_a_script_may_fork(analyzer: Analyzer) -> None:
    """A process of its own ends as it wants; os._exit ends the script's job no less than sys.exit."""
    after = """
    import os

    def postprocess_handler():
        child = os.fork()
        if not child:
            os._exit(3)
        print("the child ended with", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        os._exit(0)
    """
    done = analyzer.run("a\n1\n", scripts={AFTER: textwrap.dedent(after)}, own_process=True)

    assert "the child ended with 3" in done.log
    assert done.code == 1
    assert done.message.startswith("There is an exception raised in post analytics processor script.")
    assert done.message.endswith("line 9: SystemExit: os._exit(0)")


def test_parquet_has_no_records_for_a_script(analyzer: Analyzer) -> None:
    """The hosted analyzer takes scripts for captured records, CSV and JSON."""
    done = analyzer.run(
        "x", dataset_format=PARQUET, scripts=script("def preprocess_handler(record): return {}")
    )

    assert "record_preprocessor_script is not supported for parquet" in done.message


def test_the_last_script_sees_the_results(analyzer: Analyzer) -> None:
    """It runs when the files are written, also after violations."""
    baseline = analyzer.run("a\n" + "1\n" * 9)
    after = """
    import json, os, pathlib

    def postprocess_handler():
        folder = pathlib.Path(os.environ["SAGEMAKER_MONITOR_ROOT"]) / "processing" / "output"
        document = json.loads((folder / "constraint_violations.json").read_text())
        print("violations:", len(document["violations"]))
    """

    done = analyzer.run(
        "a\n" + "x\n" * 9,
        baseline=baseline,
        scripts={AFTER: textwrap.dedent(after)},
        own_process=True,
    )

    assert done.code == 0, done.log
    assert "violations: 1\n" in done.log
    assert done.message.startswith("CompletedWithViolations")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def postprocess_handler():\n    raise OSError('gone')\n", "line 2: OSError: gone"),
        ("def postprocess_handler(): exit(1)", "line 1: SystemExit: 1"),
        ("def postprocess_handler(x): pass", "postprocess_handler of"),
        ("def other(): pass", "has no function postprocess_handler"),
        ("(", "is not Python"),
    ],
)
def test_a_last_script_that_fails_fails_the_job(analyzer: Analyzer, text: str, reason: str) -> None:
    """What it did not do may be what the job is for."""
    done = analyzer.run("a\n1\n", scripts={AFTER: text})

    assert done.code == 1
    assert reason in done.message


def test_an_old_custom_attribute_is_a_list(analyzer: Analyzer) -> None:
    """A record without any has None, as has one without metadata."""
    handler = """
    def preprocess_handler(record):
        event = record.event_metadata
        return {"none": str(event is None or event.custom_attribute is None)}
    """
    bare = json.loads(event("1", "2"))
    del bare["eventMetadata"]

    done = analyzer.run(
        f"{event('1', '2')}\n{json.dumps(bare)}\n", dataset_format=CAPTURE, scripts=script(handler)
    )

    (buckets,) = done.feature("none")["string_statistics"]["distribution"]["categorical"].values()
    assert buckets == [{"value": "True", "count": 2}]
