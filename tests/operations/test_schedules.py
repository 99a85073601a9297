"""Schedules are deployed after what they start, compared by what configures them, and deleted when gone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.cli.render.plan import sections
from sagemaker_monitor.operations import ledger
from sagemaker_monitor.operations.destroy import destroy, look_at_model
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.plan import Plan, make_plan
from sagemaker_monitor.operations.rollback import look_back
from sagemaker_monitor.operations.schedule_status import ScheduleStatus, read_schedules
from sagemaker_monitor.operations.status import read_status
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.alarms import Alarm
from sagemaker_monitor.settings.notify import Notify
from sagemaker_monitor.settings.schedules import Schedules
from tests.operations.emulated import definition, fail_step, make_bundle
from tests.operations.faults import Cut, CutOffError

ROLE = "arn:aws:iam::000000000000:role/scheduler"
NAME, GROUP = "mortgage-monitor-batch-local", "sagemaker-monitor-local"
WEEKLY = "cron(0 6 ? * MON *)"


@pytest.fixture
def environment(environment: Environment) -> Environment:
    """The environment `local`, its schedules enabled."""
    roles = environment.roles.model_copy(update={"scheduler": ROLE})
    return environment.model_copy(update={"roles": roles, "schedules": "enabled"})


@pytest.fixture
def model(model: Model) -> Model:
    """The model, its batches scored every week."""
    return scheduled(model, {"monitor-batch": WEEKLY})


@pytest.fixture
def bundle(environment: Environment) -> Bundle:
    """A pipeline that takes a scheduled time."""
    return make_bundle(environment, monitor_batch=definition(fail_step(), ScheduledTime=""))


def scheduled(model: Model, schedules: dict[str, Any]) -> Model:
    """Return *model* with these schedules."""
    return model.model_copy(update={"schedules": Schedules.model_validate(schedules)})


def in_group(aws: Aws, environment: Environment, group: str) -> Aws:
    """Return the AWS of *environment* with another schedule group."""
    scheduler = environment.scheduler.model_copy(update={"group": group})
    return type(aws)(environment.model_copy(update={"scheduler": scheduler}))


def get(aws: Aws) -> dict[str, Any]:
    """Return the schedule as EventBridge Scheduler has it."""
    return aws.call("scheduler", "get_schedule", GroupName=GROUP, Name=NAME)


def told(plan: Plan) -> list[str]:
    """Return what a plan would do to schedules and their group."""
    return [f"{each.done} {each.kind} {each.name}" for each in plan.pending if "schedule" in each.kind]


def test_a_schedule_comes_last_and_starts_its_pipeline(aws: Aws, bundle: Bundle, model: Model) -> None:
    """It asks SageMaker for the pipeline with the scheduled time, and one token for each such time."""
    done = [change.kind for change in upsert(aws, bundle, model)]
    schedule = get(aws)
    groups = aws.call("scheduler", "get_schedule_group", Name=GROUP)
    tags = aws.call("scheduler", "list_tags_for_resource", ResourceArn=groups["Arn"])["Tags"]

    assert done[-3:] == ["pipeline", "schedule group", "schedule"]
    assert (schedule["ScheduleExpression"], schedule["State"]) == (WEEKLY, "ENABLED")
    assert schedule["Target"]["RoleArn"] == ROLE
    assert {"Key": "sagemaker-monitor:environment", "Value": "local"} in tags
    assert not {"sagemaker-monitor:model"} & {tag["Key"] for tag in tags}


def test_an_unchanged_schedule_is_not_written(aws: Aws, bundle: Bundle, model: Model) -> None:
    """A second upsert has no call that writes, and a plan nothing to do."""
    list(upsert(aws, bundle, model))
    aws.writes.clear()
    again = [change for change in upsert(aws, bundle, model) if change.done != "unchanged"]

    assert (again, aws.writes, make_plan(aws, bundle, model).pending) == ([], [], ())


def test_a_change_is_told_by_the_keys_that_configure_it(aws: Aws, bundle: Bundle, model: Model) -> None:
    """Expression, zone and state are compared one by one; upsert replaces the schedule."""
    list(upsert(aws, bundle, model))
    section = {"expression": "rate(1 day)", "timezone": "Europe/Dublin", "enabled": False}
    changed = scheduled(model, {"monitor-batch": {**section, "flexible_window": "PT15M"}})
    differences = {each.subject: each.after for each in make_plan(aws, bundle, changed).differences}
    list(upsert(aws, bundle, changed))
    schedule = get(aws)

    assert differences == {
        f"schedule {NAME}: expression": "rate(1 day)",
        f"schedule {NAME}: timezone": "Europe/Dublin",
        f"schedule {NAME}: enabled": False,
        f"schedule {NAME}: flexible_window": "PT15M",
    }
    assert (schedule["State"], schedule["ScheduleExpressionTimezone"]) == ("DISABLED", "Europe/Dublin")
    assert schedule["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    assert make_plan(aws, bundle, changed).pending == ()


def test_a_hand_s_change_is_drift_and_is_undone(aws: Aws, bundle: Bundle, model: Model) -> None:
    """Somebody disabled it in the console and gave it a last day: told, and made right."""
    list(upsert(aws, bundle, model))
    kept = {"Name", "GroupName", "ScheduleExpression", "Target", "FlexibleTimeWindow", "Description"}
    before = {key: value for key, value in get(aws).items() if key in kept}
    aws.call("scheduler", "update_schedule", **before, State="DISABLED", EndDate="2099-01-01T00:00:00Z")
    plan = make_plan(aws, bundle, model)
    list(upsert(aws, bundle, model))

    assert [(each.kind, set(each.fields)) for each in plan.drift] == [("schedule", {"enabled", "EndDate"})]
    assert (get(aws)["State"], get(aws).get("EndDate")) == ("ENABLED", None)


def test_a_plan_tells_each_kind_of_resource_under_its_own_name(
    aws: Aws, bundle: Bundle, model: Model, environment: Environment
) -> None:
    """New ones, changed ones and those that go; a heading that has nothing is not there."""
    alarm = Alarm(match="model_quality/recall", pipeline="monitor-batch", below=0.8)
    alarmed = model.model_copy(update={"alarms": {"recall": alarm}})
    notify = Notify(sns="arn:aws:sns:eu-west-1:000000000000:model-risk")
    telling = type(aws)(environment.model_copy(update={"notify": notify}))
    new = make_plan(telling, bundle, alarmed)
    list(upsert(aws, bundle, model))
    changed = make_plan(aws, bundle, scheduled(model, {"monitor-batch": "rate(1 day)"}))
    gone = make_plan(aws, bundle, scheduled(model, {}))

    assert [(heading, [each.subject for each in shown]) for heading, shown in sections(new)] == [
        ("pipelines", [f"pipeline {NAME}"]),
        ("model package groups", ["model package group mortgage"]),
        ("event rules", ["event rule mortgage-notify-local"]),
        ("alarms", ["alarm mortgage-recall-local"]),
        ("schedule groups", [f"schedule group {GROUP}"]),
        ("schedules", [f"schedule {NAME}"]),
    ]
    assert [heading for heading, _ in sections(changed)] == ["schedules"]
    assert [heading for heading, _ in sections(gone)] == ["schedules"]


@pytest.mark.parametrize("by", ["model", "environment"])
def test_a_schedule_that_is_not_configured_is_deleted(
    by: str, aws: Aws, bundle: Bundle, model: Model, environment: Environment
) -> None:
    """It would go on starting runs, so upsert takes it away; the plan says so before."""
    list(upsert(aws, bundle, model))
    if by == "model":
        model = scheduled(model, {})
    else:
        aws = type(aws)(environment.model_copy(update={"schedules": "disabled"}))
    plan = told(make_plan(aws, bundle, model))
    list(upsert(aws, bundle, model))

    assert plan == [f"deleted schedule {NAME}"]
    with pytest.raises(NotFoundError):
        get(aws)


@pytest.mark.parametrize("group", [GROUP, "another"])
def test_a_schedule_goes_before_its_pipeline_becomes_one_that_it_cannot_start(
    group: str, aws: Aws, bundle: Bundle, model: Model, environment: Environment
) -> None:
    """Also one in a group that is configured no more; a plan has the same order."""
    list(upsert(aws, bundle, model))
    now = in_group(aws, environment, group)
    unscheduled = make_bundle(environment, monitor_batch=definition(fail_step()))
    plan = make_plan(now, unscheduled, scheduled(model, {}))
    done = [each for each in upsert(now, unscheduled, scheduled(model, {})) if each.done != "unchanged"]

    assert [f"{each.done} {each.kind}" for each in done] == ["deleted schedule", "updated pipeline"]
    assert plan.pending == tuple(done)


def test_destroy_takes_schedules_before_what_they_start(aws: Aws, bundle: Bundle, model: Model) -> None:
    """The group stays: other models have schedules in it."""
    list(upsert(aws, bundle, model))
    gone = [f"{change.kind} {change.name}" for change in destroy(aws, look_at_model(aws, "mortgage"))]

    assert gone == [f"schedule {NAME}", f"pipeline {NAME}", "model package group mortgage"]
    assert aws.call("scheduler", "list_schedules", GroupName=GROUP)["Schedules"] == []


def test_what_others_made_under_its_name_is_refused(aws: Aws, bundle: Bundle, model: Model) -> None:
    """A schedule that starts something else is nobody's to replace, and is not destroyed either."""
    list(upsert(aws, bundle, model))
    kept = {"Name", "GroupName", "ScheduleExpression", "Target", "FlexibleTimeWindow"}
    request = {key: value for key, value in get(aws).items() if key in kept}
    request["Target"]["Input"] = '{"PipelineName": "theirs"}'
    aws.call("scheduler", "update_schedule", **request)

    with pytest.raises(UsageError, match="does not start the pipeline of its name"):
        make_plan(aws, bundle, model)
    assert not [name for name in look_at_model(aws, "mortgage").names if name.startswith("schedule")]


def test_status_tells_when_each_is_due_next(aws: Aws, bundle: Bundle, model: Model) -> None:
    """By the clock of its zone; a disabled one is due no more."""
    section = {"expression": WEEKLY, "timezone": "Europe/Dublin"}
    july = datetime(2026, 7, 1, tzinfo=UTC)
    list(upsert(aws, bundle, scheduled(model, {"monitor-batch": section})))
    (found,) = read_schedules(aws, "mortgage", july)
    list(upsert(aws, bundle, scheduled(model, {"monitor-batch": {**section, "enabled": False}})))
    (status,) = read_status(aws, {"mortgage": bundle})

    assert found == ScheduleStatus(NAME, WEEKLY, "Europe/Dublin", True, datetime(2026, 7, 6, 5, tzinfo=UTC))
    assert [(each.enabled, each.next) for each in status.schedules] == [(False, None)]


def test_a_version_that_the_schedule_cannot_start_is_not_gone_back_to(
    aws: Aws, bundle: Bundle, model: Model, environment: Environment
) -> None:
    """It takes no scheduled time, or needs what a schedule does not give."""
    olds = [definition(fail_step(), ModelPackageArn=""), definition(fail_step(), required=("InputDataUri",))]
    for old in olds:
        list(upsert(aws, make_bundle(environment, monitor_batch=old), model))
    list(upsert(aws, bundle, model))

    with pytest.raises(UsageError, match=r"version 1 of .* takes no ScheduledTime, and its schedule"):
        look_back(aws, "mortgage", "monitor-batch", 1)
    with pytest.raises(UsageError, match=r"version 2 of .* needs InputDataUri, and its schedule"):
        look_back(aws, "mortgage", "monitor-batch", 2)
    list(upsert(aws, bundle, scheduled(model, {})))
    assert look_back(aws, "mortgage", "monitor-batch", 1).to == 1


def test_schedules_follow_their_group(
    aws: Aws, bundle: Bundle, model: Model, environment: Environment
) -> None:
    """Another scheduler.group makes them there, and takes those away that were left in the one before."""
    list(upsert(aws, bundle, model))
    foreign = {**get(aws), "GroupName": "default"}
    kept = {"Name", "GroupName", "ScheduleExpression", "Target", "FlexibleTimeWindow"}
    foreign["Target"]["Input"] = json.dumps({"PipelineName": NAME})  # a hand's, of the same name
    aws.call("scheduler", "create_schedule", **{key: foreign[key] for key in kept})
    moved = in_group(aws, environment, "g")
    plan = told(make_plan(moved, bundle, model))
    list(upsert(moved, bundle, model))
    left = {each["GroupName"] for each in aws.call("scheduler", "list_schedules")["Schedules"]}

    assert plan == [
        "created schedule group g",
        f"created schedule {NAME}",
        f"deleted schedule {GROUP}/{NAME}",
    ]
    assert left == {"g", "default"}
    assert make_plan(moved, bundle, model).pending == ()


def test_a_group_that_others_made_is_used_as_it_is(aws: Aws, bundle: Bundle, model: Model) -> None:
    """Its tags are theirs."""
    arn = aws.call("scheduler", "create_schedule_group", Name=GROUP)["ScheduleGroupArn"]
    list(upsert(aws, bundle, model))

    assert aws.call("scheduler", "list_tags_for_resource", ResourceArn=arn)["Tags"] == []
    assert get(aws)["State"] == "ENABLED"


def test_a_group_s_tags_follow_the_environment_s(
    aws: Aws, bundle: Bundle, model: Model, environment: Environment
) -> None:
    """What is configured is set; what somebody else added stays, because models share the group."""
    list(upsert(aws, bundle, model))
    arn = aws.call("scheduler", "get_schedule_group", Name=GROUP)["Arn"]
    aws.call("scheduler", "tag_resource", ResourceArn=arn, Tags=[{"Key": "theirs", "Value": "1"}])
    tagged = type(aws)(environment.model_copy(update={"tags": {**environment.tags, "team": "risk"}}))
    done = [each for each in upsert(tagged, bundle, model) if each.kind == "schedule group"]
    tags = aws.call("scheduler", "list_tags_for_resource", ResourceArn=arn)["Tags"]

    assert [(each.done, each.detail) for each in done] == [("tagged", "team")]
    assert {"theirs", "team"} <= {each["Key"] for each in tags}


@pytest.mark.long
def test_cut_off_at_any_call_the_next_run_completes_it(
    aws: Aws, environment: Environment, bundle: Bundle, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before or after each call that makes, changes or deletes a schedule: the same state."""
    monkeypatch.setattr(ledger, "is_gone", lambda _holder: True)  # as of a process that was killed
    turns = ({"monitor-batch": WEEKLY}, {"monitor-batch": "rate(1 day)"}, {})
    for calls in range(0, 30, 2):
        wanted = scheduled(model, turns[calls // 2 % 3])
        try:
            list(upsert(Cut(aws, after=calls, sent=calls % 4 == 0), bundle, wanted))
        except CutOffError:
            list(upsert(aws, bundle, wanted))
        assert make_plan(aws, bundle, wanted).pending == ()
        found = [each["Name"] for each in aws.call("scheduler", "list_schedules")["Schedules"]]
        assert found == [NAME] * bool(turns[calls // 2 % 3])


def test_an_answer_that_was_lost_is_no_conflict(aws: Aws, bundle: Bundle, model: Model) -> None:
    """What is asked for again is there then; both are made once."""
    list(upsert(Repeating(aws.environment), bundle, model))

    assert make_plan(aws, bundle, model).pending == ()


class Repeating(Aws):
    """Makes each thing of EventBridge Scheduler twice, as after an answer that was lost."""

    def call(self, service: str, operation: str, /, **request: Any) -> dict[str, Any]:
        """Ask once more."""
        if operation.startswith("create_schedule"):
            super().call(service, operation, **request)
        return super().call(service, operation, **request)
