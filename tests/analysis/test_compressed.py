"""Compressed data are read like plain ones by both containers, or refused by name."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.analysis.datasets.csv_files import read_csv
from sagemaker_monitor.analysis.datasets.json_files import Places, read_json, read_json_lines
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records import DatasetFormat, open_dataset
from sagemaker_monitor.analysis.records.raw import raw_records

CSV = "a,b\n" + "".join(f"{each},x{each % 3}\n" for each in range(50))
RECORDS = [{"a": each, "b": f"x{each % 3}", "f": [each, 1]} for each in range(50)]
LINES = "".join(f"{json.dumps(each)}\n" for each in RECORDS)
FLAT = "".join(f"{json.dumps({key: each[key] for key in 'ab'})}\n" for each in RECORDS)
CAPTURED = "".join(
    json.dumps({"captureData": {"endpointInput": {"data": f"{each},2", "encoding": "CSV"}}}) + "\n"
    for each in range(50)
)
CAPTURE = '{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput"]}}'
PLACES, ALL = Places("f", "a"), Places("[*].f", "[*].a")


def rows(format: str) -> Callable[[Path], Any]:
    """Return what gives the analyzer's rows of a file of *format*."""

    def read(file: Path) -> Any:
        dataset = open_dataset(DatasetFormat.of(format), file)
        return dataset.names, [row for block in dataset.blocks() for row in block.iter_rows()]

    return read


def lines_of(file: Path) -> Any:
    """Return what a preprocessor script gets of a CSV file."""
    return [each.value for each in raw_records(DatasetFormat.of('{"csv":{"header":true}}'), [file])]


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (rows('{"csv":{"header":true}}'), CSV),
        (rows('{"json":{"lines":true}}'), FLAT),
        (rows('{"json":{}}'), json.dumps([{"a": 1, "b": "x"}, {"a": 2.5, "b": "y"}])),
        (rows(CAPTURE), CAPTURED),
        (lines_of, CSV),
        (lambda file: read_csv([file], None).cells.rows(), CSV),
        (lambda file: read_json_lines([file], PLACES, None).cells.rows(), LINES),
        (lambda file: read_json([file], ALL, None).cells.rows(), json.dumps(RECORDS)),
    ],
    ids=["csv", "lines", "document", "captured", "script", "clarify csv", "clarify lines", "clarify json"],
)
def test_gzip_is_what_is_inside(tmp_path: Path, read: Callable[[Path], Any], content: str) -> None:
    """Rows are the same, whoever reads them; what is cut off or called otherwise is refused by name."""
    packed = gzip.compress(content.encode())
    (tmp_path / "plain").write_text(content)
    (tmp_path / "whole.gz").write_bytes(packed)
    expected = read(tmp_path / "plain")

    assert len(expected) > 1
    assert read(tmp_path / "whole.gz") == expected
    for name, damaged, reason in (
        ("short.gz", packed[:-12], "cannot be decompressed: "),
        ("text.gz", content.encode(), "cannot be decompressed: Not a gzipped file"),
        ("called.csv", packed, "is compressed with gzip, but is not called .gz"),
    ):
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(AnalysisError, match=rf"'{name}' {reason}"):
            read(tmp_path / name)
