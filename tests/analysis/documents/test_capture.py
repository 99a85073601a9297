"""Capture manifests, hour folders and inference ids are read as AWS leaves them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from sagemaker_monitor.analysis.documents.capture import Manifest, hour_folder, hour_of, inference_id
from sagemaker_monitor.analysis.documents.strict import DocumentError
from tests.parity.plugin import Parity


def test_the_recorded_manifest_survives_reading_and_writing(recorded_data: Path, parity: Parity) -> None:
    """AWS's own manifest comes out byte for byte, and names the transform's output."""
    path = recorded_data / "recorded" / "churn_bias_batch_csv" / "capture_manifest_output.json"
    manifest = Manifest.from_json(path.read_text())

    recorded, what = path.read_text().strip(), "capture manifest, read and written again: every byte"
    parity.equal("churn_bias_batch_csv", what, recorded, manifest.to_json())
    (uri,) = manifest.uris
    assert uri.startswith("s3://sagemaker-us-west-2-000000000000/")
    assert uri.endswith("/transform-output/test-dataset-input-cols.csv.out")


def test_the_recorded_keys_are_in_their_hours(recorded_data: Path) -> None:
    """Manifests and merged records lie in folders of the hour, in UTC."""
    layout = json.loads((recorded_data / "recorded" / "churn_bias_batch_csv" / "layout.json").read_text())
    key = layout["output_manifest_key"].removeprefix("data-capture/output/")

    assert hour_of(key) == datetime(2023, 1, 19, 5, tzinfo=UTC)
    assert inference_id(["0.5", layout["transform_output_first5"][0]["id"], layout["inference_time"]])


def test_an_empty_name_is_the_prefix_itself() -> None:
    """A transform of a single object has a manifest whose prefix is that object."""
    assert Manifest.from_json('[{"prefix": "s3://b/in.csv"}, ""]').uris == ("s3://b/in.csv",)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "[1]", '[{"prefix": 1}, "a"]', '[{"prefix": "b/"}, "a"]', '[{"prefix": "s3://b/"}]'],
)
def test_what_is_no_manifest_is_refused(text: str) -> None:
    """A document without prefix or names says what it should be."""
    with pytest.raises(DocumentError, match="a capture manifest"):
        Manifest.from_json(text)


def test_hours_are_utc() -> None:
    """A folder is that of the hour in UTC, whatever zone the moment has."""
    moment = datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))

    assert hour_folder(moment) == "2026/02/28/22"
    assert hour_of(f"{hour_folder(moment)}/x.json") == datetime(2026, 2, 28, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "path", ["2026/03/01/09", "2026/03/01/24/a", "2026/3/1/9/a", "x/2026/03/01/09/a", ""]
)
def test_other_folders_are_no_hours(path: str) -> None:
    """What is no hour that exists, or not at the root, is none."""
    assert hour_of(path) is None


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (["a", "0.5", "id-1", "2026-03-01T09:00:00Z"], "id-1"),
        (["a", "0.5", " id-1 ", "2026-03-01T09:00:00.123Z "], "id-1"),
        (["a", "0.5"], None),
        (["a", "0.5", "", "2026-03-01T09:00:00Z"], None),
        (["id-1", "2026-03-01T09:00:00Z"], None),
    ],
)
def test_an_id_is_found_before_the_time(row: list[str], found: str | None) -> None:
    """A row that does not end with id and time has no id."""
    assert inference_id(row) == found
