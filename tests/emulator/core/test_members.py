"""Every member of the requests with tables of their own is said to act, to be a record, or to be refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sagemaker_monitor.emulator import wire
from sagemaker_monitor.emulator.api.context import ApiError
from sagemaker_monitor.emulator.member_table import Members
from sagemaker_monitor.emulator.members import TABLES, refuse
from tests.emulator.jobs.conftest import processing_request, s3_input


def members(shape: Any, path: str = "") -> Iterator[str]:
    """Yield the path of every member of a shape that has no members itself, and of those above it."""
    if shape.type_name == "structure":
        for name, inner in shape.members.items():
            yield from members(inner, f"{path}.{name}".lstrip("."))
    elif shape.type_name == "list":
        yield from members(shape.member, f"{path}[]")
    else:
        yield path


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.operation)
def test_nothing_is_accepted_and_forgotten(table: Members) -> None:
    """The table says something of every member that botocore's model has, and of no other."""
    model = wire.operation_model(table.operation)
    assert model is not None
    known = set(members(model.input_shape))

    assert [path for path in known if table.place(path) is None] == []
    within = {table.place(path) for path in known}
    assert table.paths - within == set()
    said = [*table.acts, *table.record, *table.refused, *table.only]
    assert len(said) == len(set(said))
    assert set(table.notes) <= table.paths


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"ProcessingInputs": [{"InputName": "a", "DatasetDefinition": {"LocalPath": "/opt/ml/x"}}]},
            r"ProcessingInputs\[0\]\.DatasetDefinition: Athena and Redshift are not here",
        ),
        (
            {"ProcessingInputs": [{"InputName": "a", "AppManaged": True}]},
            r"ProcessingInputs\[0\]\.AppManaged: only S3Input is staged",
        ),
        ({"Later": {"Member": 1}}, r"Later\.Member: the emulator does not know this member"),
    ],
)
def test_what_does_not_act_is_refused_by_name(change: dict[str, Any], text: str) -> None:
    """The answer has the member's place in the request."""
    with pytest.raises(ApiError, match=text):
        refuse("CreateProcessingJob", processing_request(**change))


def test_values_are_held_to_those_that_act() -> None:
    """What is refused has the values that are supported, and what is not asked for passes."""
    given = s3_input("s3://data/a", "/opt/ml/processing/a")
    refuse("CreateProcessingJob", processing_request(ProcessingInputs=[{**given, "AppManaged": False}]))
    given["S3Input"]["S3InputMode"] = {"Get": "Parameters.Mode"}
    refuse("CreateProcessingJob", processing_request(ProcessingInputs=[given]))
    given["S3Input"]["S3InputMode"] = "Pipe"

    with pytest.raises(
        ApiError,
        match=r"ProcessingInputs\[0\]\.S3Input\.S3InputMode: 'Pipe' is not supported; supported: File",
    ):
        refuse("CreateProcessingJob", processing_request(ProcessingInputs=[given]))
    with pytest.raises(ApiError, match="SplitType: 'RecordIO' is not supported; supported: None, Line; "):
        refuse("CreateTransformJob", {"TransformInput": {"SplitType": "RecordIO"}})
    with pytest.raises(
        ApiError, match=r"InstanceCount: 2 is not supported; supported: 1; this is one machine"
    ):
        refuse("CreateTrainingJob", {"ResourceConfig": {"InstanceCount": 2}})


def test_a_monitor_s_input_is_a_file() -> None:
    """What the jobs of a schedule could not do is refused when its definition is made."""
    endpoint = {"EndpointName": "e", "LocalPath": "/opt/ml/processing/input", "S3InputMode": "Pipe"}
    with pytest.raises(
        ApiError, match=r"EndpointInput\.S3InputMode: 'Pipe' is not supported; supported: File"
    ):
        refuse("CreateModelBiasJobDefinition", {"ModelBiasJobInput": {"EndpointInput": endpoint}})
    inputs = {"MonitoringJobDefinition": {"MonitoringInputs": [{"EndpointInput": endpoint}]}}
    with pytest.raises(ApiError, match=r"MonitoringInputs\[0\]\.EndpointInput\.S3InputMode"):
        refuse("UpdateMonitoringSchedule", {"MonitoringScheduleConfig": inputs})
