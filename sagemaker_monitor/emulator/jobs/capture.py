"""The manifests that a batch transform job with data capture leaves."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Listing:
    """Objects as a manifest lists them: names below a prefix, which for a single object is the object."""

    prefix: str
    names: tuple[str, ...]


def manifests(destination: str, *, started: float, inputs: Listing, outputs: Listing) -> dict[str, bytes]:
    """Return the two manifests by S3 URI, in `<destination>/{input,output}/yyyy/mm/dd/hh/` of the start, UTC.

    No data is copied: they name the transform's input and output objects. Form and layout are AWS's.
    """
    hour = datetime.fromtimestamp(started, UTC).strftime("%Y/%m/%d/%H")
    root = destination.rstrip("/")
    return {
        f"{root}/input/{hour}/{uuid.uuid4()}.json": _manifest(inputs),
        f"{root}/output/{hour}/{uuid.uuid4()}.json": _manifest(outputs),
    }


def inference_time(started: float) -> str:
    """Return the time column of every record of a job that started at *started* (epoch seconds)."""
    return datetime.fromtimestamp(started, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _manifest(listing: Listing) -> bytes:
    return json.dumps([{"prefix": listing.prefix}, *listing.names], indent=4).encode()
