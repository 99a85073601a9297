"""A team adopts what its notebooks made: commands' operations, and what came of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.operations.adopting.adopt import Adopted, Asked, adopt
from sagemaker_monitor.operations.adopting.draft import Choices
from sagemaker_monitor.operations.plan import Plan, make_plan
from sagemaker_monitor.operations.resources.resource import Change
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Model
from tests.operations.adopting.notebook import NAMES, make_definition, make_schedule

MARK = {"managed-by", "sagemaker-monitor:model", "sagemaker-monitor:environment"}
XGBOOST = "xgboost:1.7-1"


def adopted(aws: Aws, conf: Path, asked: Asked, **choices: Any) -> Adopted:
    """Adopt as the model churn, by calls that read alone, and write its file."""
    reading = connect(aws.environment)
    file = conf / "models" / "churn.yaml"
    given = {"framework": XGBOOST, **choices}
    found = adopt(reading, asked, Choices("churn", **given), file, ["local", "prod"])
    assert reading.writes == []
    file.write_text(found.text)
    return found


def bundle_of(model: Model) -> Bundle:
    """Return the bundle of a model without pipelines."""
    return Bundle(model.model, "local", "0" * 64, "0", (), ())


def plan(aws: Aws, model: Model) -> Plan:
    """Return what upsert would do."""
    return make_plan(aws, bundle_of(model), model)


def bring(aws: Aws, model: Model) -> list[Change]:
    """Upsert, and return what was done."""
    return [each for each in upsert(aws, bundle_of(model), model) if each.done != "unchanged"]


def described(aws: Aws, name: str) -> dict[str, Any]:
    """Return a schedule's configuration."""
    answer = aws.call("sagemaker", "describe_monitoring_schedule", MonitoringScheduleName=name)
    config: dict[str, Any] = answer["MonitoringScheduleConfig"]
    return config


def tags(aws: Aws, name: str) -> dict[str, str]:
    """Return a schedule's tags."""
    arn = aws.call("sagemaker", "describe_monitoring_schedule", MonitoringScheduleName=name)[
        "MonitoringScheduleArn"
    ]
    return {
        each["Key"]: each["Value"] for each in aws.call("sagemaker", "list_tags", ResourceArn=arn)["Tags"]
    }


def told(found: Adopted) -> list[tuple[str, str]]:
    """Return resource and field of what the file does not say."""
    return [(each.resource, each.field) for each in found.items]


def one(aws: Aws, kind: str = "ModelBias", **more: Any) -> Asked:
    """Make one monitor, and return what asks for it."""
    make_definition(aws, kind, NAMES[kind])
    make_schedule(aws, kind, NAMES[kind], **more)
    return Asked(schedules=(NAMES[kind],))
