"""Where the pages are: addresses of what an ARN or an S3 URI names."""

from __future__ import annotations

import re
from urllib.parse import quote

ROOT = "/_sagemaker-monitor/"
KINDS = (
    *("processing-job", "training-job", "transform-job", "endpoint", "monitoring-schedule", "pipeline"),
    *("model-package-group", "model"),
)
"""Kinds of the store that have a page of their own, beside executions."""
_ARN = re.compile(r"arn:aws:sagemaker:([a-z0-9-]+):\d{12}:([a-z-]+)/(.+)")


def to_record(region: str, kind: str, name: str) -> str:
    """Return the address of the page about a record."""
    return f"{ROOT}{region}/{kind}/{quote(name, safe='')}"


def to_arn(arn: str) -> str:
    """Return the address of what *arn* names; empty where nothing shows it."""
    match = _ARN.fullmatch(arn)
    if match is None:
        return ""
    region, kind, name = match.groups()
    if kind == "pipeline" and "/execution/" in name:
        pipeline, _, execution = name.partition("/execution/")
        return f"{ROOT}{region}/execution/{quote(pipeline, safe='')}/{quote(execution, safe='')}"
    if kind == "model-package":
        return to_record(region, "model-package-group", name.rpartition("/")[0] or name)
    return to_record(region, kind, name) if kind in KINDS else ""


def to_uri(uri: str) -> str:
    """Return the address of the page about an S3 object or of the objects below a prefix."""
    return f"{ROOT}s3?uri={quote(uri, safe='/:')}"


def to_raw(uri: str) -> str:
    """Return the address of an object's bytes, as a browser may have them."""
    return f"{ROOT}raw?uri={quote(uri, safe='/:')}"


def to_list(noun: str, skip: int = 0) -> str:
    """Return the address of all records of a noun, such as `executions`; the newest *skip* are left out."""
    return f"{ROOT}list/{noun}" + (f"?skip={skip}" if skip else "")


def of(text: str) -> str:
    """Return the address of what a value names, if it is an ARN or an S3 URI that has a page."""
    return to_uri(text) if text.startswith("s3://") else to_arn(text)
