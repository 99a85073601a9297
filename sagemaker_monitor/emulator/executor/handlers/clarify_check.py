"""ClarifyCheck steps: a new baseline, and whether the data drifted from the previous one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.executor.failure import StepFailed
from sagemaker_monitor.emulator.executor.handlers.check_baselines import (
    VIOLATIONS,
    CheckOptions,
    as_input,
    existing,
    of_latest_approved,
    output_of,
    unpublished,
    written_since,
)
from sagemaker_monitor.emulator.executor.task import Task
from sagemaker_monitor.emulator.s3.keys import S3Error, split_uri

CONFIG_INPUT = "analysis_config"
BASELINE_INPUT = "baseline_constraints"
BASELINE_PATH = "/opt/ml/processing/baseline/constraints"
# Where a model package version keeps the baseline of each kind of check.
_BASELINES = {
    "DATA_BIAS": ("Bias", "PreTrainingConstraints"),
    "MODEL_BIAS": ("Bias", "PostTrainingConstraints"),
    "MODEL_EXPLAINABILITY": ("Explainability", "Constraints"),
}


def run(task: Task) -> Mapping[str, Any]:
    """Calculate the baseline, compare unless skipped, and return the two baselines' URIs."""
    check = CheckOptions.of(task.options)
    metadata = check.metadata()
    task.describe({"ClarifyCheck": metadata})
    previous = _previous_baseline(task, check) if check.needs_previous else None
    name = task.new_name(task.arguments.get("ProcessingJobName"))
    request = _job_request(task, check, name, None if check.skip else previous)
    metadata["CheckJobArn"] = task.call("CreateProcessingJob", unpublished(request))["ProcessingJobArn"]
    task.describe({"ClarifyCheck": metadata})
    job = task.wait("processing-job", name)

    output = output_of(task)
    calculated = f"{output}/analysis.json"
    properties = {
        "CalculatedBaselineConstraints": calculated,
        # With a new baseline to register this is the new one, although the old one was compared with.
        "BaselineUsedForDriftCheckConstraints": calculated if check.register else previous,
    }
    violations = None if check.skip else written_since(task, f"{output}/{VIOLATIONS}", job)
    metadata |= properties | ({"ViolationReport": violations} if violations else {})
    task.describe({"ClarifyCheck": metadata})
    if violations and check.fail_on_violation:
        raise StepFailed(f"ClientError: Clarify check failed. See violation report {violations}")
    return properties


def _previous_baseline(task: Task, check: CheckOptions) -> str:
    uri = task.options.get("SuppliedBaselineConstraints") or None
    if uri is None:
        section, part = _BASELINES[check.check_type]
        (uri,) = of_latest_approved(task, check.group, section, (part,), "SuppliedBaselineConstraints")
    return existing(task, uri)


def _job_request(task: Task, check: CheckOptions, name: str, baseline: str | None) -> dict[str, Any]:
    """Return the request of the check's job: with the model in its config, and the baseline as an input."""
    request: dict[str, Any] = {**task.arguments, "ProcessingJobName": name}
    inputs = [_with_model(task, check, name, item) for item in request.get("ProcessingInputs", [])]
    if baseline is not None:
        added, variable = as_input(BASELINE_INPUT, baseline, BASELINE_PATH)
        inputs.append(added)
        request["Environment"] = {**request.get("Environment", {}), **variable}
    return {**request, "ProcessingInputs": inputs}


def _with_model(task: Task, check: CheckOptions, name: str, item: dict[str, Any]) -> dict[str, Any]:
    # The SDK takes the model's name out of the uploaded config, since it is known only now.
    model_name = task.options.get("ModelName") or None
    if item["InputName"] != CONFIG_INPUT or model_name is None:
        return item
    source = item["S3Input"]["S3Uri"]
    try:
        config = json.loads(task.context.s3.read_bytes(source))
    except S3Error as error:
        raise StepFailed(f"ClientError: the analysis config {source} cannot be read: {error}") from error
    except ValueError as error:
        raise StepFailed(f"ClientError: the analysis config {source} is not JSON: {error}") from error
    if not isinstance(config, dict) or not isinstance(config.get("predictor"), dict):
        raise StepFailed(f"ClientError: {check.check_type} needs a predictor in the analysis config {source}")
    config["predictor"]["model_name"] = model_name
    copy = f"s3://{split_uri(source)[0]}/{name}/input/{CONFIG_INPUT}/analysis_config.json"
    task.context.s3.put_bytes(copy, json.dumps(config).encode(), "application/json")
    return {**item, "S3Input": {**item["S3Input"], "S3Uri": copy}}
