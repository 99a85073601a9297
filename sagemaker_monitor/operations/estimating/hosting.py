"""The hours of a model's real-time endpoint, which it has whether it is watched or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.operations.estimating.jobs import Instances
from sagemaker_monitor.operations.estimating.month import HOURS_A_MONTH


@dataclass(frozen=True)
class VariantHours:
    """The instances of one variant, as many as there are now."""

    variant: str
    instance_type: str
    count: int

    @property
    def per_month(self) -> float:
        """Instance-hours of a month in which nothing is scaled."""
        return self.count * HOURS_A_MONTH


@dataclass(frozen=True)
class EndpointHours:
    """What an endpoint takes."""

    name: str
    variants: tuple[VariantHours, ...]
    notes: tuple[str, ...]

    @property
    def per_month(self) -> Mapping[Instances, float]:
        """Instance-hours of a month."""
        total: Counter[Instances] = Counter()
        for each in self.variants:
            total[Instances("endpoint", each.instance_type)] += each.per_month  # type: ignore[assignment]
        return total


def endpoint_hours(aws: Aws, name: str) -> EndpointHours:
    """Return the instances of endpoint *name* as they are now. Raises AwsError."""
    try:
        endpoint = aws.call("sagemaker", "describe_endpoint", EndpointName=name)
        config = aws.call(
            "sagemaker", "describe_endpoint_config", EndpointConfigName=endpoint["EndpointConfigName"]
        )
    except NotFoundError:
        return EndpointHours(name, (), ("there is no such endpoint, or no configuration of it",))
    now = {
        each["VariantName"]: each.get("CurrentInstanceCount")
        for each in endpoint.get("ProductionVariants", ())
    }
    shadows = config.get("ShadowProductionVariants", ())
    found, notes = [], []
    for variant in (*config["ProductionVariants"], *shadows):
        problem, hours = _variant(variant, now)
        found += hours
        notes += [problem] if problem else []
    return EndpointHours(name, tuple(found), tuple(notes))


def _variant(variant: Mapping[str, Any], now: Mapping[str, int | None]) -> tuple[str, list[VariantHours]]:
    name = variant["VariantName"]
    if "InstanceType" not in variant:
        how = "is serverless" if "ServerlessConfig" in variant else "has no instances of its own"
        return f"variant {name} {how}: it has no instance-hours", []
    current = now.get(name)
    count = variant.get("InitialInstanceCount", 1) if current is None else current
    return "", [VariantHours(name, variant["InstanceType"], count)]
