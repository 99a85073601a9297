"""What may stand in environments/<env>.yaml: every key, its type, its default and what it is for."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from sagemaker_monitor.settings import fields
from sagemaker_monitor.settings.fields import (
    Duration,
    Image,
    InstanceType,
    Integer,
    Name,
    Runtime,
    Section,
    Text,
)
from sagemaker_monitor.settings.notify import Notify

LOCAL, LOCAL_PREFIX = "local", "local-"
"""What environments are called that are on this machine: the emulator, and further ones to rehearse with."""

LOCAL_ACCOUNT = "000000000000"
"""The emulator's account id."""

MONITOR_IMAGE = "monitor"
"""The key of images under which monitors with `engine: own` find theirs."""

PLACEHOLDER_ACCOUNTS = frozenset({"111122223333", "444455556666", "777788889999", "123456789012"})
"""Account ids that AWS's documentation uses: fit to build for, refused by upsert."""


class Roles(Section):
    """IAM roles of one environment."""

    execution: Annotated[
        str,
        Field(
            pattern=fields.ROLE_ARN,
            description="Role that pipelines and their jobs run under, in the environment's account.",
        ),
    ]
    deploy: Annotated[
        str | None,
        Field(
            pattern=fields.ROLE_ARN,
            description="Role of the environment's account that every call of this tool is made with: it is"
            " assumed with the credentials that are found, and again before it expires. None by default:"
            " these credentials are used as they are.",
        ),
    ] = None
    external_id: Annotated[
        str | None,
        Field(
            pattern=fields.EXTERNAL_ID,
            min_length=2,
            max_length=1224,
            description="What `deploy`'s trust policy asks for as sts:ExternalId, where it does.",
        ),
    ] = None
    scheduler: Annotated[
        str | None,
        Field(
            pattern=fields.ROLE_ARN,
            description="Role that EventBridge Scheduler starts pipelines with; needed where schedules are"
            " enabled and a model has one.",
        ),
    ] = None


class Storage(Section):
    """Where an environment keeps data, assets and reports."""

    bucket: Annotated[str, Field(pattern=fields.BUCKET, description="Bucket, without s3://.")]
    prefix: Annotated[
        str,
        Field(
            pattern=fields.PREFIX,
            max_length=256,
            description="Prefix in the bucket, no leading or trailing slash.",
        ),
    ] = "sagemaker-monitor"
    kms_key: Annotated[
        str | None,
        Field(pattern=fields.KMS_KEY, description="KMS key or alias that encrypts volumes and outputs."),
    ] = None

    @property
    def root(self) -> str:
        """The S3 URI below which everything of ours lives, without a trailing slash."""
        return f"s3://{self.bucket}/{self.prefix}"

    def resolve(self, uri: str) -> str:
        """Return *uri* as an S3 URI; a relative one is taken below the environment's storage."""
        return uri if uri.startswith("s3://") else f"{self.root}/{uri.lstrip('/')}"


class Registry(Section):
    """The model registry of one environment."""

    account: Annotated[
        str | None,
        Field(
            pattern=fields.ACCOUNT,
            description="Account of a central registry, quoted; its groups are named by ARN. Whoever keeps it"
            " makes the group, with a policy that lets this environment's roles use it. None by default: the"
            " environment's own account.",
        ),
    ] = None

    model_package_group: Annotated[
        str,
        Field(
            min_length=1,
            description="Model package group that a model's versions go to; '{model}' stands for its name.",
        ),
    ] = "{model}"


class Network(Section):
    """The VPC of jobs. It needs endpoints for S3, the SageMaker API and the SageMaker runtime."""

    subnets: Annotated[
        tuple[Annotated[str, Field(pattern=fields.SUBNET)], ...],
        Field(min_length=1, max_length=16, description="Subnets of the jobs."),
    ]
    security_groups: Annotated[
        tuple[Annotated[str, Field(pattern=fields.SECURITY_GROUP)], ...],
        Field(min_length=1, max_length=5, description="Security groups of the jobs."),
    ]


class TransformCompute(Section):
    """Instances of batch transform jobs."""

    instance_type: Annotated[InstanceType, Field(description="Instance type.")] = "ml.m5.large"
    instance_count: Annotated[Integer, Field(ge=1, le=100, description="Number of instances.")] = 1


class CheckCompute(Section):
    """Instances of Clarify jobs and of their shadow endpoints."""

    instance_type: Annotated[InstanceType, Field(description="Instance type.")] = "ml.m5.large"
    instance_count: Annotated[Integer, Field(ge=1, le=100, description="Number of instances.")] = 1
    volume_size_gb: Annotated[Integer, Field(ge=1, le=16384, description="Disk of each instance, in GB.")] = (
        20
    )
    max_runtime: Annotated[Runtime, Field(description="A job that runs longer is stopped.")] = timedelta(
        hours=1
    )


class ScriptCompute(Section):
    """The instance of the join and decide jobs."""

    instance_type: Annotated[InstanceType, Field(description="Instance type.")] = "ml.t3.medium"
    volume_size_gb: Annotated[Integer, Field(ge=1, le=16384, description="Disk of the instance, in GB.")] = 20
    max_runtime: Annotated[Runtime, Field(description="A job that runs longer is stopped.")] = timedelta(
        minutes=30
    )


class Compute(Section):
    """Instances, by kind of job."""

    transform: Annotated[TransformCompute, Field(description="Batch transform jobs.")] = TransformCompute()
    checks: Annotated[CheckCompute, Field(description="Clarify jobs and their shadow endpoints.")] = (
        CheckCompute()
    )
    scripts: Annotated[ScriptCompute, Field(description="The join and decide jobs.")] = ScriptCompute()
    max_parallel_steps: Annotated[
        Integer | None,
        Field(ge=1, description="Steps of an execution that run at once; left as it is where not given."),
    ] = None


class Approval(Section):
    """How versions are opened."""

    on_pass: Annotated[
        Literal["Approved", "PendingManualApproval"],
        Field(description="Status that `gate --apply` gives a version whose verdict is open."),
    ] = "PendingManualApproval"
    on_monitor_failure: Annotated[
        Literal["notify", "reject"],
        Field(
            description="What `gate --execution … --apply` does with an approved version that a monitoring"
            " run refused: tell, or reject it, which moves the latest approved version back."
        ),
    ] = "notify"
    evidence_max_age: Annotated[Duration, Field(description="An older verdict opens nothing.")] = timedelta(
        days=7
    )
    require_promotion_from: Annotated[
        Name | None,
        Field(
            description="Environment that versions have to be promoted from, approved there, for"
            " `gate --apply` to open them here. None by default: those registered here are opened as well."
        ),
    ] = None


class Retries(Section):
    """How often a start that SageMaker refused is tried again."""

    maximum_attempts: Annotated[Integer, Field(ge=0, le=185, description="Tries after the first one.")] = 185
    maximum_age: Annotated[
        Annotated[Duration, AfterValidator(fields.event_age)],
        Field(description="How long after the scheduled time a start is still tried, PT1M to P1D."),
    ] = timedelta(days=1)


class Scheduler(Section):
    """How EventBridge Scheduler keeps and starts what models schedule."""

    group: Annotated[
        str,
        Field(
            pattern=fields.SCHEDULE_GROUP,
            description="Schedule group of this environment's schedules; '{environment}' stands for its name."
            " Made by upsert where there is none.",
        ),
    ] = "sagemaker-monitor-{environment}"
    retries: Annotated[Retries, Field(description="When a start was refused.")] = Retries()
    dead_letter_queue: Annotated[
        str | None,
        Field(
            pattern=fields.QUEUE_ARN,
            description="SQS queue that is told of a start that failed for good; none by default.",
        ),
    ] = None


class Environment(Section):
    """One environment: an account, a region, and how pipelines run there."""

    schema_version: Annotated[Literal[1], Field(description="Version of this file's format.")]
    name: Annotated[Name, Field(description="Taken from the file's name, never written in it.")]
    account: Annotated[
        str, Field(pattern=fields.ACCOUNT, description="Account id, quoted; checked before the first write.")
    ]
    region: Annotated[str, Field(pattern=fields.REGION, description="AWS region.")]
    endpoint_url: Annotated[
        str | None,
        Field(
            pattern=fields.ENDPOINT_URL,
            description="The emulator's address; only for `local` and environments called `local-…`.",
        ),
    ] = None
    roles: Annotated[Roles, Field(description="IAM roles.")]
    storage: Annotated[Storage, Field(description="Where data, assets and reports are kept.")]
    registry: Annotated[Registry, Field(description="The model registry.")] = Registry()
    network: Annotated[Network | None, Field(description="The VPC of jobs; none by default.")] = None
    compute: Annotated[Compute, Field(description="Instances, by kind of job.")] = Compute()
    approval: Annotated[Approval, Field(description="How versions are opened.")] = Approval()
    notify: Annotated[
        Notify | None, Field(description="Who is told of a run that refused or broke; nobody by default.")
    ] = None
    schedules: Annotated[
        Literal["enabled", "disabled"],
        Field(description="Whether the schedules of models are deployed here; disabled ones are deleted."),
    ] = "disabled"
    scheduler: Annotated[Scheduler, Field(description="EventBridge Scheduler.")] = Scheduler()
    protected: Annotated[
        bool,
        Field(
            description="Whether `upsert` and `rollback` show what they would do and ask before they write;"
            " without a terminal they then need `--yes`."
        ),
    ] = False
    images: Annotated[
        dict[str, Image],
        Field(
            default_factory=dict,
            description="Images of your own in the account's registry, as `<repository>:<tag>`;"
            " `monitor` is the one that `engine: own` runs, others are those of `monitors.custom`.",
        ),
    ]
    tags: Annotated[
        dict[str, Text], Field(default_factory=dict, description="Set on everything that is created.")
    ]

    @model_validator(mode="after")
    def _endpoint_belongs_to_local(self) -> Self:
        if self.is_local and self.endpoint_url is None:
            raise ValueError(
                f"endpoint_url is missing: {self.name!r} is the emulator, http://127.0.0.1:<port>"
            )
        if not self.is_local and self.endpoint_url is not None:
            raise ValueError("endpoint_url is for the environment 'local', and those called 'local-…', only")
        return self

    @property
    def is_local(self) -> bool:
        """Whether the environment is on this machine, an emulator, by its name."""
        return self.name == LOCAL or self.name.startswith(LOCAL_PREFIX)

    @property
    def is_placeholder(self) -> bool:
        """Whether the account is one of the documentation's: built for, never deployed to."""
        return self.account in PLACEHOLDER_ACCOUNTS and not self.name.startswith(LOCAL_PREFIX)

    @property
    def partition(self) -> str:
        """What ARNs of the region begin with after `arn:`."""
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if "-gov-" in self.region else "aws"

    @property
    def schedule_group(self) -> str:
        """The schedule group of this environment."""
        return self.scheduler.group.replace("{environment}", self.name)

    def model_package_group_name(self, model: str) -> str:
        """The name of the model package group of *model* in this environment."""
        return self.registry.model_package_group.replace("{model}", model)

    def model_package_group(self, model: str) -> str:
        """The model package group of *model* as requests name it: by ARN in a central registry."""
        name, owner = self.model_package_group_name(model), self.registry.account
        if owner is None:
            return name
        return f"arn:{self.partition}:sagemaker:{self.region}:{owner}:model-package-group/{name}"
