"""EventBridge Scheduler over HTTP: what it keeps and refuses, when it starts a pipeline, whom it tells."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.lifecycle import LifecycleError, fire
from sagemaker_monitor.emulator.sagemaker_api import Answer
from sagemaker_monitor.emulator.scheduler.clock import SchedulerClock, dead_letter
from sagemaker_monitor.emulator.scheduler.records import due_after
from sagemaker_monitor.emulator.server import Server

REGION = "eu-west-1"
ROLE = "arn:aws:iam::000000000000:role/scheduler"
UNIVERSAL = "arn:aws:scheduler:::aws-sdk:sagemaker:startPipelineExecution"
OFF = {"Mode": "OFF"}
DEFINITION = {
    "Version": "2020-12-01",
    "Parameters": [{"Name": "ScheduledTime", "Type": "String", "DefaultValue": ""}],
    "Steps": [{"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "done"}}],
}


class Clients:
    """AWS's clients of one emulator."""

    def __init__(self, url: str) -> None:
        self.url = url
        made = [
            boto3.client(  # type: ignore[call-overload]
                name,
                endpoint_url=url,
                region_name=REGION,
                aws_access_key_id="a",
                aws_secret_access_key="b",
            )
            for name in ("scheduler", "sagemaker", "sqs")
        ]
        self.scheduler, self.sagemaker, self.sqs = made

    def create(self, expression: str, name: str = "nightly", **changes: Any) -> None:
        """Make a schedule that starts the pipeline."""
        target = {"Arn": UNIVERSAL, "RoleArn": ROLE, "Input": self.input(), **changes.pop("Target", {})}
        self.scheduler.create_schedule(
            Name=name, ScheduleExpression=expression, Target=target, FlexibleTimeWindow=OFF, **changes
        )

    @staticmethod
    def input(pipeline: str = "watch") -> str:
        """Return a request that starts a pipeline with the scheduled time."""
        given = [{"Name": "ScheduledTime", "Value": "<aws.scheduler.scheduled-time>"}]
        return json.dumps({"PipelineName": pipeline, "PipelineParameters": given})

    def executions(self) -> list[str]:
        """Return the executions of the pipeline."""
        listed = self.sagemaker.list_pipeline_executions(PipelineName="watch")["PipelineExecutionSummaries"]
        return [each["PipelineExecutionArn"] for each in listed]

    def given(self, execution: str) -> dict[str, str]:
        """Return the parameters of an execution."""
        listed = self.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution)
        return {each["Name"]: each["Value"] for each in listed["PipelineParameters"]}


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """An emulator with a pipeline."""
    folder = tmp_path_factory.mktemp("scheduler")
    with Server(EmulatorConfig(state_dir=folder / "state", port=0, default_region=REGION)) as server:
        found = Clients(server.url)
        found.sagemaker.create_pipeline(
            PipelineName="watch",
            PipelineDefinition=json.dumps(DEFINITION),
            RoleArn=ROLE,
            ClientRequestToken="t" * 32,
        )
        yield found


@pytest.fixture(autouse=True)
def nothing_left(clients: Clients) -> Iterator[None]:
    """Leave no schedule behind."""
    yield
    for each in clients.scheduler.list_schedules()["Schedules"]:
        clients.scheduler.delete_schedule(Name=each["Name"], GroupName=each["GroupName"])


def eventually(look: Callable[[], Any], seconds: float = 8.0) -> Any:
    """Return what *look* finds, once it finds something."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


NOW = "rate(1 day)"
"""A rate is due when its schedule begins, and then once a day."""


def test_what_is_due_starts_its_pipeline(clients: Clients) -> None:
    """Once, with the time that it was due at in the place of the keyword."""
    before = set(clients.executions())
    clients.create(NOW)
    (started,) = eventually(lambda: set(clients.executions()) - before)
    made = clients.scheduler.get_schedule(Name="nightly")["CreationDate"].astimezone(UTC)
    time.sleep(0.2)

    assert set(clients.executions()) - before == {started}
    assert clients.given(started)["ScheduledTime"] == made.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_templated_target_starts_its_pipeline_as_well(clients: Clients) -> None:
    """SageMaker's SDK schedules so: a pipeline's ARN, and its parameters beside it."""
    before = set(clients.executions())
    arn = f"arn:aws:sagemaker:{REGION}:000000000000:pipeline/watch"
    given = {"PipelineParameterList": [{"Name": "ScheduledTime", "Value": "fixed"}]}
    clients.create(NOW, Target={"Arn": arn, "SageMakerPipelineParameters": given})
    (started,) = eventually(lambda: set(clients.executions()) - before)

    assert clients.given(started)["ScheduledTime"] == "fixed"


def test_a_start_that_is_refused_is_told_to_the_queue(clients: Clients) -> None:
    """The request, the error and the schedule; what SageMaker refuses is not tried again."""
    url = clients.sqs.create_queue(QueueName="missed")["QueueUrl"]
    queue = f"arn:aws:sqs:{REGION}:000000000000:missed"
    clients.create(NOW, Target={"Input": clients.input("gone"), "DeadLetterConfig": {"Arn": queue}})
    (message,) = eventually(
        lambda: clients.sqs.receive_message(
            QueueUrl=url, MessageAttributeNames=["All"], WaitTimeSeconds=1
        ).get("Messages", [])
    )
    told = {name: each["StringValue"] for name, each in message["MessageAttributes"].items()}

    assert json.loads(message["Body"])["PipelineName"] == "gone"
    assert (told["ERROR_CODE"], told["RETRY_ATTEMPTS"], told["TARGET_ARN"]) == (
        "ResourceNotFound",
        "0",
        UNIVERSAL,
    )
    assert told["SCHEDULE_ARN"].endswith(":schedule/default/nightly")


@pytest.mark.parametrize(
    ("failures", "most", "tries", "exhausted"),
    [(2, 185, 3, None), (9, 2, 3, "MaximumRetryAttempts"), (9, 0, 1, None)],
)
def test_what_broke_is_tried_again_as_the_policy_says(
    failures: int, most: int, tries: int, exhausted: str | None, clients: Clients
) -> None:
    """Each try counts in its request; one more than the policy has is told as that."""
    asked: list[dict[str, Any]] = []

    def start(_operation: str, body: bytes, _context: Any) -> Answer:
        asked.append(json.loads(body))
        if len(asked) <= failures:
            return Answer(501, b'{"message": "no space left"}', "InternalFailure")
        return Answer(200, b'{"PipelineExecutionArn": "arn:x"}')

    schedule = {
        "Arn": "arn:s",
        "Target": {
            "Arn": UNIVERSAL,
            "Input": '{"PipelineName": "<aws.scheduler.attempt-number>"}',
            "RetryPolicy": {"MaximumRetryAttempts": most, "MaximumEventAgeInSeconds": 60},
        },
    }
    clock = SchedulerClock(start, lambda *_told: None, print, first_pause=0.001)
    done = clock.invoke(None, schedule, datetime(2026, 3, 2, tzinfo=UTC), once=False)  # type: ignore[arg-type]
    told = dead_letter(schedule, done)["MessageAttributes"]

    assert [each["PipelineName"] for each in asked] == [str(number + 1) for number in range(tries)]
    assert (done.execution_arn is None) == (failures >= tries)
    if done.execution_arn is None:
        assert told.get("EXHAUSTED_RETRY_CONDITION", {}).get("StringValue") == exhausted


def test_a_disabled_schedule_and_one_that_is_over_do_not_run(clients: Clients) -> None:
    """State, first and last day bound when it is due."""
    every = {
        "ScheduleExpression": "cron(0 6 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Dublin",
        "State": "ENABLED",
        "CreationDate": 0.0,
    }
    july = datetime(2026, 7, 1, tzinfo=UTC)
    first, last = datetime(2026, 7, 10, 6, 30, tzinfo=UTC), datetime(2026, 7, 1, 4, tzinfo=UTC)

    assert due_after(every, july) == datetime(2026, 7, 1, 5, tzinfo=UTC)
    assert due_after({**every, "State": "DISABLED"}, july) is None
    assert due_after({**every, "EndDate": last.timestamp()}, july) is None
    assert due_after({**every, "StartDate": first.timestamp()}, july) == datetime(2026, 7, 11, 5, tzinfo=UTC)


def test_a_schedule_can_be_fired_whatever_its_hour(clients: Clients) -> None:
    """As due at the time that is asked for; the same time again is the same execution with one token."""
    request = {
        **json.loads(clients.input()),
        "ClientRequestToken": f"{'0' * 32}<aws.scheduler.scheduled-time>",
    }
    clients.create("cron(0 6 1 1 ? 2190)", State="DISABLED", Target={"Input": json.dumps(request)})
    url = clients.url
    one, two = (fire(url, REGION, "nightly", "2026-03-02T06:00:00Z") for _ in range(2))
    assert one.execution_arn is not None

    assert one == two
    assert clients.given(one.execution_arn)["ScheduledTime"] == "2026-03-02T06:00:00Z"
    with pytest.raises(LifecycleError, match="there is no schedule 'daily' in eu-west-1; there are: nightly"):
        fire(url, REGION, "daily", None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ScheduleExpression": "cron(0 6 * * * *)"}, "needs ? in exactly one of day-of-month"),
        ({"ScheduleExpressionTimezone": "Europe/Dubln"}, "is no time zone of the IANA database"),
        ({"State": "PAUSED"}, "Member must satisfy enum value set: [ENABLED, DISABLED]"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes goes with the mode FLEXIBLE"),
        ({"StartDate": 1.0}, "cannot be earlier than 5 minutes ago"),
        ({"GroupName": "nobody"}, "Schedule group nobody does not exist."),
        (
            {"Target": {"Arn": UNIVERSAL, "RoleArn": ROLE, "Input": "{"}},
            "Invalid RequestJson provided",
        ),
        (
            {
                "Target": {
                    "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
                    "RoleArn": ROLE,
                    "Input": "{}",
                }
            },
            "the emulator's schedules start pipelines",
        ),
        ({"Target": {"Arn": UNIVERSAL}}, "Value null at 'target.roleArn'"),
    ],
)
def test_what_could_not_run_is_refused(changes: dict[str, Any], said: str, clients: Clients) -> None:
    """As the API describes it, or where this emulator would have to pretend."""
    request = {
        "Name": "x",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": OFF,
        "Target": {"Arn": UNIVERSAL, "RoleArn": ROLE, "Input": clients.input()},
        **changes,
    }
    unchecked = boto3.client(
        "scheduler",
        endpoint_url=clients.url,
        region_name=REGION,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )
    with pytest.raises(ClientError) as refused:
        unchecked.create_schedule(**request)

    assert said in str(refused.value)


def test_schedules_groups_and_their_tags_outlive_the_emulator(tmp_path: Path) -> None:
    """Kept beside everything else; a group's schedules go with it."""
    config = EmulatorConfig(state_dir=tmp_path / "state", port=0, default_region=REGION)
    with Server(config) as server:
        first = Clients(server.url)
        arn = first.scheduler.create_schedule_group(Name="g", Tags=[{"Key": "k", "Value": "v"}])[
            "ScheduleGroupArn"
        ]
        first.scheduler.tag_resource(ResourceArn=arn, Tags=[{"Key": "l", "Value": "w"}])
        first.scheduler.untag_resource(ResourceArn=arn, TagKeys=["k"])
        first.create("rate(1 day)", GroupName="g", State="DISABLED")
    with Server(config) as server:
        again = Clients(server.url)
        kept = again.scheduler.get_schedule(Name="nightly", GroupName="g")
        tags = again.scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"]
        groups = [each["Name"] for each in again.scheduler.list_schedule_groups()["ScheduleGroups"]]
        again.scheduler.delete_schedule_group(Name="g")
        left = again.scheduler.list_schedules()["Schedules"]

    assert (kept["State"], kept["ScheduleExpressionTimezone"]) == ("DISABLED", "UTC")
    assert kept["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
    assert (tags, groups, left) == ([{"Key": "l", "Value": "w"}], ["default", "g"], [])
