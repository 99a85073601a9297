"""How a container treats baselines where it stands in for a check step of SageMaker Pipelines.

A check step finds the previous baseline itself, may skip the comparison, and tells the next step which
baseline a new version carries. A container does the same from its environment: skip_check and
register_new_baseline are the step's options, and carried_path is where the carried baseline goes.
The rules are those of https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-quality-clarify-baseline-lifecycle.html.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sagemaker_monitor.analysis.container.paths import Paths

CONSTRAINTS, STATISTICS = "baseline_constraints", "baseline_statistics"
SKIP, REGISTER, CARRIED = "skip_check", "register_new_baseline", "carried_path"
FAIL = "fail_on_violation"
NO_BASELINE = '{"baseline": null}\n'
"""Stands for a previous baseline where there is none: an S3 input without an object would end the job."""
_LONGEST_PLACEHOLDER = 100
_SWITCH = {"true": True, "false": False}


@dataclass(frozen=True)
class Baselining:
    """What the check's options say: whether it compares, with which files, and what it passes on where."""

    skip: bool
    register: bool
    fail: bool
    previous: dict[str, Path]
    """By the variable that names the file."""
    carried: Path | None

    @classmethod
    def of(cls, paths: Paths, environment: Mapping[str, str]) -> Baselining:
        """Return what the variables say; raises AnalysisError where a baseline is needed and missing."""
        skip, register, fail = (_switch(environment, name) for name in (SKIP, REGISTER, FAIL))
        given = {
            name: paths.resolve(environment[name])
            for name in (CONSTRAINTS, STATISTICS)
            if environment.get(name)
        }
        previous = {name: file for name, file in given.items() if not _stands_for_none(file)}
        if CONSTRAINTS in given and STATISTICS in previous and CONSTRAINTS not in previous:
            raise AnalysisError(
                f"there is a previous {STATISTICS} and no {CONSTRAINTS}; a comparison needs the constraints"
            )
        # Who gives no variable at all wants a baseline, as Model Monitor's container understands it.
        if given and not previous and not (skip and register):
            raise AnalysisError(
                "there is no previous baseline to compare with; supply an approved version's, or run with "
                "SkipCheck and RegisterNewBaseline to establish one"
            )
        carried = environment.get(CARRIED)
        return cls(skip, register, fail, previous, paths.resolve(carried) if carried else None)

    def environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return *environment* with the baselines that are to be compared with, and no others."""
        kept = {} if self.skip else {name: str(file) for name, file in self.previous.items()}
        others = {name: value for name, value in environment.items() if name not in (CONSTRAINTS, STATISTICS)}
        return {**others, **kept}

    def check_outcome(self, text: str) -> None:
        """Raise AnalysisError when the exit *text* tells of violations that are to fail the job."""
        outcome, _, words = text.partition(": ")
        if self.fail and outcome == "CompletedWithViolations":
            raise AnalysisError(f"the check failed, as FailOnViolation asks. {words}")

    def carried_files(self, written: Mapping[str, str]) -> dict[str, str]:
        """Return the documents that a version registered now carries: those *written*, or the previous."""
        if self.register:
            names = ("statistics.json", "constraints.json", "analysis.json")
            return {name: written[name] for name in names if name in written}
        return {file.name: file.read_text(encoding="utf-8") for file in self.previous.values()}


def _stands_for_none(file: Path) -> bool:
    try:
        if file.stat().st_size > _LONGEST_PLACEHOLDER:
            return False
        found: object = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Whoever reads it as a baseline says better what is wrong with it.
        return False
    return bool(found == json.loads(NO_BASELINE))


def _switch(environment: Mapping[str, str], name: str) -> bool:
    text = environment.get(name) or "false"
    if text.lower() not in _SWITCH:
        raise AnalysisError(f"{name} is {text[:40]!r}; it must be true or false")
    return _SWITCH[text.lower()]
