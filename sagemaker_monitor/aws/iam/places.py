"""What permissions are about: the kinds of resources that statements name, one statement for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sagemaker_monitor.aws.iam.scope import ANY, Scope
from sagemaker_monitor.aws.iam.statement import Condition

SAGEMAKER, SCHEDULER = "sagemaker.amazonaws.com", "scheduler.amazonaws.com"
JOBS = "pipelines-*"
"""What SageMaker Pipelines calls jobs and models: pipelines-<execution id>-<step>-<suffix>."""
SCHEDULED_JOBS = ("*monitoring-*", "groundtruth-merge-*")
"""What SageMaker calls jobs of monitoring schedules: model-bias-monitoring-<time>-<token>."""
SHADOWS = "sm-clarify-*"
"""What Clarify calls the endpoints that it asks a model on, and their configurations."""
_FOLDERS = ("register", "monitor-*", "monitoring", "capture", "capture-register", "promoted")
"""A model's folders below the storage."""
JOB_DEFINITIONS = tuple(
    f"{monitor}-job-definition"
    for monitor in ("data-quality", "model-quality", "model-bias", "model-explainability")
)
"""The kinds of job definitions, as ARNs are: IAM takes no wildcard in the kind of a resource."""


def nothing(_: Scope) -> Condition:
    """Return no condition."""
    return {}


@dataclass(frozen=True)
class Place:
    """A kind of resource: its statement's Sid, what it is, its ARNs and the condition on them.

    *why* says why the ARNs are wider than what is used, where they are.
    """

    sid: str
    what: str
    resources: Callable[[Scope], tuple[str, ...]]
    condition: Callable[[Scope], Condition] = nothing
    why: str = ""


def _all(*kinds: str) -> Callable[[Scope], tuple[str, ...]]:
    return lambda scope: tuple(scope.arn("sagemaker", f"{kind}/*") for kind in kinds)


def _everything(_: Scope) -> tuple[str, ...]:
    return ("*",)


def _results(scope: Scope) -> tuple[str, ...]:
    """Return what lies in the models' folders; where a model's name is unknown, in folders as models have."""
    if ANY in scope.models:
        return scope.below_storage(*(f"*/{folder}/*" for folder in _FOLDERS))
    return scope.below_storage(*(f"{model}/*" for model in scope.models))


def _passed_to(service: str) -> Callable[[Scope], Condition]:
    return lambda _: {"StringEquals": {"iam:PassedToService": service}}


BY_ALIAS = "which key bears the alias is asked when the key is used: a condition keeps it to that one"
NO_TYPE = "these actions know no resource"

PIPELINES = Place("Pipelines", "the models' pipelines", lambda s: s.sagemaker("pipeline", *s.pipelines))
MONITORING = Place(
    "MonitoringSchedules",
    "the models' monitoring schedules",
    lambda s: s.sagemaker("monitoring-schedule", *s.schedules),
)
MONITORING_PARTS = Place(
    "MonitoringParts",
    "what monitoring schedules are made with: job definitions, and models that explainability asks",
    lambda s: (
        *(
            arn
            for kind in JOB_DEFINITIONS
            for arn in s.sagemaker(kind, *(f"{name}-*" for name in s.parts), *s.kept)
        ),
        *s.sagemaker("model", *(f"{name}-*" for name in s.parts)),
    ),
    why="their names begin with the schedule's, cut where it is long, and so may lack the environment's",
)
EXECUTIONS = Place(
    "Executions",
    "executions of the models' pipelines",
    lambda s: s.sagemaker("pipeline", *(f"{name}/execution/*" for name in s.pipelines)),
)
GROUPS = Place(
    "ModelPackageGroups",
    "the models' groups; those of a central registry are its keeper's",
    lambda s: () if s.environment.registry.account else s.registry("model-package-group", *s.groups),
)
VERSIONS = Place(
    "ModelVersions",
    "the models' groups, and versions in them",
    lambda s: (
        *s.registry("model-package-group", *s.groups),
        *s.registry("model-package", *(f"{group}/*" for group in s.groups)),
    ),
)
LISTS = Place("Lists", "lists of the account and region", _everything, why=NO_TYPE)
JOB_RECORDS = Place(
    "JobRecords",
    "processing jobs of executions",
    lambda s: s.sagemaker("processing-job", JOBS),
    why="a job's name has its execution's id and its step, not its pipeline",
)
MONITORING_JOBS = Place(
    "MonitoringJobs",
    "processing jobs of monitoring schedules",
    lambda s: s.sagemaker("processing-job", *SCHEDULED_JOBS) if s.schedules else (),
    why="a job's name has the kind of monitor and a time, not its schedule",
)
TRANSFORM_JOBS = Place(
    "TransformJobs", "transform jobs of executions", lambda s: s.sagemaker("transform-job", JOBS)
)
REFERENCES = Place(
    "WhatMayReferToFiles",
    "everything in the account and region that may refer to a file",
    _all(
        *("pipeline", "model-package", "model-package-group", "processing-job", "monitoring-schedule"),
        *JOB_DEFINITIONS,
    ),
    why="prune deletes no file that anybody's pipeline, version, job or schedule refers to",
)
OTHERS = Place(
    "WhatOthersMade",
    "monitors and pipelines that others made, and what these name",
    lambda s: (
        *_all("endpoint", "endpoint-config", "model", "pipeline", "model-package", "model-package-group")(s),
        *_all("monitoring-schedule", *JOB_DEFINITIONS, "processing-job")(s),
        *(s.arn("scheduler", "schedule/*"), s.arn("events", "rule/*")),
    ),
    why="adopt follows names that are not configured yet",
)
BUCKET = Place(
    "Bucket",
    "the environment's bucket",
    lambda s: (s.bucket(),),
    why="without a condition on s3:prefix: S3 asks for ListBucket, without a prefix, where it shall say that"
    " an object does not exist",
)
FILES = Place(
    "DeployedFiles", "files that pipelines are deployed with", lambda s: s.below_storage("assets/*")
)
DEFINITIONS = Place(
    "LongDefinitions",
    "definitions that are too long for a request",
    lambda s: s.below_storage("definitions/*"),
)
LEDGER = Place("Ledger", "the ledger", lambda s: s.below_storage("deployments/*"))
UPLOADS = Place("Uploads", "local files that run was given", lambda s: s.below_storage("uploads/*"))
RESULTS = Place("Results", "what executions wrote", _results)
DATA = Place("ConfiguredData", "configured data and artifacts", lambda s: s.objects(s.locations))
LABELS = Place("Labels", "labels that arrive late", lambda s: s.objects(s.labels))
DATA_BUCKETS = Place(
    "OtherBuckets", "buckets of configured data", lambda s: tuple(map(s.bucket, s.other_buckets))
)
EXECUTION_ROLE = Place(
    "PassExecutionRole",
    "the role that pipelines and their jobs run under",
    lambda s: (s.environment.roles.execution,),
    _passed_to(SAGEMAKER),
)
LOGS = Place(
    "JobLogs",
    "logs of jobs",
    lambda s: tuple(
        s.arn("logs", f"log-group:/aws/sagemaker/{kind}*") for kind in ("ProcessingJobs", "TransformJobs")
    ),
    why="a stream's name begins with its job's, which has an execution's id and a step, not a pipeline",
)
SCHEDULES = Place(
    "Schedules",
    "the models' schedules, and the group they are in",
    lambda s: (
        *(s.arn("scheduler", f"schedule/{s.environment.schedule_group}/{name}") for name in s.pipelines),
        s.arn("scheduler", f"schedule-group/{s.environment.schedule_group}"),
    ),
)
SCHEDULER_ROLE = Place(
    "PassSchedulerRole",
    "the role that EventBridge Scheduler starts pipelines with",
    lambda s: tuple(arn for arn in [s.environment.roles.scheduler] if arn),
    _passed_to(SCHEDULER),
)
MISSED = Place(
    "MissedSchedules",
    "the queue that is told of a start that failed",
    lambda s: tuple(arn for arn in [s.environment.scheduler.dead_letter_queue] if arn),
)
RULES = Place(
    "EventRules",
    "the models' rules of EventBridge",
    lambda s: tuple(s.arn("events", f"rule/{name}") for name in s.rules),
)
ALARMS = Place(
    "Alarms",
    "the models' alarms of CloudWatch",
    lambda s: tuple(s.arn("cloudwatch", f"alarm:{name}") for name in s.pipelines),
)
ALARM_LISTS = Place(
    "AlarmLists",
    "alarms of the account and region",
    lambda s: (s.arn("cloudwatch", "alarm:*"),),
    why="CloudWatch asks for the right to describe all alarms where it lists them by the beginning of a name",
)
TOPIC = Place(
    "Topic", "the topic that is told", lambda s: (s.environment.notify.sns,) if s.environment.notify else ()
)
UNDELIVERED = Place(
    "Undelivered",
    "the queue of messages that could not be published",
    lambda s: tuple(arn for arn in [s.environment.notify and s.environment.notify.dead_letter] if arn),
)
ENDPOINTS = Place(
    "WatchedEndpoints", "endpoints that are watched", lambda s: s.sagemaker("endpoint", *s.endpoints)
)
SERVED = Place(
    "WhatEndpointsServe",
    "configurations and models of endpoints",
    _all("endpoint-config", "model"),
    why="which ones a watched endpoint has only it can tell",
)
CLARIFY_CONFIGS = Place(
    "ClarifyConfigs",
    "analysis configurations into which a check step puts its model's name",
    lambda s: (f"{s.bucket()}/{JOBS}/input/analysis_config/*",) if s.asks_models else (),
)
ROLES = Place(
    "LookAtRoles",
    "the execution role, and the role or user that asks",
    lambda s: (*(f"arn:{s.partition}:iam::{s.environment.account}:{kind}/*" for kind in ("role", "user")),),
    why="who asks is known only when it asks",
)
KEYS = Place("LookAtKey", "the environment's key", lambda s: s.keys, lambda s: s.of_alias, BY_ALIAS)
OWN_IMAGES = Place(
    "LookAtImages", "images in the account's registry", lambda s: s.repositories(s.environment.account)
)
VPC = Place(
    "LookAtReach", "the network of jobs", lambda s: ("*",) if s.environment.network else (), why=NO_TYPE
)
QUOTAS = Place("Quotas", "the account's quotas", _everything, why=NO_TYPE)
