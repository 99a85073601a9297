"""What instances cost, as a user says it: no price is known here."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Annotated

from pydantic import Field

from sagemaker_monitor.settings.document import read
from sagemaker_monitor.settings.fields import InstanceType, Integer, Number, Section, Text
from sagemaker_monitor.settings.loader import validated

Price = Annotated[Number, Field(ge=0)]
"""Of one instance for one hour, in the file's currency."""
PriceList = dict[InstanceType, Price]


class PerHour(Section):
    """Prices of one instance for one hour, by what it is used for and by its type."""

    processing: Annotated[PriceList, Field(default_factory=dict, description="Checks, scripts, merges.")]
    transform: Annotated[PriceList, Field(default_factory=dict, description="Batch transform.")]
    training: Annotated[PriceList, Field(default_factory=dict, description="Training.")]
    endpoint: Annotated[
        PriceList, Field(default_factory=dict, description="Real-time endpoints, shadow endpoints included.")
    ]


class Prices(Section):
    """A price list."""

    schema_version: Annotated[Integer, Field(ge=1, le=1, description="Version of this file's format.")]
    currency: Annotated[Text, Field(min_length=1, max_length=12, description="Such as EUR; printed.")]
    source: Annotated[Text, Field(max_length=200, description="Where the prices are from; printed.")] = ""
    per_hour: Annotated[PerHour, Field(description="Prices of one instance for one hour.")]

    def price(self, kind: str, instance_type: str) -> float | None:
        """Return the price of an hour; None where the file has none for this kind and type."""
        found: float | None = getattr(self.per_hour, kind).get(instance_type)
        return found


def load_prices(file: FilePath) -> Prices:
    """Return the prices in *file*. Raises ConfigError with every problem, each with its line."""
    return validated(Prices, read(file), lambda _: []).value
