"""What may stand in conf/: every key, its type, its default and what it is for."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9](-?[A-Za-z0-9])*$", max_length=63)]
Column = Annotated[str, Field(min_length=1, max_length=255)]
Action = Literal["fail", "warn", "ignore"]

PLACEHOLDER_ACCOUNTS = frozenset({"111122223333", "444455556666", "777788889999", "123456789012"})
"""Account ids that AWS's documentation uses: fit to build for, refused by upsert."""


class Section(BaseModel):
    """Base of every section: immutable, and strict about its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), populate_by_name=True)


# --- environments/<env>.yaml -----------------------------------------------------------------


class Roles(Section):
    """IAM roles of one environment."""

    execution: Annotated[
        str,
        Field(
            pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$",
            description="Role that pipelines and their jobs run under.",
        ),
    ]


class Storage(Section):
    """Where an environment keeps data, assets and reports."""

    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    prefix: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*$", description="No leading or trailing slash.")
    ] = "sagemaker-monitor"
    kms_key: Annotated[str | None, Field(description="KMS key or alias that encrypts volumes and outputs.")] = None

    @property
    def root(self) -> str:
        """The S3 URI below which everything of ours lives, without a trailing slash."""
        return f"s3://{self.bucket}/{self.prefix}"

    def resolve(self, uri: str) -> str:
        """Return *uri* as an S3 URI; a relative one is taken below the environment's storage."""
        return uri if uri.startswith("s3://") else f"{self.root}/{uri.lstrip('/')}"


class Registry(Section):
    """The model registry of one environment."""

    model_package_group: Annotated[str, Field(description="'{model}' stands for the model's name.")] = "{model}"


class Network(Section):
    """The VPC of jobs. It needs endpoints for S3, the SageMaker API and the SageMaker runtime."""

    subnets: Annotated[tuple[str, ...], Field(min_length=1, max_length=16)]
    security_groups: Annotated[tuple[str, ...], Field(min_length=1, max_length=5)]


class TransformCompute(Section):
    """Instances of batch transform jobs."""

    instance_type: str = "ml.m5.large"
    instance_count: Annotated[int, Field(ge=1, le=100)] = 1


class CheckCompute(Section):
    """Instances of Clarify jobs and of their shadow endpoints."""

    instance_type: str = "ml.m5.large"
    instance_count: Annotated[int, Field(ge=1, le=100)] = 1
    volume_size_gb: Annotated[int, Field(ge=1, le=16384)] = 20
    max_runtime: Annotated[timedelta, Field(description="ISO 8601, such as PT1H.")] = timedelta(hours=1)


class ScriptCompute(Section):
    """The instance of the join and decide jobs."""

    instance_type: str = "ml.t3.medium"
    volume_size_gb: Annotated[int, Field(ge=1, le=16384)] = 20
    max_runtime: timedelta = timedelta(minutes=30)


class Compute(Section):
    """Instances, by kind of job."""

    transform: TransformCompute = TransformCompute()
    checks: CheckCompute = CheckCompute()
    scripts: ScriptCompute = ScriptCompute()


class Approval(Section):
    """How versions are opened."""

    on_pass: Annotated[
        Literal["Approved", "PendingManualApproval"],
        Field(description="Status that `gate --apply` gives a version whose verdict is open."),
    ] = "PendingManualApproval"
    evidence_max_age: Annotated[timedelta, Field(description="ISO 8601; an older verdict opens nothing.")] = timedelta(
        days=7
    )


class Environment(Section):
    """One environment: an account, a region, and how pipelines run there."""

    schema_version: Literal[1]
    name: Name
    account: Annotated[str, Field(pattern=r"^\d{12}$", description="Quoted; checked before the first write.")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    endpoint_url: Annotated[
        str | None, Field(pattern=r"^http://127\.0\.0\.1:\d{1,5}$", description="The emulator's; only for `local`.")
    ] = None
    roles: Roles
    storage: Storage
    registry: Registry = Registry()
    network: Network | None = None
    compute: Compute = Compute()
    approval: Approval = Approval()
    tags: dict[str, str] = {}

    @model_validator(mode="after")
    def _endpoint_belongs_to_local(self) -> Self:
        if self.name == "local" and self.endpoint_url is None:
            raise ValueError("endpoint_url is missing: 'local' is the emulator, http://127.0.0.1:<port>")
        if self.name != "local" and self.endpoint_url is not None:
            raise ValueError("endpoint_url is for the environment 'local' only")
        return self

    @property
    def is_placeholder(self) -> bool:
        """Whether the account is one of the documentation's: built for, never deployed to."""
        return self.account in PLACEHOLDER_ACCOUNTS

    def model_package_group(self, model: str) -> str:
        """The model package group of *model* in this environment."""
        return self.registry.model_package_group.replace("{model}", model)


# --- models/<model>.yaml ---------------------------------------------------------------------


class Inventory(Section):
    """How the organisation knows this model; printed on reports and set as tags."""

    id: str | None = None
    owner: str | None = None
    tier: Annotated[int | None, Field(ge=1, le=4)] = None


class Artifact(Section):
    """The trained model."""

    framework: Literal["xgboost"]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+(\.\d+)?-\d+$", description="Of AWS's container, such as 1.7-1.")]
    model_data: Annotated[str, Field(pattern=r".+\.tar\.gz$", description="The candidate's model.tar.gz.")]


class Prediction(Section):
    """How the model's answer becomes a predicted label."""

    threshold: Annotated[float, Field(ge=0, le=1, description="Favourable above it, strictly.")] = 0.5


class DataSchema(Section):
    """The columns of the data, in the files' order: record key, features, facet columns, then the label.

    Files are CSV without a header, as SageMaker's batch transform reads them. A batch may lack the
    label; the baseline has it.
    """

    content_type: Literal["text/csv"] = "text/csv"
    problem_type: Literal["BinaryClassification"] = "BinaryClassification"
    label: Column
    favourable: Annotated[int, Field(description="The label's value that is the good outcome.")] = 1
    prediction: Prediction = Prediction()
    record_key: Annotated[Column, Field(description="Joins late labels; never sent to the model.")]
    features: Annotated[tuple[Column, ...], Field(min_length=1, description="In the model's order.")]
    facet_columns: Annotated[tuple[Column, ...], Field(description="Analysed, never sent to the model.")] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the baseline file, in order."""
        return (self.record_key, *self.features, *self.facet_columns, self.label)


class GroundTruth(Section):
    """Labels that arrive in files of their own: CSV without a header, record key and label."""

    uri: str
    minimum_overlap: Annotated[float, Field(gt=0, le=1, description="Share of the batch that needs a label.")] = 0.9


class Data(Section):
    """Where data lives; relative URIs are below the environment's storage."""

    baseline: Annotated[str, Field(description="Labelled data the model was not trained on.")]
    batches: Annotated[str | None, Field(description="Prefix of the batches to score.")] = None
    ground_truth: GroundTruth | None = None


class Facet(Section):
    """A group of people the model is watched for: the sensitive group is these values, or above the threshold."""

    name: Column
    values: Annotated[tuple[int | str, ...], Field(description="Values of the sensitive group.")] = ()
    threshold: Annotated[float | None, Field(description="Sensitive group: strictly above.")] = None

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if bool(self.values) == (self.threshold is not None):
            raise ValueError("give either values or threshold")
        return self


class BiasMonitor(Section):
    """Clarify's pre- and post-training bias metrics."""

    facets: Annotated[tuple[Facet, ...], Field(min_length=1)]
    group_variable: Annotated[Column | None, Field(description="For CDDL and CDDPL.")] = None


class Monitors(Section):
    """What is watched; at least one."""

    bias: BiasMonitor | None = None

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if self.bias is None:
            raise ValueError("at least one monitor is needed: bias")
        return self


class Baseline(Section):
    """How checks treat the approved version's baseline; `run --mode` overrides it."""

    mode: Annotated[
        Literal["check", "bootstrap"],
        Field(description="check: compare with the approved version's; bootstrap: the first version, nothing to compare with."),
    ] = "check"


class MinimumRows(Section):
    """Below these counts nothing can be told."""

    total: Annotated[int, Field(ge=1)] = 200
    per_facet: Annotated[int, Field(ge=1, description="On each side of a facet.")] = 30
    per_facet_and_label: Annotated[int, Field(ge=0, description="Of each observed label, on each side.")] = 5


class Rule(Section):
    """One line of the policy: what it is about, the limit, and what crossing it means.

    At most one of *between*, *minimum*, *maximum* and *tolerance*; with none, AWS's own violation is the limit.
    """

    match: Annotated[str, Field(pattern=r"^[^\s]+$", description="bias/<metric>/<facet>, with * as a wildcard.")]
    action: Action
    between: Annotated[tuple[float, float] | None, Field(description="Both included.")] = None
    minimum: float | None = None
    maximum: float | None = None
    tolerance: Annotated[
        Literal["calibrated"] | float | None,
        Field(description="How far from the baseline towards more bias; calibrated: what chance explains."),
    ] = None

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        given = [key for key in ("between", "minimum", "maximum", "tolerance") if getattr(self, key) is not None]
        if len(given) > 1:
            raise ValueError(f"give at most one limit, not {' and '.join(given)}")
        if self.between and self.between[0] > self.between[1]:
            raise ValueError("between: the first number is the lower one")
        return self


class Gate(Section):
    """When a run is refused. First matching rule wins."""

    false_refusals: Annotated[
        float, Field(gt=0, lt=0.5, description="Share of honest batches that all calibrated limits together refuse.")
    ] = 0.05
    minimum_rows: MinimumRows = MinimumRows()
    when_too_few: Literal["inconclusive", "warn", "fail"] = "inconclusive"
    rules: tuple[Rule, ...] = (Rule(match="bias/*", tolerance="calibrated", action="fail"),)


class Model(Section):
    """One model and how it is watched."""

    schema_version: Literal[1]
    model: Name
    inventory: Inventory = Inventory()
    artifact: Artifact
    data_schema: Annotated[DataSchema, Field(alias="schema")]
    data: Data
    monitors: Monitors
    baseline: Baseline = Baseline()
    gate: Gate = Gate()
