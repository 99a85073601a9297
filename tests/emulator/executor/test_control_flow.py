"""Which steps of an execution run, in which order, and how it ends."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import Execution, Start, after, condition, definition, fail, get, script

FAILS = "import sys; sys.exit('no good')"
SLEEPS = "import time; time.sleep(60)"
WRITE = (
    "import sys, json, pathlib;"
    "pathlib.Path('/opt/ml/processing/output/verdict.json').write_text(json.dumps(json.loads(sys.argv[1])))"
)


def json_get(step: str, path: str, file: str = "Verdict") -> dict[str, Any]:
    """Return a Std:JsonGet."""
    source = {"Get": f"Steps.{step}.PropertyFiles.{file}"}
    return {"Std:JsonGet": {"PropertyFile": source, "Path": path}}


def writes(name: str, uri: Any, text: Any = '{"gate": "open"}', **fields: Any) -> dict[str, Any]:
    """Return a step that leaves *text* as its property file Verdict."""
    files = [{"PropertyFileName": "Verdict", "OutputName": "out", "FilePath": "verdict.json"}]
    return script(name, WRITE, text, output=uri, PropertyFiles=files, **fields)


def test_steps_run_in_the_order_of_their_dependencies(start: Start) -> None:
    """A step starts when the one it depends on has ended, and has a record like AWS's."""
    execution = start([script("Second", DependsOn=["First"]), script("First", DisplayName="the first")])

    assert execution.wait() == "Succeeded"
    first, second = execution.steps().values()
    assert (first["StepName"], second["StepName"]) == ("First", "Second")
    assert first["EndTime"] <= second["StartTime"]
    assert first["StepDisplayName"] == "the first"
    job_arn = first["Metadata"]["ProcessingJob"]["Arn"]
    assert f"processing-job/pipelines-{execution.arn[-12:]}-First-" in job_arn


def test_independent_steps_run_at_the_same_time(start: Start) -> None:
    """Two steps that wait for nothing overlap."""
    execution = start(
        [script("A", "import time; time.sleep(0.5)"), script("B", "import time; time.sleep(0.5)")]
    )

    execution.wait()

    a, b = execution.steps().values()
    assert a["StartTime"] < b["EndTime"]
    assert b["StartTime"] < a["EndTime"]


def test_parallelism_is_bounded_by_the_configuration(sagemaker: Any, create: Any) -> None:
    """MaxParallelExecutionSteps 1 runs one step after the other."""
    name = create(definition([script("A"), script("B")]))
    started = sagemaker.start_pipeline_execution(
        PipelineName=name, ParallelismConfiguration={"MaxParallelExecutionSteps": 1}
    )
    execution = Execution(sagemaker, started["PipelineExecutionArn"])

    assert execution.wait() == "Succeeded"
    first, second = execution.steps().values()
    assert first["EndTime"] <= second["StartTime"]


def test_what_a_step_left_flows_into_the_next(start: Start, emulator: Any, bucket: str) -> None:
    """Properties, joins, execution variables and parameters of every type reach a job's arguments."""
    uri = {"Std:Join": {"On": "/", "Values": [f"s3://{bucket}", get("Execution.PipelineExecutionId"), "one"]}}
    reads = script(
        "Two",
        "import sys, pathlib; pathlib.Path('/opt/ml/processing/output/x').write_text(repr(sys.argv))",
        get("Execution.PipelineName"),
        {
            "Std:Join": {
                "On": ",",
                "Values": [get("Parameters.Flag"), get("Parameters.Count"), get("Parameters.Limit"), "x"],
            }
        },
        json_get("One", "a.b[1]['c d']"),
        output=get("Steps.One.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri"),
    )
    copied = get("Steps.One.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri")
    source = {
        "S3Uri": copied,
        "LocalPath": "/opt/ml/processing/input",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    reads["Arguments"]["ProcessingInputs"] = [{"InputName": "one", "S3Input": source}]
    parameters = [
        {"Name": "Flag", "Type": "Boolean", "DefaultValue": False},
        {"Name": "Count", "Type": "Integer"},
        {"Name": "Limit", "Type": "Float", "DefaultValue": 0.5},
    ]

    execution = start(
        [writes("One", uri, '{"a": {"b": [0, {"c d": "found"}]}}'), reads], parameters, Flag="True", Count="3"
    )

    assert execution.wait() == "Succeeded"
    prefix = execution.arn.rsplit("/", 1)[-1]
    written = emulator.client("s3").get_object(Bucket=bucket, Key=f"{prefix}/one/x")["Body"].read().decode()
    pipeline = execution.arn.split("/")[1]
    assert written == str(["-c", pipeline, "true,3,0.5,x", "found"])


@pytest.mark.parametrize(("gate", "taken"), [("open", "Yes"), ("closed", "No")])
def test_only_the_taken_branch_runs_and_is_listed(start: Start, bucket: str, gate: str, taken: str) -> None:
    """The condition's outcome decides; the other branch, and what depends on it, leaves no record."""
    execution = start([
        writes("Decide", f"s3://{bucket}/{gate}", f'{{"gate": "{gate}"}}'),
        condition("Gate", json_get("Decide", "gate"), "open",
                  [script("Yes"), script("YesToo", DependsOn=["Yes"])],
                  [script("No"), condition("Inner", 1, 1, [script("NoToo")], [], DependsOn=["No"])]),
    ])  # fmt: skip

    assert execution.wait() == "Succeeded"
    steps = execution.steps()
    branch = ["Yes", "YesToo"] if taken == "Yes" else ["No", "Inner", "NoToo"]
    assert list(steps) == ["Decide", "Gate", *branch]
    assert steps["Gate"]["Metadata"] == {"Condition": {"Outcome": str(taken == "Yes")}}


def test_a_failed_step_stops_its_dependants_and_not_its_siblings(start: Start) -> None:
    """The step has its job's reason, the execution AWS's sentence, and independent steps still run."""
    execution = start([
        script("Bad", FAILS), script("Never", DependsOn=["Bad"]), script("NorThis", DependsOn=["Never"]),
        script("Sibling", "import time; time.sleep(0.3)"), script("Later", DependsOn=["Sibling"]),
    ])  # fmt: skip

    assert execution.wait() == "Failed"
    assert execution.statuses() == {"Bad": "Failed", "Sibling": "Succeeded", "Later": "Succeeded"}
    assert "no good" in execution.steps()["Bad"]["FailureReason"]
    assert execution.describe()["FailureReason"] == "Step failure: One or multiple steps failed."


def test_triggers_decide_what_runs_after_a_failure(start: Start) -> None:
    """Any and Failed run after a failed step, Completed and Stopped do not; the end is the SDK's."""
    execution = start([
        script("Bad", FAILS), script("Good"),
        script("Any", DependsOn=[*after("Bad", "Any"), *after("Good", "Any")]),
        script("Failed", DependsOn=after("Bad", "Failed")),
        script("Completed", DependsOn=after("Bad")),
        script("Stopped", DependsOn=after("Bad", "Stopped")),
        script("FailedOfGood", DependsOn=after("Good", "Failed")),
    ])  # fmt: skip

    assert execution.wait() == "CompletedWithFailures"
    assert set(execution.statuses()) == {"Bad", "Good", "Any", "Failed"}


def test_a_step_that_never_ran_triggers_nothing(start: Start) -> None:
    """Any means however it ended, and a step that was not reached did not end."""
    execution = start([
        script("Bad", FAILS),
        script("Never", DependsOn=["Bad"]),
        script("Any", DependsOn=after("Never", "Any")),
    ])  # fmt: skip

    assert execution.wait() == "Failed"
    assert list(execution.statuses()) == ["Bad"]


def test_a_fail_step_ends_the_execution_with_its_message(start: Start) -> None:
    """Its message, with expressions resolved, stands in the step's metadata and reason."""
    message = {"Std:Join": {"On": " ", "Values": ["refused by", get("Execution.PipelineExecutionArn")]}}

    execution = start([fail("Refuse", message)])

    assert execution.wait() == "Failed"
    refuse = execution.steps()["Refuse"]
    assert refuse["Metadata"] == {"Fail": {"ErrorMessage": f"refused by {execution.arn}"}}
    assert refuse["FailureReason"] == f"refused by {execution.arn}"


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ('{"gate": "open"}', "gates", "there is no 'gates' in an object with gate"),
        ('{"gate": ["open"]}', "gate[1]", "there is no 1 in a list of 1"),
        ('{"gate": {"a": 1}}', "gate", "is an object with a, not a single value"),
        ('"open"', "gate", "there is no 'gate' in a single value"),
    ],
)
def test_a_property_file_without_the_value_fails_the_step(
    start: Start, bucket: str, text: str, path: str, reason: str
) -> None:
    """The reason names the path, the file and what is there instead."""
    execution = start([
        writes("Decide", f"s3://{bucket}/bad", text),
        condition("Gate", json_get("Decide", path), "open", [], []),
    ])  # fmt: skip

    assert execution.wait() == "Failed"
    failure = execution.steps()["Gate"]["FailureReason"]
    assert reason in failure
    assert f"s3://{bucket}/bad/verdict.json" in failure


def test_a_property_file_that_is_missing_or_no_json_fails_the_step(start: Start, bucket: str) -> None:
    """A step whose job did not write the file has no value to give."""
    files = [{"PropertyFileName": "Verdict", "OutputName": "out", "FilePath": "verdict.json"}]
    code = "import pathlib; pathlib.Path('/opt/ml/processing/output/{}').write_text('no JSON')"
    for name, reason in (("other.json", "cannot be read"), ("verdict.json", "is not JSON")):
        decide = script("Decide", code.format(name), output=f"s3://{bucket}/f-{name}", PropertyFiles=files)
        execution = start([decide, condition("Gate", json_get("Decide", "gate"), "open", [], [])])

        assert execution.wait() == "Failed"
        assert reason in execution.steps()["Gate"]["FailureReason"]


def test_values_that_cannot_be_compared_fail_the_condition(start: Start, bucket: str) -> None:
    """A number from a property file is not equal to text, nor unequal: the step fails."""
    execution = start([
        writes("Decide", f"s3://{bucket}/types", '{"gate": 1}'),
        condition("Gate", json_get("Decide", "gate"), "open", [], []),
    ])  # fmt: skip

    assert execution.wait() == "Failed"
    assert "Equals compares an Integer with a String" in execution.steps()["Gate"]["FailureReason"]


def test_a_refused_request_fails_the_step_with_the_services_words(start: Start) -> None:
    """What the API refuses while the pipeline runs becomes the step's reason."""
    bad = script("Bad", "pass", get("Parameters.Text"))
    execution = start([bad], [{"Name": "Text", "Type": "String"}], Text="x" * 257)

    assert execution.wait() == "Failed"
    reason = execution.steps()["Bad"]["FailureReason"]
    assert reason.startswith("ClientError: Failed to invoke sagemaker:CreateProcessingJob. Error Details: ")
    assert "less than or equal to 256" in reason


def test_stopping_kills_what_runs_and_starts_nothing_more(sagemaker: Any, start: Start) -> None:
    """The running step and the execution end Stopped, no dependant starts, and twice conflicts."""
    execution = start([script("Long", SLEEPS), script("Next", DependsOn=after("Long", "Any"))])
    execution.until("Long", "Executing")
    began = time.monotonic()

    sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution.arn)

    assert execution.wait() == "Stopped"
    assert execution.statuses() == {"Long": "Stopped"}
    assert time.monotonic() - began < 10
    with pytest.raises(sagemaker.exceptions.ConflictException, match="is in status Stopped"):
        sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution.arn)


def test_steps_between_jobs_take_no_time(start: Start) -> None:
    """Twenty conditions in a row take less than a second: nothing polls."""
    chain = [condition("C0", 1, 1, [], [])]
    chain += [condition(f"C{number}", 1, 1, [], [], DependsOn=[f"C{number - 1}"]) for number in range(1, 20)]

    execution = start(chain)

    assert execution.wait() == "Succeeded"
    steps = list(execution.steps().values())
    assert (steps[-1]["EndTime"] - steps[0]["StartTime"]).total_seconds() < 1


def test_the_aws_command_line_lists_the_steps(start: Start, emulator: Any, tmp_path: Path) -> None:
    """The unmodified awscli shows an execution's steps."""
    execution = start([fail("Refuse")])
    execution.wait()
    command = [sys.executable, "-m", "awscli", "--endpoint-url", emulator.url, "--region", "us-east-1",
               "--output", "json", "--query", "PipelineExecutionSteps[].[StepName,StepStatus]",
               "sagemaker", "list-pipeline-execution-steps",
               "--pipeline-execution-arn", execution.arn]  # fmt: skip
    environment = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y",
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }

    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert shown.split() == ["[", "[", '"Refuse",', '"Failed"', "]", "]"]


def test_a_job_that_was_stopped_apart_is_no_success(sagemaker: Any, start: Start) -> None:
    """Its step is Stopped, a Stopped dependant runs, and the execution did not succeed."""
    execution = start([script("Long", SLEEPS), script("Next", DependsOn=after("Long", "Stopped"))])
    execution.until("Long", "Executing")
    name = execution.steps()["Long"]["Metadata"]["ProcessingJob"]["Arn"].rsplit("/", 1)[-1]

    sagemaker.stop_processing_job(ProcessingJobName=name)

    assert execution.wait() == "CompletedWithFailures"
    assert execution.statuses() == {"Long": "Stopped", "Next": "Succeeded"}
