"""Start a pipeline: resolve what was asked for into parameters, upload local files, and send it off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipelines.names import pipeline_name
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.moments import stamp
from sagemaker_monitor.operations.baselines import pin, pin_all
from sagemaker_monitor.operations.deployed import DeployedPipeline, read_deployed
from sagemaker_monitor.operations.endpoints import endpoint_of, served_version
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.modes import read_modes
from sagemaker_monitor.operations.uploads import require_objects, to_uri
from sagemaker_monitor.operations.watchable import require_watchable
from sagemaker_monitor.operations.windows import Window
from sagemaker_monitor.registry.versions import Version, find_version, latest_approved
from sagemaker_monitor.settings import Model
from steps.scripts.collect_endpoint import STATED

VALUE_LIMIT = 1024
"""Characters of a parameter's value."""
ARGUMENT_LIMIT = 256
"""Characters of a container argument, which GroundTruthUri becomes."""
DEFAULT_WINDOW = timedelta(days=31)
LONGEST_WINDOW = timedelta(days=62)
"""What the collect job takes."""


@dataclass(frozen=True)
class Started:
    """An execution that was started, and with what."""

    execution_arn: str
    pipeline_name: str
    parameters: Mapping[str, str]


def run_register(
    aws: Aws,
    model: Model,
    *,
    modes: Sequence[str] = (),
    reason: str | None = None,
    artifact: str | None = None,
    baseline_data: str | None = None,
    labels: str | None = None,
) -> Started:
    """Start `register`: score the validation data, compute and compare baselines, register or refuse.

    *modes* say how baselines are treated, such as `bootstrap` or `bias=accept`, and *reason* why one is
    accepted. Files may be local paths or S3 URIs; what is None comes from the configuration. Raises
    UsageError, AwsError.
    """
    asked = read_modes(model, modes, reason, registers_candidates=True)
    aws.require_writable()
    deployed = read_deployed(aws, pipeline_name(model.model, "register", aws.environment.name))
    group = aws.environment.model_package_group(model.model)
    approved = latest_approved(aws, group)
    parameters = pin(deployed.checks, approved, asked, model=model.model)
    given = {"ModelDataUrl": (artifact, "--artifact"), "BaselineDataUri": (baseline_data, "--baseline-data")}
    parameters |= _inputs(aws, deployed, given)
    parameters |= _labels(aws, labels)
    return start(aws, deployed, parameters)


def run_monitor_ground_truth(
    aws: Aws,
    model: Model,
    *,
    window: Window = Window(None, None),
    endpoint: str | None = None,
    labels: str | None = None,
    version: int | None = None,
    modes: Sequence[str] = (),
    reason: str | None = None,
) -> Started:
    """Start `monitor-ground-truth` on what was captured in *window*, of batches or of an endpoint.

    Without bounds the window ends with the running hour and is 31 days long. Labels are those below the
    configured data.ground_truth.uri, or *labels*. Where the model's endpoint is judged, *endpoint* is another
    of its names, and the version the one that it serves. Raises UsageError, RegistryError, AwsError.
    """
    asked = read_modes(model, modes, reason, registers_candidates=False)
    deployed = read_deployed(aws, pipeline_name(model.model, "monitor-ground-truth", aws.environment.name))
    if "EndpointName" in deployed.defaults:
        found, answered = _answered(aws, model, endpoint, version)
    elif endpoint is not None:
        raise UsageError(
            f"--endpoint is for endpoints, and {deployed.name} judges batches: see data.ground_truth.captures"
        )
    else:
        found = _version(aws, model, version)
        answered = {"ModelPackageArn": found.arn}
    parameters = {
        **answered,
        **_window(window, DEFAULT_WINDOW),
        **pin_all(deployed.checks, found, asked),
        **_labels(aws, labels),
    }
    if deployed.defaults.get("GroundTruthUri") is None and "GroundTruthUri" not in parameters:
        raise UsageError("--labels is missing, and the model's data.ground_truth is not configured")
    return start(aws, deployed, parameters)


def run_monitor_endpoint(
    aws: Aws,
    model: Model,
    *,
    window: Window = Window(None, None),
    scheduled: datetime | None = None,
    endpoint: str | None = None,
    labels: str | None = None,
    version: int | None = None,
    modes: Sequence[str] = (),
    reason: str | None = None,
) -> Started:
    """Start `monitor-endpoint` on what the endpoint captured in *window*.

    Without bounds the window ends with the running hour and is as long as the configured one; with a
    *scheduled* time it is the one that a run scheduled for then judges. The version that it is compared with
    is the one that the endpoint serves, or number *version*, which then also counts where the endpoint
    cannot tell what it served. Raises UsageError, RegistryError, AwsError.
    """
    asked = read_modes(model, modes, reason, registers_candidates=False)
    name = endpoint_of(aws, model, endpoint)
    deployed = read_deployed(aws, pipeline_name(model.model, "monitor-endpoint", aws.environment.name))
    found, answered = _answered(aws, model, name, version)
    if scheduled is not None and (window.start or window.end):
        raise UsageError("--scheduled-time says which window: give it, or --from and --to")
    configured = model.endpoint.window if model.endpoint else None
    length = configured.end - configured.start if configured else timedelta(hours=1)
    parameters = {
        **answered,
        **({"ScheduledTime": stamp(scheduled)} if scheduled else _window(window, length)),
        **pin_all(deployed.checks, found, asked),
        **_labels(aws, labels),
    }
    return start(aws, deployed, parameters)


def _answered(
    aws: Aws, model: Model, endpoint: str | None, version: int | None
) -> tuple[Version, dict[str, str]]:
    """Return the version that answered an endpoint's requests, and the parameters that say so."""
    name = endpoint_of(aws, model, endpoint)
    require_watchable(aws, model, name)
    found = served_version(aws, model, name) if version is None else _version(aws, model, version)
    served_by = {} if version is None else {"ServedBy": STATED}
    return found, {"EndpointName": name, "ModelPackageArn": found.arn, **served_by}


def _window(window: Window, length: timedelta) -> dict[str, str]:
    """Return the parameters of a window; without an end it is that of the running hour, *length* long."""
    end = window.end or datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    start = window.start or end - length
    if not start < end <= start + LONGEST_WINDOW:
        raise UsageError(
            f"the window {Window(start, end)} cannot be judged: it has at least an hour, and at most "
            f"{LONGEST_WINDOW.days} days"
        )
    return {"WindowStart": stamp(start), "WindowEnd": stamp(end)}


def run_monitor_batch(
    aws: Aws,
    model: Model,
    *,
    data: str | None = None,
    labels: str | None = None,
    version: int | None = None,
    modes: Sequence[str] = (),
    reason: str | None = None,
) -> Started:
    """Start `monitor-batch` on one batch, with the latest approved version or version number *version*.

    The version is the model that scores the batch and the baseline that it is compared with. With *modes*
    that refresh or accept, it is registered once more with the new baseline. Raises
    UsageError, RegistryError, AwsError.
    """
    asked = read_modes(model, modes, reason, registers_candidates=False)
    aws.require_writable()
    deployed = read_deployed(aws, pipeline_name(model.model, "monitor-batch", aws.environment.name))
    found = _version(aws, model, version)
    parameters = {"ModelPackageArn": found.arn, **pin_all(deployed.checks, found, asked)}
    chosen = data
    if chosen is None and model.data.batches is not None:
        chosen = aws.environment.storage.resolve(model.data.batches)
    if chosen is None:
        raise UsageError("--input is missing, and the model's data.batches is not configured")
    parameters |= _inputs(aws, deployed, {"InputDataUri": (chosen, "--input")})
    parameters |= _labels(aws, labels)
    return start(aws, deployed, parameters)


def _version(aws: Aws, model: Model, number: int | None) -> Version:
    group = aws.environment.model_package_group(model.model)
    found = find_version(aws, group, number) if number is not None else latest_approved(aws, group)
    if found is None:
        raise UsageError(
            f"no version of {model.model!r} is approved in {aws.environment.name!r}: register one with "
            "run register --mode bootstrap and open it with gate --apply, or name one with --version"
        )
    return found


def _inputs(
    aws: Aws, deployed: DeployedPipeline, given: Mapping[str, tuple[str | None, str]]
) -> dict[str, str]:
    parameters = {}
    for name, (value, option) in given.items():
        if value is not None:
            parameters[name] = to_uri(aws, value, option=option)
        uri = parameters.get(name) or deployed.defaults.get(name)
        if isinstance(uri, str) and uri:
            require_objects(aws, uri, option=option)
    return parameters


def _labels(aws: Aws, labels: str | None) -> dict[str, str]:
    # No look at what is there: labels that are not there yet are a status of the run, not a mistake.
    return (
        {}
        if labels is None
        else {"GroundTruthUri": to_uri(aws, labels, option="--labels", limit=ARGUMENT_LIMIT)}
    )


def start(aws: Aws, deployed: DeployedPipeline, parameters: Mapping[str, str]) -> Started:
    unknown = sorted(set(parameters) - set(deployed.defaults))
    if unknown:
        raise UsageError(
            f"pipeline {deployed.name!r} takes no parameter {', '.join(unknown)}: it was deployed by another "
            f"version; run sagemaker-monitor upsert --env {aws.environment.name}"
        )
    for name, value in parameters.items():
        if len(value) > VALUE_LIMIT:
            raise UsageError(f"parameter {name} has {len(value)} characters; SageMaker takes {VALUE_LIMIT}")
    response = aws.call(
        "sagemaker",
        "start_pipeline_execution",
        PipelineName=deployed.name,
        PipelineParameters=[{"Name": name, "Value": value} for name, value in sorted(parameters.items())],
    )
    return Started(response["PipelineExecutionArn"], deployed.name, parameters)
