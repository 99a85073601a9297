"""Which rule speaks for each metric of model quality, and what it lets the metric be.

Only worse crosses: which direction is worse, the baseline's constraints say. With `direction: both` a
tolerance is crossed by an improvement as well. A range, a minimum and a maximum are what the policy wrote.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Dict, Mapping, Optional, Sequence, Tuple

import numpy as np

from sagemaker_monitor.analysis.decision import confusion, model_chance, residuals, rules, scored
from sagemaker_monitor.analysis.decision.judged import ESTABLISHED
from sagemaker_monitor.analysis.decision.measured import thinned
from sagemaker_monitor.analysis.decision.model_chance import Chance, Simulation
from sagemaker_monitor.analysis.decision.model_report import ModelReport
from sagemaker_monitor.analysis.decision.residuals import ERRORS
from sagemaker_monitor.analysis.decision.spec import BOTH, MODEL_QUALITY, Rule, Spec
from sagemaker_monitor.analysis.documents.verdict import HIGHER, NOISE, Family, Limit

if TYPE_CHECKING:
    from sagemaker_monitor.analysis.decision.measured import Measured

METRICS = frozenset((*scored.METRICS, *confusion.METRICS, *residuals.METRICS))
"""What follows from labels and predictions."""
FIXED = ("between", "minimum", "maximum")


@dataclass(frozen=True)
class Subject:
    """One metric as the report and the baseline have it, and the rule that speaks for it.

    *threshold* is that of SageMaker's own constraint; *values* are None where there is no number.
    """

    metric: str
    worse: str
    rule: Optional[Rule]
    value: Optional[float]
    base: Optional[float]
    threshold: Optional[float]
    compared: bool

    @property
    def name(self) -> str:
        """Return what rules match."""
        return f"{MODEL_QUALITY}/{self.metric}"

    @property
    def action(self) -> str:
        """Return what crossing its limit means."""
        return "none" if self.rule is None else self.rule.action

    @property
    def kind(self) -> Optional[str]:
        """Return the kind of limit its rule sets; None where no rule judges it."""
        return None if self.rule is None or self.rule.action == "ignore" else self.rule.kind

    @property
    def both_sides(self) -> bool:
        """Return whether its rule also takes an improvement for a crossing."""
        return self.rule is not None and self.rule.direction == BOTH

    def unjudgeable(self) -> Optional[str]:
        """Return why its rule's limit cannot be applied; None where it can."""
        if self.rule is None:
            return "no rule matches it"
        if self.kind is None:
            return None
        if self.value is None:
            return "the report has no number for it"
        if self.kind in FIXED:
            return None
        if not self.compared:
            return ESTABLISHED
        if self.kind == "aws":
            return None if self.threshold is not None else "the baseline has no constraint for it"
        if self.base is None:
            return "no baseline: the baseline's report has no number for it"
        if self.kind == "calibrated" and self.metric not in METRICS:
            return (
                "no calibrated limit: it does not follow from labels and predictions; "
                "give it a limit of its own"
            )
        return None

    def crossed_by(self, limit: Limit) -> bool:
        """Return whether its value lies outside *limit* by more than the noise of floating point."""
        if self.value is None:
            return False
        return limit.crossed_by(self.value, self.unit(limit))

    def unit(self, limit: Limit) -> float:
        """Return what differences that are floating point's are told in."""
        return max(abs(limit.low or 0.0), abs(limit.high or 0.0)) if self.metric in ERRORS else 1.0

    def beyond(self, reach: float) -> Limit:
        """Return the limit that lets the metric be worse than its baseline by *reach*, or better as well."""
        kind, base = str(self.kind), float(self.base or 0.0)
        if self.both_sides:
            return Limit(kind, base - reach, base + reach)
        return Limit(kind, None, base + reach) if self.worse == HIGHER else Limit(kind, base - reach, None)


def subjects(spec: Spec, report: ModelReport) -> Tuple[Subject, ...]:
    """Return every metric that can be judged, with the first rule that matches it."""
    constraints = report.constraints.constraints if report.constraints else {}

    def number(name: str, *, before: bool = False) -> Optional[float]:
        statistics = report.baseline if before else report.statistics
        metric = statistics.metrics.get(name) if statistics else None
        return None if metric is None or not math.isfinite(metric.value) else metric.value

    return tuple(
        Subject(
            metric=name,
            worse=worse,
            rule=rules.rule_for(spec, f"{MODEL_QUALITY}/{name}"),
            value=number(name),
            base=number(name, before=True),
            threshold=constraints[name].threshold if name in constraints else None,
            compared=report.baseline is not None,
        )
        for name, worse in report.directions.items()
    )


@dataclass(frozen=True)
class ModelLimits:
    """The limit of each metric that has one, by its name, and how those that refuse were found.

    *left_out* says why a metric that could be judged has no limit.
    """

    limits: Dict[str, Limit]
    family: Optional[Family] = None
    left_out: Dict[str, str] = field(default_factory=dict)


def limits_of(
    spec: Spec, found: Sequence[Subject], batch: Optional[Measured], baseline: Optional[Measured]
) -> ModelLimits:
    """Return the limits of what can be judged: one family for what refuses, another for what warns."""
    judged = [each for each in found if each.kind is not None and each.unjudgeable() is None]
    limits = {each.metric: fixed_limit(each) for each in judged if each.kind != "calibrated"}
    if batch is None or baseline is None:
        why = "no calibrated limit: the rows of batch or baseline are missing"
        return ModelLimits(limits, None, {each.metric: why for each in judged if each.kind == "calibrated"})
    calibrated = {
        action: [each for each in judged if each.kind == "calibrated" and each.action == action]
        for action in ("fail", "warn")
    }
    batch, baseline = thinned(batch), thinned(baseline)
    every = [each for members in calibrated.values() for each in members]
    fixed = [
        each
        for each in judged
        if each.kind != "calibrated" and each.action == "fail" and each.metric in METRICS
    ]
    if not every and not fixed:
        return ModelLimits(limits)
    worse = {each.metric: each.worse for each in every}
    chance = model_chance.chance(baseline, batch, worse, spec.false_refusals) if every else None
    simulation = model_chance.simulate(baseline, batch.rows)
    reaches: Dict[str, Dict[str, float]] = {"fail": {}, "warn": {}}
    for action, members in calibrated.items():
        if chance is not None:
            reaches[action] = chance.reach([each.metric for each in members], spec.false_refusals)
        limits.update(
            (each.metric, _detects(each, reaches[action][each.metric], simulation)) for each in members
        )
    family = _family(spec, chance, reaches["fail"], _refused(fixed, simulation, baseline.units))
    return ModelLimits(limits, family if calibrated["fail"] or fixed else None)


def fixed_limit(each: Subject) -> Limit:
    """Return the limit of a rule that is not calibrated."""
    if each.kind == "aws":
        bound = each.threshold
        return Limit("aws", None, bound) if each.worse == HIGHER else Limit("aws", bound, None)
    if each.kind == "tolerance" and each.rule is not None:
        return each.beyond(float(each.rule.tolerance or 0.0))
    if each.rule is None:
        raise ValueError(f"{each.name} has no rule")
    return rules.limit(each.rule, math.nan, 0.0)


def _detects(each: Subject, reach: float, simulation: Simulation) -> Limit:
    """Return the limit, with the true value that nine of ten batches of this size would show as crossing."""
    limit, (below, above) = each.beyond(reach), simulation.scatter(each.metric)
    if limit.high is not None:
        return Limit(limit.kind, None, limit.high, None, limit.high + below if math.isfinite(below) else None)
    low = float(limit.low or 0.0)
    return Limit(limit.kind, low, None, low - above if math.isfinite(above) else None, None)


def _refused(fixed: Sequence[Subject], simulation: Simulation, units: Mapping[str, float]) -> float:
    """Return the share of honest samples that limits which are not calibrated refuse."""
    crossed = np.zeros(1, dtype=bool)
    for each in fixed:
        now, before = simulation.batch[each.metric], simulation.baseline[each.metric]
        limit, unit = fixed_limit(each), units.get(each.metric, 1.0)
        if each.kind in FIXED or each.base is None:
            low, high = limit.low, limit.high
            crossed = crossed | (now > (math.inf if high is None else high) + NOISE * unit)
            crossed = crossed | (now < (-math.inf if low is None else low) - NOISE * unit)
            continue
        if each.both_sides and each.rule is not None:
            slack = float(each.rule.tolerance or 0.0)
            crossed = crossed | (np.abs(now - before) > slack + NOISE * unit)
            continue
        # Relative to a baseline that was itself drawn; below 0 the limit asks for more than it had.
        bound = float((limit.high if each.worse == HIGHER else limit.low) or 0.0)
        slack = bound - each.base if each.worse == HIGHER else each.base - bound
        crossed = crossed | (model_chance.worsening(each.worse, now, before, unit) > slack + NOISE * unit)
    return float(crossed.mean())


def _family(spec: Spec, chance: Optional[Chance], reach: Mapping[str, float], fixed: float) -> Family:
    calibrated = chance.refused(reach) if chance is not None else 0.0
    return Family(
        monitor=MODEL_QUALITY,
        method=model_chance.METHOD,
        false_refusals=spec.false_refusals,
        replicates=chance.splits - 1 if chance is not None else 0,
        limits=len(reach),
        refuses_honest=round(min(1.0, calibrated + fixed), 4),
    )
