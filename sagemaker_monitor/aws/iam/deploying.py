"""What deploying calls: plan, upsert, rollback, destroy and prune."""

from __future__ import annotations

from sagemaker_monitor.aws.iam.grants import (
    LIST,
    MONITORS,
    PASS,
    READ,
    WRITE,
    Grants,
    cloudwatch,
    events,
    s3,
    sagemaker,
    scheduler,
    together,
)
from sagemaker_monitor.aws.iam.places import (
    ALARM_LISTS,
    ALARMS,
    BUCKET,
    DEFINITIONS,
    ENDPOINTS,
    EXECUTION_ROLE,
    FILES,
    GROUPS,
    LEDGER,
    LISTS,
    MONITORING,
    MONITORING_PARTS,
    PIPELINES,
    REFERENCES,
    RESULTS,
    RULES,
    SCHEDULER_ROLE,
    SCHEDULES,
    SERVED,
    TOPIC,
    UNDELIVERED,
    VERSIONS,
)

_SEES_SCHEDULES: Grants = {
    MONITORING: sagemaker("DescribeMonitoringSchedule", "ListTags"),
    MONITORING_PARTS: sagemaker(
        *(f"Describe{monitor}JobDefinition" for monitor in MONITORS), "DescribeModel", "ListTags"
    ),
    LISTS: sagemaker(
        "ListMonitoringSchedules", "ListModels", *(f"List{monitor}JobDefinitions" for monitor in MONITORS)
    ),
    VERSIONS: sagemaker("ListModelPackages", "DescribeModelPackage"),
    ENDPOINTS: sagemaker("DescribeEndpoint"),
    SERVED: sagemaker("DescribeEndpointConfig", "DescribeModel"),
    RESULTS: s3(READ),
}
"""What is asked of monitoring schedules: which there are, and what they would be now."""
_MAKES_SCHEDULES: Grants = {
    MONITORING: sagemaker(
        *(f"{verb}MonitoringSchedule" for verb in ("Create", "Update", "Start", "Delete")),
        *("AddTags", "DeleteTags"),
    ),
    MONITORING_PARTS: sagemaker(
        *(f"{verb}{monitor}JobDefinition" for verb in ("Create", "Delete") for monitor in MONITORS),
        *("CreateModel", "DeleteModel", "AddTags"),
    ),
}
_REMOVES_SCHEDULES: Grants = {
    MONITORING: sagemaker("DescribeMonitoringSchedule", "DeleteMonitoringSchedule", "ListTags"),
    MONITORING_PARTS: sagemaker(
        *(f"Delete{monitor}JobDefinition" for monitor in MONITORS), "DeleteModel", "ListTags"
    ),
}
_PLAN: Grants = {
    PIPELINES: sagemaker("DescribePipeline", "ListTags"),
    GROUPS: sagemaker("ListTags"),
    VERSIONS: sagemaker("DescribeModelPackageGroup"),
    LISTS: sagemaker("ListPipelines") | scheduler("ListSchedules"),
    SCHEDULES: scheduler("GetSchedule", "GetScheduleGroup", "ListTagsForResource"),
    RULES: events("DescribeRule", "ListTagsForResource", "ListTargetsByRule"),
    ALARMS: cloudwatch("ListTagsForResource"),
    ALARM_LISTS: cloudwatch("DescribeAlarms"),
    TOPIC: frozenset({"sns:GetTopicAttributes"}),
    BUCKET: s3(LIST),
    FILES: s3(READ),
    DEFINITIONS: s3(READ),
    LEDGER: s3(READ),
}
_UPSERT: Grants = {
    PIPELINES: sagemaker(
        *("CreatePipeline", "UpdatePipeline", "ListPipelineVersions"), *("AddTags", "DeleteTags")
    ),
    GROUPS: sagemaker("CreateModelPackageGroup", "AddTags"),
    RULES: events("PutRule", "PutTargets", "RemoveTargets", "DeleteRule", "TagResource", "UntagResource"),
    ALARMS: cloudwatch("PutMetricAlarm", "DeleteAlarms", "TagResource", "UntagResource"),
    UNDELIVERED: frozenset({"sqs:GetQueueUrl"}),
    SCHEDULES: scheduler(
        *("CreateSchedule", "UpdateSchedule", "DeleteSchedule", "CreateScheduleGroup", "TagResource")
    ),
    SCHEDULER_ROLE: frozenset({PASS}),
    FILES: s3(WRITE),
    DEFINITIONS: s3(WRITE),
    LEDGER: s3(WRITE),
    EXECUTION_ROLE: frozenset({PASS}),
}
ROLLBACK: Grants = {
    PIPELINES: sagemaker("DescribePipeline", "ListPipelineVersions", "ListTags", "UpdatePipeline"),
    SCHEDULES: scheduler("GetSchedule"),
    FILES: s3(READ),
    LEDGER: s3(READ, WRITE),
    EXECUTION_ROLE: frozenset({PASS}),
}
_DESTROY: Grants = {
    PIPELINES: sagemaker("DeletePipeline", "ListPipelineExecutions", "ListTags"),
    GROUPS: sagemaker("DeleteModelPackageGroup", "ListTags"),
    VERSIONS: sagemaker("DescribeModelPackageGroup", "ListModelPackages"),
    RULES: events("DescribeRule", "ListTagsForResource", "ListTargetsByRule", "RemoveTargets", "DeleteRule"),
    ALARMS: cloudwatch("ListTagsForResource", "DeleteAlarms"),
    ALARM_LISTS: cloudwatch("DescribeAlarms"),
    LISTS: sagemaker(
        *("ListPipelines", "ListMonitoringSchedules", "ListModels"),
        *(f"List{monitor}JobDefinitions" for monitor in MONITORS),
    )
    | scheduler("ListSchedules"),
    SCHEDULES: scheduler("GetSchedule", "DeleteSchedule"),
    LEDGER: s3(READ, WRITE),
}
PRUNE: Grants = {
    LISTS: sagemaker(
        *("ListPipelines", "ListModelPackageGroups", "ListProcessingJobs", "ListMonitoringSchedules"),
        *(f"List{monitor}JobDefinitions" for monitor in MONITORS),
    ),
    REFERENCES: sagemaker(
        *("DescribePipeline", "ListPipelineVersions", "ListPipelineExecutions"),
        *("DescribePipelineDefinitionForExecution", "ListPipelineParametersForExecution"),
        *("ListModelPackages", "DescribeModelPackage"),
        *("DescribeProcessingJob", "DescribeMonitoringSchedule"),
        *(f"Describe{monitor}JobDefinition" for monitor in MONITORS),
    ),
    BUCKET: s3(LIST),
    FILES: s3("s3:DeleteObject"),
    LEDGER: s3(READ, WRITE),
}

PLAN = together(_PLAN, _SEES_SCHEDULES)
UPSERT = together(PLAN, _UPSERT, _MAKES_SCHEDULES)
DESTROY = together(_DESTROY, _REMOVES_SCHEDULES)
