"""How likely a batch crosses the limits of drift when a feature's distribution has moved by a distance.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Dict, Iterator, List

import numpy as np

from sagemaker_monitor.analysis.decision import drift as distances
from sagemaker_monitor.analysis.decision import rules
from sagemaker_monitor.analysis.decision.drift import Feature, encode
from sagemaker_monitor.analysis.decision.drift_limits import DRIFT, ROBUST_FACTOR, ROBUST_THRESHOLD, subject
from sagemaker_monitor.analysis.decision.power import Effort, told
from sagemaker_monitor.analysis.decision.shifts import UnreachableError, tilted, typical
from sagemaker_monitor.analysis.decision.spec import DATA_QUALITY, Rule, Spec
from sagemaker_monitor.analysis.decision.table import Table, kept_rows
from sagemaker_monitor.analysis.documents.verdict import NOISE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

WORK = 300_000_000
"""Values that are looked at for one answer; about two seconds."""
FEWEST_BATCHES = 200
CHUNK = 4_000_000


class DriftPower:
    """The limits of drift that a policy sets for any number of rows beside one baseline."""

    monitor = DATA_QUALITY

    def __init__(self, spec: Spec, baseline: Table) -> None:
        """Rank the values of each feature of the baseline's rows."""
        self.spec, self.rows = spec, baseline.kept
        # In a random order, the same every time: files may be sorted.
        self.order = np.random.RandomState(distances.SEED).permutation(baseline.kept)
        self.table = _rows(baseline, self.order)
        self.most_rows = kept_rows(len(baseline.names))
        self.features: Dict[str, Feature] = {}
        self.left_out: Dict[str, str] = {}
        for name, column in zip(self.table.names, self.table.columns):
            found = encode(name, (column, ()))
            if isinstance(found, Feature):
                self.features[subject(DRIFT, name)] = found
            else:
                self.left_out[subject(DRIFT, name)] = found.why
        self.judged: Dict[str, Rule] = {}
        for name in self.features:
            rule = rules.rule_for(spec, name)
            if rule is not None and rule.action in ("fail", "warn"):
                self.judged[name] = rule
        self.names = tuple(self.features)

    def value(self, name: str) -> float:
        """Return 0, which is the distance of the baseline from itself."""
        del name
        return 0.0

    def caught(self, name: str, by: float, rows: int, effort: Effort) -> float:
        """Return how often batches of *rows* cross limits when the distribution of *name* has moved by the
        distance *by*, whole rows with it. Raises UnreachableError.
        """
        rows = min(rows, self.most_rows)
        weights = self.shifted(self.features[name], by)
        asked = [n for n, rule in self.judged.items() if rule.action == "fail" or n == name]
        limits = self._limits(asked, weights, rows, effort)
        refused: List[NDArray[np.bool_]] = []
        own: List[NDArray[np.bool_]] = []
        batches = max(FEWEST_BATCHES, min(effort.batches, WORK // max(1, len(asked) * max(rows, self.rows))))
        random = np.random.RandomState(effort.seed)
        for chosen in _draws(random, weights, rows, batches):
            crossed = {n: self._distances(self.features[n], chosen) > limits[n] + NOISE for n in asked}
            fails = [crossed[n] for n in asked if self.judged[n].action == "fail"]
            refused.append(np.any(fails, axis=0) if fails else np.zeros(len(chosen), dtype=bool))
            own.append(crossed.get(name, np.zeros(len(chosen), dtype=bool)))
        return told(self.judged.get(name), np.concatenate(own), np.concatenate(refused))

    def shifted(self, feature: Feature, by: float) -> Array:
        """Return weights of rows in which the distance is *by*, at the middle, where it is hardest to see.

        Raises UnreachableError.
        """
        if not 0 < by < 1:
            raise UnreachableError("a distance lies between 0 and 1")
        shares = feature.counts / feature.present
        below = np.cumsum(shares)[:-1] if feature.numeric else shares
        if not len(below):
            raise UnreachableError("the baseline has one value of it alone")
        # Towards whichever side has room; higher values where both have.
        sides = [
            (abs(share - 0.5), sign, place)
            for place, share in enumerate(below)
            for sign in (-1, 1)
            if 0 < share + sign * by < 1
        ]
        if not sides:
            raise UnreachableError("no value of the baseline has rows enough to move so far")
        _, sign, place = min(sides)
        marked = feature.codes <= place if feature.numeric else feature.codes == place
        present = feature.codes < len(feature.counts)
        weights = np.ones(len(feature.codes))
        influence = (marked & present).astype(np.float64)

        def value(found: Array) -> float:
            return float(found[marked & present].sum() / found[present].sum())

        target = float(below[place]) + sign * by
        return tilted(weights, influence, present.astype(np.int64), value, target)

    def taken(self, counts: NDArray[np.int64]) -> Table:
        """Return a batch with each row of the baseline as often as *counts* says."""
        return _rows(self.table, np.repeat(np.arange(len(counts)), counts))

    def _limits(self, asked: List[str], weights: Array, rows: int, effort: Effort) -> Dict[str, float]:
        limits = {n: self._fixed(n, rows) for n in asked if self.judged[n].kind != "calibrated"}
        batch, found = self.taken(typical(weights, rows)), None
        for action in ("fail", "warn"):
            members = [
                n for n, rule in self.judged.items() if (rule.kind, rule.action) == ("calibrated", action)
            ]
            if any(n in asked for n in members):
                found = found or distances.drift(
                    self.table, batch, self.spec.false_refusals, splits=max(500, effort.splits // 5)
                )
                plain = {n: self.features[n].name for n in members if self.features[n].name in found.features}
                highs = found.expected_limits(list(plain.values()), self.spec.false_refusals)
                limits.update((n, highs[feature]) for n, feature in plain.items() if n in asked)
        return limits

    def _fixed(self, name: str, rows: int) -> float:
        rule = self.judged[name]
        if rule.kind == "maximum" and rule.maximum is not None:
            return rule.maximum
        if rule.kind == "aws":
            return ROBUST_THRESHOLD + ROBUST_FACTOR * math.sqrt(1 / rows + 1 / self.features[name].present)
        return math.inf

    def _distances(self, feature: Feature, chosen: NDArray[np.int64]) -> Array:
        """Return the distance of each of the *chosen* batches, (batches, rows), from the baseline."""
        size, pool = len(feature.counts), feature.counts / feature.present
        codes = feature.codes[chosen]
        flat = codes + np.arange(len(chosen), dtype=np.int64)[:, None] * (size + 1)
        counts = np.bincount(flat.ravel(), minlength=len(chosen) * (size + 1)).reshape(-1, size + 1)[:, :size]
        inside = np.maximum(counts.sum(axis=1), 1)[:, None]
        shares = counts / inside
        if feature.numeric:
            shares, pool = np.cumsum(shares, axis=1), np.cumsum(pool)
        found: Array = np.abs(shares - pool).max(axis=1)
        return found


def _draws(
    random: np.random.RandomState, weights: Array, rows: int, batches: int
) -> Iterator[NDArray[np.int64]]:
    """Yield which rows are in each batch, drawn with replacement by *weights*: (batches, rows)."""
    edges = np.cumsum(weights) / weights.sum()
    size = max(1, CHUNK // max(rows, len(weights)))
    for start in range(0, batches, size):
        drawn = random.random_sample((min(size, batches - start), rows))
        yield np.minimum(np.searchsorted(edges, drawn, side="right"), len(weights) - 1)


def _rows(table: Table, places: NDArray[np.int64]) -> Table:
    columns = tuple(tuple(np.array(column, dtype=object)[places].tolist()) for column in table.columns)
    return Table(table.names, columns, len(places))
