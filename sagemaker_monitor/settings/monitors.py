"""What may stand under monitors in a model's file: what is watched, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sagemaker_monitor.settings import fields
from sagemaker_monitor.settings.fields import (
    Column,
    ImageOrKey,
    Integer,
    Number,
    RelativeUri,
    Section,
    Text,
)

Engine = Literal["sagemaker", "own"]
BaselineMode = Literal["bootstrap", "check", "refresh", "accept"]
_MODE = "How its checks treat the approved baseline, where that is not as baseline.mode says."
_ENGINE = "Who computes it: SageMaker's check step, or an image of your own (images.monitor)."
Rows = Literal["features", "predictions", "outcomes"]
CUSTOM = "custom/"
"""Begins what policy and verdicts call a custom monitor: custom/<name>."""


class Facet(Section):
    """A group of people the model is watched for: those with these values, or above the threshold."""

    name: Annotated[Column, Field(description="One of features or facet_columns.")]
    values: Annotated[
        tuple[Integer | Text, ...], Field(description="Values of the sensitive group; or give threshold.")
    ] = ()
    threshold: Annotated[
        Number | None, Field(description="The sensitive group is strictly above it; or give values.")
    ] = None

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if bool(self.values) == (self.threshold is not None):
            raise ValueError("give either values or threshold")
        return self


class BiasMonitor(Section):
    """Clarify's pre- and post-training bias metrics."""

    facets: Annotated[tuple[Facet, ...], Field(min_length=1, description="The groups that are watched.")]
    group_variable: Annotated[
        Column | None,
        Field(description="Column that CDDL and CDDPL are conditioned on; without it they are not computed."),
    ] = None
    engine: Annotated[Engine, Field(description=_ENGINE)] = "sagemaker"
    baseline_mode: Annotated[BaselineMode | None, Field(description=_MODE)] = None


class DataQualityMonitor(Section):
    """Model Monitor's checks of the features: types, missing values, categories, drift."""

    engine: Annotated[Engine, Field(description=_ENGINE)] = "sagemaker"
    baseline_mode: Annotated[BaselineMode | None, Field(description=_MODE)] = None


class ModelQualityMonitor(Section):
    """Model Monitor's metrics of the predictions against the labels."""

    engine: Annotated[Engine, Field(description=_ENGINE)] = "sagemaker"
    baseline_mode: Annotated[BaselineMode | None, Field(description=_MODE)] = None


class ExplainabilityMonitor(Section):
    """Clarify's Kernel SHAP: how much each feature contributes to the model's answers."""

    baseline: Annotated[
        Literal["mean"] | RelativeUri | tuple[tuple[Number | Integer, ...], ...],
        Field(
            description="What contributions are measured from: rows of the features, or a CSV file of"
            " them without a header, best the mean record of the validation data, which stays the same;"
            " mean: the mean record of whatever rows are explained, which moves with them."
        ),
    ] = "mean"
    num_samples: Annotated[
        Integer,
        Field(ge=2, le=100_000, description="Synthetic records the model scores for each record explained."),
    ] = 200
    agg_method: Annotated[
        Literal["mean_abs", "median", "mean_sq"],
        Field(description="How a feature's contributions to all records become one number."),
    ] = "mean_abs"
    use_logit: Annotated[
        bool, Field(strict=True, description="Explain log-odds instead of P(1); for BinaryClassification.")
    ] = False
    seed: Annotated[
        Integer | None, Field(ge=0, description="Makes the random part the same in every run.")
    ] = None
    engine: Annotated[
        Engine, Field(description="SageMaker's check step alone: attributions need its shadow endpoint.")
    ] = "sagemaker"
    baseline_mode: Annotated[BaselineMode | None, Field(description=_MODE)] = None


class CustomMonitor(Section):
    """A monitor of your own: an image that keeps Model Monitor's contract (docs/custom-monitor.md)."""

    image: Annotated[
        ImageOrKey,
        Field(description="A key of the environment's `images`, or a `<repository>:<tag>` of its registry."),
    ]
    input: Annotated[
        Rows,
        Field(
            description="The rows it is given: features: what the model is sent; predictions: with facet"
            " columns and the model's answer; outcomes: with the label too, of the rows that have one."
        ),
    ] = "features"
    environment: Annotated[
        dict[
            Annotated[str, Field(pattern=fields.VARIABLE, max_length=256)],
            Annotated[Text, Field(max_length=256)],
        ],
        Field(default_factory=dict, max_length=80, description="Variables of your own that it is given."),
    ]

    baseline_mode: Annotated[BaselineMode | None, Field(description=_MODE)] = None

    @property
    def needs_labels(self) -> bool:
        """Whether it waits for labels."""
        return self.input == "outcomes"


class Monitors(Section):
    """What is watched; at least one."""

    data_quality: Annotated[
        DataQualityMonitor | None,
        Field(description="Types, missing values, categories and drift of the features."),
    ] = None
    model_quality: Annotated[
        ModelQualityMonitor | None,
        Field(description="Predictions against labels: recall, AUC, errors and more, by problem type."),
    ] = None
    bias: Annotated[BiasMonitor | None, Field(description="Bias, before and after training.")] = None
    explainability: Annotated[
        ExplainabilityMonitor | None, Field(description="Which features the model's answers rest on.")
    ] = None
    custom: Annotated[
        dict[Annotated[str, Field(pattern=fields.MONITOR_NAME, max_length=40)], CustomMonitor],
        Field(
            default_factory=dict,
            max_length=15,
            description="Monitors of your own, by name: an image for texts, pictures or whatever else.",
        ),
    ]

    @property
    def configured(self) -> tuple[str, ...]:
        """The monitors that there are, in the order of this section; those of one's own as custom/<name>."""
        ours = [
            name for name in type(self).model_fields if name != "custom" and getattr(self, name) is not None
        ]
        return (*ours, *self.of_teams)

    @property
    def of_teams(self) -> Mapping[str, CustomMonitor]:
        """The monitors that teams brought themselves, by custom/<name>."""
        return {f"{CUSTOM}{name}": monitor for name, monitor in self.custom.items()}

    def engine(self, monitor: str) -> Engine:
        """Who computes the numbers of *monitor*, which is configured."""
        if monitor in self.of_teams:
            return "own"
        engine: Engine = getattr(self, monitor).engine
        return engine

    def baseline_mode(self, monitor: str) -> BaselineMode | None:
        """How the checks of *monitor*, which is configured, treat the baseline; None where the model says."""
        section = self.of_teams.get(monitor) or getattr(self, monitor)
        mode: BaselineMode | None = section.baseline_mode
        return mode

    @property
    def own(self) -> tuple[str, ...]:
        """The monitors that an image of one's own computes, those that teams brought included."""
        return tuple(name for name in self.configured if self.engine(name) == "own")

    @property
    def need_labels(self) -> bool:
        """Whether any of them compares with observed labels."""
        return self.read_outcomes or any(monitor.needs_labels for monitor in self.custom.values())

    @property
    def read_outcomes(self) -> bool:
        """Whether a policy for observed labels looks at the rows itself, beside what its monitors report."""
        return self.bias is not None or self.model_quality is not None

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if not self.configured:
            raise ValueError(f"at least one monitor is needed: {', '.join(type(self).model_fields)}")
        return self
