"""Which rule of the policy speaks for a metric, and between which values it lets the metric be.

A tolerance is crossed only where a metric is farther from its baseline than the tolerance *and* its
bias grew, that is, it is farther from the neutral value than the baseline was. Both together are
one interval around the baseline: a metric may always come as close to neutral as the baseline was,
on either side. With `direction: both` the first alone counts, so that an improvement crosses as well.
AWS's own rule, |current| > |baseline|, is an interval around zero, and so flags DI where it rises
to 1, its neutral value; with `direction: worse` that crosses only where bias grew.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Iterable, Tuple

import numpy as np

from sagemaker_monitor.analysis.bias.metrics import METRICS, POST_TRAINING, PRE_TRAINING
from sagemaker_monitor.analysis.decision.spec import BIAS, BIAS_CHECKS, BOTH, WORSE, Rule, Spec
from sagemaker_monitor.analysis.documents.verdict import NOISE, Finding, Limit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

STAGES = {
    BIAS_CHECKS[0]: {name for name, metric in METRICS.items() if metric.stage == PRE_TRAINING},
    # Who is whose nearest neighbour does not follow from counts.
    BIAS_CHECKS[1]: {name for name, metric in METRICS.items() if metric.stage == POST_TRAINING} | {"FT"},
}
"""The metrics of each type of bias check."""
KNOWN = frozenset().union(*STAGES.values())


@dataclass(frozen=True)
class Offsets:
    """How far above and below its baseline chance alone takes a metric; infinity where it may go anywhere."""

    up: float
    down: float


def subject(monitor: str, metric: str, facet: str) -> str:
    """Return what rules match: bias/<metric>/<facet>."""
    return f"{monitor}/{metric}/{facet}"


def subject_of(finding: Finding) -> str:
    """Return what rules and waivers match of *finding*."""
    about = finding.facet if finding.facet is not None else finding.feature
    return "/".join([finding.monitor, finding.metric, *([] if about is None else [about])])


def selects(match: str, names: Iterable[str]) -> bool:
    """Return whether *match* selects what has these *names*: by a wildcard, or a name as it is.

    Case matters, and * also crosses slashes.
    """
    return any(name == match or fnmatchcase(name, match) for name in names)


def names(spec: Spec, subject: str) -> Tuple[str, ...]:
    """Return every name by which rules and waivers match *subject*, its own first.

    Bias also goes by the type of its check, data_bias or model_bias, and a facet with its group. A metric
    that nobody knows may be of either type.
    """
    monitor, metric, *rest = subject.split("/", 2)
    if monitor != BIAS or not rest:
        return (subject,)
    stages = [name for name, known in STAGES.items() if metric in known or metric not in KNOWN]
    tails = [rest[0], *(f"{rest[0]}/{each.group}" for each in spec.facets if each.name == rest[0])]
    return tuple(f"{first}/{metric}/{tail}" for first in (BIAS, *stages) for tail in tails)


def rule_for(spec: Spec, subject: str) -> Rule | None:
    """Return the first rule of the policy that matches *subject*."""
    known = names(spec, subject)
    return next((rule for rule in spec.gate.rules if selects(rule.match, known)), None)


def tolerated(base: Array, neutral: float, offsets: Offsets) -> tuple[Array, Array]:
    """Return the lowest and highest values that are within *offsets* of *base* or no farther from neutral."""
    reach = np.abs(base - neutral)
    with np.errstate(invalid="ignore"):
        low, high = base - offsets.down, base + offsets.up
    # Infinity less infinity is NaN; no farther from neutral than an infinite baseline is everything.
    return np.fmin(low, neutral - reach), np.fmax(high, neutral + reach)


def bounds(rule: Rule, base: Array, neutral: float, offsets: Offsets | None = None) -> tuple[Array, Array]:
    """Return the lowest and highest values *rule* lets pass, for each of the baseline values *base*.

    *offsets* are the calibrated ones; infinite bounds are none. A baseline that is NaN gives NaN.
    """
    nothing = np.full(np.shape(base), np.inf)
    kind = rule.kind
    if kind == "between" and rule.between is not None:
        return np.full_like(nothing, rule.between[0]), np.full_like(nothing, rule.between[1])
    if kind == "minimum" and rule.minimum is not None:
        return np.full_like(nothing, rule.minimum), nothing
    if kind == "maximum" and rule.maximum is not None:
        return -nothing, np.full_like(nothing, rule.maximum)
    if kind == "aws":
        most = np.abs(base)
        if rule.direction != WORSE:
            return -most, most
        # What is flagged and improved, as DI that rose to 1 has, does not cross.
        reach = np.abs(base - neutral)
        return np.minimum(-most, neutral - reach), np.maximum(most, neutral + reach)
    if kind == "tolerance":
        offsets = Offsets(float(rule.tolerance or 0.0), float(rule.tolerance or 0.0))
    if offsets is None:
        raise ValueError(f"rule {rule.match!r} is calibrated; its offsets are missing")
    if rule.direction == BOTH:
        return base - offsets.down, base + offsets.up
    return tolerated(base, neutral, offsets)


def crossed(value: Array, low: Array, high: Array) -> NDArray[np.bool_]:
    """Return where *value* lies outside; NaN never does."""
    with np.errstate(invalid="ignore"):
        return (value > high + NOISE) | (value < low - NOISE)


def limit(rule: Rule, base: float, neutral: float, offsets: Offsets | None = None) -> Limit:
    """Return the limit that *rule* sets for a metric whose baseline is *base*."""
    low, high = bounds(rule, np.float64(base), neutral, offsets)  # type: ignore[arg-type]
    return Limit(
        rule.kind,
        float(low) if np.isfinite(low) else None,
        float(high) if np.isfinite(high) else None,
    )
