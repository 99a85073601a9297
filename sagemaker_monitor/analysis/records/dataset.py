"""What every dataset is, whatever its files are: named columns, and blocks of rows of text cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import polars as pl

NO_DATA = "Job inputs had no data"

_MANIFEST = re.compile(rb'\s*\[\s*\{\s*"prefix"\s*:\s*"s3://')

BLOCK = 4 << 20
BLOCK_PER_COLUMN = 16 << 10
"""Bytes read at a time, more with many columns: of each, a block should have some thousand cells."""


class Dataset(Protocol):
    """Rows of text cells. Reading raises AnalysisError for files that are not what they should be."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names; raises AnalysisError when there is no row."""
        ...

    @property
    def doubt(self) -> str | None:
        """Why the format may be another one than was said."""
        ...

    def blocks(self) -> Iterator[pl.DataFrame]:
        """Yield blocks of rows in the files' order, all columns text; null is a missing value.

        Columns are called by their position: "0", "1", …
        """
        ...


def ahead(blocks: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield *blocks*, the next of which is read while one is worked on."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, blocks, None)
        while (block := following.result()) is not None:
            following = thread.submit(next, blocks, None)
            yield block


def refuse_manifests(files: Sequence[Path]) -> None:
    """Raise AnalysisError for the manifest of a transform's capture: it lists data, and is none."""
    for file in files:
        if file.suffix != ".json":
            continue
        with file.open("rb") as source:
            head = source.read(64)
        if _MANIFEST.match(head):
            raise AnalysisError(
                f"{file.name!r} is a capture manifest, which lists data and is none; "
                "give it as an input whose S3DataType is ManifestFile, and the objects that it lists are read"
            )


def files_of(source: Path) -> Sequence[Path]:
    """Return the files below *source* in the order of their paths, or *source* if it is a file.

    Names that begin with an underscore or a dot are markers, not data, as they are to Spark.
    """
    if source.is_file():
        return [source]
    return sorted(each for each in source.rglob("*") if each.is_file() and each.name[0] not in "_.")
