"""Which rows a check was computed on: facet membership, observed and predicted outcome of each.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator

import numpy as np

from sagemaker_monitor.analysis.decision.outcomes import READERS, OutcomeError
from sagemaker_monitor.analysis.decision.scored import Scored
from sagemaker_monitor.analysis.decision.spec import BINARY, Facet, Spec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.decision.measured import Measured

    Flags = NDArray[np.bool_]


SCORED_HEADER = ["prediction", "label"]
"""First row of scored/; data joined by earlier versions has none."""


EXACT = 2.0**53
"""Whole numbers from here on are not told apart by a double."""


class SampleError(ValueError):
    """Rows that cannot be read as the specification describes them."""


@dataclass(frozen=True)
class Sample:
    """Scored rows: *inside* has shape (facets, rows), the others (rows,).

    *group* is the value of the group variable, empty where it is absent; None without such a variable.
    *scored* are the same rows as model quality sees them; None where labels cannot be what the problem
    type says, *unscored* says which cannot. Only of a binary classifier is any outcome favourable.
    """

    inside: Flags
    observed: Flags
    predicted: Flags
    group: NDArray[np.str_] | None = None
    scored: Measured | None = None
    unscored: str | None = None

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return int(self.observed.shape[0])

    def counts(self, facet: int) -> tuple[int, int, int, int]:
        """Return rows and favourable rows inside the facet, then outside."""
        inside = self.inside[facet]
        return (
            int(inside.sum()),
            int((inside & self.observed).sum()),
            int((~inside).sum()),
            int((~inside & self.observed).sum()),
        )


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def equal(cell: str, value: float | str) -> bool:
    """Return whether a CSV cell is *value*: as numbers where both are, as text otherwise.

    Identifiers that a double cannot tell apart are texts.
    """
    number = _as_number(cell)
    wanted = _as_number(value) if isinstance(value, str) else float(value)
    if number is not None and wanted is not None and abs(wanted) < EXACT:
        return number == wanted
    return cell.strip() == str(value)


def _canonical(cell: str) -> str:
    """Return one text for equal values of a group: 1 and 1.0 are the same group."""
    number = _as_number(cell)
    return cell.strip() if number is None or abs(number) >= EXACT else repr(number)


def _is_inside(facet: Facet, cell: str) -> bool:
    if facet.threshold is None:
        return any(equal(cell, value) for value in facet.values)
    number = _as_number(cell) if cell.strip() else float("nan")
    if number is None:
        raise SampleError(
            f"facet {facet.name!r} has a threshold, but its column holds text; give values instead"
        )
    return number > facet.threshold


def _rows(folder: Path) -> Iterator[list[str]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    for path in files:
        with path.open(newline="", encoding="utf-8") as stream:
            yield from (row for row in csv.reader(stream) if row and row != SCORED_HEADER)


class _Memo(dict):  # type: ignore[type-arg]
    """Answers of a function of one cell, computed once per distinct text: columns repeat few values."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def __missing__(self, cell: str) -> bool:
        answer = bool(self.function(cell))
        if len(self) < 100_000:
            self[cell] = answer
        return answer


def read_sample(labelled: Path, scored: Path, spec: Spec) -> Sample:
    """Return the rows below *labelled* (features, facet columns, label) with the predictions of *scored*.

    Raise SampleError where the two do not belong together or a cell cannot be what it must be.
    """
    header = (*spec.columns.features, *spec.columns.facet_columns, spec.columns.label)
    unknown = [
        name for name in (*[f.name for f in spec.facets], spec.group_variable) if name and name not in header
    ]
    if unknown:
        raise SampleError(f"{', '.join(map(repr, unknown))} is no column of the data")
    pairs = _pairs(labelled, scored, len(header))
    if spec.problem_type != BINARY:
        return _without_people(spec.problem_type, pairs)
    threshold, good_label = (
        float(spec.threshold or 0.0),
        spec.favourable if spec.favourable is not None else 1,
    )
    facets = [
        (header.index(facet.name), _Memo(lambda cell, f=facet: _is_inside(f, cell))) for facet in spec.facets
    ]
    group = header.index(spec.group_variable) if spec.group_variable else None
    favourable = _Memo(lambda cell: equal(cell, good_label))
    # The model's answer is the probability of 1, which is not the good outcome everywhere.
    positive_is_good = not equal("0", good_label)
    observed = _Observed()
    table, groups, scores = [], [], []
    for number, (row, score) in enumerate(pairs, 1):
        prediction = _as_number(score[0])
        if prediction is None or not math.isfinite(prediction):
            raise SampleError(f"scored/: the prediction of row {number} is no number")
        good = (prediction > threshold) == positive_is_good
        table.append((*(inside[row[at]] for at, inside in facets), favourable[row[-1]], good))
        scores.append(prediction)
        observed.add(score[1])
        if group is not None:
            groups.append(_canonical(row[group]))
    flags = np.array(table, dtype=bool).reshape(len(table), len(facets) + 2).T
    return Sample(
        inside=flags[:-2],
        observed=flags[-2],
        predicted=flags[-1],
        group=np.array(groups) if group is not None else None,
        scored=observed.scored(np.array(scores, dtype=np.float64), threshold),
        unscored=observed.unknown,
    )


def _pairs(labelled: Path, scored: Path, width: int) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the rows of both folders, which belong together; those of *labelled* have *width* cells."""
    for number, (row, score) in enumerate(zip_longest(_rows(labelled), _rows(scored)), 1):
        if row is None or score is None:
            raise SampleError(f"labelled/ and scored/ have different numbers of rows, from row {number} on")
        if len(row) != width or len(score) != 2:
            raise SampleError(f"row {number} has {len(row)} and {len(score)} cells; expected {width} and 2")
        yield row, score


def _without_people(problem_type: str, pairs: Iterator[tuple[list[str], list[str]]]) -> Sample:
    """Return rows of which only model quality is told: no outcome is favourable, and so nobody is watched."""
    predictions, labels = [], []
    for _, (prediction, label) in pairs:
        predictions.append(prediction)
        labels.append(label)
    nobody = np.zeros(len(labels), dtype=bool)
    inside = np.zeros((0, len(labels)), dtype=bool)
    try:
        return Sample(inside, nobody, nobody, scored=READERS[problem_type](predictions, labels))
    except OutcomeError as error:
        return Sample(inside, nobody, nobody, unscored=str(error))


class _Observed:
    """The labels of scored/ as classes, 1 being the positive one."""

    def __init__(self) -> None:
        self.positive: list[bool] = []
        self.unknown: str | None = None
        self.is_one = _Memo(lambda cell: equal(cell, 1))
        self.is_zero = _Memo(lambda cell: equal(cell, 0))

    def add(self, cell: str) -> None:
        """Take in the label of the next row."""
        one = self.is_one[cell]
        self.positive.append(one)
        if not one and self.unknown is None and not self.is_zero[cell]:
            self.unknown = f"row {len(self.positive)} has the label {cell[:40]!r}, which is neither 0 nor 1"

    def scored(self, scores: NDArray[np.float64], threshold: float) -> Scored | None:
        """Return the rows with their *scores*; None where a label is no class."""
        if self.unknown is not None:
            return None
        return Scored(np.array(self.positive, dtype=bool), scores > threshold, scores)
