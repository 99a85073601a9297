"""Alarms of a model: deployed as CloudWatch has them, and turned by the values that jobs leave."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.analysis.documents.embedded_metrics import to_line
from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.operations.destroy import destroy, look_at_model
from sagemaker_monitor.operations.plan import make_plan
from sagemaker_monitor.operations.resources.alarms import ALARMS
from sagemaker_monitor.operations.resources.resource import Change
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.alarms import Alarm
from sagemaker_monitor.settings.monitoring import MonitoringSchedule
from sagemaker_monitor.settings.notify import Notify
from tests.operations.emulated import definition, fail_step, make_bundle, processing_step, start
from tests.operations.told import Topic, told

NAME = "mortgage-drift-local"
DIMENSIONS = {"Environment": "local", "Model": "mortgage", "Pipeline": "monitor-batch"}


@pytest.fixture
def topic(aws: Aws) -> Iterator[Topic]:
    """A topic with a subscriber."""
    with told(aws) as found:
        yield found
        list(ALARMS.delete(aws, NAME))


@pytest.fixture
def telling(environment: Environment, topic: Topic) -> Aws:
    """The emulator as the AWS of an environment with `notify`."""
    return connect(environment.model_copy(update={"notify": Notify(sns=topic.arn, told=("broken",))}))


@pytest.fixture
def match(request: pytest.FixtureRequest) -> str:
    """What the test's alarm watches: moto keeps data for as long as the process lives."""
    return f"data_quality/baseline_drift_check/{request.node.name}"


Alarmed = Callable[..., Model]


@pytest.fixture
def alarmed(model: Model, match: str) -> Alarmed:
    """What returns the model with an alarm on the drift of a feature in batches."""

    def alarmed(**changes: Any) -> Model:
        alarm = Alarm(**{"match": match, "pipeline": "monitor-batch", "above": 0.2, **changes})
        return model.model_copy(update={"alarms": {"drift": alarm}})

    return alarmed


@pytest.fixture
def bundle(environment: Environment, match: str) -> Bundle:
    """A pipeline whose job says a value in its log as decide does, given as a parameter."""
    line = to_line(DIMENSIONS, {match: (0.5,)}, 0)
    # An argument has at most 256 characters.
    code = (
        "import sys, time; first, second, value = sys.argv[1:]; now = str(int(time.time() * 1000)); "
        "print((first + second).replace('Timestamp\": 0', 'Timestamp\": ' + now).replace('0.5', value))"
    )
    step = processing_step(environment, code)
    arguments = [line[:200], line[200:], {"Get": "Parameters.Value"}]
    step["Arguments"]["AppSpecification"]["ContainerArguments"] = arguments
    return make_bundle(environment, monitor_batch=definition(step, Value="0.5"))


def done(changes: Iterator[Change]) -> list[tuple[str, str]]:
    """Return what was done to alarms."""
    return [(each.done, each.detail) for each in changes if each.kind == "alarm"]


def state(aws: Aws, expected: str) -> dict[str, Any]:
    """Return the alarm once it has a state."""
    deadline = time.monotonic() + 15
    while True:
        (found,) = aws.call("cloudwatch", "describe_alarms", AlarmNames=[NAME])["MetricAlarms"]
        if found["StateValue"] == expected or time.monotonic() > deadline:
            assert found["StateValue"] == expected
            return dict(found)
        time.sleep(0.05)


def test_an_alarm_turns_by_what_a_run_measured_and_tells_the_topic_once(
    telling: Aws, topic: Topic, bundle: Bundle, alarmed: Alarmed, match: str
) -> None:
    """From no data to ALARM by a job's log; it stays so until a run measures less."""
    list(upsert(telling, bundle, alarmed()))
    state(telling, "INSUFFICIENT_DATA")

    telling.call("sagemaker", "start_pipeline_execution", PipelineName="mortgage-monitor-batch-local")
    found = state(telling, "ALARM")
    assert found["StateReason"] == "Threshold Crossed: [0.5] greater than the threshold (0.2)."
    (message,) = topic.messages()
    assert f'"AlarmName": "{NAME}"' in message
    assert '"NewStateValue": "ALARM", "NewStateReason": "Threshold Crossed: [0.5]' in message
    assert match in message

    # Put anew, it keeps its state, and says nothing again.
    assert done(upsert(telling, bundle, alarmed(above=0.3))) == [("updated", "threshold, description")]
    state(telling, "ALARM")
    assert topic.messages(0) == []


def test_an_alarm_comes_back(telling: Aws, bundle: Bundle, alarmed: Alarmed) -> None:
    """To OK, by a value on the right side of its limit."""
    list(upsert(telling, bundle, alarmed(above=None, below=0.4)))
    given = [{"Name": "Value", "Value": "0.1"}]
    name = "mortgage-monitor-batch-local"
    telling.call("sagemaker", "start_pipeline_execution", PipelineName=name, PipelineParameters=given)
    state(telling, "ALARM")

    assert done(upsert(telling, bundle, alarmed(above=0.4))) == [
        ("updated", "statistic, comparison, description")
    ]
    state(telling, "OK")
    start(telling, name)
    state(telling, "ALARM")


def test_upsert_writes_an_alarm_once_and_repairs_what_was_changed(
    telling: Aws, topic: Topic, bundle: Bundle, alarmed: Alarmed
) -> None:
    """Unchanged nothing is written; a threshold or tag that was changed by hand is told and repaired."""
    assert done(upsert(telling, bundle, alarmed())) == [("created", "")]
    telling.writes.clear()
    assert done(upsert(telling, bundle, alarmed())) == [("unchanged", "")]
    assert telling.writes == []

    (found,) = telling.call("cloudwatch", "describe_alarms", AlarmNames=[NAME])["MetricAlarms"]
    kept = {
        *("AlarmName", "AlarmDescription", "ActionsEnabled", "Namespace", "MetricName", "Dimensions"),
        *("Statistic", "Period", "EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator"),
        *("TreatMissingData", "AlarmActions"),
    }
    by_hand = {name: found[name] for name in kept}
    telling.call("cloudwatch", "put_metric_alarm", **by_hand, Threshold=0.9)
    telling.call(
        "cloudwatch", "tag_resource", ResourceARN=found["AlarmArn"], Tags=[{"Key": "stray", "Value": "1"}]
    )
    plan = make_plan(telling, bundle, alarmed())
    assert [(each.name, each.fields) for each in plan.drift] == [(NAME, ("tags", "threshold"))]
    assert next((each.subject, each.before, each.after) for each in plan.differences) == (
        f"alarm {NAME}: threshold",
        0.9,
        0.2,
    )
    assert done(upsert(telling, bundle, alarmed())) == [("updated", "threshold"), ("untagged", "stray")]
    assert done(upsert(telling, bundle, alarmed())) == [("unchanged", "")]


def test_an_alarm_that_is_no_longer_configured_goes(
    telling: Aws, topic: Topic, bundle: Bundle, model: Model, alarmed: Alarmed
) -> None:
    """With upsert, and with destroy; alarms of others that are called alike stay."""
    list(upsert(telling, bundle, alarmed()))
    assert done(upsert(telling, bundle, model)) == [("deleted", "")]
    list(upsert(telling, bundle, alarmed()))
    assert done(destroy(telling, look_at_model(telling, "mortgage"))) == [("deleted", "")]

    telling.call(
        "cloudwatch",
        "put_metric_alarm",
        AlarmName="mortgage-theirs-local",
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
    )
    assert done(destroy(telling, look_at_model(telling, "mortgage"))) == []


def test_a_plan_says_why_an_alarm_on_a_disabled_schedule_goes(
    aws: Aws, environment: Environment, bundle: Bundle, model: Model, match: str
) -> None:
    """It is configured, and what it watches is not deployed; one on a pipeline stays."""
    alarms = {
        "drift": Alarm(match=match, schedule="hourly", above=0.2),
        "batches": Alarm(match=match, pipeline="monitor-batch", above=0.2),
    }
    hourly = MonitoringSchedule(monitor="data_quality", of="batches", expression="cron(0 * ? * * *)")
    watched = model.model_copy(update={"alarms": alarms, "monitoring_schedules": {"hourly": hourly}})
    list(upsert(connect(environment.model_copy(update={"schedules": "enabled"})), bundle, watched))
    plan = make_plan(aws, bundle, watched)
    gone = done(upsert(aws, bundle, watched))

    assert gone == [("unchanged", ""), ("deleted", "")]
    assert [f"{each.done} {each.name}" for each in plan.pending] == [f"deleted {NAME}"]
    assert plan.notes[-1] == (
        "monitoring_schedules.hourly, alarms.drift: not deployed, because environments/local.yaml or "
        "base.yaml does not say schedules: enabled"
    )
    list(destroy(aws, look_at_model(aws, "mortgage")))


def test_an_alarm_that_somebody_sets_tells_what_it_would_tell(
    telling: Aws, topic: Topic, bundle: Bundle, alarmed: Alarmed
) -> None:
    """So that a subscription can be tried."""
    list(upsert(telling, bundle, alarmed()))
    state(telling, "INSUFFICIENT_DATA")
    telling.call("cloudwatch", "set_alarm_state", AlarmName=NAME, StateValue="ALARM", StateReason="a try")

    (message,) = topic.messages()
    assert '"NewStateReason": "a try"' in message


def test_without_a_topic_an_alarm_has_no_action(
    aws: Aws, environment: Environment, model: Model, alarmed: Alarmed, match: str
) -> None:
    """And one on a pipeline that is not deployed is none."""
    bundle = make_bundle(environment, monitor_batch=definition(fail_step()))
    elsewhere = Alarm(match=match, pipeline="monitor-endpoint", above=0.2)
    both = model.model_copy(update={"alarms": {**alarmed().alarms, "elsewhere": elsewhere}})
    assert done(upsert(aws, bundle, both)) == [("created", "")]

    (found,) = aws.call("cloudwatch", "describe_alarms", AlarmNames=[NAME])["MetricAlarms"]
    assert found["AlarmActions"] == []
    assert done(destroy(aws, look_at_model(aws, "mortgage"))) == [("deleted", "")]
