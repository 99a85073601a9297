"""What may stand in models/<model>.yaml: every key, its type, its default and what it is for."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sagemaker_monitor.settings import fields
from sagemaker_monitor.settings.fields import (
    ArchiveUri,
    Column,
    Integer,
    Name,
    Number,
    RelativeUri,
    Section,
    Text,
)
from sagemaker_monitor.settings.monitors import Monitors

Action = Literal["fail", "warn", "ignore"]


class Inventory(Section):
    """How the organisation knows this model; printed on reports and set as tags."""

    id: Annotated[Text | None, Field(max_length=256, description="Its number in the model inventory.")] = None
    owner: Annotated[Text | None, Field(max_length=256, description="Who answers for it.")] = None
    tier: Annotated[Integer | None, Field(ge=1, le=4, description="Its risk tier; 1 is the highest.")] = None


class Artifact(Section):
    """The trained model, and the container of AWS that serves it."""

    framework: Annotated[
        Literal["xgboost", "linear-learner", "scikit-learn", "script"],
        Field(
            description="What serves it: AWS's container of that name;"
            " script: any Python, in the scikit-learn container."
        ),
    ]
    version: Annotated[
        str,
        Field(
            pattern=fields.CONTAINER_VERSION,
            description="Version of AWS's container, such as 1.7-1; linear-learner has 1.",
        ),
    ]
    model_data: Annotated[ArchiveUri, Field(description="The candidate's model.tar.gz.")]
    entry_point: Annotated[
        str | None,
        Field(
            pattern=fields.SCRIPT,
            description="The script with model_fn in the archive's folder code/; for scikit-learn and script,"
            " and for xgboost in script mode.",
        ),
    ] = None


class Prediction(Section):
    """How the model's answer becomes a predicted label."""

    probability: Annotated[
        Integer,
        Field(
            ge=0,
            description="Which value of the model's answer is P(1), counted from 0;"
            " for BinaryClassification.",
        ),
    ] = 0
    label: Annotated[
        Integer,
        Field(
            ge=0,
            description="Which value of the model's answer is the predicted number or class, counted from 0;"
            " for Regression and MulticlassClassification.",
        ),
    ] = 0
    values: Annotated[
        Integer, Field(ge=1, description="How many values the model answers for each record.")
    ] = 1
    threshold: Annotated[
        Number,
        Field(
            gt=0,
            lt=1,
            description="The model predicts 1 when P(1) is above this, strictly; for BinaryClassification.",
        ),
    ] = 0.5


class DataSchema(Section):
    """The columns of the data, in the files' order: record key, features, facet columns, then the label.

    Files are CSV without a header, as SageMaker's batch transform reads them. A batch may lack the
    label; the baseline has it.
    """

    content_type: Annotated[Literal["text/csv"], Field(description="Files are CSV without a header.")] = (
        "text/csv"
    )
    problem_type: Annotated[
        Literal["BinaryClassification", "MulticlassClassification", "Regression"],
        Field(
            description="BinaryClassification: the label is 0 or 1, and the model answers P(1);"
            " MulticlassClassification: the label is a number or text, and the model answers one of them;"
            " Regression: the label is a number, and so is the answer."
        ),
    ] = "BinaryClassification"
    label: Annotated[
        Column,
        Field(description="Column of the observed outcome, of binary models 0 or 1; the last of a file."),
    ]
    favourable: Annotated[
        Integer,
        Field(description="The label's value that is the good outcome, 0 or 1; for BinaryClassification."),
    ] = 1
    prediction: Annotated[Prediction, Field(description="How an answer becomes a label.")] = Prediction()
    record_key: Annotated[
        Column, Field(description="Column that names a record; joins late labels, never sent to the model.")
    ]
    features: Annotated[
        tuple[Column, ...], Field(min_length=1, description="What the model is sent, in its order; numbers.")
    ]
    facet_columns: Annotated[tuple[Column, ...], Field(description="Analysed, never sent to the model.")] = ()

    @property
    def is_binary(self) -> bool:
        """Whether the label is 0 or 1, and the model answers P(1)."""
        return self.problem_type == "BinaryClassification"

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the baseline file, in order."""
        return (self.record_key, *self.features, *self.facet_columns, self.label)


class GroundTruth(Section):
    """Labels that arrive in files of their own: CSV without a header, record key and label."""

    uri: Annotated[RelativeUri, Field(description="File or prefix of the labels.")]
    minimum_overlap: Annotated[
        Number, Field(gt=0, le=1, description="Share of a batch's records that need a label.")
    ] = 0.9


class Data(Section):
    """Where data lives; relative URIs are below the environment's storage."""

    baseline: Annotated[RelativeUri, Field(description="Labelled data the model was not trained on.")]
    batches: Annotated[RelativeUri | None, Field(description="Prefix of the batches to score.")] = None
    ground_truth: Annotated[
        GroundTruth | None, Field(description="Labels in files of their own; else a batch's last column.")
    ] = None


class Baseline(Section):
    """How checks treat the approved version's baseline; `run --mode` overrides it."""

    mode: Annotated[
        Literal["check", "bootstrap"],
        Field(
            description="check: compare with the approved version's baseline;"
            " bootstrap: the first version, nothing to compare with."
        ),
    ] = "check"


class MinimumRows(Section):
    """Below these counts nothing can be told."""

    total: Annotated[Integer, Field(ge=1, description="Labelled rows of a batch.")] = 200
    per_facet: Annotated[Integer, Field(ge=1, description="Rows on each side of a facet.")] = 30
    per_facet_and_label: Annotated[
        Integer, Field(ge=0, description="Rows of each observed label, on each side of a facet.")
    ] = 5


class Rule(Section):
    """One line of the policy: what it is about, the limit, and what crossing it means.

    At most one of *between*, *minimum*, *maximum* and *tolerance*; with none, AWS's own violation is
    the limit.
    """

    match: Annotated[
        str,
        Field(
            pattern=fields.MATCH,
            description="data_quality/<check>/<feature>, model_quality/<metric>, bias/<metric>/<facet> or"
            " explainability/ndcg; * is a wildcard.",
        ),
    ]
    action: Annotated[Action, Field(description="What crossing the limit means.")]
    between: Annotated[
        tuple[Number, Number] | None, Field(description="Lowest and highest value allowed, both included.")
    ] = None
    minimum: Annotated[Number | None, Field(description="Lowest value allowed.")] = None
    maximum: Annotated[Number | None, Field(description="Highest value allowed.")] = None
    tolerance: Annotated[
        Literal["calibrated"] | Annotated[Number, Field(ge=0)] | None,
        Field(
            description="How far from the baseline for the worse, towards more bias;"
            " calibrated: what chance explains."
        ),
    ] = None

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        given = [
            key for key in ("between", "minimum", "maximum", "tolerance") if getattr(self, key) is not None
        ]
        if len(given) > 1:
            raise ValueError(f"give at most one limit, not {' and '.join(given)}")
        if self.between and self.between[0] > self.between[1]:
            raise ValueError("between: the first number is the lower one")
        return self


class Gate(Section):
    """When a run is refused. First matching rule wins."""

    false_refusals: Annotated[
        Number,
        Field(
            gt=0, lt=0.5, description="Share of honest batches that all calibrated limits together refuse."
        ),
    ] = 0.05
    minimum_rows: Annotated[MinimumRows, Field(description="Below these counts nothing can be told.")] = (
        MinimumRows()
    )
    when_too_few: Annotated[
        Literal["inconclusive", "warn", "fail"], Field(description="What too few rows mean; never a pass.")
    ] = "inconclusive"
    rules: Annotated[tuple[Rule, ...], Field(description="The policy; the first rule that matches wins.")] = (
        Rule(match="data_quality/baseline_drift_check/*", tolerance="calibrated", action="fail"),
        Rule(match="data_quality/*", action="fail"),
        Rule(match="model_quality/*", tolerance="calibrated", action="fail"),
        Rule(match="bias/*", tolerance="calibrated", action="fail"),
        # Attributions say that the model decides otherwise than before, not that it decides worse.
        Rule(match="explainability/*", tolerance="calibrated", action="warn"),
    )


class Model(Section):
    """One model and how it is watched."""

    schema_version: Annotated[Literal[1], Field(description="Version of this file's format.")]
    model: Annotated[Name, Field(description="The model's name, the same as the file's.")]
    inventory: Annotated[Inventory, Field(description="How the organisation knows the model.")] = Inventory()
    artifact: Annotated[Artifact, Field(description="The trained model.")]
    data_schema: Annotated[DataSchema, Field(alias="schema", description="The columns of the data.")]
    data: Annotated[Data, Field(description="Where the data lives.")]
    monitors: Annotated[Monitors, Field(description="What is watched; at least one.")]
    baseline: Annotated[Baseline, Field(description="How checks treat the approved baseline.")] = Baseline()
    gate: Annotated[Gate, Field(description="When a run is refused.")] = Gate()
