"""How likely a batch crosses the limits of model quality when a metric has moved by a declared amount.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Dict

import numpy as np

from sagemaker_monitor.analysis.decision import model_chance, rules, splits
from sagemaker_monitor.analysis.decision.confusion import Confusion
from sagemaker_monitor.analysis.decision.measured import thinned
from sagemaker_monitor.analysis.decision.model_limits import METRICS, Subject, fixed_limit
from sagemaker_monitor.analysis.decision.power import Effort, told
from sagemaker_monitor.analysis.decision.residuals import Residuals
from sagemaker_monitor.analysis.decision.scored import Scored
from sagemaker_monitor.analysis.decision.shifts import UnreachableError, tilted, typical
from sagemaker_monitor.analysis.decision.spec import MODEL_QUALITY, Spec
from sagemaker_monitor.analysis.documents.model_constraints import GREATER, SUGGESTED
from sagemaker_monitor.analysis.documents.verdict import HIGHER, LOWER, NOISE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Codes = NDArray[np.int64]

STEP = 1e-6
MOST_ROWS, ENOUGH = 50_000, 20
WORK = 60_000_000
"""Rows that may be put into one sample or the other, for one answer."""
FEWEST_SPLITS = 500


class ModelPower:
    """The limits of model quality that a policy sets for any number of rows beside one baseline."""

    monitor = MODEL_QUALITY

    def __init__(self, spec: Spec, baseline: Any) -> None:
        """Measure the baseline's rows, *baseline* being what model quality sees of them."""
        baseline = thinned(baseline)
        self.spec, self.rows = spec, baseline.rows
        # Beyond that it is the baseline's own scatter that hides a shift.
        self.most_rows = min(MOST_ROWS, ENOUGH * baseline.rows)
        self.order = _order(baseline)
        self.measured = baseline if self.order is None else baseline.at(self.order)
        self.weights = _weights(self.measured)
        known = {name: float(value[0]) for name, value in baseline.whole().items()}
        self.subjects: Dict[str, Subject] = {
            f"{MODEL_QUALITY}/{name}": Subject(
                metric=name,
                worse=HIGHER if operator == GREATER else LOWER,
                rule=rules.rule_for(spec, f"{MODEL_QUALITY}/{name}"),
                value=known[name],
                base=known[name],
                threshold=known[name],
                compared=True,
            )
            for name, operator in SUGGESTED[spec.problem_type].items()
            if name in METRICS and math.isfinite(known.get(name, math.nan))
        }
        self.judged = {name: each for name, each in self.subjects.items() if each.action in ("fail", "warn")}
        self.names = tuple(self.subjects)

    def value(self, name: str) -> float:
        """Return the baseline's value."""
        return float(self.subjects[name].base or 0.0)

    def caught(self, name: str, by: float, rows: int, effort: Effort) -> float:
        """Return how often batches of *rows* cross limits when *name* has moved by *by*, the share of each
        observed class staying. Raises UnreachableError.
        """
        each = self.subjects[name]
        if (by > 0) != (each.worse == HIGHER):
            raise UnreachableError(
                f"{each.metric} is worse where it is {each.worse}, and only worse is refused"
            )
        weights = self.shifted(each, by)
        asked = {n: s for n, s in self.judged.items() if s.action == "fail" or n == name}
        reach = self._reaches(asked, self.taken(typical(weights, rows)), effort)
        drawn = self._drawn(weights, rows, effort)
        crossed = {n: self._crosses(s, drawn[s.metric], reach.get(n)) for n, s in asked.items()}
        never = np.zeros(effort.batches, dtype=bool)
        fails = [crossed[n] for n, s in asked.items() if s.action == "fail"]
        return told(each.rule, crossed.get(name, never), np.any([never, *fails], axis=0))

    def taken(self, counts: Codes) -> Any:
        """Return a batch with *counts* of each kind of row."""
        if isinstance(self.measured, Confusion):
            return replace(self.measured, number=counts)
        return self.measured.at(np.repeat(np.arange(len(counts)), counts))

    def shifted(self, each: Subject, by: float) -> Array:
        """Return weights of the rows of *measured* by which *each* has moved by *by*.

        Raises UnreachableError.
        """

        def value(weights: Array) -> float:
            return float(self.measured.metrics(weights[None, :])[each.metric][0])

        influence = influences(self.measured, each.metric, self.weights)
        return tilted(self.weights, influence, _strata(self.measured), value, float(each.base or 0.0) + by)

    def _reaches(self, asked: Dict[str, Subject], batch: Any, effort: Effort) -> Dict[str, float]:
        """Return how much worse what is calibrated may be, beside a typical batch."""
        found: Dict[str, float] = {}
        for action in ("fail", "warn"):
            members = {
                s.metric: n for n, s in self.judged.items() if (s.kind, s.action) == ("calibrated", action)
            }
            if not any(name in asked for name in members.values()):
                continue
            worse = {metric: self.subjects[name].worse for metric, name in members.items()}
            total = max(FEWEST_SPLITS, min(effort.splits, WORK // (self.rows + batch.rows)))
            chance = model_chance.chance(self.measured, batch, worse, self.spec.false_refusals, total=total)
            reach = chance.reach(list(members), self.spec.false_refusals)
            found.update((members[metric], value) for metric, value in reach.items())
        return found

    def _drawn(self, weights: Array, rows: int, effort: Effort) -> Dict[str, Array]:
        """Return each metric of batches drawn by *weights*, shape (batches,)."""
        random = np.random.RandomState(effort.seed)
        shares, size = weights / weights.sum(), max(1, splits.CHUNK // len(weights))
        parts = [
            self.measured.metrics(
                random.multinomial(rows, shares, min(size, effort.batches - start)).astype(np.float64)
            )
            for start in range(0, effort.batches, size)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _crosses(self, each: Subject, values: Array, reach: float | None) -> NDArray[np.bool_]:
        """Return which of *values* lie beyond the limit, by more than the noise of floating point."""
        limit = each.beyond(reach or 0.0) if each.kind == "calibrated" else fixed_limit(each)
        low = -math.inf if limit.low is None else limit.low
        high = math.inf if limit.high is None else limit.high
        noise = NOISE * each.unit(limit)
        with np.errstate(invalid="ignore"):
            return (values > high + noise) | (values < low - noise)


def influences(measured: Any, metric: str, weights: Array) -> Array:
    """Return how one more row of each kind changes *metric*, but for a factor: shape (kinds,)."""
    if isinstance(measured, Residuals):
        return _of_residuals(measured, metric)
    if isinstance(measured, Scored):
        if metric == "auc":
            return _of_area(measured)
        cell = (2 * ~measured.positive + 1 * ~measured.predicted).astype(np.int64)
        places = np.unique(cell, return_index=True)
        found = np.zeros(4)
        found[places[0]] = _stepped(measured, metric, weights, places[1])
        return found[cell]
    return _stepped(measured, metric, weights, np.arange(len(weights)))


def _stepped(measured: Any, metric: str, weights: Array, kinds: Codes) -> Array:
    """Return what a little more of each of *kinds* does, by trying."""
    step = STEP * weights.sum()
    found = []
    for kind in kinds.tolist():
        more = weights.copy()
        more[kind] += step
        found.append(measured.metrics(np.stack([weights, more]))[metric])
    values = np.array(found)
    influence: Array = (values[:, 1] - values[:, 0]) / step
    return influence


def _of_area(scored: Scored) -> Array:
    """Return, for a positive, the share of negatives below it, and for a negative that of positives above."""
    found = np.zeros(scored.rows)
    for side, others, sign in (
        (scored.positive, ~scored.positive, 1.0),
        (~scored.positive, scored.positive, -1.0),
    ):
        ordered = np.sort(scored.scores[others])
        places = sum(np.searchsorted(ordered, scored.scores[side], side=each) for each in ("left", "right"))
        found[side] = sign * np.asarray(places) / (2 * max(len(ordered), 1))
    return found


def _of_residuals(measured: Residuals, metric: str) -> Array:
    error = measured.predictions - measured.labels
    scale = float(np.abs(error).max()) or 1.0
    if metric == "mae":
        return np.abs(error) / scale
    if metric in ("mse", "rmse"):
        return (error / scale) ** 2
    centred = measured.labels - measured.labels.mean()
    share = float((error**2).sum() / max(float((centred**2).sum()), 1e-300))
    found: Array = (share * centred**2 - error**2) / scale**2
    return found


def _order(measured: Any) -> Codes | None:
    """Return an order of rows in which those that are alike are neighbours; None where kinds are counted."""
    if isinstance(measured, Scored):
        return np.lexsort((measured.scores, measured.positive))
    if isinstance(measured, Residuals):
        return np.argsort(measured.predictions - measured.labels, kind="stable")
    return None


def _weights(measured: Any) -> Array:
    if isinstance(measured, Confusion):
        return measured.number.astype(np.float64)
    return np.ones(measured.rows)


def _strata(measured: Any) -> Codes:
    """Return what stays as frequent as it is: the observed classes."""
    if isinstance(measured, Confusion):
        return measured.observed
    if isinstance(measured, Scored):
        return measured.positive.astype(np.int64)
    return np.zeros(measured.rows, dtype=np.int64)
