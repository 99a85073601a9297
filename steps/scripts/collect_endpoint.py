"""Collect what a real-time endpoint captured in a window of hours: which version answered, and every record.

Runs under Python 3.8 with boto3; what it knows comes in the archive named by --modules. Trouble with the
captures is a status that the verdict tells; the job fails only where it cannot look.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, List, Sequence

CAPTURED, EMPTY, UNUSABLE = "captured", "window-empty", "unusable"
STATED = "stated"
"""How --served-by says that the run's version counts where the endpoint cannot tell."""


class UnusableError(Exception):
    """Why a window is no evidence."""


def run(options: argparse.Namespace, s3: Any, ask: Any) -> str:
    """Collect, write everything, and return one sentence about it."""
    from steps.scripts.collect import write_summary
    from steps.scripts.scheduled import window_of

    spec = json.loads(options.spec.read_text(encoding="utf-8"))
    now = datetime.now(timezone.utc)
    window = window_of(options, spec["endpoint"]["window"], now)
    summary: Dict[str, Any] = {
        "schema_version": 1,
        "window": window.told(),
        "endpoint": options.endpoint,
        "model_package_arn": options.model_package_arn,
        "status": UNUSABLE,
        "columns": "fit",
        "rows": 0,
        "reason": None,
        "notes": [],
    }
    try:
        _collect(options, s3, ask, spec, window, now, summary)
    except UnusableError as why:
        summary["reason"] = str(why)
    write_summary(options.output, summary)
    told = f"{summary['status']}: {summary['rows']} records of {options.endpoint}"
    return f"{told}; {summary['reason']}" if summary["reason"] else told


def _collect(
    options: argparse.Namespace,
    s3: Any,
    ask: Any,
    spec: Dict[str, Any],
    window: Any,
    now: datetime,
    summary: Dict[str, Any],
) -> None:
    """Write the window's rows, and complete *summary*. Raises UnusableError."""
    from sagemaker_monitor.analysis.invocations.expected import read_expected
    from steps.scripts.captured_window import Captures, Rows, read_window
    from steps.scripts.serving import Judged, artifact_of, read_serving

    endpoint, wanted = options.endpoint, tuple(spec["endpoint"]["variants"])
    serving, stated = read_serving(ask, endpoint), options.served_by == STATED
    arn = options.model_package_arn or _approved(
        ask, options.model_package_group, _only_version(serving, wanted, endpoint)
    )
    summary["model_package_arn"] = arn
    root = options.capture_uri or (serving.destination if serving else None)
    if root is None:
        raise UnusableError(
            f"there is no endpoint {endpoint}, and endpoint.capture does not say where it captured"
            if serving is None
            else f"endpoint {endpoint} captures nothing: its configuration has no DataCaptureConfig"
        )
    if serving is None and not stated:
        raise UnusableError(
            f"there is no endpoint {endpoint}, so which version answered is not known: was it deleted or "
            "renamed? Name the version that served with --version, or the endpoint with --endpoint"
        )
    judged = Judged(serving, arn, artifact_of(ask, arn))
    columns = spec["columns"]
    with Rows(options.output, read_expected(spec), len(columns["facet_columns"])) as rows:
        counts = read_window(s3, Captures(root, endpoint, wanted), window, judged, rows, stated=stated)
        summary.update(objects=counts.objects, requests=counts.requests, rows=counts.rows)
        summary["notes"] = _notes(serving, judged, counts, window, now)
        _refuse(judged, counts, float(spec["endpoint"]["maximum_unusable"]), stated)
        if counts.misfit:
            if "data_quality" not in spec["monitors"]:
                raise UnusableError(_misfit(counts, rows))
            summary["columns"] = "do-not-fit"
            summary["notes"].append({"name": "columns", "why": _misfit(counts, rows)})
        rows.finish()
    summary["status"] = CAPTURED if counts.rows or counts.misfit else EMPTY
    if summary["status"] == EMPTY:
        summary["reason"] = _why_empty(serving, root, endpoint)


def _only_version(serving: Any, wanted: Sequence[str], endpoint: str) -> str:
    """Return the version that the endpoint serves, where the run names none. Raises UnusableError."""
    if serving is None:
        raise UnusableError(f"there is no endpoint {endpoint}, and the run names no version")
    variants = [each for each in serving.variants if not wanted or each.name in wanted]
    if not variants:
        raise UnusableError(
            f"endpoint {endpoint} has no variant {', '.join(wanted)}; it has: "
            f"{', '.join(each.name for each in serving.variants) or 'none'}"
        )
    versions = sorted({each.version for each in variants if each.version})
    unknown = [each for each in variants if not each.version]
    if unknown:
        why = unknown[0].why or "its model was not created from a registered version"
        raise UnusableError(
            f"which version variant {unknown[0].name} of endpoint {endpoint} serves is not known: {why}; "
            "name it with --version"
        )
    if len(versions) > 1:
        raise UnusableError(
            f"endpoint {endpoint} serves versions {', '.join(_number(each) for each in versions)}: name one "
            "with --version, or its variants with endpoint.variants"
        )
    return str(versions[0])


def _approved(ask: Any, group: str, served: str) -> str:
    """Return the latest approved version where it is *served* with a new baseline, or else *served*."""
    from steps.scripts.serving import artifact_of, latest_approved

    newest = latest_approved(ask, group) if group else None
    one, other = artifact_of(ask, served), artifact_of(ask, newest or "")
    return newest if newest and one and other and one.same(other) else served


def _refuse(judged: Any, counts: Any, most: float, stated: bool) -> None:
    """Raise UnusableError where the window cannot be told to be the version's, or too much cannot be read."""
    known = sum(counts.whose.values())
    unknown = counts.whose["unknown"]
    if unknown and not stated:
        raise UnusableError(
            f"{unknown} of {known} requests were answered before {_since(judged.serving)}, and which version "
            "answered then is not known: take a window after that, or name the version that served with "
            "--version"
        )
    if known and counts.whose["others"] == known:
        served = sorted({_called(each) for each in judged.serving.variants if each.name in counts.of_others})
        raise UnusableError(
            f"baseline-version-mismatch: the window was answered by {', '.join(served)}, and the run judges "
            f"version {_number(judged.arn)}"
        )
    of = counts.unusable + counts.requests
    if counts.unusable > most * of:
        raise UnusableError(
            f"{counts.unusable} of {of} captured requests cannot be used, such as "
            f"{counts.first_unusable}; put that right, take a window without them, or allow a share of them "
            "by endpoint.maximum_unusable"
        )


def _notes(serving: Any, judged: Any, counts: Any, window: Any, now: datetime) -> List[Dict[str, str]]:
    """Return what the verdict has to tell of the window beside its findings."""
    from steps.scripts.captured_window import hours_of, told_hours

    notes, known = {}, sum(counts.whose.values())
    hours = hours_of(window, now)
    empty = [hour for hour in hours if not counts.hours.get(hour)]
    if empty and len(empty) < len(hours):
        notes["hours"] = f"nothing was captured in {len(empty)} of {len(hours)} hours: {told_hours(empty)}"
    if counts.whose["unknown"]:
        notes["version"] = (
            f"that version {_number(judged.arn)} answered {counts.whose['unknown']} of "
            f"{known} requests is the run's word: the endpoint cannot tell"
        )
    for variant, count in sorted(counts.of_others.items()):
        notes[f"variant {variant}"] = f"{count} of {known} requests were answered by another version"
    if counts.unusable:
        notes["unusable"] = (
            f"{counts.unusable} of {counts.unusable + counts.requests} captured requests were left out, such "
            f"as {counts.first_unusable}"
        )
    if serving is not None and serving.captures and serving.percentage < 100:
        notes["sampling"] = f"the endpoint captures {serving.percentage} % of its requests"
    if counts.nameless:
        notes["inference ids"] = (
            f"{counts.nameless} of {counts.requests} requests came without an inference id; labels can only "
            "name their eventId"
        )
    return [{"name": name, "why": why} for name, why in notes.items()]


def _misfit(counts: Any, rows: Any) -> str:
    return (
        f"{counts.misfit} of {counts.misfit + counts.rows} records have other columns than the model, the "
        f"first of them {rows.width}, and the model has {len(rows.expected.features)} features"
    )


def _why_empty(serving: Any, root: str, endpoint: str) -> str:
    if serving is not None and not serving.captures:
        return f"endpoint {endpoint} does not capture now (EnableCapture of its DataCaptureConfig)"
    return f"looked below {root.rstrip('/')}/{endpoint}/"


def _since(serving: Any) -> str:
    return max((each.since for each in serving.variants), default="its creation")


def _called(variant: Any) -> str:
    artifact = variant.artifact.url if variant.artifact else "a model"
    what = f"version {_number(variant.version)}" if variant.version else artifact
    return f"{what} (variant {variant.name})"


def _number(arn: str) -> str:
    """Return the number of a registered version."""
    return arn.rpartition("/")[2] or "none"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=Path)
    for name in ("--spec", "--output"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--endpoint", required=True)
    for name in (
        *("--capture-uri", "--window-start", "--window-end", "--scheduled-time"),
        *("--model-package-arn", "--model-package-group", "--served-by"),
    ):
        parser.add_argument(name, default="")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Collect, or say in one line why that is not possible; the line becomes the job's FailureReason."""
    options = parse(arguments)
    if options.modules:
        sys.path.insert(0, str(options.modules))
    from steps.scripts.collect import attempt, client
    from steps.scripts.serving import asking

    return attempt("cannot collect", lambda: run(options, client("s3"), asking(client("sagemaker"))))


if __name__ == "__main__":
    sys.exit(main())
