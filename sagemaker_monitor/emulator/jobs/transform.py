"""Run one batch transform job: stage its input, ask the model, store outputs and capture manifests."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.jobs import child
from sagemaker_monitor.emulator.jobs.capture import Listing, inference_time, manifests
from sagemaker_monitor.emulator.jobs.failure import JobFailed, bounded, exit_reason, read_message
from sagemaker_monitor.emulator.jobs.staging import Selected, Upload, copy_to, listed, select
from sagemaker_monitor.emulator.jobs.transform_plan import (
    DEFAULT_RETRIES,
    DEFAULT_TIMEOUT,
    MEBIBYTE,
    FilePlan,
    TransformPlan,
)
from sagemaker_monitor.emulator.jobs.work import Work
from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.resolve import BATCH, UnknownModelError, launch_all

DEFAULT_PAYLOAD_MB = 6
LARGEST_PAYLOAD_MB = 100
_DRIVER = "sagemaker_monitor.emulator.jobs.transform_driver"
# Transform jobs have no time limit of their own; AWS ends one after ten days.
_LONGEST = 10 * 86_400


def run(work: Work) -> dict[str, Any]:
    """Do the job; return what its record gains. Raises JobFailed, Interrupted and OSError."""
    work.prepare()
    selected, inputs = _select(work)
    source, target = work.root / "input", work.root / "transformed"
    copy_to(selected, source, work.interruption.check)
    failure = None
    try:
        launches = launch_all(
            work.context, work.record["ModelName"], BATCH | work.record.get("Environment", {})
        )
        with ExitStack() as stack:
            endpoints = tuple(
                stack.enter_context(work.servers.lease(each, work.servers_dir, work.interruption.check))
                for each in launches
            )
            failure = _drive(work, _plan(work.record, selected, source, target, endpoints))
    except (ArtifactError, UnknownModelError) as error:
        raise JobFailed(bounded(f"ClientError: {error}")) from error
    prefix = work.record["TransformOutput"]["S3OutputPath"].rstrip("/") + "/"
    outputs = [name for each in selected if (target / (name := f"{each.name}.out")).exists()]
    uploads = [Upload(target / name, prefix + name) for name in outputs]
    if failure is None:
        uploads += _captures(work, inputs, Listing(prefix, tuple(outputs)))
    work.finish(uploads, source, target)
    if failure is not None:
        work.settle()
        raise JobFailed(failure)
    return {}


def _drive(work: Work, plan: TransformPlan) -> str | None:
    """Transform every file; return why the job failed, if it did."""
    path, message = work.root / "plan.json", work.root / "output" / "message"
    plan.write(path)
    code = child.run(
        [sys.executable, "-m", _DRIVER, str(path), str(message)],
        root=work.root,
        environ=child.environment(work.context, work.root, {}, ours=True),
        log=work.log,
        seconds=_LONGEST,
        until=work.interruption,
    )
    if not code:
        return None
    reason = read_message(message)
    if reason is None:
        # The driver itself broke, in the middle of a file.
        raise JobFailed(exit_reason(code, message, work.log))
    return bounded(reason)


def media_type(value: str) -> str:
    """Return a content type without its parameters, such as `text/csv`."""
    return value.split(";")[0].strip().lower()


def _plan(
    record: dict[str, Any], selected: list[Selected], source: Path, target: Path, endpoints: tuple[str, ...]
) -> TransformPlan:
    given, output = record["TransformInput"], record["TransformOutput"]
    processing, capture = record.get("DataProcessing", {}), record.get("DataCaptureConfig", {})
    client = record.get("ModelClientConfig", {})
    with_ids = capture.get("GenerateInferenceId", False)
    return TransformPlan(
        endpoints=endpoints,
        content_type=media_type(given.get("ContentType", "")),
        accept=output.get("Accept", ""),
        files=tuple(
            FilePlan(str(source / each.name), str(target / f"{each.name}.out"), each.stored.uri)
            for each in selected
        ),
        split=given.get("SplitType", "None") == "Line",
        single_record=record.get("BatchStrategy", "MultiRecord") == "SingleRecord",
        most_bytes=(record.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB) or LARGEST_PAYLOAD_MB) * MEBIBYTE,
        assemble_lines=output.get("AssembleWith", "None") == "Line",
        input_filter=processing.get("InputFilter", "$"),
        output_filter=processing.get("OutputFilter", "$"),
        join=processing.get("JoinSource", "None") == "Input",
        inference_time=inference_time(record["TransformStartTime"]) if with_ids else None,
        gzip=given.get("CompressionType", "None") == "Gzip",
        concurrent=record.get("MaxConcurrentTransforms") or 1,
        timeout=client.get("InvocationsTimeoutInSeconds", DEFAULT_TIMEOUT),
        retries=client.get("InvocationsMaxRetries", DEFAULT_RETRIES),
    )


def _select(work: Work) -> tuple[list[Selected], Listing]:
    """Return the input's objects, and how a capture manifest lists them."""
    source = work.record["TransformInput"]["DataSource"]["S3DataSource"]
    uri = source["S3Uri"]
    if source["S3DataType"] == "ManifestFile":
        selected, prefix, names = listed(work.context, uri, _role(work))
        return selected, Listing(prefix, names)
    selected = select(work.context, uri, _role(work))
    if len(selected) == 1 and selected[0].stored.uri == uri:
        return selected, Listing(uri, ("",))
    prefix = selected[0].stored.uri.removesuffix(selected[0].name)
    return selected, Listing(prefix, tuple(each.name for each in selected))


def _captures(work: Work, inputs: Listing, outputs: Listing) -> list[Upload]:
    config = work.record.get("DataCaptureConfig")
    if config is None:
        return []
    started = work.record["TransformStartTime"]
    documents = manifests(config["DestinationS3Uri"], started=started, inputs=inputs, outputs=outputs)
    uploads = []
    for number, (uri, content) in enumerate(documents.items()):
        path = work.root / f"capture-{number}.json"
        path.write_bytes(content)
        uploads.append(Upload(path, uri))
    return uploads


def _role(work: Work) -> str:
    """The role that AWS's text names: the model's."""
    model = work.context.store.get("model", work.record["ModelName"]) or {}
    role: str = model.get("ExecutionRoleArn", "")
    return role
