"""What batch transforms have captured: which objects in which hours, and their rows one by one."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sagemaker_monitor.analysis.documents.capture import Manifest, inference_id
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.errors import NotFoundError
from sagemaker_monitor.aws.moments import stamp
from sagemaker_monitor.aws.storage import read, split_uri
from sagemaker_monitor.operations.errors import OperationError
from sagemaker_monitor.operations.hour_folders import captured_in
from sagemaker_monitor.operations.windows import Window
from sagemaker_monitor.settings import Environment, Model


@dataclass(frozen=True)
class CapturedObject:
    """One output object of a transform, and the manifest that names it; of an endpoint it names itself."""

    uri: str
    manifest: str


@dataclass(frozen=True)
class CapturedHour:
    """The objects captured in one hour of UTC, each once: of transforms that began in it, or of requests."""

    hour: datetime
    objects: tuple[CapturedObject, ...]


@dataclass(frozen=True)
class CapturedRecord:
    """One scored record: its key and the id of its inference."""

    key: str
    inference_id: str


def capture_root(environment: Environment, model: Model) -> str:
    """Return the S3 URI below which *model*'s batches are captured."""
    return f"{environment.storage.root}/{model.model}/capture"


class Captures(Protocol):
    """Captures of batches, or of an endpoint."""

    @property
    def root(self) -> str:
        """The S3 URI below which they lie."""

    def hours(self, window: Window) -> list[CapturedHour]:
        """Return the hours of *window* that have captures, the earliest first."""

    def records(self, captured: CapturedHour) -> Iterator[CapturedRecord]:
        """Yield every record of an hour."""


@dataclass(frozen=True)
class BatchCaptures:
    """What a model's batch transforms have captured."""

    aws: Aws
    root: str

    def hours(self, window: Window) -> list[CapturedHour]:
        """See captured_hours."""
        return captured_hours(self.aws, self.root, window)

    def records(self, captured: CapturedHour) -> Iterator[CapturedRecord]:
        """See captured_records."""
        return captured_records(self.aws, captured)


def captured_hours(aws: Aws, root: str, window: Window) -> list[CapturedHour]:
    """Return the hours of *window* that have output captured below *root*, the earliest first.

    Raises OperationError for a manifest that cannot be read, AwsError.
    """
    found = []
    for hour, manifests in captured_in(aws, f"{root}/output", window, ".json").items():
        objects: dict[str, CapturedObject] = {}
        for stored in manifests:
            for uri in _manifest(aws, stored.uri).uris:
                objects.setdefault(uri, CapturedObject(uri, stored.uri))
        found.append(CapturedHour(hour, tuple(objects.values())))
    return found


def captured_records(aws: Aws, captured: CapturedHour) -> Iterator[CapturedRecord]:
    """Yield every record of an hour, one object on disk at a time. Raises OperationError, AwsError."""
    for each in captured.objects:
        with tempfile.TemporaryDirectory(prefix="sagemaker-monitor-") as folder:
            path = Path(folder) / "captured"
            _download(aws, each, path, captured.hour)
            yield from _records(path, each.uri)


def _manifest(aws: Aws, uri: str) -> Manifest:
    try:
        return Manifest.from_json(read(aws, uri).decode("utf-8"))
    except (DocumentError, UnicodeDecodeError) as error:
        raise OperationError(f"{uri} cannot be read: {error}") from error


def _download(aws: Aws, captured: CapturedObject, path: Path, hour: datetime) -> None:
    bucket, key = split_uri(captured.uri)
    try:
        aws.call("s3", "download_file", Bucket=bucket, Key=key, Filename=str(path))
    except NotFoundError as error:
        raise OperationError(
            f"{captured.manifest} names {captured.uri}, which does not exist: leave out hour {stamp(hour)} "
            "with --from or --to, or bring the object back"
        ) from error


def _records(path: Path, uri: str) -> Iterator[CapturedRecord]:
    with path.open(newline="", encoding="utf-8") as lines:
        reader = csv.reader(lines, strict=True)
        try:
            for row in reader:
                if row:
                    yield _record(row, f"{uri} line {reader.line_num}")
        except csv.Error as error:
            raise OperationError(f"{uri} line {reader.line_num} is not CSV: {error}") from error
        except UnicodeDecodeError as error:
            raise OperationError(f"{uri} is not UTF-8 text, after line {reader.line_num}") from error


def _record(row: list[str], where: str) -> CapturedRecord:
    found = inference_id(row)
    if found is None:
        raise OperationError(
            f"{where} does not end with an inference id and time: was the transform captured without "
            "GenerateInferenceId?"
        )
    return CapturedRecord(row[0].strip(), found)
