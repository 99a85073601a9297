"""The processing jobs of one execution, as Model Monitor asks for them.

Names, inputs, paths and variables are those of recorded jobs of data and model quality; for Clarify's
monitors the variables are called as the analyzer's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.jobs.images import MERGER
from sagemaker_monitor.emulator.s3.keys import S3Error
from sagemaker_monitor.emulator.schedules import inputs
from sagemaker_monitor.emulator.schedules.inputs import NoDataError, given
from sagemaker_monitor.emulator.schedules.monitors import Monitor
from sagemaker_monitor.emulator.schedules.times import Window, folder, stamp

OUTPUT = "/opt/ml/processing/output"
_BASELINE = "/opt/ml/processing/baseline"
_CODE = "/opt/ml/processing/code"
_CONFIG = "/opt/ml/processing/input/config"
_CLARIFY = ("ModelBias", "ModelExplainability")
Request = dict[str, Any]


@dataclass(frozen=True)
class Execution:
    """One execution of a schedule: when it was due, what it looks at, and the end of its jobs' names."""

    schedule: str
    scheduled: datetime
    window: Window
    token: str

    def job_name(self, prefix: str) -> str:
        """Return the name of a job, such as model-monitoring-202403181400-e317…."""
        return f"{prefix}-{self.scheduled:%Y%m%d%H%M}-{self.token}"


def merge_request(
    context: Context, monitor: Monitor, execution: Execution, captures: list[Request]
) -> Request:
    """Return the request of the job that joins labels to *captures*."""
    assert monitor.ground_truth is not None
    environment = {
        "dataset_source": inputs.MERGED,
        "ground_truth_source": inputs.TRUTH,
        "output_path": OUTPUT,
        **_times(execution),
    }
    if monitor.batch is not None:
        environment["dataset_format"] = json.dumps(monitor.batch["DatasetFormat"])
    image = f"{context.account}.dkr.ecr.{context.region}.amazonaws.com/{MERGER}"
    return _request(
        monitor,
        name=execution.job_name("groundtruth-merge"),
        given=[*inputs.labels(context, monitor.ground_truth, execution.window), *captures],
        output={"S3Uri": merge_root(monitor), "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"},
        application={"ImageUri": image},
        environment=environment,
    )


def monitor_request(
    context: Context, monitor: Monitor, execution: Execution, records: list[Request], source: str
) -> Request:
    """Return the request of the job that looks at *records*, which lie below the container's *source*."""
    name = execution.job_name(monitor.kind.job_prefix)
    documents, variables = _baseline(context, monitor)
    scripts, named = _scripts(monitor)
    environment = {
        **monitor.environment,
        **variables,
        **named,
        **_attributes(monitor),
        "dataset_format": json.dumps(_format(context, monitor), separators=(",", ":")),
        "dataset_source": source,
        "output_path": monitor.output["LocalPath"],
        "monitoring_input_type": "BATCH_TRANSFORM_INPUT" if monitor.batch else "ENDPOINT_INPUT",
        "sagemaker_monitoring_schedule_name": execution.schedule,
        "metric_time": stamp(execution.window.start),
        **_times(execution),
    }
    if monitor.endpoint_name:
        environment["sagemaker_endpoint_name"] = monitor.endpoint_name
    config = [_config(context, monitor, name)] if monitor.kind.type in _CLARIFY else []
    output = {**monitor.output, "S3Uri": report_uri(monitor, execution)}
    output.setdefault("S3UploadMode", "Continuous")
    application = {
        key: monitor.application[key]
        for key in ("ImageUri", "ContainerEntrypoint", "ContainerArguments")
        if monitor.application.get(key)
    }
    return _request(
        monitor,
        name=name,
        given=[*documents, *scripts, *config, *records],
        output=output,
        application=application,
        environment=environment,
    )


def report_uri(monitor: Monitor, execution: Execution) -> str:
    """Return where the reports of an execution go: below the hour that it was scheduled for."""
    parts = [monitor.output["S3Uri"].rstrip("/"), monitor.endpoint_name, execution.schedule]
    return "/".join([*(part for part in parts if part), folder(execution.scheduled)])


def merge_root(monitor: Monitor) -> str:
    """Return where merged records go."""
    return f"{monitor.output['S3Uri'].rstrip('/')}/merge"


def _request(
    monitor: Monitor,
    *,
    name: str,
    given: list[Request],
    output: Request,
    application: Request,
    environment: dict[str, str],
) -> Request:
    outputs: Request = {"Outputs": [{"OutputName": "result", "S3Output": output}]}
    if monitor.kms_key:
        outputs["KmsKeyId"] = monitor.kms_key
    request = {
        "ProcessingJobName": name,
        "ProcessingInputs": given,
        "ProcessingOutputConfig": outputs,
        "ProcessingResources": monitor.resources,
        "StoppingCondition": {"MaxRuntimeInSeconds": monitor.seconds},
        "AppSpecification": application,
        "Environment": environment,
        "RoleArn": monitor.role,
    }
    return request | ({"NetworkConfig": monitor.network} if monitor.network else {})


def _times(execution: Execution) -> dict[str, str]:
    return {"start_time": stamp(execution.window.start), "end_time": stamp(execution.window.end)}


def _baseline(context: Context, monitor: Monitor) -> tuple[list[Request], dict[str, str]]:
    """Return the baseline's documents: those that are named, or what the baselining job left."""
    uris = {
        variable: (monitor.baseline.get(key) or {}).get("S3Uri")
        for variable, key in (
            ("baseline_statistics", "StatisticsResource"),
            ("baseline_constraints", "ConstraintsResource"),
        )
    }
    job = monitor.baseline.get("BaseliningJobName")
    if job and not any(uris.values()):
        uris = _left_by(context, monitor, job)
    places = {
        "baseline_statistics": ("baseline", f"{_BASELINE}/stats"),
        "baseline_constraints": ("constraints", f"{_BASELINE}/constraints"),
    }
    found, variables = [], {}
    for variable, uri in uris.items():
        if uri:
            name, path = places[variable]
            found.append(given(name, uri, path))
            variables[variable] = f"{path}/{uri.rpartition('/')[2]}"
    return found, variables


def _left_by(context: Context, monitor: Monitor, job: str) -> dict[str, str | None]:
    record = context.store.get("processing-job", job)
    if record is None:
        raise NoDataError(
            f"the baselining job {job!r} of the monitor is not there; name its documents instead"
        )
    root = record["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"].rstrip("/")
    if monitor.kind.type in _CLARIFY:
        return {"baseline_constraints": f"{root}/analysis.json"}
    statistics = f"{root}/statistics.json" if monitor.kind.type == "DataQuality" else None
    return {"baseline_statistics": statistics, "baseline_constraints": f"{root}/constraints.json"}


def _scripts(monitor: Monitor) -> tuple[list[Request], dict[str, str]]:
    found, variables = [], {}
    for key, variable, name, folder_name in (
        (
            "RecordPreprocessorSourceUri",
            "record_preprocessor_script",
            "pre_processor_script",
            "preprocessing",
        ),
        (
            "PostAnalyticsProcessorSourceUri",
            "post_analytics_processor_script",
            "post_processor_script",
            "postprocessing",
        ),
    ):
        uri = monitor.application.get(key)
        if uri:
            found.append(given(name, uri, f"{_CODE}/{folder_name}"))
            variables[variable] = f"{_CODE}/{folder_name}/{uri.rpartition('/')[2]}"
    return found, variables


def _attributes(monitor: Monitor) -> dict[str, str]:
    """Return where features and answers are in a record, as the job definition says."""
    found = {
        f"{name}_attribute": monitor.input[key]
        for name, key in (
            ("features", "FeaturesAttribute"),
            ("inference", "InferenceAttribute"),
            ("probability", "ProbabilityAttribute"),
            ("exclude_features", "ExcludeFeaturesAttribute"),
        )
        if monitor.input.get(key)
    }
    threshold = monitor.input.get("ProbabilityThresholdAttribute")
    if threshold is not None:
        found["probability_threshold_attribute"] = f"{threshold:.6f}"
    if monitor.kind.type == "ModelQuality":
        found["analysis_type"] = "MODEL_QUALITY"
        if monitor.application.get("ProblemType"):
            found["problem_type"] = monitor.application["ProblemType"]
    return found


def _format(context: Context, monitor: Monitor) -> dict[str, Any]:
    if monitor.kind.merges:
        both = ["endpointInput", "endpointOutput"]
        parts = ["endpointOutput"] if monitor.kind.type == "ModelQuality" else both
        names = parts if monitor.batch is None else ["batchTransformOutput"]
        return {"sagemakerMergeJson": {"captureIndexNames": names, "originalDatasetFormat": None}}
    if monitor.batch is not None:
        return dict(monitor.batch["DatasetFormat"])
    endpoint = context.store.get("endpoint", monitor.endpoint_name or "") or {}
    options = (endpoint.get("_Capture") or {}).get("CaptureOptions", [])
    modes = " ".join(option["CaptureMode"] for option in options)
    names = [f"endpoint{mode}" for mode in ("Input", "Output") if mode in modes]
    return {"sagemakerCaptureJson": {"captureIndexNames": names}}


def _config(context: Context, monitor: Monitor, job: str) -> Request:
    """Return the analysis configuration; of a batch transform's inputs it says which kind they are."""
    uri = monitor.application["ConfigUri"]
    if monitor.batch is not None and not monitor.kind.merges:
        uri = _with_dataset_type(context, monitor, job, uri)
    return given("analysis_config", uri, _CONFIG)


def _with_dataset_type(context: Context, monitor: Monitor, job: str, uri: str) -> str:
    assert monitor.batch is not None
    try:
        config = json.loads(context.s3.read_bytes(uri))
    except (S3Error, ValueError) as error:
        raise NoDataError(f"the analysis configuration {uri} cannot be read: {error}") from error
    if not isinstance(config, dict) or "dataset_type" in config:
        return uri
    format = monitor.batch["DatasetFormat"]
    lines = (format.get("Json") or {}).get("Line", False)
    config["dataset_type"] = (
        "application/x-parquet"
        if "Parquet" in format
        else "text/csv"
        if "Csv" in format
        else "application/jsonlines"
        if lines
        else "application/json"
    )
    if monitor.input.get("FeaturesAttribute"):
        config.setdefault("features", monitor.input["FeaturesAttribute"])
    copy = f"{uri.rpartition('/')[0]}/{job}/analysis_config.json"
    context.s3.put_bytes(copy, json.dumps(config, indent=4).encode(), "application/json")
    return copy
