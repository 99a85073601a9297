"""A topic hears of every run whose gate stays closed: deployed as a rule, delivered by the emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.operations.destroy import destroy, look_at_model
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.plan import make_plan
from sagemaker_monitor.operations.resources.resource import Change
from sagemaker_monitor.operations.resources.rules import RULES
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.notify import Notify
from tests.operations.emulated import definition, fail_step, make_bundle, processing_step, start, wait
from tests.operations.told import Topic, told

RULE = "mortgage-notify-local"
REASON = (
    "refused: the model approves far fewer of the group: bias/DPPL/black = 0.31. The verdict: s3://b/v.json"
)


@pytest.fixture
def topic(aws: Aws) -> Iterator[Topic]:
    """A topic with a subscriber."""
    with told(aws) as found:
        yield found
        list(RULES.delete(aws, RULE))


def notifying(environment: Environment, arn: str, **changes: Any) -> Aws:
    """Return the emulator as the AWS of *environment* with `notify`."""
    return connect(environment.model_copy(update={"notify": Notify(sns=arn, **changes)}))


@pytest.fixture
def bundle(environment: Environment) -> Bundle:
    """A pipeline that refuses, and one whose step breaks."""
    return make_bundle(
        environment,
        register=definition(processing_step(environment, "raise SystemExit('no \"such\" file')")),
        monitor_batch=definition(fail_step(REASON)),
    )


def done(changes: Iterator[Change]) -> list[tuple[str, str]]:
    """Return what was done to rules."""
    return [(each.done, each.detail) for each in changes if each.kind == "event rule"]


def test_a_refusal_and_a_broken_step_are_told_with_their_reasons(
    topic: Topic, environment: Environment, bundle: Bundle, model: Model
) -> None:
    """The message names what crossed, its value, the execution, and the command that shows more."""
    aws = notifying(environment, topic.arn)
    assert done(upsert(aws, bundle, model)) == [("created", "")]

    refused = start(aws, "mortgage-monitor-batch-local")
    (message,) = topic.messages()
    assert message.splitlines()[0] == f'"mortgage in local, Refuse: {REASON}"'
    assert f"sagemaker-monitor follow {refused} --env local" in message

    broken = start(aws, "mortgage-register-local")
    (message,) = topic.messages()
    assert "mortgage in local, Join: " in message
    assert broken in message


def test_an_open_gate_tells_nobody(
    topic: Topic, environment: Environment, bundle: Bundle, model: Model
) -> None:
    """Of a run that succeeded before one that refused, only the latter is heard."""
    aws = notifying(environment, topic.arn)
    passing = make_bundle(
        environment,
        register=definition(processing_step(environment, "pass")),
        monitor_batch=definition(fail_step()),
    )
    list(upsert(aws, passing, model))
    arn = start(aws, "mortgage-register-local")
    wait(aws, arn)
    start(aws, "mortgage-monitor-batch-local")

    (message,) = topic.messages()
    assert "Refuse" in message


def test_only_the_chosen_ends_are_told(
    topic: Topic, environment: Environment, bundle: Bundle, model: Model
) -> None:
    """Of a refusal before a broken step, a rule for what broke tells only the latter."""
    aws = notifying(environment, topic.arn, told=("broken",))
    list(upsert(aws, bundle, model))
    for name in ("mortgage-monitor-batch-local", "mortgage-register-local"):
        wait(aws, start(aws, name))

    (message,) = topic.messages()
    assert "mortgage in local, Join: " in message


def test_upsert_writes_a_rule_once_and_repairs_what_was_changed(
    topic: Topic, environment: Environment, bundle: Bundle, model: Model
) -> None:
    """Unchanged nothing is written; what was disabled, retargeted or retagged by hand is repaired."""
    aws = notifying(environment, topic.arn)
    list(upsert(aws, bundle, model))
    aws.writes.clear()
    assert done(upsert(aws, bundle, model)) == [("unchanged", "")]
    assert aws.writes == []

    aws.call("events", "disable_rule", Name=RULE)
    other = {"Id": "other", "Arn": "arn:aws:sqs:eu-west-1:000000000000:mine"}
    aws.call("events", "put_targets", Rule=RULE, Targets=[other])
    rule = aws.call("events", "describe_rule", Name=RULE)
    aws.call("events", "tag_resource", ResourceARN=rule["Arn"], Tags=[{"Key": "stray", "Value": "1"}])
    plan = make_plan(aws, bundle, model)
    assert [(each.name, each.fields) for each in plan.drift] == [(RULE, ("state", "tags", "targets"))]
    assert done(upsert(aws, bundle, model)) == [("updated", "state, targets"), ("untagged", "stray")]
    assert done(upsert(aws, bundle, model)) == [("unchanged", "")]


def test_a_rule_without_its_target_is_completed(
    topic: Topic, environment: Environment, bundle: Bundle, model: Model
) -> None:
    """As an upsert leaves it that was killed between its two calls."""
    aws = notifying(environment, topic.arn)
    list(upsert(aws, bundle, model))
    aws.call("events", "remove_targets", Rule=RULE, Ids=["sns"])

    assert done(upsert(aws, bundle, model)) == [("updated", "targets")]


def test_without_notify_the_rule_goes(
    topic: Topic, environment: Environment, bundle: Bundle, model: Model
) -> None:
    """It acts by itself, so upsert deletes it; destroy does as well; a rule of others stays."""
    telling, silent = notifying(environment, topic.arn), connect(environment)
    list(upsert(telling, bundle, model))
    assert [each.text for each in make_plan(silent, bundle, model).differences] == ["no longer configured"]
    assert done(upsert(silent, bundle, model)) == [("deleted", "")]
    assert done(upsert(silent, bundle, model)) == []

    list(upsert(telling, bundle, model))
    assert done(destroy(telling, look_at_model(telling, "mortgage"))) == [("deleted", "")]
    telling.call("events", "put_rule", Name=RULE, EventPattern='{"source": ["aws.sagemaker"]}')
    assert done(destroy(telling, look_at_model(telling, "mortgage"))) == []


def test_a_topic_that_is_missing_is_named_before_anything_is_written(
    environment: Environment, aws: Aws, bundle: Bundle, model: Model
) -> None:
    """plan says that upsert would refuse, and upsert does."""
    arn = "arn:aws:sns:eu-west-1:000000000000:nowhere"
    aws = notifying(environment, arn)
    (note,) = make_plan(aws, bundle, model).notes
    assert note.startswith(f"upsert would refuse: the topic {arn} does not exist")
    with pytest.raises(UsageError, match=r"sns create-topic --name nowhere.*nothing was written"):
        list(upsert(aws, bundle, model))
    assert aws.writes == []


def test_plan_says_what_the_topic_does_not_allow(
    topic: Topic, environment: Environment, bundle: Bundle, model: Model
) -> None:
    """A new topic's policy lets nobody else publish, and AWS's own key no service; neither is changed."""
    aws = notifying(environment, topic.arn)
    assert make_plan(aws, bundle, model).notes == ()
    plain = aws.call("sns", "create_topic", Name="plain", Attributes={"KmsMasterKeyId": "alias/aws/sns"})[
        "TopicArn"
    ]

    first, second = make_plan(notifying(environment, plain), bundle, model).notes
    assert first.startswith(f"the policy of {plain} does not let EventBridge publish")
    assert '"Service": "events.amazonaws.com"' in first
    assert "encrypted with AWS's own key" in second


def test_what_cannot_be_published_goes_to_the_dead_letter_queue(
    topic: Topic, environment: Environment, bundle: Bundle, model: Model, aws: Aws
) -> None:
    """The event itself, so that nothing is lost with a topic that was deleted."""
    lost = aws.call("sqs", "create_queue", QueueName="lost")["QueueUrl"]
    telling = notifying(environment, topic.arn, dead_letter="arn:aws:sqs:eu-west-1:000000000000:lost")
    list(upsert(telling, bundle, model))
    aws.call("sns", "delete_topic", TopicArn=topic.arn)
    start(aws, "mortgage-monitor-batch-local")

    (message,) = aws.call("sqs", "receive_message", QueueUrl=lost, WaitTimeSeconds=5)["Messages"]
    assert json.loads(message["Body"])["detail"]["failureReason"] == REASON


def test_a_chat_application_gets_json_whatever_the_reason_quotes(
    topic: Topic, environment: Environment, model: Model
) -> None:
    """The schema of custom notifications, with the reason as its description."""
    aws = notifying(environment, topic.arn, format="chat")
    quoting = 'ClientError: no "such" \\file'
    list(upsert(aws, make_bundle(environment, monitor_batch=definition(fail_step(quoting))), model))
    start(aws, "mortgage-monitor-batch-local")

    (message,) = topic.messages()
    document = json.loads(message)
    assert (document["version"], document["source"]) == ("1.0", "custom")
    assert document["content"]["description"] == quoting
