"""What a policy would do to batches of several sizes beside one baseline, before any batch has arrived.

Honest batches are typical ones: every kind of the baseline's rows by its share. The limits are found by the
code that decides, from these rows and the baseline's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.bias.metrics import METRICS, NEUTRAL, POST_TRAINING
from sagemaker_monitor.analysis.decision import explainability, judge, rules
from sagemaker_monitor.analysis.decision.attributions import AttributionReport, Attributions, aggregate
from sagemaker_monitor.analysis.decision.detecting import Simulators, monitors_of, power_of
from sagemaker_monitor.analysis.decision.drift_limits import DRIFT, DriftLimits, subject
from sagemaker_monitor.analysis.decision.enough import facet_shortages
from sagemaker_monitor.analysis.decision.evidence import (
    BaselineVersion,
    CheckEvidence,
    Evidence,
    QualityReport,
    Run,
    Value,
)
from sagemaker_monitor.analysis.decision.model_limits import limits_of
from sagemaker_monitor.analysis.decision.power import Effort
from sagemaker_monitor.analysis.decision.power_bias import BiasPower
from sagemaker_monitor.analysis.decision.power_drift import DriftPower
from sagemaker_monitor.analysis.decision.power_model import ModelPower
from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.shifts import typical
from sagemaker_monitor.analysis.decision.spec import (
    BIAS,
    DATA_QUALITY,
    EXPLAINABILITY,
    MODEL_QUALITY,
    MinimumRows,
    Spec,
)
from sagemaker_monitor.analysis.decision.table import Table
from sagemaker_monitor.analysis.documents.verdict import Family, Limit, Power

if TYPE_CHECKING:
    from sagemaker_monitor.analysis.decision.power import Power as Simulated

STEPS = {"DATA_BIAS": "DataBias", "MODEL_BIAS": "ModelBias"}


@dataclass(frozen=True)
class Bound:
    """What one subject may be at one number of rows, and the baseline's value: of drift the distance 0."""

    action: str
    base: float
    limit: Limit

    @property
    def rise(self) -> float | None:
        """How far it has to rise so that nine of ten batches show it; None where that is not known."""
        high = self.limit.detects_high
        return None if high is None else high - self.base

    @property
    def fall(self) -> float | None:
        """How far it has to fall."""
        low = self.limit.detects_low
        return None if low is None else self.base - low


@dataclass(frozen=True)
class Honest:
    """One monitor at one number of rows: limits by subject, and the share of honest batches they refuse."""

    refuses: float
    promised: float
    bounds: Mapping[str, Bound]


@dataclass(frozen=True)
class AtRows:
    """A batch of so many rows: each monitor, the declared shifts, and what the policy finds too few."""

    rows: int
    monitors: Mapping[str, Honest]
    powers: tuple[Power, ...]
    few: tuple[str, ...]

    @property
    def refuses(self) -> float:
        """The share of honest batches that all monitors together refuse, at most."""
        return min(1.0, sum(each.refuses for each in self.monitors.values()))


@dataclass(frozen=True)
class Rows:
    """One baseline's rows, as far as they could be had; whether they were *predicted* by a model."""

    sample: Sample | None = None
    features: Table | None = None
    attributions: Attributions | None = None
    predicted: bool = True


def outlook(
    spec: Spec,
    known: Rows,
    made: Simulators,
    sizes: Sequence[int],
    effort: Effort,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[AtRows]:
    """Yield what *spec*'s policy does to batches of each of *sizes*."""
    lifted = replace(spec, gate=replace(spec.gate, minimum_rows=MinimumRows(1, 1, 0)))
    asked = list(_declared(spec, made))
    for rows in sizes:
        monitors = {}
        for monitor, find in _FINDERS.items():
            if monitor in made.known or (monitor == EXPLAINABILITY and known.attributions is not None):
                tell(f"{rows} rows: {monitor}")
                found = find(lifted, known, made, rows)
                if found is not None:
                    monitors[monitor] = found
        powers = []
        for place, (monitor, each) in enumerate(asked):
            tell(f"{rows} rows: {each.subject} moved by {each.by:+g}")
            found_power = _power(made.known[monitor], replace(each, rows=rows), effort)
            asked[place] = monitor, found_power
            powers.append(found_power)
        yield AtRows(rows, monitors, tuple(powers), _few(spec, made, rows))


def _power(simulated: Simulated, asked: Power, effort: Effort) -> Power:
    """Return how often *asked* is caught; how many rows would do is known from the second size on."""
    if asked.caught is None:
        return power_of(simulated, asked, effort)
    caught = simulated.caught(asked.subject, asked.by, asked.rows, effort)
    return replace(asked, caught=round(caught, 3))


def _declared(spec: Spec, made: Simulators) -> Iterator[tuple[str, Power]]:
    """Yield the monitor of each declared shift, and what is asked of it."""
    for shift in spec.gate.detect:
        for monitor in monitors_of(shift):
            for name in made.known[monitor].names if monitor in made.known else ():
                if rules.selects(shift.match, rules.names(spec, name)):
                    yield monitor, Power(name, shift.by, shift.power, None, 0, None, shift.required)


def _few(spec: Spec, made: Simulators, rows: int) -> tuple[str, ...]:
    """Return what the policy's minimum rows find too few in a typical batch."""
    minimum, of_bias = spec.gate.minimum_rows, made.known.get(BIAS)
    if rows < minimum.total:
        return (f"minimum_rows.total is {minimum.total}",)
    if not isinstance(of_bias, BiasPower):
        return ()
    batch = _people(of_bias, typical(of_bias.weights, rows))
    return tuple(each.why for each in facet_shortages([("batch", batch)], spec.facets, minimum).values())


def _people(power: BiasPower, counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Sample:
    """Return a sample with *counts* of each kind of row."""
    places, seen = np.repeat(np.arange(len(counts)), counts), power.seen
    group = None if power.names_of_groups is None else power.names_of_groups[seen.group[places]]
    return Sample(seen.inside[:, places], seen.observed[places], seen.predicted[places], group)


def _honest(family: Family | None, promised: float, bounds: Mapping[str, Bound]) -> Honest | None:
    return Honest(family.refuses_honest if family else 0.0, promised, bounds) if bounds else None


def _bias(spec: Spec, known: Rows, made: Simulators, rows: int) -> Honest | None:
    power = made.known[BIAS]
    if not isinstance(power, BiasPower) or known.sample is None:
        return None
    batch = _people(power, typical(power.weights, rows))
    checks = [_check(spec, power, kind) for kind in STEPS]
    judged = [s for s in judge.subjects(spec, checks) if s.kind is not None and not s.unjudgeable()]
    calibrated = judge.calibrate(spec, judged, batch, known.sample)
    bounds = {}
    for each in judged:
        limit = judge.limit_of(each, calibrated)
        if limit is not None:
            bounds[each.name] = Bound(each.action, float(each.base or 0.0), limit)
    return _honest(calibrated.family, spec.false_refusals, bounds)


def _check(spec: Spec, power: BiasPower, kind: str) -> CheckEvidence:
    """Return a check that found in a batch what the baseline has."""
    after = kind == "MODEL_BIAS"
    values = tuple(
        Value(metric, spec.facets[facet].name, spec.facets[facet].group, value, None)
        for (metric, facet), value in power.base.items()
        if (METRICS[metric].stage == POST_TRAINING) == after
    )
    return CheckEvidence(STEPS[kind], kind, BIAS, "compared", current=values, baseline=values)


def _model(spec: Spec, known: Rows, made: Simulators, rows: int) -> Honest | None:
    power = made.known[MODEL_QUALITY]
    if not isinstance(power, ModelPower):
        return None
    subjects = list(power.judged.values())
    found = limits_of(spec, subjects, power.taken(typical(power.weights, rows)), power.measured)
    bounds = {
        each.name: Bound(each.action, float(each.base or 0.0), found.limits[each.metric])
        for each in subjects
        if each.metric in found.limits
    }
    return _honest(found.family, spec.false_refusals, bounds)


def _drift(spec: Spec, known: Rows, made: Simulators, rows: int) -> Honest | None:
    power = made.known[DATA_QUALITY]
    if not isinstance(power, DriftPower):
        return None
    check = CheckEvidence("DataQuality", "DATA_QUALITY", DATA_QUALITY, "compared", quality=QualityReport())
    found = DriftLimits(
        spec,
        check,
        QualityReport(),
        Evidence(
            run=Run("", None, "", "", None),
            labels=None,
            checks=(check,),
            batch=None,
            baseline=BaselineVersion("", None, None, None, power.table),
            features=power.taken(typical(np.ones(power.table.kept), min(rows, power.most_rows))),
        ),
    )
    bounds = {}
    for name, limit in found.limits.items():
        rule = found.rules[name]
        if rule is not None:
            bounds[subject(DRIFT, name)] = Bound(rule.action, 0.0, limit)
    return _honest(found.family(), spec.false_refusals, bounds)


def _attributions(spec: Spec, known: Rows, made: Simulators, rows: int) -> Honest | None:
    before, rule = known.attributions, explainability.rule_of(spec)
    if before is None or before.records is None or rule is None:
        return None
    how = before.aggregation()
    if how is None:
        return None
    order = np.random.RandomState(rows).permutation(len(before.records))
    records = before.records[np.repeat(order, typical(np.ones(len(order)), rows))]
    values = dict(zip(before.features, aggregate(how, records).tolist(), strict=True))
    report = AttributionReport(Attributions(values, records), before, 0, None)
    found = explainability.limit_of(spec, report, rule, explainability.ndcg_of(report))
    if found.limit is None:
        return None
    bound = Bound(rule.action, NEUTRAL_NDCG, found.limit)
    return _honest(found.family, spec.false_refusals, {explainability.SUBJECT: bound})


NEUTRAL_NDCG = 1.0
"""The nDCG of the baseline's own ranking."""
_FINDERS: Mapping[str, Callable[[Spec, Rows, Simulators, int], Honest | None]] = {
    DATA_QUALITY: _drift,
    BIAS: _bias,
    MODEL_QUALITY: _model,
    EXPLAINABILITY: _attributions,
}


def towards(name: str, bound: Bound) -> float | None:
    """Return the change for the worse that nine of ten batches show: of bias on the side where it is already.

    None where no calibrated limit says one.
    """
    monitor, metric = name.split("/")[:2]
    if monitor != BIAS:
        return bound.rise if bound.rise is not None else None if bound.fall is None else -bound.fall
    upwards = bound.base >= NEUTRAL.get(metric, 0.0)
    if metric == "DI" and bound.base == NEUTRAL["DI"]:
        upwards = False
    return bound.rise if upwards else None if bound.fall is None else -bound.fall
