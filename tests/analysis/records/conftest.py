"""Datasets of a test, and what is in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sagemaker_monitor.analysis.records import DatasetFormat, open_dataset
from sagemaker_monitor.analysis.records.dataset import Dataset

Rows = list[tuple[str | None, ...]]
Written = Callable[..., Dataset]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write files, and open them as a dataset of a format."""

    def write(format: str, *contents: str | bytes) -> Dataset:
        folder = tmp_path / "dataset"
        folder.mkdir()
        for number, content in enumerate(contents):
            data = content.encode() if isinstance(content, str) else content
            (folder / f"{number}.part").write_bytes(data)
        return open_dataset(DatasetFormat.of(format), folder)

    return write


def rows(dataset: Dataset) -> Rows:
    """Return all rows of a dataset."""
    return [row for block in dataset.blocks() for row in block.iter_rows()]
