"""Whether the topic that is to be told is there, and whether EventBridge may publish to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.operations.errors import UsageError

PUBLISHER = "events.amazonaws.com"
AWS_KEY = "alias/aws/sns"


def require_topic_here(aws: Aws) -> None:
    """Raise UsageError when the topic or the queue of `notify` does not exist. Raises AwsError."""
    notify = aws.environment.notify
    if notify is None:
        return
    _attributes(aws, notify.sns)
    if notify.dead_letter:
        name = notify.dead_letter.rpartition(":")[2]
        try:
            aws.call("sqs", "get_queue_url", QueueName=name)
        except NotFoundError as error:
            raise _missing(
                aws, f"the queue {notify.dead_letter}", f"sqs create-queue --queue-name {name}"
            ) from (error)
        except AccessDeniedError:
            return


def topic_notes(aws: Aws) -> Iterator[str]:
    """Yield what keeps messages from the topic, whose policy is not ours to change.

    Raises AwsError, UsageError.
    """
    notify = aws.environment.notify
    attributes = _attributes(aws, notify.sns) if notify else {}
    if notify is None or not attributes:
        return
    if not _may_publish(attributes.get("Policy", ""), notify.sns):
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": PUBLISHER},
            "Action": "sns:Publish",
            "Resource": notify.sns,
        }
        yield (
            f"the policy of {notify.sns} does not let EventBridge publish, so that nobody is told: add "
            f"{json.dumps(statement)}"
        )
    if attributes.get("KmsMasterKeyId") in (AWS_KEY, f"arn:{aws.environment.partition}:kms:{AWS_KEY}"):
        yield (
            f"{notify.sns} is encrypted with AWS's own key {AWS_KEY}, which lets no other service publish: "
            f"give it a key of yours whose policy allows {PUBLISHER} kms:GenerateDataKey and kms:Decrypt"
        )


def _attributes(aws: Aws, arn: str) -> Mapping[str, str]:
    """Return a topic's attributes, none where they may not be read; UsageError when there is no topic."""
    try:
        found: Mapping[str, str] = aws.call("sns", "get_topic_attributes", TopicArn=arn)["Attributes"]
    except AccessDeniedError:
        return {}  # who may not look may still be allowed to deploy
    except NotFoundError as error:
        raise _missing(
            aws, f"the topic {arn}", f"sns create-topic --name {arn.rpartition(':')[2]}"
        ) from error
    return found


def _missing(aws: Aws, what: str, how: str) -> UsageError:
    environment = aws.environment
    kept = "; the emulator keeps it until it ends" if aws.is_local else ""
    where = f" --endpoint-url {environment.endpoint_url}" if aws.is_local else ""
    return UsageError(
        f"{what} does not exist, and upsert does not create it: aws{where} {how}{kept}, or correct notify in "
        f"conf/environments/{environment.name}.yaml; nothing was written"
    )


def _may_publish(policy: str, topic: str) -> bool:
    """Whether a topic's *policy* has a statement for EventBridge; what it asks beside is taken to hold."""
    try:
        statements = json.loads(policy).get("Statement", [])
    except (ValueError, AttributeError):
        return False
    return any(
        each.get("Effect") == "Allow"
        and _names_publisher(each.get("Principal"))
        and any(action.lower() in ("sns:publish", "sns:*", "*") for action in _several(each.get("Action")))
        and any(resource in (topic, "*") for resource in _several(each.get("Resource")))
        and not _is_for_accounts(each.get("Condition"))
        for each in (statements if isinstance(statements, list) else [statements])
        if isinstance(each, dict)
    )


def _names_publisher(principal: Any) -> bool:
    if isinstance(principal, dict):
        return PUBLISHER in _several(principal.get("Service")) or "*" in _several(principal.get("AWS"))
    return bool(principal == "*")


def _is_for_accounts(condition: Any) -> bool:
    """Whether it holds for requests of an account alone, as the policy that a topic is created with."""
    inner = condition.values() if isinstance(condition, dict) else ()
    return any(
        key.lower() in ("aws:sourceowner", "aws:principalaccount", "aws:principalorgid")
        for each in inner
        if isinstance(each, dict)
        for key in each
    )


def _several(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [] if value is None else [str(value)]
