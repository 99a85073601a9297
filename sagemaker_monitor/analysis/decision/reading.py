"""What an execution and its baseline left behind, read through whoever can ask SageMaker and S3.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Set

from sagemaker_monitor.analysis.decision.evidence import BaselineVersion, CheckEvidence
from sagemaker_monitor.analysis.decision.reading_checks import Left, reader_of
from sagemaker_monitor.analysis.decision.sample import Sample, SampleError, read_sample
from sagemaker_monitor.analysis.decision.spec import (
    DATA_QUALITY,
    NEED_LABELS,
    ExpectedCheck,
    Spec,
)
from sagemaker_monitor.analysis.decision.table import Table, TableError, read_table

if TYPE_CHECKING:
    from sagemaker_monitor.analysis.decision.baselines import Service

OF_MODELS = ("MODEL_BIAS", "MODEL_QUALITY")
"""Checks of a model's own predictions."""


def metadata_of(step: dict[str, Any] | None) -> dict[str, Any]:
    """Return what a check step says of itself, whichever kind of check it is."""
    found = (step or {}).get("Metadata", {})
    return dict(found.get("ClarifyCheck") or found.get("QualityCheck") or {})


def check_evidence(
    service: Service,
    expected: ExpectedCheck,
    step: dict[str, Any] | None,
    version: dict[str, Any] | None,
) -> CheckEvidence:
    """Return what one expected check left behind; a check that did not end well is no evidence."""
    left = Left(service, expected, metadata_of(step), version)
    if step is None:
        return left.without("no-evidence", "the step did not run")
    if step["StepStatus"] != "Succeeded":
        return left.without(
            "broken", f"the step is {step['StepStatus']}: {step.get('FailureReason', 'no reason')}"
        )
    if left.metadata.get("CheckType") != expected.check_type:
        return left.without("broken", f"the step is a check of type {left.metadata.get('CheckType')!r}")
    reader = reader_of(expected.check_type)
    return left.without("broken", "this program reads no such check") if reader is None else reader(left)


def baseline_version(
    service: Service, version: dict[str, Any], spec: Spec, monitors: Set[str]
) -> BaselineVersion:
    """Return the version that *monitors* compared with, and its baseline's rows where they can be read."""
    arn = version["ModelPackageArn"]
    uri = version.get("CustomerMetadataProperties", {}).get("BaselineDataUri") or None
    if uri is None:
        unknown = "the version does not say where its baseline's rows are"
        return BaselineVersion(arn, None, None, unknown, None, unknown)
    with tempfile.TemporaryDirectory() as folder:
        sample, problem = (
            _sample(service, uri, Path(folder), spec) if monitors & set(NEED_LABELS) else (None, None)
        )
        found, lack = _features(service, uri, Path(folder)) if DATA_QUALITY in monitors else (None, None)
    return BaselineVersion(arn, uri, sample, problem, found, lack)


def _sample(service: Service, uri: str, root: Path, spec: Spec) -> tuple[Sample | None, str | None]:
    parts = ("labelled", "scored")
    if not all(service.download(f"{uri.rstrip('/')}/{part}", root / part) for part in parts):
        return None, f"there are no rows below {uri}"
    try:
        return read_sample(root / "labelled", root / "scored", spec), None
    except SampleError as error:
        return None, f"the rows below {uri} are not usable: {error}"


def _features(service: Service, uri: str, root: Path) -> tuple[Table | None, str | None]:
    below = f"{uri.rstrip('/')}/features"
    if not service.download(below, root / "features"):
        return None, f"there are no rows below {below}"
    try:
        return read_table(root / "features"), None
    except TableError as error:
        return None, f"the rows below {below} are not usable: {error}"


def carried_data_uri(
    service: Service, steps: Mapping[str, Any], spec: Spec, version: dict[str, Any] | None
) -> str | None:
    """Return where the rows lie behind the baseline that a version registered now would carry.

    Predictions are the model's own, so where checks differ the model's check says whose rows they are.
    """
    checks = [metadata_of(steps.get(each.step)) for each in spec.checks]
    of_models = [check for check in checks if check.get("CheckType") in OF_MODELS] or checks
    if any(check.get("RegisterNewBaseline") for check in of_models):
        uri = service.output_uri(steps.get("Join"), "labelled") or service.output_uri(
            steps.get("Join"), "features"
        )
        return uri.rstrip("/").rpartition("/")[0] if uri else None
    uri = (version or {}).get("CustomerMetadataProperties", {}).get("BaselineDataUri")
    return uri or None


def first_failure(steps: Mapping[str, Any]) -> str | None:
    """Return which step of the execution broke, and why; None where none did."""
    for name, step in steps.items():
        if step["StepStatus"] in ("Failed", "Stopped"):
            return f"{name} is {step['StepStatus']}: {step.get('FailureReason', 'no reason')}"[:500]
    return None
