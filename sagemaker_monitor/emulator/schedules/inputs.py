"""The captures and labels of a window, as inputs of processing jobs.

An hour is a folder, and each folder that has objects is an input, as in jobs that were recorded. A batch
transform's capture is manifests; each of them is an input of the objects that it lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.s3.keys import S3Error
from sagemaker_monitor.emulator.schedules.monitors import Monitor
from sagemaker_monitor.emulator.schedules.times import Window, folder

MERGED, TRUTH = "/opt/ml/processing/input_data", "/opt/ml/processing/groundtruth"
NO_DATA = "Job inputs had no data"


class NoDataError(Exception):
    """A window has nothing to look at; the message is the execution's FailureReason."""


@dataclass(frozen=True)
class Source:
    """Where captured records of a monitor are: prefixes by variant for an endpoint, one for batches."""

    prefixes: tuple[str, ...]
    below: str
    batch: bool


def source_of(context: Context, monitor: Monitor, schedule: str) -> Source:
    """Return where the records of *monitor* are captured. Raises NoDataError for an endpoint without any."""
    if monitor.batch is not None:
        root = monitor.batch["DataCapturedDestinationS3Uri"].rstrip("/")
        return Source((f"{root}/{monitor.kind.side}",), schedule, batch=True)
    name = monitor.endpoint_name or ""
    endpoint = context.store.get("endpoint", name)
    if endpoint is None:
        raise NoDataError(f"{NO_DATA}: there is no endpoint {name!r}")
    capture = endpoint.get("_Capture") or {}
    if not capture.get("EnableCapture", False):
        raise NoDataError(f"{NO_DATA}: endpoint {name!r} captures nothing; enable its DataCaptureConfig")
    root = capture["DestinationS3Uri"].rstrip("/")
    variants = [each["VariantName"] for each in endpoint.get("ProductionVariants", [])]
    return Source(tuple(f"{root}/{name}/{variant}" for variant in variants), "", batch=False)


def there(context: Context, monitor: Monitor, schedule: str, window: Window) -> bool:
    """Return whether a window has something to look at, and labels where the monitor merges them."""
    try:
        captured(context, source_of(context, monitor, schedule), window, MERGED)
    except NoDataError:
        return False
    root = (monitor.ground_truth or "").rstrip("/")
    return not root or any(_objects(context, f"{root}/{folder(hour)}/") for hour in window.hours)


def captured(context: Context, source: Source, window: Window, path: str) -> list[dict[str, Any]]:
    """Return the window's records below the container's *path*. Raises NoDataError when there are none."""
    found = []
    for hour in window.hours:
        for prefix in source.prefixes:
            uri = f"{prefix}/{folder(hour)}"
            if source.batch:
                found += [
                    (
                        manifest,
                        f"{source.below}/{folder(hour)}/{PurePosixPath(manifest).stem}",
                        "ManifestFile",
                    )
                    for manifest in _objects(context, f"{uri}/")
                ]
            elif _objects(context, f"{uri}/"):
                endpoint, variant = prefix.rsplit("/", 2)[1:]
                found.append((uri, f"{endpoint}/{variant}/{folder(hour)}", "S3Prefix"))
    if not found:
        first = f"{source.prefixes[0]}/{folder(window.start)}" if source.prefixes else "no variant"
        raise NoDataError(f"{NO_DATA}: nothing was captured in the window that begins with {first}")
    name = "batch_transform_input" if source.batch else "endpoint_input"
    return [
        given(f"{name}_{number}", uri, f"{path}/{below}", kind)
        for number, (uri, below, kind) in enumerate(found, start=1)
    ]


def labels(context: Context, root: str, window: Window) -> list[dict[str, Any]]:
    """Return the window's ground truth; of hours that all have none the first, whose job says so."""
    uris = [f"{root.rstrip('/')}/{folder(hour)}" for hour in window.hours]
    present = [uri for uri in uris if _objects(context, f"{uri}/")] or uris[:1]
    return [
        given(f"groundtruth_input_{number}", uri, f"{TRUTH}/{uri[-len('yyyy/mm/dd/hh') :]}")
        for number, uri in enumerate(present, start=1)
    ]


def merged(context: Context, root: str, below: str, window: Window) -> list[dict[str, Any]]:
    """Return what the merge wrote below *root* for the window's hours. Raises NoDataError for nothing."""
    prefix = f"{root}/{below}/" if below else f"{root}/"
    folders = sorted(
        {
            uri.rpartition("/")[0]
            for hour in window.hours
            for uri in _objects(context, prefix)
            if f"/{folder(hour)}/" in uri
        }
    )
    if not folders:
        raise NoDataError(f"{NO_DATA}: the merge left no record")
    return [
        given(f"endpoint_input_{number}", uri, f"{MERGED}/{uri.removeprefix(root).lstrip('/')}")
        for number, uri in enumerate(folders, start=1)
    ]


def given(name: str, uri: str, path: str, kind: str = "S3Prefix") -> dict[str, Any]:
    """Return one input of a processing job."""
    source = {
        "S3Uri": uri,
        "LocalPath": path,
        "S3DataType": kind,
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }
    return {"InputName": name, "S3Input": source}


def _objects(context: Context, prefix: str) -> list[str]:
    try:
        return [stored.uri for stored in context.s3.list(prefix) if not stored.key.endswith("/")]
    except S3Error:
        return []
