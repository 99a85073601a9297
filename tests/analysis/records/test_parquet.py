"""Parquet datasets: the file's columns in its order, values as Spark writes them."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records import DatasetFormat, attributes, open_dataset, parquet_files
from sagemaker_monitor.analysis.records.dataset import Dataset

from .conftest import rows

PARQUET = DatasetFormat.of('{"Parquet": {}}')


def dataset(folder: Path, *frames: pl.DataFrame) -> Dataset:
    """Write frames as files of one dataset."""
    for number, frame in enumerate(frames):
        frame.write_parquet(folder / f"part-{number}.snappy.parquet", compression="snappy")
    (folder / "_SUCCESS").write_bytes(b"")
    return open_dataset(PARQUET, folder)


def test_values_are_written_by_their_types(tmp_path: Path) -> None:
    """Whole numbers have no fraction, doubles always one; the order of columns is the file's."""
    frame = pl.DataFrame(
        {
            "z": [1, None],
            "a": [1.0, float("nan")],
            "f": pl.Series([0.1, float("inf")], dtype=pl.Float32),
            "t": ["x", ""],
            "b": [True, False],
            "d": [Decimal("1.50"), Decimal("2.00")],
            "day": [datetime.date(2024, 3, 18), None],
            "at": [datetime.datetime(2024, 3, 18, 13, 0, 0), None],
            "s": [{"y": 1, "x": "u"}, {"y": 2, "x": None}],
        }
    )

    found = dataset(tmp_path, frame)

    assert found.names == ("z", "a", "f", "t", "b", "d", "day", "at", "s.y", "s.x")
    assert rows(found) == [
        ("1", "1.0", "0.1", "x", "true", "1.50", "2024-03-18", "2024-03-18 13:00:00", "1", "u"),
        (None, "NaN", "Infinity", "", "false", "2.00", None, None, "2", None),
    ]


def test_files_are_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns are found by name in every file; blocks change nothing."""
    monkeypatch.setattr(parquet_files, "CELLS", 6)
    frame = pl.DataFrame({"a": range(10), "b": range(10, 20)})
    found = dataset(tmp_path, frame, frame.select("b", "a"))

    assert len(list(found.blocks())) == 8
    assert rows(found) == [(str(n), str(n + 10)) for n in range(10)] * 2


def test_attributes_are_columns(tmp_path: Path) -> None:
    """By name or index, as in CSV."""
    dataset(tmp_path, pl.DataFrame({"y": [1, 0], "p": [0.5, None]}))

    found = attributes(PARQUET, tmp_path, {"probability": "p", "ground_truth": "0"})

    assert {role: each.to_list() for role, each in found.items()} == {
        "probability": ["0.5", None],
        "ground_truth": ["1", "0"],
    }


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        ((pl.DataFrame({"a": [1]}), pl.DataFrame({"b": [1]})), "'part-1.snappy.parquet' has other columns"),
        ((pl.DataFrame({"a": [1]}), pl.DataFrame({"a": ["x"]})), "has 'a' as String"),
        ((pl.DataFrame({"a": [[1]]}),), "'a' is of the type List(Int64)"),
        ((pl.DataFrame(),), "Job inputs had no data"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, frames: tuple[pl.DataFrame, ...], reason: str) -> None:
    """A message says which file or column."""
    found = dataset(tmp_path, *frames)

    with pytest.raises(AnalysisError) as caught:
        _ = found.names, rows(found)

    assert reason in str(caught.value)


def test_what_is_no_parquet_is_named(tmp_path: Path) -> None:
    """CSV for example."""
    (tmp_path / "a.csv").write_text("a\n1\n")

    with pytest.raises(AnalysisError, match=r"'a\.csv' cannot be read as Parquet"):
        _ = open_dataset(PARQUET, tmp_path).names
