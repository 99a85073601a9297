"""How often which text occurs in a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.counted import Counted
from sagemaker_monitor.analysis.quality.cells import count_texts

if TYPE_CHECKING:
    import polars as pl


KEPT = 10_000
"""From so many counted texts on, those that are alike are added up."""


class Frequencies:
    """Counts of texts, of which there may be as many as rows."""

    def __init__(self) -> None:
        """Start with no rows."""
        self._counted = Counted("count", KEPT)
        self.rows = 0

    def add(self, texts: pl.Series, counts: pl.DataFrame | None = None) -> None:
        """Count the texts of some more rows, unless their *counts* are known; null is none."""
        self.rows += len(texts)
        self._counted.add(count_texts(texts) if counts is None else counts)

    @property
    def distinct(self) -> int:
        """Return how many different texts there are."""
        return self._counted.rows().height

    def counts(self) -> dict[str, int]:
        """Return the counts by text, the most frequent first."""
        return dict(sorted(self._counted.rows().iter_rows(), key=lambda item: (-item[1], item[0])))
