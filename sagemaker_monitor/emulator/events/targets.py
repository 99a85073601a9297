"""Where an event can go: topics, queues and pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.clients import client


class DeliveryError(Exception):
    """A target takes no events here."""


def deliver(context: Context, target: Mapping[str, Any], text: str) -> None:
    """Give *text* to *target*. Raises DeliveryError, and what the service refuses."""
    arn = str(target["Arn"])
    _, _, service, region, _, resource = arn.split(":", 5)
    if service == "sns":
        with client(context, "sns", region) as sns:
            sns.publish(TopicArn=arn, Message=text)
    elif service == "sqs":
        with client(context, "sqs", region) as sqs:
            group = (target.get("SqsParameters") or {}).get("MessageGroupId")
            url = sqs.get_queue_url(QueueName=resource)["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody=text, **({"MessageGroupId": group} if group else {}))
    elif service == "sagemaker" and resource.startswith("pipeline/"):
        with client(context, "sagemaker", region) as sagemaker:
            given = (target.get("SageMakerPipelineParameters") or {}).get("PipelineParameterList") or []
            sagemaker.start_pipeline_execution(PipelineName=arn, PipelineParameters=given)
    else:
        raise DeliveryError("the emulator takes events to SNS, SQS and SageMaker pipelines")
