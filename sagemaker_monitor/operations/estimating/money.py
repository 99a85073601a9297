"""What instance-hours cost by a user's prices; what has no price there is named and not guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sagemaker_monitor.operations.estimating.jobs import Instances
from sagemaker_monitor.settings.prices import Prices


@dataclass(frozen=True)
class Cost:
    """An amount in the currency of the prices, and what is not part of it."""

    amount: float
    unpriced: Mapping[Instances, float]
    """Instance-hours without a price."""


def cost(hours: Mapping[Instances, float], prices: Prices) -> Cost:
    """Return what *hours* cost."""
    amount, unpriced = 0.0, {}
    for what, count in hours.items():
        price = prices.price(what.kind, what.instance_type)
        if price is not None:
            amount += count * price
        elif count:
            unpriced[what] = count
    return Cost(amount, unpriced)
