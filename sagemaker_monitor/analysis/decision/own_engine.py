"""Checks that an image of one's own made: what their processing jobs say, in the words of a check step.

A processing step has no record of its baselines; its job has the same facts. Runs under Python 3.8 with
the standard library only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping

from sagemaker_monitor.analysis.decision.spec import OWN

if TYPE_CHECKING:
    from typing import Protocol

    from sagemaker_monitor.analysis.decision.spec import Spec

    class Service(Protocol):
        """The calls to SageMaker and S3 that are needed; decide has them."""

        def job(self, step: dict[str, Any]) -> dict[str, Any] | None: ...

        def text(self, uri: str) -> str | None: ...


CHECK_TYPE = "check_type"
VIOLATIONS = "constraint_violations.json"
CARRIED = "carried"
"""The output with the copies of the baseline that a new version carries."""
DOCUMENTS = {
    "DATA_QUALITY": {"Statistics": "statistics.json", "Constraints": "constraints.json"},
    "MODEL_QUALITY": {"Statistics": "statistics.json", "Constraints": "constraints.json"},
    "DATA_BIAS": {"Constraints": "analysis.json"},
    "MODEL_BIAS": {"Constraints": "analysis.json"},
}
"""What a check of each type leaves, by the part of a baseline that it is."""


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
    check_type = environment.get(CHECK_TYPE)
    if check_type not in DOCUMENTS:
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
    for part, name in DOCUMENTS[check_type].items():
        calculated = f"{output}/{name}"
        used = calculated if registered else inputs.get(f"baseline_{part.lower()}")
        metadata[f"CalculatedBaseline{part}"] = calculated
        if used is not None:
            metadata[f"BaselineUsedForDriftCheck{part}"] = used
        carried = _output(job, CARRIED)
        if carried:
            metadata[f"CarriedBaseline{part}"] = f"{carried}/{name}"
    report = f"{output}/{VIOLATIONS}"
    violated = str(job.get("ExitMessage", "")).startswith("CompletedWithViolations")
    if not skipped and (violated or exists(report)):
        metadata["ViolationReport"] = report
    kind = "QualityCheck" if "Statistics" in DOCUMENTS[check_type] else "ClarifyCheck"
    return {kind: metadata}


def _output(job: Mapping[str, Any], name: str | None = None) -> str:
    """Return where the job's output called *name* is; without one its reports, the first output."""
    outputs = job.get("ProcessingOutputConfig", {}).get("Outputs", [])
    found = [each for each in outputs if name in (None, each.get("OutputName"))]
    return str(found[0]["S3Output"]["S3Uri"]).rstrip("/") if found else ""
