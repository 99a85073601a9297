"""What texts of a dataset mean: numbers, probabilities, classes; with an error that names the row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray

MOST_CLASSES = 1000
"""Classes of a confusion matrix; a column with more is no class label."""

_SHOWN = 5
_EXACT = 2.0**53
_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?", re.ASCII)


@dataclass(frozen=True, eq=False)
class Texts:
    """One column of texts, null where missing, and how errors call it."""

    role: str
    attribute: str
    cells: pl.Series

    @property
    def name(self) -> str:
        """Return what errors call the column."""
        return f"{self.role}_attribute {self.attribute!r}"

    def complete(self) -> Texts:
        """Return self; raises AnalysisError for a missing cell: leaving rows out would bias the metrics."""
        cells = self.cells
        missing = cells.is_null() | (cells == "").fill_null(True)
        if count := int(missing.sum()):
            raise AnalysisError(
                f"{self.name}: {count} of {len(cells)} rows have no value, the first is row "
                f"{_first(missing)}; leave these rows out, or fill them in"
            )
        return self

    def numbers(self) -> NDArray[np.float64]:
        """Return the cells as numbers; raises AnalysisError for one that is no finite number."""
        import polars as pl

        found = self.cells.cast(pl.Float64, strict=False)
        if found.null_count():
            found = self.cells.str.strip_chars().cast(pl.Float64, strict=False)
        wrong = ~found.is_finite().fill_null(False)
        if wrong.any():
            raise AnalysisError(f"{self.name}: {self._at(wrong)} is no number")
        return found.to_numpy()

    def probabilities(self) -> NDArray[np.float64]:
        """Return the cells as numbers from 0 to 1; raises AnalysisError for any other."""
        found = self.numbers()
        outside = (found < 0) | (found > 1)
        if outside.any():
            import polars as pl

            raise AnalysisError(
                f"{self.name}: {self._at(pl.Series(outside))} is no probability; it must be from 0 to 1"
            )
        return found

    def most_probable(self) -> pl.Series:
        """Return, for cells that are JSON lists of probabilities, the place of the highest one as a text.

        Raises AnalysisError for other cells, and for lists of different lengths.
        """
        import polars as pl

        try:
            lists = self.cells.str.json_decode(pl.List(pl.Float64))
        except pl.exceptions.PolarsError as error:
            raise AnalysisError(self._no_lists()) from error
        each = lists.list.explode(keep_nulls=True, empty_as_null=True)
        lengths = lists.list.len().unique()
        # A bare number would be read as a list of one.
        if len(lengths) != 1 or lengths[0] < 2 or not each.is_between(0, 1).fill_null(False).all():
            raise AnalysisError(self._no_lists())
        return lists.list.arg_max().cast(pl.String)

    def _no_lists(self) -> str:
        return (
            f"{self.name} has no lists of one probability per class, equally long and from 0 to 1; "
            "set inference_attribute to where the predicted class stands"
        )

    def _at(self, wrong: pl.Series) -> str:
        row = _first(wrong)
        return f"row {row} has {str(self.cells[row - 1])[:40]!r}, which"


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes in order, and for each column the place of every row's class among them."""

    names: tuple[str, ...]
    codes: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, columns: Sequence[pl.Series]) -> Classes:
        """Return the classes of all *columns*; numbers are told by value, so that 1 and 1.0 are one class.

        That holds beside texts too: one odd label must not make every other prediction wrong.
        Raises AnalysisError when there are more than MOST_CLASSES.
        """
        import polars as pl

        distinct = pl.concat([each.unique() for each in columns]).unique().to_list()
        names = _names(distinct)
        ordered = sorted(set(names.values()))
        if all(map(_is_number, ordered)):
            ordered.sort(key=float)
        if len(ordered) > MOST_CLASSES:
            raise AnalysisError(
                f"the ground truth and the predictions have {len(ordered)} different values, too many to be "
                f"classes (at most {MOST_CLASSES}); set problem_type to Regression, or the right attributes"
            )
        place = {name: number for number, name in enumerate(ordered)}
        old, new = list(names), [place[name] for name in names.values()]
        codes = (each.replace_strict(old, new, return_dtype=pl.Int64).to_numpy() for each in columns)
        return cls(tuple(ordered), tuple(codes))

    def matrix(self, rows: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Return how many rows there are by the class of the first column, then by that of the second."""
        first, second = (each if rows is None else each[rows] for each in self.codes)
        size = len(self.names)
        return np.bincount(first * size + second, minlength=size * size).reshape(size, size)


def listed(names: Sequence[str]) -> str:
    """Return a few of *names* for a message."""
    more = ", …" if len(names) > _SHOWN else ""
    return ", ".join(repr(each[:40]) for each in names[:_SHOWN]) + more


def _names(distinct: Sequence[str]) -> dict[str, str]:
    """Return each text's class: a number in one spelling, whatever the other classes are, else the text."""
    return {each: _name(each.strip()) for each in distinct}


def _name(text: str) -> str:
    if not _is_number(text):
        return text
    value = float(text)
    return str(int(value)) if value.is_integer() else repr(value)


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and abs(float(text)) < _EXACT


def _first(marked: pl.Series) -> int:
    place = marked.arg_max()
    return 1 if place is None else place + 1
