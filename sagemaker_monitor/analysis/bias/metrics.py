"""Which bias metrics follow from counts alone, and what each of them is for a given table of counts.

A table of counts is a float64 array of shape (..., 2, 2, 2), indexed
[inside the facet?, observed favourable?, predicted favourable?]; metrics marked `grouped` take
(..., groups, 2, 2, 2). Leading dimensions are independent tables: a metric of shape (...) comes back.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

PRE_TRAINING = "pre_training"
POST_TRAINING = "post_training"


@dataclass(frozen=True)
class Requirement:
    """What tables a metric cannot be computed for, and the text Clarify reports instead of a value."""

    broken: Callable[[Array], Flags]
    text: str


@dataclass(frozen=True)
class Metric:
    """One metric as Clarify reports it: *compute* answers NaN where a requirement is broken."""

    name: str
    stage: str
    description: str
    neutral: float
    grouped: bool
    requirements: tuple[Requirement, ...]
    compute: Callable[[Array], Array]

    def error(self, counts: Array) -> str | None:
        """Return why the metric cannot be computed for the one table *counts*; None when it can."""
        return self.errors(counts[None])[0]

    def errors(self, counts: Array) -> list[str | None]:
        """Return for each of many tables why the metric cannot be computed; None where it can."""
        texts: list[str | None] = [None] * len(counts)
        for each in reversed(self.requirements):
            for place in np.flatnonzero(each.broken(counts)):
                texts[place] = each.text
        return texts


METRICS: dict[str, Metric] = {}
"""Every metric that is a function of counts, by Clarify's acronym."""


def metric(
    stage: str, *requirements: Requirement, neutral: float = 0.0, grouped: bool = False
) -> Callable[[Callable[[Array], Array]], Callable[[Array], Array]]:
    """Register a metric: its name is the function's, its description the docstring's first line."""

    def register(formula: Callable[[Array], Array]) -> Callable[[Array], Array]:
        def compute(counts: Array) -> Array:
            with np.errstate(divide="ignore", invalid="ignore"):
                value = formula(counts)
                for each in requirements:
                    value = np.where(each.broken(counts), np.nan, value)
            return value

        compute.__name__ = compute.__qualname__ = formula.__name__
        compute.__doc__ = formula.__doc__
        description = (formula.__doc__ or "").split("\n", 1)[0]
        METRICS[formula.__name__] = Metric(
            formula.__name__, stage, description, neutral, grouped, requirements, compute
        )
        return compute

    return register


def divide(x: Array, y: Array) -> Array:
    """Return x / y for counts or rates: 0 for 0/0, infinity for x/0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = np.true_divide(x, y)
    return np.where(np.isnan(quotient), 0.0, quotient)


def _difference(x: Array, y: Array) -> Array:
    """Return x - y, where two infinities are equal."""
    with np.errstate(invalid="ignore"):
        return np.where(x == y, 0.0, x - y)


def _sum(counts: Array, *axes: int) -> Array:
    total: Array = counts.sum(axis=axes)
    return total


def _size(counts: Array, facet: int) -> Array:
    return _sum(counts[..., facet, :, :], -2, -1)


def _observed(counts: Array, facet: int, label: int) -> Array:
    return _sum(counts[..., facet, label, :], -1)


def _predicted(counts: Array, facet: int, label: int) -> Array:
    return _sum(counts[..., facet, :, label], -1)


def _shares(counts: Array) -> tuple[Array, Array, Flags]:
    """Return the distribution of observed labels outside and inside, and which labels both sides have."""
    observed = _sum(counts, -1)
    shares = observed / observed.sum(axis=-1, keepdims=True)
    common: Flags = np.logical_and(observed[..., 0, :] > 0, observed[..., 1, :] > 0)
    return shares[..., 0, :], shares[..., 1, :], common


def _facet_sets(inside: str, outside: str, *, outside_first: bool = False) -> tuple[Requirement, ...]:
    """Return the requirements that both sides of the facet have rows, with Clarify's texts in its order."""
    both = (
        Requirement(lambda counts: _size(counts, 1) == 0, inside),
        Requirement(lambda counts: _size(counts, 0) == 0, outside),
    )
    return both[::-1] if outside_first else both


def _no_common_label(counts: Array) -> Flags:
    either: Flags = np.logical_or(*(np.all(_sum(counts[..., label, :], -1) > 0, axis=-1) for label in (0, 1)))
    return ~either


_COMMON = Requirement(_no_common_label, "No instance of common facet found, dataset may be too small")
_PROPORTIONS = _facet_sets("Facet set is empty.", "Negative facet set is empty.", outside_first=True)
_OUTCOMES = _facet_sets("DCO: Facet set is empty", "DCO: Negated Facet set is empty")
_RATES = _facet_sets("DLR: Facet set is empty", "DLR: Negated Facet set is empty")
_ACCURACIES = _facet_sets("DLA: Facet set is empty", "DLA: Negated Facet set is empty")
_SETS = _facet_sets("Facet set is empty", "Negated Facet set is empty")

# --- before training: facets and observed labels -----------------------------------------------


@metric(
    PRE_TRAINING,
    *_facet_sets(
        "CI: facet set is empty. Check that x[facet] has non-zero length.",
        "CI: negated facet set is empty. Check that x[~facet] has non-zero length.",
        outside_first=True,
    ),
)
def CI(counts: Array) -> Array:
    """Class Imbalance (CI)

    (n_a - n_d) / (n_a + n_d), a outside the facet and d inside.
    """
    outside, inside = _size(counts, 0), _size(counts, 1)
    return (outside - inside) / (outside + inside)


@metric(PRE_TRAINING, *_PROPORTIONS)
def DPL(counts: Array) -> Array:
    """Difference in Positive Proportions in Labels (DPL)"""
    return _observed(counts, 0, 1) / _size(counts, 0) - _observed(counts, 1, 1) / _size(counts, 1)


@metric(PRE_TRAINING, _COMMON)
def KL(counts: Array) -> Array:
    """Kullback-Liebler Divergence (KL)

    Over the labels that both sides have, as for JS, LP, TVD and KS.
    """
    outside, inside, common = _shares(counts)
    return _sum(np.where(common, outside * np.log(outside / inside), 0.0), -1)


@metric(PRE_TRAINING, _COMMON)
def JS(counts: Array) -> Array:
    """Jensen-Shannon Divergence (JS)"""
    outside, inside, common = _shares(counts)
    middle = 0.5 * (outside + inside)
    first = _sum(np.where(common, outside * np.log(outside / middle), 0.0), -1)
    second = _sum(np.where(common, inside * np.log(inside / middle), 0.0), -1)
    return 0.5 * (first + second)


def _distances(counts: Array) -> Array:
    outside, inside, common = _shares(counts)
    return np.where(common, np.abs(outside - inside), 0.0)


@metric(PRE_TRAINING, _COMMON)
def LP(counts: Array) -> Array:
    """L-p Norm (LP)

    With p = 2.
    """
    norm: Array = np.sqrt(_sum(np.square(_distances(counts)), -1))
    return norm


@metric(PRE_TRAINING, _COMMON)
def TVD(counts: Array) -> Array:
    """Total Variation Distance (TVD)"""
    return 0.5 * _sum(_distances(counts), -1)


@metric(PRE_TRAINING, _COMMON)
def KS(counts: Array) -> Array:
    """Kolmogorov-Smirnov Distance (KS)"""
    distances = _distances(counts)
    return np.maximum(distances[..., 0], distances[..., 1])


def _conditional_disparity(favourable: Array, unfavourable: Array) -> Array:
    """Return the mean over groups of the facet's share of refusals minus its share of acceptances.

    Both arguments have shape (..., groups, 2), the last axis being inside the facet or not;
    groups weigh by their rows.
    """
    accepted, refused = _sum(favourable, -1), _sum(unfavourable, -1)
    disparity = divide(unfavourable[..., 1], refused) - divide(favourable[..., 1], accepted)
    rows = accepted + refused
    return divide(_sum(rows * disparity, -1), _sum(rows, -1))


@metric(
    PRE_TRAINING,
    Requirement(lambda counts: _sum(counts[..., 1, :], -3, -2, -1) == 0, "No positive labels in set"),
    Requirement(lambda counts: _sum(counts[..., 0, :], -3, -2, -1) == 0, "No negative labels in set"),
    grouped=True,
)
def CDDL(counts: Array) -> Array:
    """Conditional Demographic Disparity in Labels (CDDL)"""
    return _conditional_disparity(_sum(counts[..., 1, :], -1), _sum(counts[..., 0, :], -1))


# --- after training: predicted labels too ------------------------------------------------------


@metric(
    POST_TRAINING,
    Requirement(lambda counts: _sum(counts[..., 1], -3, -2, -1) == 0, "No positive labels in set"),
    Requirement(lambda counts: _sum(counts[..., 0], -3, -2, -1) == 0, "No negative labels in set"),
    grouped=True,
)
def CDDPL(counts: Array) -> Array:
    """Conditional Demographic Disparity in Predicted Labels (CDDPL)"""
    return _conditional_disparity(_sum(counts[..., 1], -1), _sum(counts[..., 0], -1))


@metric(POST_TRAINING, *_PROPORTIONS)
def DPPL(counts: Array) -> Array:
    """Difference in Positive Proportions in Predicted Labels (DPPL)"""
    return _predicted(counts, 0, 1) / _size(counts, 0) - _predicted(counts, 1, 1) / _size(counts, 1)


@metric(
    POST_TRAINING,
    *_facet_sets("Facet set is empty", "Negated facet set is empty", outside_first=True),
    neutral=1.0,
)
def DI(counts: Array) -> Array:
    """Disparate Impact (DI)

    Inside the facet over outside: 1 is neutral.
    """
    inside = _predicted(counts, 1, 1) / _size(counts, 1)
    return divide(inside, _predicted(counts, 0, 1) / _size(counts, 0))


@metric(POST_TRAINING, *_OUTCOMES)
def DCA(counts: Array) -> Array:
    """Difference in Conditional Acceptance (DCA)"""
    outside, inside = (divide(_observed(counts, side, 1), _predicted(counts, side, 1)) for side in (0, 1))
    return _difference(outside, inside)


@metric(POST_TRAINING, *_OUTCOMES)
def DCR(counts: Array) -> Array:
    """Difference in Conditional Rejection (DCR)"""
    outside, inside = (divide(_observed(counts, side, 0), _predicted(counts, side, 0)) for side in (0, 1))
    return _difference(inside, outside)


@metric(POST_TRAINING, *_ACCURACIES)
def RD(counts: Array) -> Array:
    """Recall Difference (RD)"""
    outside, inside = (divide(counts[..., side, 1, 1], _observed(counts, side, 1)) for side in (0, 1))
    return _difference(outside, inside)


@metric(POST_TRAINING, *_ACCURACIES)
def SD(counts: Array) -> Array:
    """Specificity Difference (SD)"""
    outside, inside = (divide(counts[..., side, 0, 0], _observed(counts, side, 0)) for side in (0, 1))
    return _difference(inside, outside)


@metric(POST_TRAINING, *_RATES)
def DAR(counts: Array) -> Array:
    """Difference in Acceptance Rates (DAR)"""
    outside, inside = (divide(counts[..., side, 1, 1], _predicted(counts, side, 1)) for side in (0, 1))
    return _difference(outside, inside)


@metric(POST_TRAINING, *_RATES)
def DRR(counts: Array) -> Array:
    """Difference in Rejection Rates (DRR)"""
    outside, inside = (divide(counts[..., side, 0, 0], _predicted(counts, side, 0)) for side in (0, 1))
    return _difference(inside, outside)


@metric(POST_TRAINING, *_SETS)
def AD(counts: Array) -> Array:
    """Accuracy Difference (AD)"""
    right = counts[..., 0, 0] + counts[..., 1, 1]
    return right[..., 0] / _size(counts, 0) - right[..., 1] / _size(counts, 1)


@metric(POST_TRAINING, *_SETS)
def TE(counts: Array) -> Array:
    """Treatment Equality (TE)

    False negatives over false positives, inside minus outside.
    """
    outside, inside = (divide(counts[..., side, 1, 0], counts[..., side, 0, 1]) for side in (0, 1))
    return _difference(inside, outside)


def _mean_benefit(counts: Array) -> Array:
    """Return the mean of predicted - observed + 1 over all rows."""
    table = _sum(counts, -3)
    total = _sum(table, -2, -1)
    return (table[..., 0, 0] + table[..., 1, 1] + 2.0 * table[..., 0, 1]) / total


@metric(
    POST_TRAINING,
    Requirement(lambda counts: _sum(counts, -3, -2, -1) == 0, "dataset must be non-empty"),
    Requirement(
        lambda counts: _sum(counts[..., 1, 0], -1) == _sum(counts, -3, -2, -1),
        "All predicted labels are false negatives. "
        "There should be at least one prediction that is not false negative.",
    ),
)
def GE(counts: Array) -> Array:
    """Generalized Entropy (GE)

    Of the benefits predicted - observed + 1 over all rows, with alpha = 2: the same for every facet.
    """
    table = _sum(counts, -3)
    mean = _mean_benefit(counts)
    even = table[..., 0, 0] + table[..., 1, 1]
    # Not a power: of one number and of many it may differ in the last bit.
    usual, double = np.square(1 / mean) - 1, np.square(2 / mean) - 1
    terms: Array = -table[..., 1, 0] + even * usual + table[..., 0, 1] * double
    return terms / (2.0 * _sum(table, -2, -1))


NEUTRAL = {name: each.neutral for name, each in METRICS.items()}
"""The value of each metric without any bias."""


def named(stage: str) -> tuple[str, ...]:
    """Return the names of the metrics of *stage* that counts give, in report order."""
    return tuple(sorted(name for name, each in METRICS.items() if each.stage == stage))
