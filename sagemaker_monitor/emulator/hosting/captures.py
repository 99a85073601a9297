"""Data capture of endpoints: which exchanges are recorded, how, and where.

Form and layout are AWS's, read off records of real endpoints: one JSON object a line, in files
`<destination>/<endpoint>/<variant>/yyyy/mm/dd/hh/MM-SS-mmm-<uuid>.jsonl` of the request's hour in UTC.
SageMaker writes them some minutes later; here they are there after a fraction of a second.
"""

from __future__ import annotations

import base64
import json
import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sagemaker_monitor.emulator.s3.directory import S3Directory
from sagemaker_monitor.emulator.s3.keys import S3Error

DELAY = 0.25
"""Seconds until a captured record is written; what comes meanwhile shares its file."""
_MOST_BUFFERED = 4 << 20
_BOTH = "InputAndOutput"


@dataclass(frozen=True)
class Exchange:
    """One request that a model answered: content types, bodies, and what the client said about it."""

    at: float
    input_type: str
    input: bytes
    output_type: str
    output: bytes
    inference_id: str | None = None
    custom_attributes: str | None = None


@dataclass(frozen=True)
class CaptureConfig:
    """A DataCaptureConfig as it is applied to every exchange; *percentage* of them are recorded."""

    destination: str
    percentage: int
    modes: frozenset[str]
    csv_types: tuple[str, ...]
    json_types: tuple[str, ...]

    @classmethod
    def of(cls, document: dict[str, Any] | None) -> CaptureConfig | None:
        """Return what a DataCaptureConfig asks for; None where it captures nothing."""
        if not document or not document.get("EnableCapture", False):
            return None
        # What no header names is base64, as the API says; that CSV and JSON are named is the SDK's default.
        headers = document.get("CaptureContentTypeHeader") or {}
        modes = {option["CaptureMode"] for option in document["CaptureOptions"]}
        return cls(
            destination=document["DestinationS3Uri"].rstrip("/"),
            percentage=document["InitialSamplingPercentage"],
            modes=frozenset({"Input", "Output"} if _BOTH in modes else modes),
            csv_types=tuple(headers.get("CsvContentTypes", ())),
            json_types=tuple(headers.get("JsonContentTypes", ())),
        )

    def samples(self, chance: Callable[[], float] = random.random) -> bool:
        """Return whether this exchange is recorded; every one has the same chance."""
        return chance() * 100 < self.percentage

    def line(self, exchange: Exchange) -> str:
        """Return the record of *exchange*, without an end of line."""
        parts: dict[str, Any] = {}
        if "Input" in self.modes:
            parts["endpointInput"] = self._part("INPUT", exchange.input_type, exchange.input)
        if "Output" in self.modes:
            parts["endpointOutput"] = self._part("OUTPUT", exchange.output_type, exchange.output)
        about: dict[str, Any] = {"eventId": str(uuid.uuid4())}
        if exchange.inference_id is not None:
            about["inferenceId"] = exchange.inference_id
        if exchange.custom_attributes is not None:
            about["customAttributes"] = [exchange.custom_attributes]
        about["inferenceTime"] = _utc(exchange.at).strftime("%Y-%m-%dT%H:%M:%SZ")
        record = {"captureData": parts, "eventMetadata": about, "eventVersion": "0"}
        return json.dumps(record, separators=(",", ":"), ensure_ascii=False)

    def _part(self, mode: str, content_type: str, body: bytes) -> dict[str, str]:
        data, encoding = self._encoded(content_type, body)
        return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}

    def _encoded(self, content_type: str, body: bytes) -> tuple[str, str]:
        kind = content_type.split(";")[0].strip().lower()
        for encoding, types in (("CSV", self.csv_types), ("JSON", self.json_types)):
            if kind in (each.strip().lower() for each in types):
                try:
                    return body.decode("utf-8"), encoding
                except UnicodeDecodeError:
                    break
        return base64.b64encode(body).decode("ascii"), "BASE64"


@dataclass
class _Pending:
    first: float
    lines: list[str] = field(default_factory=list)
    size: int = 0


class CaptureWriter:
    """Gathers records for a moment and writes them; safe from any thread."""

    def __init__(self, log: Callable[[str], None], delay: float = DELAY) -> None:
        """*log* is told where records could not be written; they are lost then, as on AWS."""
        self._log, self._delay = log, delay
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._pending: dict[str, _Pending] = {}
        self._stores: dict[str, S3Directory] = {}
        self._size = 0
        self._timer: threading.Timer | None = None

    def add(self, s3: S3Directory, root: str, line: str, at: float) -> None:
        """Record *line* of the time *at* below *root*, which is `<destination>/<endpoint>/<variant>`."""
        folder = f"{root}/{_utc(at).strftime('%Y/%m/%d/%H')}"
        with self._lock:
            pending = self._pending.setdefault(folder, _Pending(at))
            self._stores[folder] = s3
            pending.lines.append(line)
            self._size += len(line)
            full = self._size >= _MOST_BUFFERED
            if self._timer is None and not full:
                self._timer = threading.Timer(self._delay, self.flush)
                self._timer.daemon = True
                self._timer.start()
        if full:
            self.flush()

    def flush(self) -> None:
        """Write everything recorded so far."""
        with self._writing:
            with self._lock:
                if self._timer is not None:
                    self._timer.cancel()
                    self._timer = None
                pending, self._pending = self._pending, {}
                stores, self._stores = self._stores, {}
                self._size = 0
            for folder, records in pending.items():
                self._write(stores[folder], folder, records)

    def _write(self, s3: S3Directory, folder: str, records: _Pending) -> None:
        moment = _utc(records.first)
        name = f"{moment:%M-%S}-{moment.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        content = "".join(f"{line}\n" for line in records.lines).encode()
        try:
            s3.put_bytes(f"{folder}/{name}", content, "application/json")
        except (S3Error, OSError) as error:
            self._log(f"{len(records.lines)} captured records of {folder} are lost: {error}")


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
