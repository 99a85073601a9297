"""Find the batch of a scheduled time, and the version that scores it.

Runs under Python 3.8 with boto3; what it imports comes in the archive named by --modules. Where there is no
batch, or no version, that is a status that the verdict tells; the job fails only where it cannot look. What a
run names itself is taken as it is.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, Sequence

FOUND, EMPTY, UNUSABLE = "captured", "window-empty", "unusable"


def run(options: argparse.Namespace, s3: Any, ask: Any) -> str:
    """Look, write what was found, and return one sentence about it."""
    from steps.scripts.collect import write_summary

    spec = json.loads(options.spec.read_text(encoding="utf-8"))
    summary = find(options, spec["scheduled_batch"], s3, ask)
    write_summary(options.output, summary)
    told = f"{summary['input_uri']}, scored by {summary['model_package_arn'] or 'no version'}"
    return f"{summary['status']}: {summary['reason'] or told}"


def find(options: argparse.Namespace, batch: Dict[str, Any], s3: Any, ask: Any) -> Dict[str, Any]:
    """Return which batch a run scores, with which version, and whether both are there."""
    from steps.scripts.scheduled import scheduled_moment
    from steps.scripts.serving import latest_approved

    uri, status, reason = options.input_uri, FOUND, None
    if not uri:
        moment = scheduled_moment(options.scheduled_time, datetime.now(timezone.utc))
        uri = batch_uri(options.batches_uri, batch["batch"], moment + timedelta(hours=batch["offset"]))
        if not has_objects(s3, uri):
            status, reason = EMPTY, f"there is no object below {uri}"
    arn = options.model_package_arn or latest_approved(ask, options.model_package_group) or ""
    if not arn:
        status = UNUSABLE
        reason = (
            f"no version of {options.model_package_group} is approved, so there is none to score with: open "
            "one with gate --apply, or name one with --version"
        )
    return {
        "schema_version": 1,
        "status": status,
        "reason": reason,
        "input_uri": uri,
        "model_package_arn": arn,
        "notes": [],
    }


def batch_uri(root: str, template: str, moment: datetime) -> str:
    """Return where the batch of a time lies: *template* below *root*, its placeholders filled in UTC."""
    parts = {
        "{year}": moment.strftime("%Y"),
        "{month}": moment.strftime("%m"),
        "{day}": moment.strftime("%d"),
        "{hour}": moment.strftime("%H"),
    }
    for placeholder, value in parts.items():
        template = template.replace(placeholder, value)
    return f"{root.rstrip('/')}/{template}" if template else root


def has_objects(s3: Any, uri: str) -> bool:
    """Return whether anything that has content lies at *uri* or below it."""
    from steps.scripts.collect import split_uri

    bucket, prefix = split_uri(uri)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return any(each["Size"] for page in pages for each in page.get("Contents", ()))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=Path)
    for name in ("--spec", "--output"):
        parser.add_argument(name, type=Path, required=True)
    for name in ("--batches-uri", "--model-package-group"):
        parser.add_argument(name, required=True)
    for name in ("--input-uri", "--scheduled-time", "--model-package-arn"):
        parser.add_argument(name, default="")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Find the batch, or say in one line why that is not possible; it becomes the job's FailureReason."""
    options = parse(arguments)
    if options.modules:
        sys.path.insert(0, str(options.modules))
    from steps.scripts.collect import attempt, client
    from steps.scripts.serving import asking

    return attempt("cannot find the batch", lambda: run(options, client("s3"), asking(client("sagemaker"))))


if __name__ == "__main__":
    sys.exit(main())
