"""How often which text occurs in a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.quality.cells import count_texts

if TYPE_CHECKING:
    import polars as pl


class Frequencies:
    """Counts of texts, of which there may be as many as rows."""

    def __init__(self) -> None:
        """Start with no rows."""
        self._counts: pl.DataFrame | None = None
        self.rows = 0

    def add(self, texts: pl.Series, counts: pl.DataFrame | None = None) -> None:
        """Count the texts of some more rows, unless their *counts* are known; null is none."""
        import polars as pl

        self.rows += len(texts)
        new = count_texts(texts) if counts is None else counts
        if self._counts is not None:
            new = pl.concat([self._counts, new]).group_by("text").agg(pl.col("count").sum())
        self._counts = new

    @property
    def distinct(self) -> int:
        """Return how many different texts there are."""
        return 0 if self._counts is None else self._counts.height

    def counts(self) -> dict[str, int]:
        """Return the counts by text, the most frequent first."""
        found = [] if self._counts is None else list(self._counts.iter_rows())
        return dict(sorted(found, key=lambda item: (-item[1], item[0])))
