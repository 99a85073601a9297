"""Executions that do not run everything: retried ones, selected and cached steps; steps tried again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sagemaker_monitor.emulator.definition.durations import duration
from sagemaker_monitor.emulator.executor.retries import Retries
from sagemaker_monitor.emulator.lint import lint

from .conftest import ROLE, Execution, Start, after, condition, definition, fail, get, script
from .test_pipelines_api import refusal

FAILS = "import sys; sys.exit('no good')"
CACHED = {"Enabled": True, "ExpireAfter": "30d"}
# Fails until somebody leaves a file, and counts how often it has run.
WAITS_FOR = (
    "import pathlib, sys; folder = pathlib.Path(sys.argv[1]);"
    "(folder / f'run-{len(list(folder.iterdir()))}').touch();"
    "sys.exit(0 if (folder / 'ready').exists() else 'not ready')"
)


def again(sagemaker: Any, execution: Execution, **more: Any) -> None:
    """Retry an execution."""
    sagemaker.retry_pipeline_execution(PipelineExecutionArn=execution.arn, **more)


def test_a_retry_runs_what_failed_and_what_comes_after(
    sagemaker: Any, start: Start, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Steps that succeeded keep their jobs and their properties; the execution ends anew under its ARN."""
    folder = tmp_path_factory.mktemp("retry")
    execution = start([
        script("Good"), script("Flaky", WAITS_FOR, str(folder), DependsOn=["Good"]),
        script("Told", DependsOn=after("Flaky", "Any")),
        script("Last", "pass", get("Steps.Good.ProcessingJobName"), DependsOn=["Flaky"]),
    ])  # fmt: skip
    assert execution.wait() == "CompletedWithFailures"
    before = execution.steps()
    (folder / "ready").touch()
    token = "retry" * 8

    again(sagemaker, execution, ClientRequestToken=token)

    assert execution.wait() == "Succeeded"
    steps = execution.steps()
    assert steps["Good"] == before["Good"]
    assert steps["Flaky"]["Metadata"] != before["Flaky"]["Metadata"]
    assert steps["Told"]["StartTime"] > before["Told"]["StartTime"]
    assert steps["Last"]["StepStatus"] == "Succeeded"
    assert "FailureReason" not in execution.describe()
    again(sagemaker, execution, ClientRequestToken=token)  # the same request again
    code, text = refusal(lambda: again(sagemaker, execution))
    assert code == "ConflictException"
    assert "is in status Succeeded; retried are Failed, Stopped" in text


def selection(*names: str, source: str | None = None) -> dict[str, Any]:
    """Return a SelectiveExecutionConfig."""
    steps = {"SelectedSteps": [{"StepName": name} for name in names]}
    return steps | ({"SourcePipelineExecutionArn": source} if source else {})


def test_selected_steps_run_with_what_another_execution_left(sagemaker: Any, start: Start) -> None:
    """Only they run; properties, the branch taken, and parameters that are not given come from the source."""
    steps = [
        script("First"),
        condition("Gate", get("Parameters.Mode"), "b",
                  [script("Second", "pass", get("Steps.First.ProcessingJobArn")),
                   script("Third", DependsOn=["Second"])], [fail("No")]),
    ]  # fmt: skip
    mode = {"Name": "Mode", "Type": "String", "DefaultValue": "a"}
    source = start(steps, [mode], Mode="b")
    assert source.wait() == "Succeeded"
    name = source.arn.split("/")[1]

    started = sagemaker.start_pipeline_execution(
        PipelineName=name, SelectiveExecutionConfig=selection("Second", source=source.arn)
    )
    execution = Execution(sagemaker, started["PipelineExecutionArn"])

    assert execution.wait() == "Succeeded"
    ran = execution.steps()
    assert set(ran) == {"First", "Gate", "Second"}
    taken = {"SourcePipelineExecutionArn": source.arn}
    assert ran["First"]["SelectiveExecutionResult"] == taken == ran["Gate"]["SelectiveExecutionResult"]
    assert ran["First"]["Metadata"] == source.steps()["First"]["Metadata"]
    assert "SelectiveExecutionResult" not in ran["Second"]
    described = execution.describe()
    assert described["SelectiveExecutionConfig"] == selection("Second", source=source.arn)
    shown = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution.arn)
    assert shown["PipelineParameters"] == [{"Name": "Mode", "Value": "b"}]


@pytest.mark.parametrize(
    ("names", "with_source", "text"),
    [
        (["Frist"], True, "there is no step 'Frist'"),
        (["A", "C"], True, "B run between selected steps; select them too"),
        (["C"], False, "the selected steps need B; give a SourcePipelineExecutionArn"),
        (["D"], True, "C did not succeed in the source execution"),
    ],
)
def test_selections_that_cannot_run_are_refused(
    sagemaker: Any, chain: Execution, names: list[str], with_source: bool, text: str
) -> None:
    """Unknown steps, gaps, and steps whose inputs nobody has are named."""
    config = selection(*names, source=chain.arn if with_source else None)

    name = chain.arn.split("/")[1]
    code, message = refusal(
        lambda: sagemaker.start_pipeline_execution(PipelineName=name, SelectiveExecutionConfig=config)
    )

    assert code == "ValidationException"
    assert text in message


@pytest.fixture(scope="module")
def chain(emulator: Any) -> Execution:
    """An execution A → B → C → D whose C failed."""
    sagemaker = emulator.client("sagemaker")
    steps = [
        script("A"),
        script("B", DependsOn=["A"]),
        fail("C", DependsOn=["B"]),
        script("D", DependsOn=["C"]),
    ]
    sagemaker.create_pipeline(PipelineName="chain", PipelineDefinition=definition(steps), RoleArn=ROLE)
    started = sagemaker.start_pipeline_execution(PipelineName="chain")
    execution = Execution(sagemaker, started["PipelineExecutionArn"])
    execution.wait()
    return execution


def test_the_source_must_be_an_ended_execution_of_the_pipeline(
    sagemaker: Any, start: Start, chain: Execution
) -> None:
    """Another pipeline's execution, one that is not there, and one that runs are refused by name."""
    running = start([script("Sleep", "import time; time.sleep(60)")])
    name = running.arn.split("/")[1]
    for arn, text in (
        (chain.arn, "ValidationException: .*is no execution of the pipeline"),
        (chain.arn[:-3] + "xyz", "ResourceNotFound: .*does not exist"),
        (running.arn, "ValidationException: .*is in status Executing"),
    ):
        with pytest.raises(Exception, match=text.partition(": ")[2]):
            sagemaker.start_pipeline_execution(
                PipelineName=name, SelectiveExecutionConfig=selection("Sleep", source=arn)
            )
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=running.arn)
    assert running.wait() == "Stopped"


def test_a_cached_step_is_not_run_again(sagemaker: Any, create: Callable[..., str], bucket: str) -> None:
    """The same signature takes the earlier step's job and properties; another input, or an old one, runs."""
    count = get("Parameters.Count")
    output = {"Std:Join": {"On": "/", "Values": [f"s3://{bucket}", get("Execution.PipelineExecutionId")]}}
    text = {"Std:Join": {"On": "", "Values": ["n", count]}}
    cached = script("Cached", "pass", text, output=output, CacheConfig=CACHED)
    reads = script("Reads", "pass", get("Steps.Cached.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"))
    parameters = [{"Name": "Count", "Type": "Integer", "DefaultValue": 1}]
    name = create(definition([cached, reads], parameters))

    def run(value: str) -> Execution:
        given = [{"Name": "Count", "Value": value}]
        started = sagemaker.start_pipeline_execution(PipelineName=name, PipelineParameters=given)
        execution = Execution(sagemaker, started["PipelineExecutionArn"])
        assert execution.wait() == "Succeeded"
        return execution

    first, second, other, third = run("1"), run("1"), run("2"), run("1")

    assert "CacheHitResult" not in first.steps()["Cached"]
    assert "CacheHitResult" not in other.steps()["Cached"]
    for execution in (second, third):
        hit = execution.steps()["Cached"]
        assert hit["CacheHitResult"] == {"SourcePipelineExecutionArn": first.arn}
        assert (hit["StepStatus"], hit["Metadata"]) == ("Succeeded", first.steps()["Cached"]["Metadata"])
    assert second.steps()["Reads"]["Metadata"] != first.steps()["Reads"]["Metadata"]
    expired = {**cached, "CacheConfig": {"Enabled": True, "ExpireAfter": "PT0S"}}
    sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=definition([expired, reads], parameters))
    assert "CacheHitResult" not in run("1").steps()["Cached"]


def test_a_policy_tries_a_job_again_after_an_internal_error(emulator: Any) -> None:
    """The step counts its attempts and succeeds with the last job; a script's own failure is not retried."""
    sagemaker = emulator.client("sagemaker", "eu-west-1")
    policy = {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 1, "BackoffRate": 0.1}
    steps = [script("Job", RetryPolicies=[policy]), script("Bad", FAILS, RetryPolicies=[policy])]
    sagemaker.create_pipeline(PipelineName="again", PipelineDefinition=definition(steps[:1]), RoleArn=ROLE)
    in_the_way = emulator.state_dir / "jobs" / "eu-west-1"
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.touch()  # where the directories of jobs should be: the emulator's own trouble
    execution = Execution(
        sagemaker, sagemaker.start_pipeline_execution(PipelineName="again")["PipelineExecutionArn"]
    )

    deadline = time.monotonic() + 20
    while execution.steps().get("Job", {}).get("AttemptCount", 0) < 2:
        assert time.monotonic() < deadline, execution.steps()
        time.sleep(0.01)
    in_the_way.unlink(missing_ok=True)

    assert execution.wait() == "Succeeded"
    assert execution.steps()["Job"]["AttemptCount"] >= 2
    sagemaker.update_pipeline(PipelineName="again", PipelineDefinition=definition(steps[1:]))
    bad = Execution(
        sagemaker, sagemaker.start_pipeline_execution(PipelineName="again")["PipelineExecutionArn"]
    )
    assert bad.wait() == "Failed"
    assert bad.steps()["Bad"]["AttemptCount"] == 1


def test_pauses_grow_until_attempts_or_minutes_are_used_up() -> None:
    """Five attempts by default, longer from one to the next; minutes count from the step's start."""
    internal = {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 2}
    limited = {"ExceptionType": ["SageMaker.RESOURCE_LIMIT"], "IntervalSeconds": 30, "ExpireAfterMin": 1}
    retries = Retries([internal, limited])
    refused = "ClientError: Failed to invoke sagemaker:CreateTrainingJob. Error Details: too many"

    delays = [retries.delay("InternalServerError: no space", None, 0) for _ in range(6)]
    assert delays == [2, 4, 8, 16, 32, None]
    assert [retries.delay(refused, "ResourceLimitExceeded", at) for at in (0, 30)] == [30, None]
    assert retries.delay("AlgorithmError: InternalServerError in a log", None, 0) is None
    assert Retries([{**internal, "BackoffRate": 1e300}]).delay("InternalServerError: x", None, 0) == 2


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"CacheConfig": {"Enabled": True}}, "needs ExpireAfter"),
        ({"CacheConfig": {"Enabled": True, "ExpireAfter": "1 day"}}, "'1 day' is no ISO 8601 duration"),
        (
            {"RetryPolicies": [{"ExceptionType": ["Step.SERVICE_FAULTS"]}]},
            "did you mean 'Step.SERVICE_FAULT'?",
        ),
        ({"RetryPolicies": [{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 21}]}, "at most 20"),
        (
            {
                "RetryPolicies": [
                    {"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 1, "ExpireAfterMin": 1}
                ]
            },
            "only one of them can be given",
        ),
    ],
)
def test_wrong_caching_and_policies_are_found_before_anything_runs(fields: dict[str, Any], text: str) -> None:
    """What AWS's documentation does not allow is a finding."""
    found = [str(finding) for finding in lint(json.loads(definition([script("Job", **fields)])))]

    assert [each for each in found if text in each], found


def test_durations_are_read_as_aws_writes_them() -> None:
    """With and without P, in any case."""
    assert duration("30dT5h") == timedelta(days=30, hours=5)
    assert duration("T16m") == timedelta(minutes=16)
    assert duration("P1Y2M3W") == timedelta(days=365 + 60 + 21)
    assert duration("pt1h30s") == timedelta(hours=1, seconds=30)


def test_an_update_changes_what_an_execution_is_called_and_how_wide_it_runs(
    sagemaker: Any, create: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A wider bound starts waiting steps at once; name and description are described."""
    folder = tmp_path_factory.mktemp("wide")
    go = f"import pathlib, time; go = pathlib.Path({str(folder / 'go')!r});"
    waits = f"{go} [time.sleep(0.01) for _ in iter(go.exists, True)]"
    releases = f"{go} go.touch()"
    one = {"MaxParallelExecutionSteps": 1}
    name = create(
        definition([script("Waits", waits), script("Releases", releases)]), ParallelismConfiguration=one
    )
    execution = Execution(
        sagemaker, sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    )
    execution.until("Waits", "Executing")
    assert execution.describe()["ParallelismConfiguration"] == one
    time.sleep(0.1)
    assert list(execution.statuses()) == ["Waits"]

    sagemaker.update_pipeline_execution(
        PipelineExecutionArn=execution.arn, PipelineExecutionDisplayName="wider",
        PipelineExecutionDescription="so that it ends",
        ParallelismConfiguration={"MaxParallelExecutionSteps": 2},
    )  # fmt: skip

    assert execution.wait() == "Succeeded"
    described = execution.describe()
    assert described["PipelineExecutionDisplayName"] == "wider"
    assert described["PipelineExecutionDescription"] == "so that it ends"
    assert described["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 2}
