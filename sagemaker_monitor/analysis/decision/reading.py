"""What the check steps of an execution left behind, read through whoever can ask SageMaker and S3.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, Set

from sagemaker_monitor.analysis.decision.evidence import (
    BaselineVersion,
    CheckEvidence,
    read_quality,
    read_report,
    read_violations,
)
from sagemaker_monitor.analysis.decision.sample import Sample, SampleError, read_sample
from sagemaker_monitor.analysis.decision.spec import BIAS, DATA_QUALITY, ExpectedCheck, Spec
from sagemaker_monitor.analysis.decision.table import Table, TableError, read_table
from sagemaker_monitor.analysis.documents.strict import DocumentError

if TYPE_CHECKING:
    from typing import Protocol

    class Service(Protocol):
        """The calls to SageMaker and S3 that are needed; decide has them."""

        def text(self, uri: str) -> str | None: ...

        def download(self, uri: str, folder: Path) -> int: ...

        def output_uri(self, step: dict[str, Any] | None, output: str) -> str | None: ...


MISMATCH = "baseline-version-mismatch"
Without = Callable[[str, str], CheckEvidence]

QUALITY = "DATA_QUALITY"
BASELINES = {
    "DATA_BIAS": ("Bias", "PreTrainingConstraints"),
    "MODEL_BIAS": ("Bias", "PostTrainingConstraints"),
    QUALITY: ("ModelDataQuality", "Constraints"),
}
"""Where a version's DriftCheckBaselines have the constraints of a type of check."""


def baseline_of(version: dict[str, Any] | None, part: str, document: str) -> str | None:
    """Return the URI of one document of the baselines that *version* carries."""
    parts = (version or {}).get("DriftCheckBaselines", {}).get(part, {})
    uri: str | None = parts.get(document, {}).get("S3Uri")
    return uri


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

    def without(status: str, reason: str) -> CheckEvidence:
        return CheckEvidence(expected.step, expected.check_type, expected.monitor, status, reason)

    if step is None:
        return without("no-evidence", "the step did not run")
    if step["StepStatus"] != "Succeeded":
        return without(
            "broken", f"the step is {step['StepStatus']}: {step.get('FailureReason', 'no reason')}"[:500]
        )
    metadata = metadata_of(step)
    if metadata.get("CheckType") != expected.check_type:
        return without("broken", f"the step is a check of type {metadata.get('CheckType')!r}")
    if expected.check_type == QUALITY:
        return _quality(service, expected, metadata, version, without)
    report_uri = metadata.get("CalculatedBaselineConstraints")
    if not report_uri:
        return without("no-evidence", "the step names no report")
    return _compared(service, expected, metadata, version, without)


def _compared(
    service: Service,
    expected: ExpectedCheck,
    metadata: dict[str, Any],
    version: dict[str, Any] | None,
    without: Without,
) -> CheckEvidence:
    """Return the evidence of a bias check whose step succeeded."""
    report_uri, violations_uri = (
        metadata["CalculatedBaselineConstraints"],
        metadata.get("ViolationReport") or None,
    )
    skipped = bool(metadata.get("SkipCheck"))
    baseline_uri = None
    if not skipped:
        baseline_uri = baseline_of(version, *BASELINES[expected.check_type])
        problem = _other_baseline(metadata, "Constraints", baseline_uri)
        if problem:
            return without("no-evidence", problem)
    texts = {uri: service.text(uri) for uri in (report_uri, baseline_uri, violations_uri) if uri}
    absent = [uri for uri, text in texts.items() if text is None]
    if absent:
        return without("no-evidence", f"{absent[0]} does not exist")
    try:
        return CheckEvidence(
            expected.step,
            expected.check_type,
            expected.monitor,
            "established" if skipped else "compared",
            None,
            report_uri,
            violations_uri,
            baseline_uri,
            read_report(str(texts[report_uri]), expected.check_type),
            read_report(str(texts[baseline_uri]), expected.check_type) if baseline_uri else (),
            read_violations(str(texts[violations_uri])) if violations_uri else frozenset(),
        )
    except DocumentError as error:
        return without("broken", str(error)[:500])


def _other_baseline(metadata: dict[str, Any], document: str, uri: str | None) -> str | None:
    """Return why the check was not held against the version's *uri*; None where it was."""
    if uri is None:
        return "no approved version with a baseline for this check is known"
    used = metadata.get(f"BaselineUsedForDriftCheck{document}")
    # Where a new baseline is registered, SageMaker's property shows the new one, not the one used.
    if not metadata.get("RegisterNewBaseline") and used != uri:
        return f"{MISMATCH}: it used {used}, the version's is {uri}"
    return None


def _quality(
    service: Service,
    expected: ExpectedCheck,
    metadata: dict[str, Any],
    version: dict[str, Any] | None,
    without: Without,
) -> CheckEvidence:
    """Return the evidence of a data quality check whose step succeeded.

    Where the number of columns differs there are neither statistics nor constraints: SageMaker writes
    the violation alone, and it is all the evidence that is needed.
    """
    skipped = bool(metadata.get("SkipCheck"))
    part, _ = BASELINES[QUALITY]
    uris: Dict[str, str | None] = {
        "violations": metadata.get("ViolationReport") or None,
        "statistics": metadata.get("CalculatedBaselineStatistics") or None,
    }
    if not skipped:
        uris["baseline"] = baseline_of(version, part, "Statistics")
        uris["constraints"] = baseline_of(version, part, "Constraints")
        for document, key in (("Statistics", "baseline"), ("Constraints", "constraints")):
            problem = _other_baseline(metadata, document, uris[key])
            if problem:
                return without("no-evidence", problem)
    texts = {key: service.text(uri) if uri else None for key, uri in uris.items()}
    try:
        report = read_quality(**texts)
    except DocumentError as error:
        return without("broken", str(error)[:500])
    if not report.misfit:
        if not uris["statistics"]:
            return without("no-evidence", "the step names no report")
        absent = [uri for key, uri in uris.items() if uri and texts[key] is None]
        if absent:
            return without("no-evidence", f"{absent[0]} does not exist")
    return CheckEvidence(
        expected.step,
        expected.check_type,
        expected.monitor,
        "established" if skipped else "compared",
        None,
        uris["statistics"] if texts["statistics"] is not None else None,
        uris["violations"],
        uris.get("constraints"),
        quality=report,
    )


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
        sample, problem = _sample(service, uri, Path(folder), spec) if BIAS in monitors else (None, None)
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
    of_models = [check for check in checks if check.get("CheckType") == "MODEL_BIAS"] or checks
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
