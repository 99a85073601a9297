"""The metrics of several classes from counts of rows by observed and predicted class, for many samples.

Definitions are those of SageMaker's analyzer: a class counts as much as it has rows, and one that is
never predicted has precision 0. Rows of one cell are alike, so samples are drawn as counts of cells.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, Iterable, Mapping, Optional, Sequence, Tuple

import numpy as np

from sagemaker_monitor.analysis.decision import splits
from sagemaker_monitor.analysis.decision.measured import f_score, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.decision.measured import Counts, Metrics, Splits

    Array = NDArray[np.float64]
    Codes = NDArray[np.int64]

METRICS = (
    *("accuracy", "weighted_recall", "weighted_precision"),
    *("weighted_f0_5", "weighted_f1", "weighted_f2"),
)
BETAS = {"weighted_f0_5": 0.5, "weighted_f1": 1.0, "weighted_f2": 2.0}
CHUNK = 2_000_000
"""Cells that are counted together; which counts are drawn depends on it."""
_EXACT = 2.0**53
_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?", re.ASCII)


@dataclass(frozen=True, eq=False)
class Confusion:
    """The cells that have rows: observed and predicted class, by their place in *names*, and how many.

    *observed*, *predicted* and *number* have shape (cells,).
    """

    names: Tuple[str, ...]
    observed: Codes
    predicted: Codes
    number: Codes

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return int(self.number.sum())

    @property
    def units(self) -> Mapping[str, float]:
        """Return nothing: every metric is a share."""
        return {}

    def counts(self) -> Optional[Counts]:
        """Return the rows by observed and predicted class."""
        cells = zip(self.observed.tolist(), self.predicted.tolist(), self.number.tolist())
        return {(self.names[one], self.names[other]): count for one, other, count in cells}

    def rows_by_class(self) -> Dict[str, int]:
        """Return how many rows were observed as each class, those without any left out."""
        found: Dict[str, int] = {}
        for (name, _), count in (self.counts() or {}).items():
            if count:
                found[name] = found.get(name, 0) + count
        return found

    def whole(self) -> Metrics:
        """Return each metric of all rows, shape (1,)."""
        return self.metrics(self.number[None, :].astype(np.float64))

    def metrics(self, weights: Array) -> Metrics:
        """Return each metric of each sample; *weights*, (samples, cells), is its rows by cell."""
        right = np.where(self.observed == self.predicted, weights, 0.0)
        actual, hits = self._by(self.observed, weights), self._by(self.observed, right)
        recall, precision = share(hits, actual), share(hits, self._by(self.predicted, weights))
        rows = actual.sum(axis=-1)

        def weighted(values: Array) -> Array:
            return share((values * actual).sum(axis=-1), rows)

        return {
            "accuracy": share(hits.sum(axis=-1), rows),
            "weighted_recall": weighted(recall),
            "weighted_precision": weighted(precision),
            **{name: weighted(f_score(precision, recall, beta)) for name, beta in BETAS.items()},
        }

    def _by(self, classes: Codes, weights: Array) -> Array:
        """Return how many rows each sample has of each of *classes*: (samples, classes)."""
        size = len(self.names)
        place = classes + size * np.arange(len(weights))[:, None]
        found: Array = np.bincount(  # type: ignore[assignment]
            place.ravel(), weights=weights.ravel(), minlength=size * len(weights)
        )
        return found.reshape(len(weights), size)

    def splits(self, batch: Confusion, total: Optional[int], false_refusals: float, seed: int) -> Splits:
        """Yield the metrics of both sides of the true split from *batch*, then of random ones."""
        cells, before, now = _together(self, batch)
        rows, alike = int((before + now).sum()), splits.are_alike(before + now)
        total = total or splits.total(len(now) if alike else rows, false_refusals)
        pool, draw = (before + now).astype(np.float64), splits.of_counts if alike else splits.of_rows
        for drawn in draw(before, now, total - 1, seed, chunk=self._chunk(len(now))):
            yield cells.metrics(pool - drawn), cells.metrics(drawn)

    def honest(self, rows: int, repeats: int, random: np.random.RandomState) -> Metrics:
        """Return the metrics of *repeats* samples of *rows*, drawn with replacement: (repeats,)."""
        size = self._chunk(len(self.number))
        parts = [
            self.metrics(splits.samples_of_counts(random, self.number, rows, min(size, repeats - start)))
            for start in range(0, repeats, size)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _chunk(self, cells: int) -> int:
        """Return how many samples are counted together."""
        return max(1, min(1_000, CHUNK // max(cells, len(self.names))))


def confusion(observed: Sequence[str], predicted: Sequence[str]) -> Confusion:
    """Return the counts of rows whose classes are texts, numbers by value."""
    spelled = {each: _class(each.strip()) for each in {*observed, *predicted}}
    cells: Dict[Tuple[str, str], int] = {}
    for pair in zip(observed, predicted):
        cells[pair] = cells.get(pair, 0) + 1
    counted: Dict[Tuple[str, str], int] = {}
    for (one, other), count in cells.items():
        key = spelled[one], spelled[other]
        counted[key] = counted.get(key, 0) + count
    return _of_counts(counted, counted)[0]


def _of_counts(keys: Iterable[Tuple[str, str]], *counts: Counts) -> Tuple[Confusion, ...]:
    """Return, for each of *counts*, its numbers of the cells *keys*, which all share."""
    cells = sorted(set(keys))
    names = tuple(sorted({name for cell in cells for name in cell}))
    place = {name: number for number, name in enumerate(names)}
    observed, predicted = (np.array([place[cell[side]] for cell in cells], dtype=np.int64) for side in (0, 1))
    return tuple(
        Confusion(names, observed, predicted, np.array([each.get(cell, 0) for cell in cells], dtype=np.int64))
        for each in counts
    )


def _together(one: Confusion, other: Confusion) -> Tuple[Confusion, Codes, Codes]:
    """Return the cells that either has, and how many rows each has of them."""
    first, second = one.counts() or {}, other.counts() or {}
    before, now = _of_counts([*first, *second], first, second)
    return before, before.number, now.number


def _class(text: str) -> str:
    """Return the class of *text* as the analyzer tells it: 1 and 1.0 are one, also beside texts."""
    if not _NUMBER.fullmatch(text) or abs(float(text)) >= _EXACT:
        return text
    value = float(text)
    return str(int(value)) if value.is_integer() else repr(value)
