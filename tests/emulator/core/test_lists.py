"""Every list: each filter leaves out what it should, each order is one, and pages hold everything once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemaker_monitor.emulator import wire
from sagemaker_monitor.emulator.api import load_modules
from sagemaker_monitor.emulator.lifecycle import fire
from tests.emulator.conftest import REGION, RunningEmulator, with_image
from tests.emulator.hosting.conftest import SCALES, archive

from .everything import REQUESTS, ROLE, full

LISTS = sorted(name for module in load_modules() for name in module.OPERATIONS if name.startswith("List"))
LONG_AGO, FAR_OFF = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_PIPELINE = "arn:aws:sagemaker:us-east-1:000000000000:pipeline/first"


@dataclass(frozen=True)
class Listed:
    """One list: what it is asked within, and a value for each other filter that keeps some of it."""

    within: dict[str, Any]
    keeps: dict[str, Any]


_OF_SCHEDULE = {
    "MonitoringScheduleName": "first",
    "EndpointName": "first",
    "MonitoringJobDefinitionName": "first",
}
# Lists that have other filters than names, times and statuses.
SPECIAL: dict[str, Listed] = {
    **{
        f"List{kind}JobDefinitions": Listed({}, {"EndpointName": "first"})
        for kind in ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")
    },
    "ListModelPackageGroups": Listed({}, {"CrossAccountFilterOption": "SameAccount"}),
    "ListModelPackages": Listed(
        {"ModelPackageGroupName": "first"},
        {"ModelApprovalStatus": "Approved", "ModelPackageType": "Versioned"},
    ),
    "ListMonitoringAlerts": Listed({"MonitoringScheduleName": "first"}, {}),
    "ListMonitoringAlertHistory": Listed(
        {}, {"MonitoringScheduleName": "first", "MonitoringAlertName": "first", "StatusEquals": "InAlert"}
    ),
    "ListMonitoringExecutions": Listed({}, {**_OF_SCHEDULE, "MonitoringTypeEquals": "DataQuality"}),
    "ListMonitoringSchedules": Listed(
        {},
        {
            "EndpointName": "first",
            "MonitoringJobDefinitionName": "first",
            "MonitoringTypeEquals": "DataQuality",
        },
    ),
    "ListPipelines": Listed({}, {"PipelineNamePrefix": "fir", "ManagedBy": "CUSTOMER"}),
    "ListPipelineVersions": Listed({"PipelineName": "first"}, {}),
    "ListPipelineExecutions": Listed({"PipelineName": "first"}, {}),
    "ListPipelineExecutionSteps": Listed({"PipelineExecutionArn": "{execution}"}, {}),
    "ListPipelineParametersForExecution": Listed({"PipelineExecutionArn": "{execution}"}, {}),
    "ListTags": Listed({"ResourceArn": _PIPELINE}, {}),
    "ListTrainingJobs": Listed({}, {"WarmPoolStatusEquals": None, "TrainingPlanArnEquals": None}),
}
# Values of those filters that leave nothing, where "nobody" is none.
NOTHING: dict[str, Any] = {
    "CrossAccountFilterOption": "CrossAccount",
    "ManagedBy": "AWS",
    "ModelApprovalStatus": "Rejected",
    "ModelPackageType": "Unversioned",
    "MonitoringTypeEquals": "ModelBias",
    "StatusEquals": None,  # asked with every status instead
    "TrainingPlanArnEquals": "arn:aws:sagemaker:us-east-1:000000000000:training-plan/nobody",
    "WarmPoolStatusEquals": "InUse",
}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """An emulator with two of everything, and of what these leave."""
    folder: Path = tmp_path_factory.mktemp("lists")
    running = with_image(folder, "team/does", SCALES)
    s3, sagemaker = running.client("s3"), running.client("sagemaker")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="model.tar.gz", Body=archive({"weight.txt": "2"}))
    s3.put_object(Bucket="data", Key="given/rows.csv", Body=b"1\n")
    for name in ("first", "second"):
        for operation in REQUESTS:
            sagemaker._make_api_call(operation, full(operation, name))
    request = full("CreateModelPackage", "first") | {"ClientToken": "another"}
    sagemaker.create_model_package(**{**request, "ModelApprovalStatus": "PendingManualApproval"})
    _executions(sagemaker)
    for name in ("first", "second"):  # no captures in that hour: the execution fails, the alert is raised
        fire(running.url, REGION, name, "2020-01-01T00:00:00Z")
    for kind in ("processing-job", "training-job", "transform-job"):
        for name in ("first", "second"):
            running.context.jobs.wait(running.context, kind, name)
    deadline = time.monotonic() + 30
    while len(sagemaker.list_monitoring_alert_history()["MonitoringAlertHistory"]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield running
    running.close()


def _executions(sagemaker: Any) -> None:
    steps = [{"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": "no"}} for name in ("A", "B")]
    parameters = [{"Name": name, "Type": "String", "DefaultValue": "x"} for name in ("P", "Q")]
    definition = json.dumps({"Version": "2020-12-01", "Parameters": parameters, "Steps": steps})
    sagemaker.update_pipeline(PipelineName="first", PipelineDefinition=definition, RoleArn=ROLE)
    for _ in range(2):
        arn = sagemaker.start_pipeline_execution(PipelineName="first")["PipelineExecutionArn"]
        while sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] == (
            "Executing"
        ):
            time.sleep(0.01)


@dataclass(frozen=True)
class Asker:
    """Asks one list of one emulator."""

    running: RunningEmulator
    operation: str

    @property
    def members(self) -> dict[str, Any]:
        """The members of the request."""
        model = wire.operation_model(self.operation)
        assert model is not None
        return dict(model.input_shape.members)

    def answer(self, **request: Any) -> dict[str, Any]:
        """Return an answer."""
        client = self.running.client("sagemaker")
        within = dict(SPECIAL.get(self.operation, Listed({}, {})).within)
        if "PipelineExecutionArn" in within:
            found = client.list_pipeline_executions(PipelineName="first")["PipelineExecutionSummaries"]
            within["PipelineExecutionArn"] = found[0]["PipelineExecutionArn"]
        answer: dict[str, Any] = client._make_api_call(self.operation, {**within, **request})
        return answer

    def items(self, **request: Any) -> list[str]:
        """Return what is listed, each as one text."""
        answer = self.answer(**request)
        (found,) = [value for value in answer.values() if isinstance(value, list)]
        return [json.dumps(item, default=str, sort_keys=True) for item in found]


@pytest.mark.parametrize("operation", LISTS)
def test_pages_hold_everything_once_and_in_order(emulator: RunningEmulator, operation: str) -> None:
    """One after the other they are the whole list; a token that is none of ours is refused."""
    asker = Asker(emulator, operation)
    whole = asker.items()
    assert len(whole) >= (1 if operation in ("ListMonitoringAlerts", "ListTags") else 2)
    if "MaxResults" in asker.members and operation != "ListTags":  # whose pages hold at least fifty
        paged, token = [], None
        while True:
            more = {"NextToken": token} if token else {}
            paged += asker.items(MaxResults=1, **more)
            token = asker.answer(MaxResults=1, **more).get("NextToken")
            if token is None:
                break
        assert paged == whole
    with pytest.raises(ClientError, match="NextToken is not one that this operation gave"):
        asker.answer(NextToken="bm9uZQ==")


@pytest.mark.parametrize("operation", [name for name in LISTS if name != "ListTags"])
def test_orders_are_kept(emulator: RunningEmulator, operation: str) -> None:
    """Ascending is descending from its end, by whatever it is sorted."""
    asker = Asker(emulator, operation)
    members = asker.members
    for by in [{"SortBy": value} for value in members["SortBy"].enum] if "SortBy" in members else [{}]:
        if "SortOrder" in members:
            up, down = (asker.items(SortOrder=order, **by) for order in ("Ascending", "Descending"))
            assert up == down[::-1], by
            assert len(up) >= 2
        else:
            assert asker.items(**by)


@pytest.mark.parametrize("operation", LISTS)
def test_filters_leave_out_what_they_should(emulator: RunningEmulator, operation: str) -> None:
    """Each filter that the service's model knows keeps what passes it, and nothing else."""
    asker = Asker(emulator, operation)
    special = SPECIAL.get(operation, Listed({}, {}))
    whole = asker.items()
    for member in asker.members:
        if member in (
            "MaxResults",
            "NextToken",
            "SortBy",
            "SortOrder",
            "PipelineVersionAlias",
            *special.within,
        ):
            continue
        if member.endswith(("After", "Before")):
            keeps, drops = (LONG_AGO, FAR_OFF) if member.endswith("After") else (FAR_OFF, LONG_AGO)
            assert (asker.items(**{member: keeps}), asker.items(**{member: drops})) == (whole, []), member
        elif member == "NameContains":
            names = "first" if operation == "ListModelPackages" else "FIRS"
            kept = asker.items(NameContains=names)
            assert kept
            assert all("first" in item for item in kept)
            assert asker.items(NameContains="nobody") == []
        elif member == "StatusEquals":
            by_status = [asker.items(StatusEquals=status) for status in asker.members[member].enum]
            assert sorted(item for found in by_status for item in found) == sorted(whole)
            assert sum(map(bool, by_status)) < len(by_status)
        else:
            keeps, drops = special.keeps[member], NOTHING.get(member, "nobody")
            if keeps is not None:
                kept = asker.items(**{member: keeps})
                assert kept, member
                assert set(kept) <= set(whole)
            if member == "MonitoringScheduleName" and operation == "ListMonitoringAlertHistory":
                with pytest.raises(ClientError, match="not found"):
                    asker.answer(MonitoringScheduleName=drops)
            elif drops is not None:
                assert asker.items(**{member: drops}) == [], member
