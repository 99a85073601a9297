"""How likely a batch crosses the limits of bias when a metric has moved by a declared amount.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Dict, List, Tuple

import numpy as np

from sagemaker_monitor.analysis.bias.metrics import METRICS, NEUTRAL, PRE_TRAINING
from sagemaker_monitor.analysis.decision import calibration, rules
from sagemaker_monitor.analysis.decision.power import Effort, told
from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.shifts import UnreachableError, tilted, typical
from sagemaker_monitor.analysis.decision.spec import BIAS, Rule, Spec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Pair = Tuple[str, int]

STEP = 1e-4
"""Share of all rows that a kind gets more of, to see what it does to a metric."""
MOST_KINDS = 1_500
"""Distinct rows above which the influence of each takes too long; groups make so many."""


class BiasPower:
    """The bias limits that a policy sets for any number of rows beside one baseline."""

    monitor = BIAS
    most_rows = 1_000_000

    def __init__(self, spec: Spec, baseline: Sample, *, predicted: bool = True) -> None:
        """Take the baseline's rows apart into kinds; without *predicted* labels only observed ones count."""
        self.spec = spec
        self.names_of_groups = _groups(baseline)
        grouped = self.names_of_groups is not None
        seen = calibration.patterns(baseline, baseline, grouped=grouped)
        self.seen, self.rows = seen, baseline.rows
        self.weights = seen.baseline.astype(np.float64)
        pairs = [
            (metric, facet)
            for metric in METRICS
            for facet in range(len(spec.facets))
            if (grouped or not METRICS[metric].grouped)
            and (predicted or METRICS[metric].stage == PRE_TRAINING)
        ]
        values = seen.values(self.weights, pairs) if pairs else np.zeros(0)
        self.base: Dict[Pair, float] = {p: float(v) for p, v in zip(pairs, values) if np.isfinite(v)}
        self.judged: Dict[Pair, Rule] = {}
        for pair in self.base:
            rule = rules.rule_for(spec, self._name(pair))
            if rule is not None and rule.action in ("fail", "warn"):
                self.judged[pair] = rule
        self.pairs = {self._name(pair): pair for pair in self.base}
        self.names = tuple(self.pairs)

    def _name(self, pair: Pair) -> str:
        return rules.subject(BIAS, pair[0], self.spec.facets[pair[1]].name)

    def value(self, name: str) -> float:
        """Return the baseline's value."""
        return self.base[self.pairs[name]]

    def caught(self, name: str, by: float, rows: int, effort: Effort) -> float:
        """Return how often batches of *rows* cross limits when *name* has moved by *by* among the facet's
        people, whose share stays. Raises UnreachableError.
        """
        pair = self.pairs[name]
        shares = self.shifted(pair, by)
        seen = replace(self.seen, batch=typical(shares, rows))
        limits = self._limits(seen, pair, effort)
        random = np.random.RandomState(effort.seed)
        pairs = list(limits)
        crossed = np.zeros((effort.batches, len(pairs)), dtype=bool)
        for start in range(0, effort.batches, calibration.CHUNK):
            size = min(calibration.CHUNK, effort.batches - start)
            drawn = random.multinomial(rows, shares / shares.sum(), size).astype(np.float64)
            values = self.seen.values(drawn, pairs)
            for at, each in enumerate(pairs):
                low, high = limits[each]
                crossed[start : start + size, at] = rules.crossed(values[:, at], low, high)
        fails = [at for at, each in enumerate(pairs) if self.judged[each].action == "fail"]
        own = crossed[:, pairs.index(pair)] if pair in limits else np.zeros(effort.batches, dtype=bool)
        return told(self.judged.get(pair), own, np.any(crossed[:, fails], axis=1, keepdims=True)[:, 0])

    def shifted(self, pair: Pair, by: float) -> Array:
        """Return weights of the kinds of rows by which *pair* has moved by *by*. Raises UnreachableError."""
        kinds = len(self.weights)
        if kinds > MOST_KINDS:
            raise UnreachableError(
                f"the group variable makes {kinds} kinds of rows; up to {MOST_KINDS} are tried"
            )

        def value(weights: Array) -> float:
            return float(self.seen.values(weights, [pair])[0])

        step = STEP * self.weights.sum()
        more = self.weights + step * np.eye(kinds)
        influence = (self.seen.values(more, [pair])[:, 0] - self.base[pair]) / step
        inside = self.seen.inside[pair[1]].astype(np.int64)
        influence = np.where(np.isfinite(influence), influence, 0.0)
        target = self.base[pair] + by
        # What the facet's people get changes; who and how many they are does not, unless that is the metric.
        if pair[0] == "CI":
            return tilted(self.weights, influence, np.zeros(kinds, dtype=np.int64), value, target)
        return tilted(self.weights, np.where(inside == 1, influence, 0.0), inside, value, target)

    def _limits(
        self, seen: calibration.Patterns, pair: Pair, effort: Effort
    ) -> Dict[Pair, Tuple[Array, Array]]:
        """Return lowest and highest values of what refuses, and of *pair*, beside a typical batch."""
        families: Dict[str, List[Pair]] = {
            action: [
                p for p, rule in self.judged.items() if (rule.kind, rule.action) == ("calibrated", action)
            ]
            for action in ("fail", "warn")
        }
        asked = [each for each, rule in self.judged.items() if rule.action == "fail" or each == pair]
        offsets: Dict[Pair, rules.Offsets] = {}
        for members in families.values():
            if members and any(each in asked for each in members):
                chance = calibration.chance(seen, members, splits=effort.splits)
                offsets.update(chance.offsets(members, self.spec.false_refusals).offsets)
        return {
            each: rules.bounds(
                self.judged[each], np.asarray(self.base[each]), NEUTRAL[each[0]], offsets.get(each)
            )
            for each in asked
        }


def _groups(sample: Sample) -> NDArray[np.str_] | None:
    """Return the group variable's values by their place, the last standing for none.

    None without such a variable, and where it has more values than metrics by group are calibrated for.
    """
    if sample.group is None:
        return None
    values = np.unique(sample.group)
    return np.append(values, "") if len(values) <= calibration.MAX_GROUPS else None
