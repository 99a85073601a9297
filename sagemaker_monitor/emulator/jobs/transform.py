"""Run one batch transform job: stage its input, ask the model, store outputs and capture manifests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.jobs import child
from sagemaker_monitor.emulator.jobs.capture import Listing, inference_time, manifests
from sagemaker_monitor.emulator.jobs.failure import JobFailed, bounded, exit_reason
from sagemaker_monitor.emulator.jobs.staging import Selected, Upload, copy_to, listed, select
from sagemaker_monitor.emulator.jobs.transform_plan import MEBIBYTE, FilePlan, TransformPlan
from sagemaker_monitor.emulator.jobs.work import Work
from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.resolve import UnknownModelError, launch

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
    try:
        model = launch(work.context, work.record["ModelName"], work.record.get("Environment", {}))
        with work.servers.lease(model, work.servers_dir, work.interruption.check) as endpoint:
            _drive(work, _plan(work.record, selected, source, target, endpoint))
    except (ArtifactError, UnknownModelError) as error:
        raise JobFailed(bounded(f"ClientError: {error}")) from error
    outputs = [f"{each.name}.out" for each in selected]
    prefix = work.record["TransformOutput"]["S3OutputPath"].rstrip("/") + "/"
    uploads = [Upload(target / name, prefix + name) for name in outputs]
    captures = _captures(work, inputs, Listing(prefix, tuple(outputs)))
    work.finish(uploads + captures, source, target)
    return {}


def _drive(work: Work, plan: TransformPlan) -> None:
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
    if code:
        raise JobFailed(exit_reason(code, message, work.log))


def media_type(value: str) -> str:
    """Return a content type without its parameters, such as `text/csv`."""
    return value.split(";")[0].strip().lower()


def _plan(
    record: dict[str, Any], selected: list[Selected], source: Path, target: Path, endpoint: str
) -> TransformPlan:
    given, output = record["TransformInput"], record["TransformOutput"]
    processing, capture = record.get("DataProcessing", {}), record.get("DataCaptureConfig", {})
    with_ids = capture.get("GenerateInferenceId", False)
    return TransformPlan(
        endpoint=endpoint,
        content_type=media_type(given["ContentType"]),
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
