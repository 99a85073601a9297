"""Collect what batches were scored with in the window of a scheduled time, and whose scores they are.

A scheduled run compares with the latest approved version, as SageMaker's check steps do by themselves. What
another version scored is left out and told. A run that names its version is believed.

Runs under Python 3.8 with boto3; what it imports comes in the archive named by --modules.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, List, Sequence

UNUSABLE = "unusable"
_EXECUTION = re.compile(r"/monitor-batch/([a-z0-9]+)/")


class Scorers:
    """Whether it was the version *arn* that scored what executions of monitor-batch wrote."""

    def __init__(self, ask: Any, arn: str, execution_arn: str) -> None:
        """Ask by *ask*; *execution_arn* is that of this run, whose pipeline is of the same model."""
        self._ask, self._arn = ask, arn
        self._ours: Dict[str, bool] = {arn: True}
        self.count: Counter[str] = Counter()
        """Objects, by whose they are."""
        self.others: Dict[str, None] = {}
        """Other versions, in the order of their captures."""
        pipeline, _, _ = execution_arn.partition("/execution/")
        head, _, environment = pipeline.rpartition("-monitor-ground-truth-")
        self._pipeline = f"{head}-monitor-batch-{environment}"
        self._known: Dict[str, str | None] = {}

    def taken(self, uri: str) -> bool:
        """Return whether the version scored the object at *uri*, and count it."""
        from steps.scripts.serving import OTHERS, OURS, UNKNOWN

        found = _EXECUTION.search(uri)
        execution = found[1] if found else ""
        if execution and execution not in self._known:
            self._known[execution] = self._version(f"{self._pipeline}/execution/{execution}")
        version = self._known.get(execution)
        ours = version is not None and self._is_ours(version)
        self.count[OURS if ours else OTHERS if version else UNKNOWN] += 1
        if version and not ours:
            self.others.setdefault(f"version {number(version)}")
        return ours

    def _is_ours(self, version: str) -> bool:
        """Return whether *version* is the judged one, or registered that artifact with another baseline."""
        from steps.scripts.serving import artifact_of

        if version not in self._ours:
            one, other = artifact_of(self._ask, version), artifact_of(self._ask, self._arn)
            self._ours[version] = one is not None and other is not None and one.same(other)
        return self._ours[version]

    def _version(self, execution: str) -> str | None:
        """Return the version that the execution made its model of."""
        steps = self._ask("list_pipeline_execution_steps", PipelineExecutionArn=execution, MaxResults=100)
        for step in (steps or {}).get("PipelineExecutionSteps", ()):
            arn = step.get("Metadata", {}).get("Model", {}).get("Arn", "")
            model = self._ask("describe_model", ModelName=arn.rpartition("/")[2]) if arn else None
            container = (model or {}).get("PrimaryContainer") or {}
            if container.get("ModelPackageName"):
                return str(container["ModelPackageName"])
        return None


def run(options: argparse.Namespace, s3: Any, ask: Any) -> str:
    """Collect, write everything, and return one sentence about it."""
    from steps.scripts.collect import width_of, write_summary
    from steps.scripts.scheduled import window_of

    spec = json.loads(options.spec.read_text(encoding="utf-8"))
    window = window_of(options, spec["window"], datetime.now(timezone.utc))
    summary = gather(options, window, width_of(spec), s3, ask)
    write_summary(options.output, summary)
    told = f"{summary['status']}: {summary['rows']} rows of {summary['objects']} objects"
    return f"{told}; {summary['reason']}" if summary["reason"] else told


def gather(options: argparse.Namespace, window: Any, expected: int, s3: Any, ask: Any) -> Dict[str, Any]:
    """Write the judged version's rows of *window*, and return collect.json."""
    from steps.scripts.collect import collect
    from steps.scripts.serving import latest_approved

    if options.model_package_arn:
        summary = collect(s3, options.capture_uri, window, expected, options.output)
        return {**summary, "model_package_arn": options.model_package_arn, "reason": None, "notes": []}
    arn = latest_approved(ask, options.model_package_group)
    if arn is None:
        return _unusable(window, f"no version of {options.model_package_group} is approved: open one")
    scorers = Scorers(ask, arn, options.execution_arn)
    summary = collect(s3, options.capture_uri, window, expected, options.output, scorers.taken)
    summary.update(model_package_arn=arn, reason=None, notes=_notes(scorers))
    why = _why(scorers, arn)
    return {**summary, "status": UNUSABLE, "reason": why} if why else summary


def _why(scorers: Scorers, arn: str) -> str | None:
    """Return why the window is no evidence about the version *arn*; None where it is."""
    from steps.scripts.serving import OTHERS, OURS, UNKNOWN

    count = scorers.count
    if count[UNKNOWN]:
        return (
            f"which version scored {count[UNKNOWN]} of {sum(count.values())} captured objects is not known: "
            "they are of no execution of monitor-batch that SageMaker still knows; run it by hand, and name "
            "the version with --version"
        )
    if count[OTHERS] and not count[OURS]:
        return (
            f"baseline-version-mismatch: the window was scored by {', '.join(scorers.others)}, and a "
            f"scheduled run compares with the latest approved version, {number(arn)}; run it by hand with "
            "--version"
        )
    return None


def _notes(scorers: Scorers) -> List[Dict[str, str]]:
    from steps.scripts.serving import OTHERS

    if not scorers.count[OTHERS]:
        return []
    of = f"{scorers.count[OTHERS]} of {sum(scorers.count.values())} captured objects"
    return [{"name": "version", "why": f"{of} were scored by {', '.join(scorers.others)}, and left out"}]


def _unusable(window: Any, reason: str) -> Dict[str, Any]:
    return {
        "schema_version": 1,
        "window": window.told(),
        "manifests": 0,
        "objects": 0,
        "rows": 0,
        "status": UNUSABLE,
        "model_package_arn": "",
        "reason": reason,
        "notes": [],
    }


def number(arn: str) -> str:
    """Return the number of a registered version."""
    return arn.rpartition("/")[2]


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=Path)
    for name in ("--spec", "--output"):
        parser.add_argument(name, type=Path, required=True)
    for name in ("--capture-uri", "--model-package-group", "--execution-arn"):
        parser.add_argument(name, required=True)
    for name in ("--window-start", "--window-end", "--scheduled-time", "--model-package-arn"):
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
