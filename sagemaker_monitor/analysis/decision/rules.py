"""Which rule of the policy speaks for a metric, and between which values it lets the metric be.

A tolerance is crossed only where a metric is farther from its baseline than the tolerance *and* its
bias grew, that is, it is farther from the neutral value than the baseline was. Both together are
one interval around the baseline: a metric may always come as close to neutral as the baseline was,
on either side. AWS's own rule, |current| > |baseline|, is an interval around zero.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Iterable

import numpy as np

from sagemaker_monitor.analysis.decision.spec import Rule
from sagemaker_monitor.analysis.documents.verdict import NOISE, Limit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Offsets:
    """How far above and below its baseline chance alone takes a metric; infinity where it may go anywhere."""

    up: float
    down: float


def subject(monitor: str, metric: str, facet: str) -> str:
    """Return what rules match: bias/<metric>/<facet>."""
    return f"{monitor}/{metric}/{facet}"


def first_match(rules: Iterable[Rule], name: str) -> Rule | None:
    """Return the first rule that matches *name*; case matters, * also crosses slashes."""
    return next((rule for rule in rules if fnmatchcase(name, rule.match)), None)


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
        return -np.abs(base), np.abs(base)
    if kind == "tolerance":
        offsets = Offsets(float(rule.tolerance or 0.0), float(rule.tolerance or 0.0))
    if offsets is None:
        raise ValueError(f"rule {rule.match!r} is calibrated; its offsets are missing")
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
