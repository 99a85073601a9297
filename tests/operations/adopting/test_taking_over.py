"""Schedules of others after they were adopted: kept, changed, put right, and given away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.iam.commands import COMMANDS
from sagemaker_monitor.aws.iam.grants import statements_of, together
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.adopting.adopt import Asked
from sagemaker_monitor.operations.destroy import look_at_model
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.plan import make_plan
from sagemaker_monitor.operations.policy.scoping import scope_of
from sagemaker_monitor.operations.status import read_status
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Model
from tests.operations import monitored
from tests.operations.adopting import notebook
from tests.operations.adopting.notebook import make_definition, make_schedule, put
from tests.operations.adopting.team import (
    MARK,
    adopted,
    bring,
    bundle_of,
    described,
    one,
    plan,
    tags,
)
from tests.policy.judging import judge
from tests.policy.needs import Account
from tests.policy.recording import recorded


def fair(aws: Aws) -> Asked:
    """Make a monitor whose name does not begin as those of the model do, and return what asks for it."""
    make_definition(aws, "ModelBias", "fair")
    make_schedule(aws, "ModelBias", "fair")
    put(aws, "monitors/fair/analysis_config.json", notebook.bias_config())
    return Asked(schedules=("fair",))


def test_tags_that_others_set_stay(others: Aws, conf: Path) -> None:
    """They are for reasons of theirs, before and after the marks are set."""
    model = adopted(others, conf, one(others, Tags=[{"Key": "cost-center", "Value": "8812"}])).model

    bring(others, model)

    assert set(tags(others, "churn-bias")) == {"cost-center", *MARK}
    assert not plan(others, model).pending


def test_a_job_definition_is_replaced_once_the_file_says_something_else(others: Aws, conf: Path) -> None:
    """The schedule keeps name and tags and gets one of ours; that of others stays."""
    asked = one(others, Tags=[{"Key": "cost-center", "Value": "8812"}])
    model = adopted(others, conf, asked).model
    bring(others, model)
    section = model.monitoring_schedules["bias"].model_dump(mode="json", exclude_defaults=True)
    section |= {"of": "batches", "baseline": {"constraints": "b.json"}}
    assert section["adopted"]["local"]["digest"]
    document = model.model_dump(mode="json", by_alias=True)
    ours = Model.model_validate({**document, "monitoring_schedules": {"bias": section}})
    bundle = replace(monitored.bundle_of(ours, others.environment), model="churn", pipelines=(), assets=())

    would = make_plan(others, bundle, ours)
    done = [each for each in upsert(others, bundle, ours) if each.done != "unchanged"]

    told = {each.subject for each in would.differences}
    assert {"monitoring_schedules.bias.of", "monitoring_schedules.bias.baseline.constraints"} <= told
    assert [(each.kind, each.done) for each in done if each.kind != "asset"] == [
        ("model bias job definition", "created"),
        ("monitoring schedule", "updated"),
    ]
    assert described(others, "churn-bias")["MonitoringJobDefinitionName"].startswith("churn-bias-")
    assert set(tags(others, "churn-bias")) == {"cost-center", *MARK}
    others.call("sagemaker", "describe_model_bias_job_definition", JobDefinitionName="churn-bias")
    assert not make_plan(others, bundle, ours).pending
    assert ours.monitoring_schedule_name("bias", "prod") == "churn-bias-prod"


def test_what_was_changed_by_hand_is_told_and_put_right(others: Aws, conf: Path) -> None:
    """Another expression goes back to the file's; a schedule that is gone is made again of what is kept."""
    model = adopted(others, conf, one(others)).model
    bring(others, model)
    config = described(others, "churn-bias")
    changed = {**config, "ScheduleConfig": {"ScheduleExpression": "cron(0 6 ? * * *)"}}
    request = {"MonitoringScheduleName": "churn-bias"}
    others.call("sagemaker", "update_monitoring_schedule", **request, MonitoringScheduleConfig=changed)

    would = plan(others, model)
    assert [each.fields for each in would.drift] == [("expression",)]
    assert [each.done for each in bring(others, model)] == ["updated"]
    assert described(others, "churn-bias") == config

    others.call("sagemaker", "delete_monitoring_schedule", **request)
    assert [each.text[:7] for each in plan(others, model).differences] == ["adopted"]
    assert [each.done for each in bring(others, model)] == ["created"]
    assert described(others, "churn-bias") == config
    assert not plan(others, model).pending

    others.call("sagemaker", "delete_monitoring_schedule", **request)
    others.call("sagemaker", "delete_model_bias_job_definition", JobDefinitionName="churn-bias")
    with pytest.raises(UsageError, match="does not exist any more: remove adopted"):
        bring(others, model)


def test_what_is_in_no_file_any_more_is_found_and_goes(others: Aws, conf: Path) -> None:
    """The ledger has the names of others; without the section the schedule is deleted, not its definition."""
    model = adopted(others, conf, fair(others)).model
    bring(others, model)
    assert [(kind.name, name) for kind, name in look_at_model(others, "churn").items] == [
        ("monitoring schedule", "fair")
    ]

    without = model.model_copy(update={"monitoring_schedules": {}})

    assert [(each.name, each.done) for each in bring(others, without)] == [("fair", "deleted")]
    others.call("sagemaker", "describe_model_bias_job_definition", JobDefinitionName="fair")
    assert not plan(others, without).pending


def test_status_says_how_it_stands(emulator: Server, others: Aws, conf: Path) -> None:
    """Whatever its name, by what the permissions of status allow."""
    model = adopted(others, conf, fair(others)).model
    bring(others, model)
    account = Account(others.environment.account, others.environment.region)
    scope = scope_of(others.environment, [(model, bundle_of(model))])

    with recorded(emulator) as recorder:
        (status,) = read_status(others, {"churn": None})

    assert [(each.name, each.monitor) for each in status.monitoring] == [("fair", "ModelBias")]
    needs = [need for each in recorder.requests for need in account.needs(each)]
    assert "sagemaker:DescribeMonitoringSchedule" in {need.action for need in needs}
    assert judge(needs, statements_of(COMMANDS["status"], scope)).denied == ()


def test_one_model_adopts_a_schedule(others: Aws, conf: Path) -> None:
    """What bears a mark is neither read as others' nor taken from the model that has it."""
    asked = one(others)
    model = adopted(others, conf, asked).model
    bring(others, model)

    with pytest.raises(UsageError, match="adopted already, for the model churn"):
        adopted(others, conf, asked)
    thief = model.model_copy(update={"model": "thief"})
    with pytest.raises(UsageError, match=r"bears the mark of another \(sagemaker-monitor:model=churn"):
        plan(others, thief)


def test_plan_and_upsert_call_what_is_said(emulator: Server, others: Aws, conf: Path) -> None:
    """Schedules and job definitions of others are in the policy by the names that they have."""
    model = adopted(others, conf, fair(others)).model
    environment = others.environment
    scope = scope_of(environment, [(model, bundle_of(model))])
    account = Account(environment.account, environment.region)

    with recorded(emulator) as recorder:
        plan(others, model)
        bring(others, model)
        others.call("sagemaker", "delete_monitoring_schedule", MonitoringScheduleName="fair")
        bring(others, model)

    needs = [need for each in recorder.requests for need in account.needs(each)]
    assert "sagemaker:CreateMonitoringSchedule" in {need.action for need in needs}
    grants = together(COMMANDS["upsert"], COMMANDS["destroy"])
    assert judge(needs, statements_of(grants, scope)).denied == ()
