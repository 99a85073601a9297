"""How often which text occurs in a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.quality.cells import count_texts

if TYPE_CHECKING:
    import polars as pl


KEPT = 10_000
"""From so many counted texts on, those that are alike are added up."""


class Frequencies:
    """Counts of texts, of which there may be as many as rows."""

    def __init__(self) -> None:
        """Start with no rows."""
        self._parts: list[pl.DataFrame] = []
        self._height, self._most = 0, KEPT
        self.rows = 0

    def add(self, texts: pl.Series, counts: pl.DataFrame | None = None) -> None:
        """Count the texts of some more rows, unless their *counts* are known; null is none."""
        self.rows += len(texts)
        self._parts.append(count_texts(texts) if counts is None else counts)
        self._height += self._parts[-1].height
        if self._height > self._most:
            # Twice as many as are left: so each is looked at a few times only, however many there are.
            self._most = max(KEPT, 2 * self._added_up().height)

    @property
    def distinct(self) -> int:
        """Return how many different texts there are."""
        return self._added_up().height

    def counts(self) -> dict[str, int]:
        """Return the counts by text, the most frequent first."""
        return dict(sorted(self._added_up().iter_rows(), key=lambda item: (-item[1], item[0])))

    def _added_up(self) -> pl.DataFrame:
        import polars as pl

        if len(self._parts) != 1:
            empty = pl.DataFrame(schema={"text": pl.String, "count": pl.get_index_type()})
            counted = pl.concat([empty, *self._parts]).group_by("text").agg(pl.col("count").sum())
            self._parts, self._height = [counted], counted.height
        return self._parts[0]
