"""What is called to run pipelines, to look at what came of it, and to open versions."""

from __future__ import annotations

from sagemaker_monitor.aws.iam.grants import (
    ABORT,
    LIST,
    MONITORS,
    READ,
    WRITE,
    Grants,
    events,
    s3,
    sagemaker,
    scheduler,
    together,
)
from sagemaker_monitor.aws.iam.places import (
    BUCKET,
    CLARIFY_CONFIGS,
    DATA,
    DATA_BUCKETS,
    ENDPOINTS,
    EXECUTIONS,
    FILES,
    JOB_RECORDS,
    KEYS,
    LABELS,
    LEDGER,
    LISTS,
    LOGS,
    MONITORING,
    MONITORING_JOBS,
    OTHERS,
    OWN_IMAGES,
    PIPELINES,
    QUOTAS,
    RESULTS,
    ROLES,
    SCHEDULES,
    SERVED,
    TOPIC,
    TRANSFORM_JOBS,
    UNDELIVERED,
    UPLOADS,
    VERSIONS,
    VPC,
)

_EXECUTION = sagemaker(
    "DescribePipelineExecution", "ListPipelineExecutionSteps", "DescribePipelineDefinitionForExecution"
)
"""What is asked of an execution that ended."""
FOLLOW: Grants = {
    PIPELINES: sagemaker("DescribePipeline"),
    EXECUTIONS: sagemaker("DescribePipelineExecution", "ListPipelineExecutionSteps"),
    RESULTS: s3(READ),
    BUCKET: s3(LIST),
    LOGS: frozenset({"logs:DescribeLogStreams", "logs:GetLogEvents"}),
}
_VERSION: Grants = {
    VERSIONS: sagemaker("ListModelPackages", "DescribeModelPackage"),
}
RUN: Grants = together(
    FOLLOW,
    _VERSION,
    {
        PIPELINES: sagemaker("StartPipelineExecution"),
        EXECUTIONS: sagemaker("StopPipelineExecution"),
        UPLOADS: s3(READ, WRITE, ABORT),
        DATA_BUCKETS: s3(LIST),
        ENDPOINTS: sagemaker("DescribeEndpoint"),
        SERVED: sagemaker("DescribeEndpointConfig", "DescribeModel"),
    },
)
STATUS: Grants = together(
    _VERSION,
    {
        PIPELINES: sagemaker("DescribePipeline", "ListPipelineExecutions"),
        MONITORING: sagemaker("DescribeMonitoringSchedule", "ListTags"),
        LISTS: sagemaker("ListMonitoringSchedules") | scheduler("ListSchedules"),
        SCHEDULES: scheduler("GetSchedule"),
        RESULTS: s3(READ),
        LEDGER: s3(READ),
        BUCKET: s3(LIST),
    },
)
REPORT: Grants = together(
    _VERSION,
    {
        PIPELINES: sagemaker("DescribePipeline", "ListPipelineExecutions"),
        EXECUTIONS: _EXECUTION,
        RESULTS: s3(READ),
        BUCKET: s3(LIST),
        JOB_RECORDS: sagemaker("DescribeProcessingJob"),
    },
)
GATE: Grants = together(
    _VERSION,
    {
        VERSIONS: sagemaker("UpdateModelPackage"),
        PIPELINES: sagemaker("DescribePipeline"),
        EXECUTIONS: _EXECUTION,
        RESULTS: s3(READ),
        UPLOADS: s3(READ),
        DATA: s3(READ),
        BUCKET: s3(LIST),
    },
)
GROUND_TRUTH: Grants = together(
    _VERSION,
    {
        RESULTS: s3(READ),
        LABELS: s3(READ, WRITE),
        DATA: s3(READ),
        BUCKET: s3(LIST),
        DATA_BUCKETS: s3(LIST),
        ENDPOINTS: sagemaker("DescribeEndpoint"),
        SERVED: sagemaker("DescribeEndpointConfig", "DescribeModel"),
    },
)
CALIBRATE: Grants = together(_VERSION, {RESULTS: s3(READ), DATA: s3(READ), BUCKET: s3(LIST)})
BACKTEST: Grants = {
    VERSIONS: sagemaker("DescribeModelPackage"),
    PIPELINES: sagemaker("ListPipelineExecutions"),
    EXECUTIONS: sagemaker("ListPipelineExecutionSteps"),
    JOB_RECORDS: sagemaker("DescribeProcessingJob"),
    RESULTS: s3(READ),
    FILES: s3(READ),
    BUCKET: s3(LIST),
}
ESTIMATE: Grants = {
    PIPELINES: sagemaker("ListPipelineExecutions"),
    LISTS: sagemaker("ListMonitoringExecutions"),
    EXECUTIONS: sagemaker("ListPipelineExecutionSteps"),
    JOB_RECORDS: sagemaker("DescribeProcessingJob"),
    MONITORING_JOBS: sagemaker("DescribeProcessingJob"),
    TRANSFORM_JOBS: sagemaker("DescribeTransformJob"),
    ENDPOINTS: sagemaker("DescribeEndpoint"),
    SERVED: sagemaker("DescribeEndpointConfig"),
    CLARIFY_CONFIGS: s3(READ),
    FILES: s3(READ),
    BUCKET: s3(LIST),
}
PROMOTE_FROM: Grants = together(
    _VERSION,
    {
        EXECUTIONS: _EXECUTION,
        JOB_RECORDS: sagemaker("DescribeProcessingJob"),
        RESULTS: s3(READ),
        UPLOADS: s3(READ),
        DATA: s3(READ),
        BUCKET: s3(LIST),
        DATA_BUCKETS: s3(LIST),
    },
)
PROMOTE_TO: Grants = together(
    _VERSION,
    {
        VERSIONS: sagemaker("DescribeModelPackageGroup", "CreateModelPackage", "UpdateModelPackage"),
        PIPELINES: sagemaker("DescribePipeline"),
        RESULTS: s3(READ, WRITE, ABORT),
        BUCKET: s3(LIST),
    },
)
ADOPT: Grants = {
    LISTS: sagemaker("ListMonitoringSchedules")
    | scheduler("ListSchedules")
    | events("ListRuleNamesByTarget"),
    OTHERS: sagemaker(
        *("DescribeMonitoringSchedule", "DescribeEndpoint", "DescribeEndpointConfig", "DescribeModel"),
        *("DescribePipeline", "DescribeProcessingJob", "DescribeModelPackageGroup", "DescribeModelPackage"),
        *("ListModelPackages", "ListTags"),
        *(f"Describe{monitor}JobDefinition" for monitor in MONITORS),
    )
    | scheduler("GetSchedule")
    | events("DescribeRule"),
    BUCKET: s3(LIST),
    RESULTS: s3(READ),
    DATA: s3(READ),
    DATA_BUCKETS: s3(LIST),
}
DOCTOR: Grants = together(
    _VERSION,
    {
        LISTS: sagemaker("ListPipelines"),
        PIPELINES: sagemaker("DescribePipeline"),
        ENDPOINTS: sagemaker("DescribeEndpoint"),
        SERVED: sagemaker("DescribeEndpointConfig", "DescribeModel"),
        ROLES: frozenset({"iam:GetRole", "iam:SimulatePrincipalPolicy"}),
        KEYS: frozenset({"kms:DescribeKey"}),
        TOPIC: frozenset({"sns:GetTopicAttributes"}),
        UNDELIVERED: frozenset({"sqs:GetQueueUrl"}),
        OWN_IMAGES: frozenset({"ecr:BatchGetImage"}),
        VPC: frozenset(
            f"ec2:Describe{what}" for what in ("Subnets", "SecurityGroups", "VpcEndpoints", "RouteTables")
        ),
        QUOTAS: frozenset({"servicequotas:ListServiceQuotas", "servicequotas:ListAWSDefaultServiceQuotas"}),
        BUCKET: s3(LIST, "s3:GetEncryptionConfiguration"),
        DATA_BUCKETS: s3(LIST),
        LEDGER: s3(READ),
        RESULTS: s3(READ),
        UPLOADS: s3(READ),
        DATA: s3(READ),
        LABELS: s3(READ),
    },
)
