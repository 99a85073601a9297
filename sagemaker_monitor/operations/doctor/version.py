"""The approved version: whether there is one, and whether its baselines and archive are what they were."""

from __future__ import annotations

from collections.abc import Iterator

from sagemaker_monitor.operations.doctor.context import Subject
from sagemaker_monitor.operations.doctor.finding import Finding, ok, problem, warning
from sagemaker_monitor.registry.bound import artifact_link, baseline_problem
from steps.spec import checks_of


def approved(subject: Subject) -> Iterator[Finding]:
    """Yield whether a version is approved: what monitoring runs compare with."""
    version, model = subject.approved, subject.model.model
    if version is None:
        yield warning(
            "no version is approved: monitoring runs have nothing to compare with",
            f"sagemaker-monitor run register --model {model} --mode bootstrap {subject.again}, then "
            f"sagemaker-monitor gate {model} --apply {subject.again}",
        )
        return
    yield ok(f"version {version.number} of {version.group} is approved")


def baselines(subject: Subject) -> Iterator[Finding]:
    """Yield whether the approved version has a baseline of each configured check, with the content it had."""
    version = subject.approved
    if version is None:
        return
    checks = checks_of(subject.model, "register")
    missing = [check for check in checks if check.check_type not in version.baselines]
    if missing:
        modes = " ".join(f"--mode {each}=bootstrap" for each in dict.fromkeys(c.monitor for c in missing))
        yield problem(
            f"version {version.number} has no baseline of {', '.join(check.name for check in missing)}, "
            "which the model's file asks for",
            f"sagemaker-monitor run register --model {subject.model.model} {modes} {subject.again}",
        )
    broken = False
    for check in checks:
        wrong = baseline_problem(subject.aws, version, check.check_type) if check not in missing else None
        if wrong:
            broken = True
            yield problem(
                f"{check.name}: {wrong}",
                "bring the object back as it was (with versioning: aws s3api list-object-versions), or "
                "register a version anew",
            )
    if not broken and not missing:
        several = f"{len(checks)} baselines" if len(checks) > 1 else "the one baseline"
        there = "are there" if len(checks) > 1 else "is there"
        yield ok(f"{several} of version {version.number} {there}, and unchanged")


def unchanged(subject: Subject) -> Iterator[Finding]:
    """Yield whether the approved version's archive still is the object that was scored."""
    version = subject.approved
    if version is None or not version.model_data_url or "ModelDataETag" not in version.metadata:
        return
    detail = artifact_link(subject.aws, version)
    if detail.holds:
        yield ok(detail.detail)
    elif not detail.detail.startswith("the artifact is gone"):  # told of the artifact
        yield problem(detail.detail, "register the new archive as a version of its own")
