"""The EventBridge example: patterns match SageMaker's events, and its target opens the version they name."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.session import Session
from botocore.validate import ParamValidator
from moto.events.models import EventPattern

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.registry.versions import find_version
from tests.operations.emulated import (  # noqa: F401
    aws,
    conf,
    emulator,
    environment,
    make_verdict,
    put_verdict,
    register_version,
)

FOLDER = Path(__file__).parents[2] / "examples" / "eventbridge"
GROUP = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/mortgage"
PIPELINE = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/mortgage-monitor-batch-prod"
# The members that SageMaker's documentation shows of both events.
NEW_VERSION: dict[str, Any] = {
    "version": "0",
    "id": "844e2571-85d4-695f-b930-0153b71dcb42",
    "detail-type": "SageMaker Model Package State Change",
    "source": "aws.sagemaker",
    "account": "111122223333",
    "time": "2026-02-24T17:00:14Z",
    "region": "eu-west-1",
    "resources": [f"{GROUP}/1"],
    "detail": {
        "ModelPackageGroupName": "mortgage",
        "ModelPackageVersion": 1,
        "ModelPackageArn": f"{GROUP}/1",
        "CreationTime": "2026-02-24T17:00:14Z",
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": False,
        "ModelApprovalStatus": "PendingManualApproval",
        "LastModifiedTime": "2026-02-24T17:00:14Z",
    },
}
FAILED: dict[str, Any] = {
    **NEW_VERSION,
    "detail-type": "SageMaker Model Building Pipeline Execution Status Change",
    "resources": [PIPELINE, f"{PIPELINE}/execution/p4jn9xou8a8s"],
    "detail": {
        "pipelineExecutionDisplayName": "execution-1",
        "currentPipelineExecutionStatus": "Failed",
        "previousPipelineExecutionStatus": "Executing",
        "executionStartTime": "2026-03-15T16:03:13Z",
        "executionEndTime": "2026-03-15T16:10:10Z",
        "pipelineArn": PIPELINE,
        "pipelineExecutionArn": f"{PIPELINE}/execution/p4jn9xou8a8s",
    },
}
EVENTS = {"new-version": NEW_VERSION, "failed-monitoring": FAILED}


def matches(rule: str, event: dict[str, Any]) -> bool:
    """Return whether the rule's pattern matches, by moto's EventBridge."""
    pattern = EventPattern.load((FOLDER / f"{rule}.pattern.json").read_text())
    return bool(pattern.matches_event(event))


def started(rule: str, event: dict[str, Any]) -> dict[str, Any]:
    """Return what the rule's target starts CodeBuild with for *event*, by EventBridge's rules."""
    (target,) = json.loads((FOLDER / f"{rule}.targets.json").read_text())
    text = target["InputTransformer"]["InputTemplate"]
    for name, path in target["InputTransformer"]["InputPathsMap"].items():
        value: Any = event
        for part in path.removeprefix("$.").split("."):
            value = value[part]
        text = text.replace(f"<{name}>", str(value))
    assert not re.search(r"<\w+>", text)
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("rule", EVENTS)
def test_a_rule_matches_its_event_and_no_other(rule: str) -> None:
    """Other states, groups and pipelines of the same sources start nothing."""
    event = EVENTS[rule]
    others = {
        "new-version": [
            {"ModelApprovalStatus": "Approved"},
            {"ModelPackageGroupName": "payroll"},
            {"ModelPackageStatus": "Failed"},
        ],
        "failed-monitoring": [
            {"currentPipelineExecutionStatus": "Succeeded"},
            {"pipelineArn": PIPELINE.replace("monitor-batch", "register")},
            {"pipelineArn": PIPELINE.replace("mortgage", "payroll")},
        ],
    }[rule]

    assert matches(rule, event)
    for changes in others:
        assert not matches(rule, {**event, "detail": {**event["detail"], **changes}}), changes
    assert [name for name, other in EVENTS.items() if matches(rule, other)] == [rule]


@pytest.mark.parametrize("rule", EVENTS)
def test_rules_and_targets_are_what_the_apis_take(aws: Aws, rule: str) -> None:  # noqa: F811
    """EventBridge takes pattern and targets, and CodeBuild what the target makes of the event."""
    pattern = (FOLDER / f"{rule}.pattern.json").read_text()
    targets = json.loads((FOLDER / f"{rule}.targets.json").read_text())
    aws.call("events", "put_rule", Name=rule, EventPattern=pattern)
    assert aws.call("events", "put_targets", Rule=rule, Targets=targets)["FailedEntryCount"] == 0

    shape = Session().get_service_model("codebuild").operation_model("StartBuild").input_shape
    request = {"projectName": "sagemaker-monitor-gate", **started(rule, EVENTS[rule])}
    assert not ParamValidator().validate(request, shape).has_errors()


def test_the_event_of_a_new_version_opens_it(
    aws: Aws,  # noqa: F811
    conf: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    """The build that the event starts approves the version; for one without evidence it fails with 10."""
    put_verdict(aws, make_verdict(aws.environment, register_version(aws)))
    register_version(aws)
    spec = yaml.safe_load((FOLDER / "buildspec.yml").read_text())

    def build(version: int) -> subprocess.CompletedProcess[str]:
        detail = {**NEW_VERSION["detail"], "ModelPackageVersion": version}
        override = started("new-version", {**NEW_VERSION, "detail": detail})["environmentVariablesOverride"]
        given = {each["name"]: each["value"] for each in override}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        variables = {**spec["env"]["variables"], "ENVIRONMENT": "local", "CONF_DIR": str(conf), **given}
        return subprocess.run(
            ["sh", "-e", "-c", "\n".join(spec["phases"]["build"]["commands"])],
            cwd=tmp_path,
            env={**os.environ, **variables, "PATH": path},
            capture_output=True,
            text=True,
        )

    opened, closed = build(1), build(2)

    assert (opened.returncode, find_version(aws, "mortgage", 1).approval) == (0, "Approved"), opened.stderr
    assert (closed.returncode, find_version(aws, "mortgage", 2).approval) == (10, "PendingManualApproval")
    assert "\x1b" not in opened.stdout + opened.stderr
