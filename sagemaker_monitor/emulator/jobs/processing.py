"""Run one processing job: stage its inputs, run its container, collect its outputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator import runtime_api
from sagemaker_monitor.emulator.jobs import child, clarify_config, images, metrics
from sagemaker_monitor.emulator.jobs.container import Container
from sagemaker_monitor.emulator.jobs.failure import JobFailed, bounded, exit_reason, read_message
from sagemaker_monitor.emulator.jobs.mirror import Mirror
from sagemaker_monitor.emulator.jobs.staging import collect, copy_to, local_path, staged
from sagemaker_monitor.emulator.jobs.work import Work
from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.resolve import UnknownModelError, launch

SHADOW_ENDPOINT = "SAGEMAKER_MONITOR_SHADOW_ENDPOINT"
_SCRIPTS = {"record_preprocessor_script", "post_analytics_processor_script"}


def run(work: Work) -> dict[str, Any]:
    """Do the job; return what its record gains. Raises JobFailed, Interrupted and OSError."""
    work.prepare()
    _stage(work)
    continuous, at_end = _output_directories(work)
    with ExitStack() as stack:
        command, environment = _container(work, stack)
        stack.enter_context(Mirror.of_all(work, continuous))
        code = child.run_job(work, command, environment)
    message = work.root / "output" / "message"
    if code:
        raise JobFailed(exit_reason(code, message, work.log))
    uploads = [upload for directory, uri in at_end for upload in collect(directory, uri)]
    work.finish(uploads, work.root / "processing")
    metrics.publish(work.context, work.root, work.record.get("Environment", {}), work.log)
    words = read_message(message)
    return {"ExitMessage": bounded(words)} if words else {}


def _stage(work: Work) -> None:
    record = work.record
    for given in record.get("ProcessingInputs", []):
        source = given["S3Input"]
        selected = staged(work.context, source, record["RoleArn"])
        copy_to(selected, local_path(work.root, source["LocalPath"]), work.interruption.check)
    config = work.root / "config"
    config.mkdir()
    # The container sees its job as DescribeProcessingJob would show it, and itself as the only host.
    shown = {
        key: value for key, value in record.items() if not key.startswith("_") and not key.endswith("Time")
    }
    (config / "processingjobconfig.json").write_text(json.dumps(shown), encoding="utf-8")
    resources = {"current_host": "algo-1", "hosts": ["algo-1"]}
    (config / "resourceconfig.json").write_text(json.dumps(resources), encoding="utf-8")


Places = list[tuple[Path, str]]


def _output_directories(work: Work) -> tuple[Places, Places]:
    """Return the directories whose files are stored while the job runs, and those of its end."""
    outputs = work.record.get("ProcessingOutputConfig", {}).get("Outputs", [])
    places: tuple[Places, Places] = ([], [])
    for output in outputs:
        given = output["S3Output"]
        directory = local_path(work.root, given["LocalPath"])
        directory.mkdir(parents=True, exist_ok=True)
        # The containers of AWS that we know write their reports when all is computed.
        script = images.kind_of(work.record["AppSpecification"]["ImageUri"]) in (None, "script")
        at_end = given["S3UploadMode"] == "EndOfJob" or not script
        places[at_end].append((directory, given["S3Uri"]))
    return places


def _container(work: Work, stack: ExitStack) -> tuple[list[str], dict[str, str]]:
    specification = work.record["AppSpecification"]
    own = work.record.get("Environment", {})
    registered = work.context.config.images.command(specification["ImageUri"])
    kind = images.kind_of(specification["ImageUri"])
    if registered is None and kind is not None and kind != "script":
        shadow: dict[str, str] = {}
        if kind == "clarify":
            clarify_config.stage_named(work)
            shadow = stack.enter_context(_shadow_endpoint(work))
        command = images.analysis_command(kind)
        if _SCRIPTS.isdisjoint(own):
            environment = images.relocate_all(own, work.root) | shadow
            return command, child.environment(work.context, work.root, environment, ours=True)
        # A script of the user's knows its files by AWS's paths, as a program of the user's does.
        container = Container.of(work.root)
        environment = container.environment({**own, "PYTHONPATH": child.PACKAGE_PARENT})
        return container.command(command), child.environment(work.context, work.root, environment, ours=False)
    # As Docker has it: an entry point of the job's takes the place of the image's.
    entrypoint = specification.get("ContainerEntrypoint") or list(registered or ())
    container = Container.of(work.root)
    command = container.command([*entrypoint, *specification.get("ContainerArguments", [])])
    return command, child.environment(work.context, work.root, container.environment(own), ours=False)


@contextmanager
def _shadow_endpoint(work: Work) -> Iterator[dict[str, str]]:
    """Serve the model that the analysis configuration names, while the block runs, or name its endpoint."""
    predictor = clarify_config.predictor_of(work.root)
    endpoint_name, name = predictor.get("endpoint_name"), predictor.get("model_name")
    if endpoint_name and name:
        raise JobFailed(
            "ClientError: the analysis configuration's predictor has both model_name and endpoint_name; give "
            "one: a model is served on a shadow endpoint, an endpoint is asked as it is"
        )
    if endpoint_name:
        yield {SHADOW_ENDPOINT: runtime_api.url_of(work.context, str(endpoint_name))}
        return
    if not name:
        yield {}
        return
    try:
        model = launch(work.context, str(name))
        with work.servers.lease(model, work.servers_dir, work.interruption.check) as endpoint:
            yield {SHADOW_ENDPOINT: endpoint}
    except (ArtifactError, UnknownModelError) as error:
        raise JobFailed(bounded(f"ClientError: the shadow endpoint cannot start: {error}")) from error
