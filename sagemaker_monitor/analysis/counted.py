"""Different rows and how often each came, of more rows than can be held."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


class Counted:
    """Adds up frames of different rows, each with a column of counts, as they come."""

    def __init__(self, counts: str, kept: int, *, in_order: bool = False) -> None:
        """*counts* is the column of counts; beyond *kept* rows those that are alike are added up.

        *in_order*, rows stand as they came first.
        """
        self._counts, self._kept, self._in_order = counts, kept, in_order
        self._parts: list[pl.DataFrame] = []
        self._height, self._most = 0, kept

    def add(self, part: pl.DataFrame) -> None:
        """Take some more rows, which have the columns of all others."""
        self._parts.append(part)
        self._height += part.height
        if self._height > self._most:
            # Twice as many as are left: so each is looked at a few times only, however many there are.
            self._most = max(self._kept, 2 * self.rows().height)

    def rows(self) -> pl.DataFrame:
        """Return the different rows with their counts; without columns when none was added."""
        import polars as pl

        if not self._parts:
            return pl.DataFrame()
        if len(self._parts) > 1:
            every = pl.concat(self._parts)
            alike = every.group_by(pl.exclude(self._counts), maintain_order=self._in_order)
            self._parts = [alike.agg(pl.col(self._counts).sum())]
            self._height = self._parts[0].height
        return self._parts[0]
