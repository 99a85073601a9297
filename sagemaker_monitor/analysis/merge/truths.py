"""Ground truth of a window by inference id."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.documents.ground_truth import GroundTruthRecord
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.lines import blocks_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import polars as pl
    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.records.lines import Block

ID, TRUTH = "id", "truth"


@dataclass(frozen=True)
class Truths:
    """Labels by inference id: *texts* has the JSON text of groundTruthData.

    They are sorted by *hashes* of their ids, which all differ under the *seed*: so they are found in blocks
    of records as many times as there are blocks without being looked at all each time.
    """

    ids: pl.Series
    texts: pl.Series
    hashes: NDArray[np.uint64]
    seed: int

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Truths:
        """Return the labels of *frame*, columns *id* and *truth*; of those with one id the first counts."""
        for seed in count():
            hashes = frame[ID].hash(seed).to_numpy()
            order = np.argsort(hashes, kind="stable")
            hashes = hashes[order]
            again = np.append(False, hashes[1:] == hashes[:-1])[: len(hashes)]
            if (frame[ID][order[again]] == frame[ID][order[np.roll(again, -1)]]).all():
                kept = order[~again]
                return cls(frame[ID][kept], frame[TRUTH][kept], hashes[~again], seed)
        raise AssertionError

    def __len__(self) -> int:
        return len(self.ids)

    def joined(self, records: pl.DataFrame) -> pl.DataFrame:
        """Return those of *records*, in their order, whose *id* has a label, with a column *truth*."""
        import polars as pl

        if not len(self):
            return records.clear().with_columns(pl.lit("").alias(TRUTH))
        asked = records[ID]
        hashes = asked.hash(self.seed).to_numpy()
        places = np.searchsorted(self.hashes, hashes).clip(max=len(self) - 1)
        there = pl.Series(self.hashes[places] == hashes) & (self.ids[places] == asked)
        return records.with_columns(self.texts[places].alias(TRUTH)).filter(there)


def truths_of(files: Sequence[Path]) -> Truths:
    """Return the labels of *files* by id.

    An id that comes twice counts once, the first time: the same file may lie under two hours. Raises
    AnalysisError that names the line which is no ground truth record.
    """
    import polars as pl

    frames = [_truths(block) for block in blocks_of(files)]
    empty = pl.DataFrame(schema={ID: pl.String, TRUTH: pl.String})
    return Truths.of(pl.concat([empty, *frames]))


def _truths(block: Block) -> pl.DataFrame:
    import polars as pl

    schema = {
        "groundTruthData": pl.Struct({"data": pl.String, "encoding": pl.String}),
        "eventMetadata": pl.Struct({"eventId": pl.String}),
    }
    try:
        frame = pl.read_ndjson(block.content, schema=schema)
    except pl.exceptions.PolarsError as error:
        _find_fault(block)
        raise AnalysisError(
            f"ground truth cannot be read near {block.place(0)[:-1]}: {error!s:.100}"
        ) from error
    found = frame.select(
        pl.col("eventMetadata").struct.field("eventId").str.strip_chars().alias(ID),
        pl.col("groundTruthData").struct.json_encode().alias(TRUTH),
        pl.col("groundTruthData").struct.field("data").is_null().alias("unlabelled"),
        pl.col("groundTruthData").struct.field("encoding").is_in(["CSV", "JSON"]).alias("known"),
    )
    wrong = found.filter(
        pl.col(ID).is_null() | (pl.col(ID) == "") | pl.col("unlabelled") | ~pl.col("known").fill_null(False)
    )
    if wrong.height:
        _find_fault(block)
    return found.select(ID, TRUTH)


def _find_fault(block: Block) -> None:
    """Raise AnalysisError for the first line of a block that is no ground truth record."""
    for number, line in enumerate(block.content.split(b"\n")):
        if not line.strip():
            continue
        try:
            GroundTruthRecord.from_json(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise AnalysisError(f"{block.place(number)} of the ground truth is not UTF-8 text") from error
        except DocumentError as error:
            raise AnalysisError(f"{block.place(number)} is no ground truth record: {error}") from error
