"""Which columns of a dataset are analysed, and what the baseline requires of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    import polars as pl

    from sagemaker_monitor.analysis.documents.constraints import Constraints


@dataclass(frozen=True)
class Columns:
    """The columns that are analysed, by their places, and the constraints of those, where there are any."""

    names: tuple[str, ...]
    required: Constraints | None
    places: tuple[int, ...]
    all_of_them: bool

    @classmethod
    def of(cls, names: Sequence[str], required: Constraints | None, excluded: Collection[str]) -> Columns:
        """Return the columns called *names* without those *excluded*, by name or index from 0.

        Columns are the baseline's by their position, whatever they are called. What is excluded is left out
        of the baseline too, unless that was calculated without it. Raises AnalysisError for an excluded
        column that is not there.
        """
        aligned = required is not None and len(names) == len(required.features)
        if required is not None and aligned:
            names = tuple(each.name for each in required.features)
        left_out = {_place(each, names) for each in excluded}
        places = tuple(place for place in range(len(names)) if place not in left_out)
        if not places:
            raise AnalysisError(f"exclude_features_attribute leaves none of {len(names)} columns")
        if required is not None and aligned:
            required = replace(required, features=tuple(required.features[place] for place in places))
        names = tuple(names[place] for place in places)
        if required is not None and len(names) == len(required.features):
            names = tuple(each.name for each in required.features)
        return cls(names, required, places, all_of_them=not left_out)

    def of_blocks(self, blocks: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Yield these columns of each block."""
        for block in blocks:
            yield block if self.all_of_them else block[:, list(self.places)]


def _place(column: str, names: Sequence[str]) -> int:
    if column in names:
        return names.index(column)
    if column.isascii() and column.isdigit() and int(column) < len(names):
        return int(column)
    raise AnalysisError(
        f"exclude_features_attribute has {column[:60]!r}, which is no column of the dataset; "
        f"give a name, or an index from 0 to {len(names) - 1}"
    )
