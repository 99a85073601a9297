"""The recorded data quality baseline of the churn data comes out as AWS's own analyzer wrote it."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sagemaker_monitor.analysis.documents.constraints import Constraints
from sagemaker_monitor.analysis.documents.statistics import Statistics
from tests.parity.plugin import Parity

from .conftest import Analyzer

CASE = "churn_dq_baseline"
CAPTURE = '{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}'
NO_HEADER = '{"csv": {"header": false}}'


def recorded(folder: Path, name: str) -> Any:
    """Return a document of the recorded baseline."""
    return json.loads((folder / "recorded" / "churn_dq_baseline" / name).read_text())


def test_the_baseline_is_equal(analyzer: Analyzer, recorded_data: Path, parity: Parity) -> None:
    """Constraints are equal as a document; 33 features are equal, 29 with their sketches bit for bit."""
    data = (recorded_data / "churn" / "training-dataset-with-header.csv").read_bytes()

    done = analyzer.run(data, own_process=True)

    assert (done.code, done.message) == (0, "Completed: Job completed successfully with no violations.")
    assert done.files == ["constraints.json", "statistics.json"]
    parity.equal(
        CASE,
        "constraints.json of the baseline",
        recorded(recorded_data, "constraints.json"),
        done.document("constraints.json"),
        ordered=True,
    )
    expected = recorded(recorded_data, "statistics_partial.json")
    whole = 0
    features = []
    for feature in expected["features"]:
        found = done.feature(feature["name"])
        sketch = feature["numerical_statistics"]["distribution"]["kll"]["sketch"]
        if sketch.pop("__truncated_bytes__", None):
            # The log from which this was recorded shows the rest of the feature.
            del found["numerical_statistics"]["distribution"]["kll"]["sketch"]["data"]
        else:
            whole += 1
        features.append(found)
    assert (len(expected["features"]), whole) == (33, 29)
    parity.equal(
        CASE,
        "statistics.json of the baseline: 33 features, 29 of them with their KLL sketches",
        expected["features"],
        features,
        ordered=True,
        note="the notebook's log shows 33 of 70 features whole, and cuts four sketches short",
    )
    assert done.document("statistics.json")["dataset"] == expected["dataset"]


def test_the_data_meets_its_own_baseline(analyzer: Analyzer, recorded_data: Path) -> None:
    """Nothing is violated and no violations document is written."""
    data = (recorded_data / "churn" / "training-dataset-with-header.csv").read_bytes()

    done = analyzer.run(data, baseline=analyzer.run(data))

    assert done.message == "Completed: Job completed successfully with no violations."
    assert done.files == ["constraints.json", "statistics.json"]


def test_recorded_traffic_violates_types_and_drift_stays_unsaid(
    analyzer: Analyzer, recorded_data: Path, parity: Parity
) -> None:
    """The odd first row makes fractions of 59 whole features, as recorded live, and hides every distance.

    Live, the model's probability stood where the label had been, which was the sixtieth violation.
    """
    folder = recorded_data / "churn"
    baseline = analyzer.run((folder / "training-dataset-with-header.csv").read_bytes())
    rows = (folder / "test-dataset-input-cols.csv").read_text().splitlines()
    traffic = "".join(f"0.{number},{row}\n" for number, row in enumerate(rows))

    done = analyzer.run(traffic, baseline=baseline, dataset_format=NO_HEADER)

    assert done.message == "CompletedWithViolations: Job completed successfully with 60 violations."
    assert {check for _, check, _ in done.violations} == {"data_type_check"}
    assert done.violations[0] == (
        "Churn",
        "data_type_check",
        "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. "
        "Observed: Only 0.0% of data is Integral.",
    )
    assert [each["name"] for each in done.document("statistics.json")["features"]] == [
        each["name"] for each in baseline.document("statistics.json")["features"]
    ]
    parity.add(
        CASE,
        "exit text, number, kind and first text of the violations of 334 rows of traffic",
        values="60 violations",
        agreement="equal",
        tolerance="none",
        note="the recorded hour had 1,977 requests, the same rows sent round and round; drift is not "
        "reported beside type violations, as recorded",
    )


def captured(requests: Sequence[tuple[str, str]]) -> dict[str, str | bytes]:
    """Return what an endpoint's data capture leaves of requests and answers: files in folders of the hour."""
    folder = "churn-endpoint/AllTraffic/2022/08/01/13"
    files: dict[str, str | bytes] = {}
    for start in range(0, len(requests), 200):
        name = f"{folder}/{start // 200:02}-00-123-{uuid.UUID(int=start)}.jsonl"
        files[name] = "".join(
            json.dumps(
                {
                    "captureData": {
                        "endpointInput": {
                            "observedContentType": "text/csv",
                            "mode": "INPUT",
                            "data": request,
                            "encoding": "CSV",
                        },
                        "endpointOutput": {
                            "observedContentType": "text/csv; charset=utf-8",
                            "mode": "OUTPUT",
                            "data": f"{answer}\n",
                            "encoding": "CSV",
                        },
                    },
                    "eventMetadata": {
                        "eventId": str(uuid.UUID(int=number)),
                        "inferenceTime": "2022-08-01T13:00:00Z",
                    },
                    "eventVersion": "0",
                },
                separators=(",", ":"),
            )
            + "\n"
            for number, (request, answer) in enumerate(requests[start : start + 200], start)
        )
    return files


def test_recorded_traffic_as_it_was_captured_has_the_recorded_violations(
    analyzer: Analyzer, recorded_data: Path, parity: Parity
) -> None:
    """Of 1,977 requests 7 are the odd row: 59 features have the recorded share of whole numbers.

    The sixtieth violation is the model's probability, which stands first, where the label had been.
    """
    folder = recorded_data / "churn"
    baseline = analyzer.run((folder / "training-dataset-with-header.csv").read_bytes())
    rows = (folder / "test-dataset-input-cols.csv").read_text().splitlines()
    requests = [(rows[number % 300], f"0.0{number + 1}") for number in range(1977)]

    done = analyzer.run(captured(requests), baseline=baseline, dataset_format=CAPTURE, own_process=True)

    assert done.message == "CompletedWithViolations: Job completed successfully with 60 violations."
    texts = Counter(text for _, _, text in done.violations)
    required = (
        "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. "
    )
    assert texts == {
        f"{required}Observed: Only 99.64592817400101% of data is Integral.": 59,
        f"{required}Observed: Only 0.0% of data is Integral.": 1,
    }
    assert done.violations[0][0] == "Churn"
    parity.add(
        CASE,
        "exit text and all 60 violations of 1,977 captured requests",
        values="60 violations",
        agreement="equal",
        tolerance="none",
        note="requests are those of the recorded traffic, in capture files as an endpoint leaves them",
    )


def test_recorded_specimens_survive_reading_and_writing(recorded_data: Path, parity: Parity) -> None:
    """Documents of other runs of AWS are read whole and written with the same keys and numbers."""
    specimens = recorded_data / "recorded" / "dq_specimens"
    statistics = (specimens / "Stats_37c9e9e9.json").read_text()
    constraints = (specimens / "Constraints_2ecf54d8.json").read_text()

    for what, text, document in (
        ("statistics.json, read and written again", statistics, Statistics.from_json(statistics)),
        ("constraints.json, read and written again", constraints, Constraints.from_json(constraints)),
    ):
        parity.equal(
            "dq_specimens",
            what,
            json.loads(text),
            json.loads(document.to_json()),
            ordered=True,
            note="form only",
        )
