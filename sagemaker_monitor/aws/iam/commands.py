"""What each command calls, as IAM knows it, and on what; that STS is asked who calls needs no permission.

Tests record what is called and compare; docs/deploying.md and the policies come from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sagemaker_monitor.aws.iam.places import (
    BUCKET,
    CLARIFY_CONFIGS,
    DATA,
    DATA_BUCKETS,
    DEFINITIONS,
    ENDPOINTS,
    EXECUTION_ROLE,
    EXECUTIONS,
    FILES,
    GROUPS,
    JOB_RECORDS,
    KEYS,
    LABELS,
    LEDGER,
    LISTS,
    LOGS,
    MONITORING,
    MONITORING_JOBS,
    MONITORING_PARTS,
    OTHERS,
    OWN_IMAGES,
    PIPELINES,
    QUOTAS,
    REFERENCES,
    RESULTS,
    ROLES,
    RULES,
    SCHEDULER_ROLE,
    SCHEDULES,
    SERVED,
    TOPIC,
    TRANSFORM_JOBS,
    UNDELIVERED,
    UPLOADS,
    VERSIONS,
    VPC,
    Place,
)

Grants = Mapping[Place, frozenset[str]]

READ, WRITE, LIST = "s3:GetObject", "s3:PutObject", "s3:ListBucket"
ABORT = "s3:AbortMultipartUpload"
PASS = "iam:PassRole"
_MONITORS = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")


def _sagemaker(*operations: str) -> frozenset[str]:
    return frozenset(f"sagemaker:{operation}" for operation in operations)


def _events(*operations: str) -> frozenset[str]:
    return frozenset(f"events:{operation}" for operation in operations)


def _scheduler(*operations: str) -> frozenset[str]:
    return frozenset(f"scheduler:{operation}" for operation in operations)


def _s3(*actions: str) -> frozenset[str]:
    return frozenset(actions)


def together(*several: Grants) -> Grants:
    """Return what is allowed by any of them."""
    found: dict[Place, frozenset[str]] = {}
    for grants in several:
        for place, actions in grants.items():
            found[place] = found.get(place, frozenset()) | actions
    return found


_MONITORED: Grants = {
    MONITORING: _sagemaker("DescribeMonitoringSchedule", "ListTags"),
    MONITORING_PARTS: _sagemaker(
        *(f"Describe{monitor}JobDefinition" for monitor in _MONITORS), "DescribeModel", "ListTags"
    ),
    LISTS: _sagemaker(
        "ListMonitoringSchedules", "ListModels", *(f"List{monitor}JobDefinitions" for monitor in _MONITORS)
    ),
    VERSIONS: _sagemaker("ListModelPackages", "DescribeModelPackage"),
    ENDPOINTS: _sagemaker("DescribeEndpoint"),
    SERVED: _sagemaker("DescribeEndpointConfig"),
    RESULTS: _s3(READ),
}
"""What is asked of monitoring schedules: which there are, and what they would be now."""
_MONITORING: Grants = {
    MONITORING: _sagemaker(
        *(f"{verb}MonitoringSchedule" for verb in ("Create", "Update", "Start", "Delete")),
        *("AddTags", "DeleteTags"),
    ),
    MONITORING_PARTS: _sagemaker(
        *(f"{verb}{monitor}JobDefinition" for verb in ("Create", "Delete") for monitor in _MONITORS),
        *("CreateModel", "DeleteModel", "AddTags"),
    ),
}
_UNMONITORED: Grants = {
    MONITORING: _sagemaker("DescribeMonitoringSchedule", "DeleteMonitoringSchedule", "ListTags"),
    MONITORING_PARTS: _sagemaker(
        *(f"Delete{monitor}JobDefinition" for monitor in _MONITORS), "DeleteModel", "ListTags"
    ),
}
_PLAN: Grants = {
    PIPELINES: _sagemaker("DescribePipeline", "ListTags"),
    GROUPS: _sagemaker("ListTags"),
    VERSIONS: _sagemaker("DescribeModelPackageGroup"),
    LISTS: _sagemaker("ListPipelines") | _scheduler("ListSchedules"),
    SCHEDULES: _scheduler("GetSchedule", "GetScheduleGroup", "ListTagsForResource"),
    RULES: _events("DescribeRule", "ListTagsForResource", "ListTargetsByRule"),
    TOPIC: frozenset({"sns:GetTopicAttributes"}),
    BUCKET: _s3(LIST),
    FILES: _s3(READ),
    DEFINITIONS: _s3(READ),
    LEDGER: _s3(READ),
}
_UPSERT: Grants = {
    PIPELINES: _sagemaker(
        *("CreatePipeline", "UpdatePipeline", "ListPipelineVersions"), *("AddTags", "DeleteTags")
    ),
    GROUPS: _sagemaker("CreateModelPackageGroup", "AddTags"),
    RULES: _events("PutRule", "PutTargets", "RemoveTargets", "DeleteRule", "TagResource", "UntagResource"),
    UNDELIVERED: frozenset({"sqs:GetQueueUrl"}),
    SCHEDULES: _scheduler(
        *("CreateSchedule", "UpdateSchedule", "DeleteSchedule", "CreateScheduleGroup", "TagResource")
    ),
    SCHEDULER_ROLE: frozenset({PASS}),
    FILES: _s3(WRITE),
    DEFINITIONS: _s3(WRITE),
    LEDGER: _s3(WRITE),
    EXECUTION_ROLE: _s3(PASS),
}
_ROLLBACK: Grants = {
    PIPELINES: _sagemaker("DescribePipeline", "ListPipelineVersions", "ListTags", "UpdatePipeline"),
    SCHEDULES: _scheduler("GetSchedule"),
    FILES: _s3(READ),
    LEDGER: _s3(READ, WRITE),
    EXECUTION_ROLE: _s3(PASS),
}
_DESTROY: Grants = {
    PIPELINES: _sagemaker("DeletePipeline", "ListPipelineExecutions", "ListTags"),
    GROUPS: _sagemaker("DeleteModelPackageGroup", "ListTags"),
    VERSIONS: _sagemaker("DescribeModelPackageGroup", "ListModelPackages"),
    RULES: _events("DescribeRule", "ListTagsForResource", "ListTargetsByRule", "RemoveTargets", "DeleteRule"),
    LISTS: _sagemaker(
        *("ListPipelines", "ListMonitoringSchedules", "ListModels"),
        *(f"List{monitor}JobDefinitions" for monitor in _MONITORS),
    )
    | _scheduler("ListSchedules"),
    SCHEDULES: _scheduler("GetSchedule", "DeleteSchedule"),
    LEDGER: _s3(READ, WRITE),
}
_PRUNE: Grants = {
    LISTS: _sagemaker(
        *("ListPipelines", "ListModelPackageGroups", "ListProcessingJobs", "ListMonitoringSchedules"),
        *(f"List{monitor}JobDefinitions" for monitor in _MONITORS),
    ),
    REFERENCES: _sagemaker(
        *("DescribePipeline", "ListPipelineVersions", "ListPipelineExecutions"),
        *("DescribePipelineDefinitionForExecution", "ListPipelineParametersForExecution"),
        *("ListModelPackages", "DescribeModelPackage"),
        *("DescribeProcessingJob", "DescribeMonitoringSchedule"),
        *(f"Describe{monitor}JobDefinition" for monitor in _MONITORS),
    ),
    BUCKET: _s3(LIST),
    FILES: _s3("s3:DeleteObject"),
    LEDGER: _s3(READ, WRITE),
}
_FOLLOW: Grants = {
    PIPELINES: _sagemaker("DescribePipeline"),
    EXECUTIONS: _sagemaker("DescribePipelineExecution", "ListPipelineExecutionSteps"),
    RESULTS: _s3(READ),
    BUCKET: _s3(LIST),
    LOGS: frozenset({"logs:DescribeLogStreams", "logs:GetLogEvents"}),
}
_VERSION: Grants = {
    VERSIONS: _sagemaker("ListModelPackages", "DescribeModelPackage"),
}
_RUN: Grants = together(
    _FOLLOW,
    _VERSION,
    {
        PIPELINES: _sagemaker("StartPipelineExecution"),
        EXECUTIONS: _sagemaker("StopPipelineExecution"),
        UPLOADS: _s3(READ, WRITE, ABORT),
        DATA_BUCKETS: _s3(LIST),
        ENDPOINTS: _sagemaker("DescribeEndpoint"),
        SERVED: _sagemaker("DescribeEndpointConfig", "DescribeModel"),
    },
)
_STATUS: Grants = together(
    _VERSION,
    {
        PIPELINES: _sagemaker("DescribePipeline", "ListPipelineExecutions"),
        MONITORING: _sagemaker("DescribeMonitoringSchedule", "ListTags"),
        LISTS: _sagemaker("ListMonitoringSchedules") | _scheduler("ListSchedules"),
        SCHEDULES: _scheduler("GetSchedule"),
        RESULTS: _s3(READ),
        LEDGER: _s3(READ),
        BUCKET: _s3(LIST),
    },
)
_REPORT: Grants = together(
    _VERSION,
    {
        PIPELINES: _sagemaker("DescribePipeline", "ListPipelineExecutions"),
        EXECUTIONS: _sagemaker(
            "DescribePipelineExecution",
            "ListPipelineExecutionSteps",
            "DescribePipelineDefinitionForExecution",
        ),
        RESULTS: _s3(READ),
        BUCKET: _s3(LIST),
        JOB_RECORDS: _sagemaker("DescribeProcessingJob"),
    },
)
_GATE: Grants = together(
    _VERSION,
    {
        VERSIONS: _sagemaker("UpdateModelPackage"),
        PIPELINES: _sagemaker("DescribePipeline"),
        EXECUTIONS: _sagemaker(
            "DescribePipelineExecution",
            "ListPipelineExecutionSteps",
            "DescribePipelineDefinitionForExecution",
        ),
        RESULTS: _s3(READ),
        UPLOADS: _s3(READ),
        DATA: _s3(READ),
        BUCKET: _s3(LIST),
    },
)
_LABELS: Grants = together(
    _VERSION,
    {
        RESULTS: _s3(READ),
        LABELS: _s3(READ, WRITE),
        DATA: _s3(READ),
        BUCKET: _s3(LIST),
        DATA_BUCKETS: _s3(LIST),
        ENDPOINTS: _sagemaker("DescribeEndpoint"),
        SERVED: _sagemaker("DescribeEndpointConfig", "DescribeModel"),
    },
)
_CALIBRATE: Grants = together(_VERSION, {RESULTS: _s3(READ), DATA: _s3(READ), BUCKET: _s3(LIST)})
_BACKTEST: Grants = together(
    _VERSION,
    {
        PIPELINES: _sagemaker("ListPipelineExecutions"),
        EXECUTIONS: _sagemaker("ListPipelineExecutionSteps"),
        JOB_RECORDS: _sagemaker("DescribeProcessingJob"),
        RESULTS: _s3(READ),
        FILES: _s3(READ),
        BUCKET: _s3(LIST),
    },
)

_ESTIMATE: Grants = {
    PIPELINES: _sagemaker("ListPipelineExecutions"),
    LISTS: _sagemaker("ListMonitoringExecutions"),
    EXECUTIONS: _sagemaker("ListPipelineExecutionSteps"),
    JOB_RECORDS: _sagemaker("DescribeProcessingJob"),
    MONITORING_JOBS: _sagemaker("DescribeProcessingJob"),
    TRANSFORM_JOBS: _sagemaker("DescribeTransformJob"),
    ENDPOINTS: _sagemaker("DescribeEndpoint"),
    SERVED: _sagemaker("DescribeEndpointConfig"),
    CLARIFY_CONFIGS: _s3(READ),
    FILES: _s3(READ),
    BUCKET: _s3(LIST),
}
_PROMOTE_FROM: Grants = together(
    _VERSION,
    {
        EXECUTIONS: _sagemaker(
            "DescribePipelineExecution",
            "ListPipelineExecutionSteps",
            "DescribePipelineDefinitionForExecution",
        ),
        JOB_RECORDS: _sagemaker("DescribeProcessingJob"),
        RESULTS: _s3(READ),
        UPLOADS: _s3(READ),
        DATA: _s3(READ),
        BUCKET: _s3(LIST),
        DATA_BUCKETS: _s3(LIST),
    },
)
_PROMOTE_TO: Grants = together(
    _VERSION,
    {
        VERSIONS: _sagemaker("DescribeModelPackageGroup", "CreateModelPackage", "UpdateModelPackage"),
        PIPELINES: _sagemaker("DescribePipeline"),
        RESULTS: _s3(READ, WRITE, ABORT),
        BUCKET: _s3(LIST),
    },
)
_ADOPT: Grants = {
    LISTS: _sagemaker("ListMonitoringSchedules")
    | _scheduler("ListSchedules")
    | _events("ListRuleNamesByTarget"),
    OTHERS: _sagemaker(
        *("DescribeMonitoringSchedule", "DescribeEndpoint", "DescribeEndpointConfig", "DescribeModel"),
        *("DescribePipeline", "DescribeProcessingJob", "DescribeModelPackageGroup", "DescribeModelPackage"),
        *("ListModelPackages", "ListTags"),
        *(f"Describe{monitor}JobDefinition" for monitor in _MONITORS),
    )
    | _scheduler("GetSchedule")
    | _events("DescribeRule"),
    BUCKET: _s3(LIST),
    RESULTS: _s3(READ),
    DATA: _s3(READ),
    DATA_BUCKETS: _s3(LIST),
}
_DOCTOR: Grants = together(
    _VERSION,
    {
        LISTS: _sagemaker("ListPipelines"),
        PIPELINES: _sagemaker("DescribePipeline"),
        ENDPOINTS: _sagemaker("DescribeEndpoint"),
        SERVED: _sagemaker("DescribeEndpointConfig", "DescribeModel"),
        ROLES: frozenset({"iam:GetRole", "iam:SimulatePrincipalPolicy"}),
        KEYS: frozenset({"kms:DescribeKey"}),
        TOPIC: frozenset({"sns:GetTopicAttributes"}),
        UNDELIVERED: frozenset({"sqs:GetQueueUrl"}),
        OWN_IMAGES: frozenset({"ecr:BatchGetImage"}),
        VPC: frozenset(
            f"ec2:Describe{what}" for what in ("Subnets", "SecurityGroups", "VpcEndpoints", "RouteTables")
        ),
        QUOTAS: frozenset({"servicequotas:ListServiceQuotas", "servicequotas:ListAWSDefaultServiceQuotas"}),
        BUCKET: _s3(LIST, "s3:GetEncryptionConfiguration"),
        DATA_BUCKETS: _s3(LIST),
        LEDGER: _s3(READ),
        RESULTS: _s3(READ),
        UPLOADS: _s3(READ),
        DATA: _s3(READ),
        LABELS: _s3(READ),
    },
)

COMMANDS: Mapping[str, Grants] = {
    "adopt": _ADOPT,
    "doctor": _DOCTOR,
    "plan": together(_PLAN, _MONITORED),
    "upsert": together(_PLAN, _MONITORED, _UPSERT, _MONITORING),
    "rollback": _ROLLBACK,
    "destroy": together(_DESTROY, _UNMONITORED),
    "prune": _PRUNE,
    "run": _RUN,
    "follow": _FOLLOW,
    "ground-truth put": _LABELS,
    "status": _STATUS,
    "gate": _GATE,
    "promote --from": _PROMOTE_FROM,
    "promote --to": _PROMOTE_TO,
    "report": _REPORT,
    "calibrate": _CALIBRATE,
    "backtest": _BACKTEST,
    "estimate": _ESTIMATE,
}
"""Commands that call AWS, in the order in which they are listed to people."""


def actions_of(command: str) -> frozenset[str]:
    """Return every action that *command* may need."""
    return actions_in(COMMANDS[command])


def actions_in(grants: Grants) -> frozenset[str]:
    """Return the actions of all places."""
    return frozenset().union(*grants.values())


def in_words(actions: Iterable[str]) -> str:
    """Return actions for a table of the documentation."""
    return " ".join(f"`{action}`" for action in sorted(actions))
