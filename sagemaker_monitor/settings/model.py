"""What may stand in models/<model>.yaml: every key, its type, its default and what it is for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from sagemaker_monitor.settings import fields
from sagemaker_monitor.settings.alarms import Alarm
from sagemaker_monitor.settings.endpoint import Endpoint
from sagemaker_monitor.settings.fields import (
    ArchiveUri,
    Column,
    Duration,
    Integer,
    Name,
    Number,
    RelativeUri,
    Section,
    Text,
)
from sagemaker_monitor.settings.gate import Gate
from sagemaker_monitor.settings.monitoring import AdoptedSchedule, MonitoringSchedule
from sagemaker_monitor.settings.monitors import BaselineMode, Monitors
from sagemaker_monitor.settings.schedules import Schedules


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
        tuple[Column, ...],
        Field(
            min_length=1,
            description="What the model is sent, in its order: numbers, and texts where a script takes them.",
        ),
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
    """Labels that arrive in files of their own: CSV without a header, record key and label.

    Those of an endpoint's records have the facet columns between the two: they are sent to no endpoint.
    """

    uri: Annotated[RelativeUri, Field(description="File or prefix of the labels.")]
    minimum_overlap: Annotated[
        Number, Field(gt=0, le=1, description="Share of a batch's records that need a label.")
    ] = 0.9
    expected_after: Annotated[
        Duration | None,
        Field(
            description="How long after a record was scored its label is there, such as P45D; a scheduled"
            " monitor-ground-truth waits so long."
        ),
    ] = None
    captures: Annotated[
        Literal["batches", "endpoint"] | None,
        Field(
            description="Whose captures monitor-ground-truth judges; by default the endpoint's where the"
            " model has one and no data.batches, else those of batches."
        ),
    ] = None


class Data(Section):
    """Where data lives; relative URIs are below the environment's storage."""

    baseline: Annotated[RelativeUri, Field(description="Labelled data the model was not trained on.")]
    batches: Annotated[RelativeUri | None, Field(description="Prefix of the batches to score.")] = None
    ground_truth: Annotated[
        GroundTruth | None, Field(description="Labels in files of their own; else a batch's last column.")
    ] = None


class Baseline(Section):
    """How the checks of `run register` treat the approved version's baseline.

    `run --mode` overrides it. Monitoring runs compare, unless `run --mode` says otherwise.
    """

    mode: Annotated[
        BaselineMode,
        Field(
            description="check: compare with the approved version's baseline; bootstrap: where there is none,"
            " compute the first; refresh: compare, and carry the new one; accept: carry the new one without"
            " comparing, for a reason that run --reason gives. Per monitor: monitors.<monitor>.baseline_mode."
        ),
    ] = "check"


PipelineKind = Literal["register", "monitor-batch", "monitor-endpoint", "monitor-ground-truth"]


class Model(Section):
    """One model and how it is watched."""

    schema_version: Annotated[Literal[1], Field(description="Version of this file's format.")]
    model: Annotated[Name, Field(description="The model's name, the same as the file's.")]
    inventory: Annotated[Inventory, Field(description="How the organisation knows the model.")] = Inventory()
    artifact: Annotated[Artifact, Field(description="The trained model.")]
    data_schema: Annotated[DataSchema, Field(alias="schema", description="The columns of the data.")]
    data: Annotated[Data, Field(description="Where the data lives.")]
    endpoint: Annotated[
        Endpoint | None, Field(description="The real-time endpoint that serves it, for monitor-endpoint.")
    ] = None
    monitors: Annotated[Monitors, Field(description="What is watched; at least one.")]
    monitoring_schedules: Annotated[
        dict[Name, MonitoringSchedule],
        Field(
            default_factory=dict,
            max_length=50,
            description="SageMaker's own MonitoringSchedules, by name; they tell and gate nothing"
            " (docs/monitoring-schedules.md).",
        ),
    ]
    alarms: Annotated[
        dict[Name, Alarm],
        Field(
            default_factory=dict,
            max_length=50,
            description="CloudWatch alarms, by name (docs/watching.md).",
        ),
    ]
    baseline: Annotated[Baseline, Field(description="How checks treat the approved baseline.")] = Baseline()
    gate: Annotated[Gate, Field(description="When a run is refused.")] = Gate()
    pipelines: Annotated[
        tuple[PipelineKind, ...] | None,
        Field(
            description="Which pipelines are deployed; by default every one that the model can have. With []"
            " nothing is but monitoring_schedules, and no model package group is made."
        ),
    ] = None
    schedules: Annotated[
        Schedules, Field(description="Pipelines that run by themselves; none by default.")
    ] = Schedules()

    def baseline_mode(self, monitor: str) -> BaselineMode:
        """How the checks of *monitor* treat the approved baseline when a candidate is registered."""
        return self.monitors.baseline_mode(monitor) or self.baseline.mode

    @property
    def late_captures(self) -> Literal["batches", "endpoint"]:
        """Whose captures monitor-ground-truth judges."""
        ground_truth = self.data.ground_truth
        if ground_truth and ground_truth.captures:
            return ground_truth.captures
        return "endpoint" if self.endpoint and not self.data.batches else "batches"

    def endpoint_in(self, environment: str) -> str | None:
        """Return the name of the endpoint that is watched in *environment*; None where there is none."""
        return self.endpoint.name_in(self.model, environment) if self.endpoint else None

    def monitoring_schedule_name(self, schedule: str, environment: str) -> str:
        """Return the name under which *schedule* is deployed to *environment*."""
        adopted = self.adopted_in(environment).get(schedule)
        return adopted.name if adopted is not None else f"{self.model}-{schedule}-{environment}"

    def adopted_in(self, environment: str) -> Mapping[str, AdoptedSchedule]:
        """Return which schedules are ones of others in *environment*, by their names in this file."""
        watched = self.endpoint_in(environment) is not None
        return {
            name: schedule.adopted[environment]
            for name, schedule in self.monitoring_schedules.items()
            if environment in schedule.adopted and (watched or schedule.of != "endpoint")
        }

    def kept_definition(self, schedule: str, environment: str) -> str | None:
        """Return the job definition of others that *schedule* keeps in *environment*; None for ours."""
        adopted = self.adopted_in(environment).get(schedule)
        if adopted is None or adopted.digest not in (None, self.schedule_digest(schedule)):
            return None
        return adopted.definition

    def schedule_digest(self, schedule: str) -> str:
        """Return a digest of what this file says of a monitoring schedule and of the monitor that it runs.

        Not of when it runs, nor of what only pipelines need: placeholders can be filled in.
        """
        section = self.monitoring_schedules[schedule]
        schema = {"content_type", "record_key"}
        monitor = getattr(self.monitors, section.monitor)
        said: list[Any] = [
            section.model_dump(mode="json", exclude={"expression", "adopted"}, exclude_defaults=True),
            self.data_schema.model_dump(mode="json", exclude=schema, exclude_defaults=True),
            monitor and monitor.model_dump(mode="json", exclude={"baseline_mode"}, exclude_defaults=True),
        ]
        if self.endpoint and section.of == "endpoint":
            of_records = {"requests", "answers"}
            said.append(self.endpoint.model_dump(mode="json", include=of_records, exclude_defaults=True))
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:12]
