"""What an execution and its baseline left behind, read through whoever can ask SageMaker and S3.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Set

from sagemaker_monitor.analysis.decision.baselines import DATA_URIS, NONE_ASKED
from sagemaker_monitor.analysis.decision.evidence import (
    NOTHING_ASKED,
    Asked,
    BaselineRows,
    BaselineVersion,
    CheckEvidence,
)
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

OF_MODELS = NEED_LABELS
"""Monitors of a model's own predictions."""
UNKNOWN = "the version does not say where its baseline's rows are"


def metadata_of(step: dict[str, Any] | None) -> dict[str, Any]:
    """Return what a check step says of itself, whichever kind of check it is."""
    found = (step or {}).get("Metadata", {})
    return dict(found.get("ClarifyCheck") or found.get("QualityCheck") or {})


def check_evidence(
    service: Service,
    expected: ExpectedCheck,
    step: dict[str, Any] | None,
    version: dict[str, Any] | None,
    asked: Asked = NOTHING_ASKED,
) -> CheckEvidence:
    """Return what one expected check left behind; a check that did not end well is no evidence."""
    left = Left(service, expected, metadata_of(step), version, asked)
    if step is None:
        return left.without("no-evidence", "the step did not run")
    if step["StepStatus"] != "Succeeded":
        return left.without(
            "broken", f"the step is {step['StepStatus']}: {step.get('FailureReason', 'no reason')}"
        )
    if left.metadata.get("CheckType") != expected.check_type:
        return left.without("broken", f"the step is a check of type {left.metadata.get('CheckType')!r}")
    uncompared = left.uncompared()
    if uncompared:
        return left.without("no-evidence", uncompared)
    reader = reader_of(expected.check_type)
    return left.without("broken", "this program reads no such check") if reader is None else reader(left)


def baseline_version(
    service: Service, version: dict[str, Any], spec: Spec, monitors: Set[str]
) -> BaselineVersion:
    """Return the version that *monitors* compared with, and its baselines' rows where they can be read."""
    arn = version["ModelPackageArn"]
    uri = data_uri_of(version)
    others = {each: found for each in monitors if (found := data_uri_of(version, each)) != uri}
    known = {each: _labelled(service, found, spec) for each, found in others.items() if each in NEED_LABELS}
    known.update(
        {each: BaselineRows(found, None, None) for each, found in others.items() if each not in known}
    )
    wanted = monitors & set(NEED_LABELS) - set(others)
    rows = _labelled(service, uri, spec) if wanted or uri is None else BaselineRows(uri, None, None)
    of_inputs = data_uri_of(version, DATA_QUALITY) if DATA_QUALITY in monitors else None
    table, lack = _features(service, of_inputs) if DATA_QUALITY in monitors else (None, None)
    return BaselineVersion(arn, uri, rows.sample, rows.problem, table, lack, known)


def data_uri_of(version: dict[str, Any] | None, monitor: str | None = None) -> str | None:
    """Return where the rows lie behind the baseline of *monitor* that *version* carries.

    Without *monitor*, or where that has none of its own, of the model's predictions; None where the version
    does not say.
    """
    metadata = (version or {}).get("CustomerMetadataProperties", {})
    own = metadata.get(DATA_URIS.get(str(monitor), ""))
    uri = own if own and own != NONE_ASKED else metadata.get("BaselineDataUri")
    return uri or None


def _labelled(service: Service, uri: str | None, spec: Spec) -> BaselineRows:
    if uri is None:
        return BaselineRows(None, None, UNKNOWN)
    with tempfile.TemporaryDirectory() as folder:
        return BaselineRows(uri, *_sample(service, uri, Path(folder), spec))


def _sample(service: Service, uri: str, root: Path, spec: Spec) -> tuple[Sample | None, str | None]:
    parts = ("labelled", "scored")
    if not all(service.download(f"{uri.rstrip('/')}/{part}", root / part) for part in parts):
        return None, f"there are no rows below {uri}"
    try:
        return read_sample(root / "labelled", root / "scored", spec), None
    except SampleError as error:
        return None, f"the rows below {uri} are not usable: {error}"


def _features(service: Service, uri: str | None) -> tuple[Table | None, str | None]:
    if uri is None:
        return None, UNKNOWN
    below = f"{uri.rstrip('/')}/features"
    with tempfile.TemporaryDirectory() as folder:
        if not service.download(below, Path(folder)):
            return None, f"there are no rows below {below}"
        try:
            return read_table(Path(folder)), None
        except TableError as error:
            return None, f"the rows below {below} are not usable: {error}"


def carried_data_uris(
    service: Service, steps: Mapping[str, Any], spec: Spec, version: dict[str, Any] | None
) -> dict[str, str | None]:
    """Return, by monitor, where the rows lie behind the baseline that a version registered now carries."""
    monitors = spec.monitors or dict.fromkeys(each.monitor for each in spec.checks)
    return {each: _carried(service, steps, spec, version, each) for each in monitors if each in DATA_URIS}


def _carried(
    service: Service, steps: Mapping[str, Any], spec: Spec, version: dict[str, Any] | None, monitor: str
) -> str | None:
    made = [metadata_of(steps.get(each.step)) for each in spec.checks if each.monitor == monitor]
    new = any(check.get("RegisterNewBaseline") for check in made)
    return _new_rows(service, steps, monitor) if new else data_uri_of(version, monitor)


def _new_rows(service: Service, steps: Mapping[str, Any], monitor: str) -> str | None:
    """Return the folder above what a check of *monitor* was given in this run."""
    sources = [("Join", "labelled"), ("Join", "features")]
    if monitor == DATA_QUALITY:
        # Of a batch, inputs are checked before they are scored and joined.
        sources = [("Inputs", "features"), ("Join", "features")]
    for step, output in sources:
        uri = service.output_uri(steps.get(step), output)
        if uri:
            return uri.rstrip("/").rpartition("/")[0]
    return None


def carried_data_uri(
    service: Service, steps: Mapping[str, Any], spec: Spec, version: dict[str, Any] | None
) -> str | None:
    """Return where the rows lie behind the baseline that a version registered now would carry.

    Predictions are the model's own, so where monitors differ the model's says whose rows they are.
    """
    found = carried_data_uris(service, steps, spec, version)
    if not found:  # a model that only a team's own monitors watch
        found = {each.monitor: _carried(service, steps, spec, version, each.monitor) for each in spec.checks}
    of_models = [found[each] for each in OF_MODELS if each in found]
    return next(iter([*of_models, *found.values()]), None)


def first_failure(steps: Mapping[str, Any]) -> str | None:
    """Return which step of the execution broke, and why; None where none did."""
    for name, step in steps.items():
        if step["StepStatus"] in ("Failed", "Stopped"):
            return f"{name} is {step['StepStatus']}: {step.get('FailureReason', 'no reason')}"[:500]
    return None
