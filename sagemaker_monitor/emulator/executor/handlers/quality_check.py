"""QualityCheck steps: statistics and constraints of data or a model, and whether they meet previous ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.emulator.executor.failure import StepFailed
from sagemaker_monitor.emulator.executor.handlers.check_baselines import (
    VIOLATIONS,
    CheckOptions,
    as_input,
    existing,
    of_latest_approved,
    output_of,
    unpublished,
    written_since,
)
from sagemaker_monitor.emulator.executor.task import Task

STATISTICS_PATH = "/opt/ml/processing/baseline/stats"
CONSTRAINTS_PATH = "/opt/ml/processing/baseline/constraints"
_SECTIONS = {"DATA_QUALITY": "ModelDataQuality", "MODEL_QUALITY": "ModelQuality"}
"""Where the baselines of a package version have those of each check."""

_SUPPLIED = ("SuppliedBaselineStatistics", "SuppliedBaselineConstraints")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The URIs of a baseline's documents; without statistics nothing is known of drift."""

    statistics: str | None
    constraints: str | None

    def properties(self, prefix: str) -> dict[str, str]:
        """Return the step's properties that show it."""
        found = {f"{prefix}Statistics": self.statistics, f"{prefix}Constraints": self.constraints}
        return {name: uri for name, uri in found.items() if uri is not None}


def run(task: Task) -> Mapping[str, Any]:
    """Calculate the baseline, compare unless skipped, and return the URIs of both baselines."""
    check = CheckOptions.of(task.options)
    metadata = check.metadata()
    task.describe({"QualityCheck": metadata})
    previous = _previous_baseline(task, check) if check.needs_previous else None
    name = task.new_name(task.arguments.get("ProcessingJobName"))
    request = _job_request(task, name, None if check.skip else previous)
    metadata["CheckJobArn"] = task.call("CreateProcessingJob", unpublished(request))["ProcessingJobArn"]
    task.describe({"QualityCheck": metadata})
    job = task.wait("processing-job", name)

    output = output_of(task)
    # A dataset with too many or too few columns has a violation and no baseline.
    calculated = Baseline(
        written_since(task, f"{output}/statistics.json", job),
        written_since(task, f"{output}/constraints.json", job),
    )
    used = calculated if check.register or previous is None else previous
    properties = {
        **calculated.properties("CalculatedBaseline"),
        # With a new baseline to register this is the new one, although the old one was compared with.
        **used.properties("BaselineUsedForDriftCheck"),
    }
    violations = None if check.skip else written_since(task, f"{output}/{VIOLATIONS}", job)
    metadata |= properties | ({"ViolationReport": violations} if violations else {})
    task.describe({"QualityCheck": metadata})
    if violations and check.fail_on_violation:
        raise StepFailed(f"ClientError: Quality check failed. See violation report {violations}")
    return properties


def _previous_baseline(task: Task, check: CheckOptions) -> Baseline:
    """Return what was supplied, or all of the latest approved version's; never a part of each."""
    statistics, constraints = (task.options.get(name) or None for name in _SUPPLIED)
    if statistics is None and constraints is None:
        parts = ("Statistics", "Constraints")
        supply = " and ".join(_SUPPLIED)
        statistics, constraints = of_latest_approved(
            task, check.group, _SECTIONS[check.check_type], parts, supply
        )
    if constraints is None:
        raise StepFailed(
            "ClientError: SuppliedBaselineStatistics without SuppliedBaselineConstraints; supply both"
        )
    return Baseline(existing(task, statistics) if statistics else None, existing(task, constraints))


def _job_request(task: Task, name: str, baseline: Baseline | None) -> dict[str, Any]:
    """Return the request of the check's job, with the documents to compare with as inputs."""
    request: dict[str, Any] = {**task.arguments, "ProcessingJobName": name}
    if baseline is None:
        return request
    documents = (
        ("baseline_statistics", baseline.statistics, STATISTICS_PATH),
        ("baseline_constraints", baseline.constraints, CONSTRAINTS_PATH),
    )
    inputs, environment = list(request.get("ProcessingInputs", [])), dict(request.get("Environment", {}))
    for variable, uri, folder in documents:
        if uri is not None:
            added, variables = as_input(variable, uri, folder)
            inputs.append(added)
            environment |= variables
    return {**request, "ProcessingInputs": inputs, "Environment": environment}
