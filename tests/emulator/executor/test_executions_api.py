"""Executions over the API: parameters, records, paging, and what a killed emulator leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from tests.emulator.conftest import RunningEmulator

from .conftest import ROLE, Execution, Start, condition, definition, fail, get, script
from .test_pipelines_api import refusal

PARAMETERS: list[dict[str, Any]] = [
    {"Name": "Text", "Type": "String"},
    {"Name": "Count", "Type": "Integer", "DefaultValue": 1},
    {"Name": "Limit", "Type": "Float", "DefaultValue": 0.5},
    {"Name": "Flag", "Type": "Boolean", "DefaultValue": False},
    {"Name": "Mode", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
]


def given(**values: str) -> list[dict[str, str]]:
    """Return PipelineParameters."""
    return [{"Name": name, "Value": value} for name, value in values.items()]


def test_a_list_of_steps_needs_an_execution(sagemaker: Any) -> None:
    """The service's model allows a request without one, and there is nothing to list."""
    assert refusal(sagemaker.list_pipeline_execution_steps) == (
        "ValidationException",
        "a PipelineExecutionArn is needed",
    )


def test_an_execution_is_described_as_it_was_started(sagemaker: Any, create: Callable[..., str]) -> None:
    """Names, times, parameters with defaults, and the definition of that moment."""
    text = definition([condition("Check", get("Parameters.Flag"), True, [], [])], PARAMETERS)
    name = create(text)
    arn = sagemaker.start_pipeline_execution(
        PipelineName=name, PipelineExecutionDisplayName="shown", PipelineExecutionDescription="why",
        PipelineParameters=given(Text="", Flag="True"),
    )["PipelineExecutionArn"]  # fmt: skip
    sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=definition([fail("Other")]))
    execution = Execution(sagemaker, arn)

    assert execution.wait() == "Succeeded"
    described = execution.describe()
    assert described["PipelineExecutionDisplayName"] == "shown"
    assert described["PipelineExecutionDescription"] == "why"
    assert described["PipelineVersionId"] == 1
    assert described["LastModifiedTime"] >= described["CreationTime"]
    shown = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)["PipelineParameters"]
    assert shown == given(Text="", Count="1", Limit="0.5", Flag="True", Mode="a")
    kept = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    assert kept["PipelineDefinition"] == text
    assert execution.steps()["Check"]["Metadata"]["Condition"]["Outcome"] == "True"
    assert sagemaker.describe_pipeline(PipelineName=name)["LastRunTime"] == described["CreationTime"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "parameter 'Text' has no default and no value was given"),
        (
            {"Text": "x", "Cuont": "1"},
            "parameter 'Cuont' is not declared by the pipeline; did you mean 'Count'?",
        ),
        ({"Text": "x", "Count": "1.5"}, "parameter 'Count' is of type Integer; '1.5' is given"),
        ({"Text": "x", "Limit": "much"}, "parameter 'Limit' is of type Float; 'much' is given"),
        ({"Text": "x", "Limit": "nan"}, "parameter 'Limit' is of type Float; 'nan' is given"),
        ({"Text": "x", "Count": "1_000"}, "parameter 'Count' is of type Integer; '1_000' is given"),
        ({"Text": "x", "Flag": "yes"}, "parameter 'Flag' is of type Boolean; 'yes' is given"),
        ({"Text": "x", "Mode": "c"}, "parameter 'Mode' must be one of 'a', 'b'; 'c' is given"),
    ],
)
def test_wrong_parameters_are_refused(
    sagemaker: Any, create: Callable[..., str], values: dict[str, str], message: str
) -> None:
    """Each mistake is named with what is allowed, and nothing starts."""
    name = create(definition([fail("Refuse")], PARAMETERS))

    code, text = refusal(
        lambda: sagemaker.start_pipeline_execution(PipelineName=name, PipelineParameters=given(**values))
    )

    assert (code, message in text) == ("ValidationException", True), text
    assert sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"] == []


def test_all_wrong_parameters_are_named_at_once(sagemaker: Any, create: Callable[..., str]) -> None:
    """Nobody has to try three times."""
    name = create(definition([fail("Refuse")], PARAMETERS))
    wrong = [*given(Count="x", Flag="x"), *given(Count="1")]

    text = refusal(lambda: sagemaker.start_pipeline_execution(PipelineName=name, PipelineParameters=wrong))[1]

    assert "'Text' has no default" in text
    assert "'Count' is given twice" in text
    assert "'Flag' is of type Boolean" in text


def test_the_same_token_again_starts_nothing_new(sagemaker: Any, create: Callable[..., str]) -> None:
    """A repeated request is answered with the execution that the first one started."""
    name = create(definition([fail("Refuse")]))
    request = {"PipelineName": name, "ClientRequestToken": "s" * 32}

    first, second = (sagemaker.start_pipeline_execution(**request)["PipelineExecutionArn"] for _ in range(2))

    assert first == second
    assert len(sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]) == 1


def test_a_definition_is_kept_once_and_outlives_its_version(
    emulator: RunningEmulator, sagemaker: Any, create: Callable[..., str]
) -> None:
    """Records of executions share the text that they ran, which is there when the pipeline has another."""
    text = definition([condition("Check", "kept", "once", [], [])])
    name = create(text)
    before = emulator.context.store.count("definition")
    for _ in range(3):
        arn = sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
        assert Execution(sagemaker, arn).wait() == "Succeeded"
    sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=definition([fail("Other")]))

    kept = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    assert kept["PipelineDefinition"] == text
    assert emulator.context.store.count("definition") == before + 1
    assert len(str(emulator.context.store.get("execution", arn))) < 2000


def test_an_earlier_version_can_be_started(sagemaker: Any, create: Callable[..., str]) -> None:
    """PipelineVersionId chooses the definition."""
    name = create(definition([fail("Old")]))
    sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=definition([fail("New")]))
    arn = sagemaker.start_pipeline_execution(PipelineName=name, PipelineVersionId=1)["PipelineExecutionArn"]
    execution = Execution(sagemaker, arn)
    execution.wait()

    assert list(execution.steps()) == ["Old"]
    versions = sagemaker.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]
    assert [item.get("LastExecutionPipelineExecutionArn") for item in versions] == [None, arn]


def test_executions_and_steps_are_listed_in_pages(sagemaker: Any, create: Callable[..., str]) -> None:
    """Newest first unless asked otherwise; pages follow each other without gap or repetition."""
    chain = [condition("C0", 1, 1, [], [])]
    chain += [condition(f"C{n}", 1, 1, [], [], DependsOn=[f"C{n - 1}"]) for n in range(1, 5)]
    name = create(definition(chain))
    arns = []
    for _ in range(3):
        arns.append(sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"])
        assert Execution(sagemaker, arns[-1]).wait() == "Succeeded"

    def executions(**request: Any) -> list[str]:
        pages = sagemaker.get_paginator("list_pipeline_executions").paginate(PipelineName=name, **request)
        return [item["PipelineExecutionArn"] for page in pages for item in page["PipelineExecutionSummaries"]]

    def steps(**request: Any) -> list[str]:
        pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
            PipelineExecutionArn=arns[0], **request
        )
        return [item["StepName"] for page in pages for item in page["PipelineExecutionSteps"]]

    assert executions() == executions(PaginationConfig={"PageSize": 2}) == arns[::-1]
    assert executions(SortOrder="Ascending") == arns
    assert executions(SortBy="PipelineExecutionArn", SortOrder="Ascending") == sorted(arns)
    assert executions(CreatedAfter="2100-01-01") == []
    assert steps() == steps(PaginationConfig={"PageSize": 2}) == ["C4", "C3", "C2", "C1", "C0"]
    assert steps(SortOrder="Ascending") == ["C0", "C1", "C2", "C3", "C4"]


def test_an_unknown_execution_is_not_found(sagemaker: Any, start: Start) -> None:
    """Every operation on an execution says so."""
    arn = start([fail("Refuse")]).arn[:-12] + "0" * 12
    calls = (
        sagemaker.describe_pipeline_execution, sagemaker.list_pipeline_execution_steps,
        sagemaker.list_pipeline_parameters_for_execution, sagemaker.stop_pipeline_execution,
        sagemaker.describe_pipeline_definition_for_execution,
    )  # fmt: skip
    for call in calls:
        code, text = refusal(lambda call=call: call(PipelineExecutionArn=arn))  # type: ignore[misc]
        assert (code, arn in text) == ("ResourceNotFound", True)


def _client(url: str) -> Any:
    session: Any = boto3.Session()
    return session.client(
        "sagemaker",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )


def _start_long(url: str) -> Execution:
    client = _client(url)
    steps = [fail("Early"), script("Long", "import time; time.sleep(60)"), script("Next", DependsOn=["Long"])]
    client.create_pipeline(PipelineName="long", PipelineDefinition=definition(steps), RoleArn=ROLE)
    execution = Execution(
        client, client.start_pipeline_execution(PipelineName="long")["PipelineExecutionArn"]
    )
    execution.until("Long", "Executing")
    execution.until("Early", "Failed")
    return execution


def test_a_stopped_emulator_leaves_no_execution_running(tmp_path: Path) -> None:
    """Stopping it ends its executions as Failed, at once; its next start shows them."""
    with Server(EmulatorConfig(tmp_path, port=0)) as server:
        execution = _start_long(server.url)
        execution.sagemaker.close()
        began = time.monotonic()
    assert time.monotonic() - began < 15

    with Server(EmulatorConfig(tmp_path, port=0)) as server:
        after = Execution(_client(server.url), execution.arn)
        assert after.wait() == "Failed"
        assert set(after.statuses()) == {"Early", "Long"}
        after.sagemaker.close()


def test_a_killed_emulator_is_recovered_from(tmp_path: Path) -> None:
    """After a kill the next start says of what was running that it failed, and why; what had ended stays."""
    code = (
        "import sys, time; from pathlib import Path;"
        "from sagemaker_monitor.emulator.config import EmulatorConfig;"
        "from sagemaker_monitor.emulator.server import Server;"
        "server = Server(EmulatorConfig(Path(sys.argv[1]), port=0)).start();"
        "print(server.url, flush=True); time.sleep(60)"
    )
    root = str(Path(__file__).parents[3])
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": root},
    )  # fmt: skip
    assert child.stdout is not None
    with child.stdout:
        execution = _start_long(child.stdout.readline().strip())
        child.send_signal(signal.SIGKILL)
        child.wait()
    execution.sagemaker.close()

    with Server(EmulatorConfig(tmp_path, port=0)) as server:
        after = Execution(_client(server.url), execution.arn)
        described, steps = after.describe(), after.steps()
        after.sagemaker.close()

    assert described["PipelineExecutionStatus"] == "Failed"
    assert "the emulator was stopped while the execution ran" in described["FailureReason"]
    assert steps["Early"]["FailureReason"] == "refused"
    assert steps["Long"]["StepStatus"] == "Failed"
    assert "the emulator was stopped" in steps["Long"]["FailureReason"]
    assert "Next" not in steps
    assert json.dumps(sorted(steps)) == '["Early", "Long"]'
