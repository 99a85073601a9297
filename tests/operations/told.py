"""A topic with a subscriber, in the emulator of a test."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sagemaker_monitor.aws import Aws


@dataclass(frozen=True)
class Topic:
    """A topic that EventBridge may publish to, and a queue that is subscribed to it."""

    aws: Aws
    arn: str
    queue: str

    def messages(self, count: int = 1, seconds: float = 10) -> list[str]:
        """Return what was published, once there are *count* messages, and what has come beside them."""
        found: list[str] = []
        deadline = time.monotonic() + seconds
        while True:
            wait = 0 if len(found) >= count else 2
            request = {"QueueUrl": self.queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": wait}
            answer = self.aws.call("sqs", "receive_message", **request)
            for each in answer.get("Messages", ()):
                found.append(json.loads(each["Body"])["Message"])
                handle = each["ReceiptHandle"]
                self.aws.call("sqs", "delete_message", QueueUrl=self.queue, ReceiptHandle=handle)
            if not answer.get("Messages") and (len(found) >= count or time.monotonic() > deadline):
                return found


def policy(arn: str) -> str:
    """Return a policy that lets EventBridge publish."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": arn,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@contextmanager
def told(aws: Aws, name: str = "model-risk") -> Iterator[Topic]:
    """Give a topic with a subscriber; what moto keeps of both in this process goes at the end."""
    arn = aws.call("sns", "create_topic", Name=name)["TopicArn"]
    aws.call("sns", "set_topic_attributes", TopicArn=arn, AttributeName="Policy", AttributeValue=policy(arn))
    queue = aws.call("sqs", "create_queue", QueueName=f"heard-{name}")["QueueUrl"]
    of_queue = aws.call("sqs", "get_queue_attributes", QueueUrl=queue, AttributeNames=["QueueArn"])
    aws.call("sns", "subscribe", TopicArn=arn, Protocol="sqs", Endpoint=of_queue["Attributes"]["QueueArn"])
    yield Topic(aws, arn, queue)
    aws.call("sqs", "delete_queue", QueueUrl=queue)
    aws.call("sns", "delete_topic", TopicArn=arn)
