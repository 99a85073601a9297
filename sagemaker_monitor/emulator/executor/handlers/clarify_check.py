"""ClarifyCheck steps: a new baseline, and whether the data drifted from the previous one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError
from sagemaker_monitor.emulator.executor.failure import StepFailed
from sagemaker_monitor.emulator.executor.task import Task
from sagemaker_monitor.emulator.s3.keys import S3Error, split_uri

CONFIG_INPUT = "analysis_config"
BASELINE_INPUT = "baseline_constraints"
BASELINE_PATH = "/opt/ml/processing/baseline/constraints"
_GROUP_LIMIT = 256
# Where a model package version keeps the baseline of each kind of check.
_BASELINES = {
    "DATA_BIAS": ("Bias", "PreTrainingConstraints"),
    "MODEL_BIAS": ("Bias", "PostTrainingConstraints"),
    "MODEL_EXPLAINABILITY": ("Explainability", "Constraints"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """The step's options; texts that are empty are absent, as the samples of AWS use them."""

    check_type: str
    group: str | None
    skip: bool
    register: bool
    fail_on_violation: bool
    supplied: str | None
    model_name: str | None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Check:
        """Return the options of a step; FailOnViolation is true unless it is said to be false."""
        return cls(
            check_type=options["CheckType"],
            group=options.get("ModelPackageGroupName") or None,
            skip=bool(options.get("SkipCheck", False)),
            register=bool(options.get("RegisterNewBaseline", False)),
            fail_on_violation=options.get("FailOnViolation") is not False,
            supplied=options.get("SuppliedBaselineConstraints") or None,
            model_name=options.get("ModelName") or None,
        )

    @property
    def needs_previous(self) -> bool:
        """Return whether there must be a previous baseline: to compare with, or to be the step's property."""
        return not (self.skip and self.register)


def run(task: Task) -> Mapping[str, Any]:
    """Calculate the baseline, compare unless skipped, and return the two baselines' URIs."""
    check = Check.of(task.options)
    metadata: dict[str, Any] = {
        "CheckType": check.check_type,
        "SkipCheck": check.skip,
        "RegisterNewBaseline": check.register,
    }
    if check.group:
        metadata["ModelPackageGroupName"] = check.group[:_GROUP_LIMIT]
    task.describe({"ClarifyCheck": metadata})
    previous = _previous_baseline(task, check) if check.needs_previous else None
    name = task.new_name(task.arguments.get("ProcessingJobName"))
    request = _job_request(task, check, name, None if check.skip else previous)
    metadata["CheckJobArn"] = task.call("CreateProcessingJob", request)["ProcessingJobArn"]
    task.describe({"ClarifyCheck": metadata})
    job = task.wait("processing-job", name)

    output = task.arguments["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"].rstrip("/")
    calculated = f"{output}/analysis.json"
    properties = {
        "CalculatedBaselineConstraints": calculated,
        # With a new baseline to register this is the new one, although the old one was compared with.
        "BaselineUsedForDriftCheckConstraints": calculated if check.register else previous,
    }
    violations = None if check.skip else _written_since(task, f"{output}/constraint_violations.json", job)
    metadata |= properties | ({"ViolationReport": violations} if violations else {})
    task.describe({"ClarifyCheck": metadata})
    if violations and check.fail_on_violation:
        raise StepFailed(f"ClientError: Clarify check failed. See violation report {violations}")
    return properties


def _previous_baseline(task: Task, check: Check) -> str:
    uri = check.supplied or _latest_approved_baseline(task, check)
    if not task.context.s3.exists(uri):
        raise StepFailed(f"ClientError: the previous baseline {uri} does not exist on S3")
    return uri


def _latest_approved_baseline(task: Task, check: Check) -> str:
    remedy = (
        "supply SuppliedBaselineConstraints, or run with SkipCheck and RegisterNewBaseline to establish one"
    )
    if check.group is None:
        raise StepFailed(f"ClientError: there is no previous baseline and no ModelPackageGroupName; {remedy}")
    newest = {"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1}
    query = {"ModelPackageGroupName": check.group, "ModelApprovalStatus": "Approved", **newest}
    try:
        approved = task.try_call("ListModelPackages", query)["ModelPackageSummaryList"]
    except ApiError:  # the group itself does not exist yet
        approved = []
    if not approved:
        raise StepFailed(
            f"ClientError: model package group {check.group!r} has no approved version with a baseline; "
            f"approve one, {remedy}"
        )
    arn = approved[0]["ModelPackageArn"]
    baselines = task.call("DescribeModelPackage", {"ModelPackageName": arn}).get("DriftCheckBaselines") or {}
    section, part = _BASELINES[check.check_type]
    source = (baselines.get(section) or {}).get(part)
    if source is None:
        raise StepFailed(
            f"ClientError: the latest approved version {arn} "
            f"has no DriftCheckBaselines.{section}.{part}; {remedy}"
        )
    return str(source["S3Uri"])


def _job_request(task: Task, check: Check, name: str, baseline: str | None) -> dict[str, Any]:
    """Return the request of the check's job: with the model in its config, and the baseline as an input."""
    request: dict[str, Any] = {**task.arguments, "ProcessingJobName": name}
    inputs = [_with_model(task, check, name, item) for item in request.get("ProcessingInputs", [])]
    if baseline is not None:
        inputs.append(_input(BASELINE_INPUT, baseline, BASELINE_PATH))
        path = f"{BASELINE_PATH}/{baseline.rsplit('/', 1)[-1]}"
        request["Environment"] = {**request.get("Environment", {}), BASELINE_INPUT: path}
    return {**request, "ProcessingInputs": inputs}


def _with_model(task: Task, check: Check, name: str, item: dict[str, Any]) -> dict[str, Any]:
    # The SDK takes the model's name out of the uploaded config, since it is known only now.
    if item["InputName"] != CONFIG_INPUT or check.model_name is None:
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
    config["predictor"]["model_name"] = check.model_name
    copy = f"s3://{split_uri(source)[0]}/{name}/input/{CONFIG_INPUT}/analysis_config.json"
    task.context.s3.put_bytes(copy, json.dumps(config).encode(), "application/json")
    return {**item, "S3Input": {**item["S3Input"], "S3Uri": copy}}


def _input(name: str, uri: str, path: str) -> dict[str, Any]:
    source = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": source}


def _written_since(task: Task, uri: str, job: Mapping[str, Any]) -> str | None:
    """Return *uri* when the job wrote it: a prefix used before may still hold another run's report."""
    try:
        written = task.context.s3.get(uri).modified
    except S3Error:
        return None
    return uri if written >= job["CreationTime"] else None
