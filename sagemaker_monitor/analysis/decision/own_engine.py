"""Checks that an image of one's own made: what their processing jobs say, in the words of a check step.

A processing step has no record of its baselines; its job has the same facts. Runs under Python 3.8 with
the standard library only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, Optional

from sagemaker_monitor.analysis.decision.spec import OWN
from sagemaker_monitor.analysis.documents import custom

if TYPE_CHECKING:
    from typing import Protocol

    from sagemaker_monitor.analysis.decision.spec import Spec

    class Service(Protocol):
        """The calls to SageMaker and S3 that are needed; decide has them."""

        def job(self, step: dict[str, Any]) -> dict[str, Any] | None: ...

        def text(self, uri: str) -> str | None: ...


CHECK_TYPE = "check_type"
VIOLATED = "Violated"
"""Whether the job of a team's own monitor speaks of violations; SageMaker's records have no such key."""
CARRIED = "carried"
"""The output with the copies of the baseline that a new version carries."""
DOCUMENTS = {
    "DATA_QUALITY": {"Statistics": "statistics.json", "Constraints": "constraints.json"},
    "MODEL_QUALITY": {"Statistics": "statistics.json", "Constraints": "constraints.json"},
    "DATA_BIAS": {"Constraints": "analysis.json"},
    "MODEL_BIAS": {"Constraints": "analysis.json"},
}
"""What a check of each type leaves, by the part of a baseline that it is."""


def documents_of(check_type: str) -> Dict[str, str]:
    """Return what a check of this type leaves, by the part of a baseline that it is; KeyError for others."""
    if custom.name_of(check_type) is not None:
        return {"Statistics": custom.STATISTICS, "Constraints": custom.CONSTRAINTS}
    return DOCUMENTS[check_type]


def with_checks(
    service: Service, steps: Mapping[str, dict[str, Any]], spec: Spec
) -> dict[str, dict[str, Any]]:
    """Return *steps*, those that are own checks with the metadata that SageMaker's check step would have."""
    found = dict(steps)
    for expected in spec.checks:
        step = found.get(expected.step)
        if expected.engine == OWN and step is not None and step["StepStatus"] == "Succeeded":
            job = service.job(step)
            if job is not None:
                metadata = step_metadata(job, lambda uri: service.text(uri) is not None)
                found[expected.step] = {**step, "Metadata": metadata}
    return found


def step_metadata(job: Mapping[str, Any], exists: Callable[[str], bool]) -> dict[str, Any]:
    """Return the metadata of the check step that *job*, as DescribeProcessingJob has it, stands in for.

    *exists* says whether there is an object at an S3 URI. A job that speaks of violations names their
    report even where it is missing: then evidence is missing.
    """
    environment = job.get("Environment", {})
    check_type = str(environment.get(CHECK_TYPE))
    try:
        documents = documents_of(check_type)
    except KeyError:
        return {}
    output = _output(job)
    inputs = {
        each["InputName"]: each["S3Input"]["S3Uri"]
        for each in job.get("ProcessingInputs", ())
        if "S3Input" in each
    }
    skipped, registered = (
        environment.get(name, "").lower() == "true" for name in ("skip_check", "register_new_baseline")
    )
    metadata: Dict[str, Any] = {
        "CheckType": check_type,
        "SkipCheck": skipped,
        "RegisterNewBaseline": registered,
        "CheckJobArn": job.get("ProcessingJobArn"),
    }
    for part, name in documents.items():
        calculated = f"{output}/{name}"
        used = calculated if registered else inputs.get(f"baseline_{part.lower()}")
        metadata[f"CalculatedBaseline{part}"] = calculated
        if used is not None:
            metadata[f"BaselineUsedForDriftCheck{part}"] = used
        carried = _output(job, CARRIED)
        if carried:
            metadata[f"CarriedBaseline{part}"] = f"{carried}/{name}"
    violated = str(job.get("ExitMessage", "")).startswith("CompletedWithViolations")
    if violated and custom.name_of(check_type) is not None:
        metadata[VIOLATED] = True
    report = None if skipped else _violations(output, check_type, violated, exists)
    if report is not None:
        metadata["ViolationReport"] = report
    kind = "QualityCheck" if "Statistics" in documents else "ClarifyCheck"
    return {kind: metadata}


def _violations(output: str, check_type: str, violated: bool, exists: Callable[[str], bool]) -> Optional[str]:
    """Return where the violations are, or must be; None where nothing was violated."""
    report = f"{output}/{custom.VIOLATIONS}"
    if exists(report):
        return report
    # Whoever wrote the container may have read the page of AWS's that has another name.
    misspelt = f"{output}/{custom.MISSPELT}"
    if custom.name_of(check_type) is not None and exists(misspelt):
        return misspelt
    return report if violated else None


def _output(job: Mapping[str, Any], name: str | None = None) -> str:
    """Return where the job's output called *name* is; without one its reports, the first output."""
    outputs = job.get("ProcessingOutputConfig", {}).get("Outputs", [])
    found = [each for each in outputs if name in (None, each.get("OutputName"))]
    return str(found[0]["S3Output"]["S3Uri"]).rstrip("/") if found else ""
