"""Which permissions a call needs, as the Service Authorization Reference has it.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from tests.policy.evaluator import Need
from tests.policy.recording import Request

SAGEMAKER = {"iam:PassedToService": "sagemaker.amazonaws.com"}
SCHEDULER = "scheduler.amazonaws.com"
_MONITORS = {
    "DataQuality": "data-quality",
    "ModelQuality": "model-quality",
    "ModelBias": "model-bias",
    "ModelExplainability": "model-explainability",
}
# What an operation of SageMaker is about: the kind of resource, and the member that names it.
_ABOUT: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(
        (
            *("CreatePipeline", "DescribePipeline", "UpdatePipeline", "DeletePipeline"),
            *("ListPipelineVersions", "ListPipelineExecutions", "StartPipelineExecution"),
        ),
        ("pipeline", "PipelineName"),
    ),
    **dict.fromkeys(
        (
            *("DescribePipelineExecution", "ListPipelineExecutionSteps", "StopPipelineExecution"),
            *("DescribePipelineDefinitionForExecution", "ListPipelineParametersForExecution"),
        ),
        ("pipeline", "PipelineExecutionArn"),
    ),
    **dict.fromkeys(
        (
            *("CreateModelPackageGroup", "DescribeModelPackageGroup", "DeleteModelPackageGroup"),
            *("ListModelPackages", "CreateModelPackage"),
        ),
        ("model-package-group", "ModelPackageGroupName"),
    ),
    "DescribeModelPackage": ("model-package", "ModelPackageName"),
    "UpdateModelPackage": ("model-package", "ModelPackageArn"),
    **dict.fromkeys(
        ("CreateProcessingJob", "DescribeProcessingJob", "StopProcessingJob"),
        ("processing-job", "ProcessingJobName"),
    ),
    **dict.fromkeys(
        ("CreateTransformJob", "DescribeTransformJob", "StopTransformJob"),
        ("transform-job", "TransformJobName"),
    ),
    **dict.fromkeys(("CreateModel", "DescribeModel", "DeleteModel"), ("model", "ModelName")),
    **dict.fromkeys(
        ("CreateEndpoint", "DescribeEndpoint", "DeleteEndpoint", "InvokeEndpoint"),
        ("endpoint", "EndpointName"),
    ),
    **dict.fromkeys(
        ("CreateEndpointConfig", "DescribeEndpointConfig", "DeleteEndpointConfig"),
        ("endpoint-config", "EndpointConfigName"),
    ),
    **{
        f"{verb}{kind}JobDefinition": (f"{words}-job-definition", "JobDefinitionName")
        for kind, words in _MONITORS.items()
        for verb in ("Create", "Describe", "Delete")
    },
    **{
        f"{verb}MonitoringSchedule": ("monitoring-schedule", "MonitoringScheduleName")
        for verb in ("Create", "Describe", "Update", "Start", "Delete")
    },
    **dict.fromkeys(("AddTags", "DeleteTags", "ListTags"), ("", "ResourceArn")),
}
_LISTS = {
    *("ListPipelines", "ListModelPackageGroups", "ListProcessingJobs", "ListMonitoringSchedules"),
    *("ListModels", "ListMonitoringExecutions"),
    *(f"List{kind}JobDefinitions" for kind in _MONITORS),
}
"""Lists that know no resource."""


class Account:
    """Where calls are made: what makes names into ARNs."""

    def __init__(self, account: str, region: str) -> None:
        """Remember both."""
        self.account, self.region = account, region

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN of the account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def needs(self, request: Request) -> Iterator[Need]:
        """Yield what a request needs; KeyError for one that is not known here."""
        operation, given = request.operation, request.parameters
        if request.service == "sts":
            return
        if request.service == "s3":
            target = f"{given['Bucket']}/{given['Key']}" if given["Key"] else given["Bucket"]
            yield Need(f"s3:{operation}", f"arn:aws:s3:::{target}")
            if operation == "GetObject" and request.status == HTTPStatus.NOT_FOUND:
                # Who may not list is told that it may not read: without a prefix in the context.
                yield Need("s3:ListBucket", f"arn:aws:s3:::{given['Bucket']}")
        elif request.service == "logs":
            stream = given.get("logStreamName", "")
            group = f"log-group:{given['logGroupName']}:log-stream:{stream}"
            yield Need(f"logs:{operation}", self.arn("logs", group))
        elif request.service == "events":
            rule = given.get("ResourceARN") or self.arn(
                "events", f"rule/{given.get('Name', given.get('Rule'))}"
            )
            yield Need(f"events:{operation}", rule)
            if operation == "PutRule" and given.get("Tags"):
                yield Need("events:TagResource", rule)
        elif request.service == "scheduler":
            yield from self.scheduler(operation, given)
        elif request.service == "sns":
            yield Need(f"sns:{operation}", given["TopicArn"])
        elif request.service == "sqs":
            yield Need(f"sqs:{operation}", self.arn("sqs", given["QueueName"]))
        elif request.service == "iam":
            role = f"arn:aws:iam::{self.account}:role/{given.get('RoleName')}"
            yield Need(f"iam:{operation}", given.get("PolicySourceArn", role))
        elif request.service == "monitoring" and operation != "PutMetricData":
            yield from self.cloudwatch(operation, given)
        elif request.service == "monitoring":
            yield Need(f"cloudwatch:{operation}", "*", {"cloudwatch:namespace": given["Namespace"]})
        else:
            yield from self.sagemaker(operation, given)

    def scheduler(self, operation: str, given: Mapping[str, Any]) -> Iterator[Need]:
        """Yield what an operation of EventBridge Scheduler needs, with the role that it passes."""
        if operation == "ListSchedules":
            resource = "*"
        elif "ResourceArn" in given:
            resource = given["ResourceArn"]
        elif operation.endswith("Group"):
            resource = self.arn("scheduler", f"schedule-group/{given['Name']}")
        else:
            resource = self.arn("scheduler", f"schedule/{given['GroupName']}/{given['Name']}")
        yield Need(f"scheduler:{operation}", resource)
        if "Target" in given:
            yield Need("iam:PassRole", given["Target"]["RoleArn"], {"iam:PassedToService": SCHEDULER})
        if operation.startswith("Create") and given.get("Tags"):
            yield Need("scheduler:TagResource", resource)

    def cloudwatch(self, operation: str, given: Mapping[str, Any]) -> Iterator[Need]:
        """Yield what an operation on alarms needs: lists are about all of them."""
        if operation == "DescribeAlarms":
            names = ["*"] if "AlarmNamePrefix" in given else given["AlarmNames"]
        else:
            names = given.get("AlarmNames") or [given.get("AlarmName")]
        for name in names:
            arn = given.get("ResourceARN") or self.arn("cloudwatch", f"alarm:{name}")
            yield Need(f"cloudwatch:{operation}", arn)
            if operation == "PutMetricAlarm" and given.get("Tags"):
                yield Need("cloudwatch:TagResource", arn)

    def sagemaker(self, operation: str, given: Mapping[str, Any]) -> Iterator[Need]:
        """Yield what an operation of SageMaker needs, with the roles that it passes and the tags it gives."""
        resource = "*" if operation in _LISTS else self._resource(*_ABOUT[operation], given)
        yield Need(f"sagemaker:{operation}", resource)
        for member in ("RoleArn", "ExecutionRoleArn"):
            if given.get(member) and operation.startswith(("Create", "Update")):
                yield Need("iam:PassRole", given[member], SAGEMAKER)
        if given.get("Tags") and operation.startswith("Create"):
            yield Need("sagemaker:AddTags", resource)

    def _resource(self, kind: str, member: str, given: Mapping[str, Any]) -> str:
        name = given[member]
        return name if name.startswith("arn:") else self.arn("sagemaker", f"{kind}/{name}")
