"""Pipeline parameters that several builders declare alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sagemaker.core.workflow.parameters import ParameterBoolean, ParameterString

from steps.baselining import Baselining
from steps.build import Build
from steps.own_check import no_baseline
from steps.spec import checks_of


def string(name: str, default: str | None = None) -> Any:
    """Return a String parameter; without a default, every execution must give it."""
    return ParameterString(name=name, default_value=default)


def boolean(name: str, default: bool) -> Any:
    """Return a Boolean parameter. Only keywords: the SDK takes no positional default here."""
    return ParameterBoolean(name=name, default_value=default)


@dataclass(frozen=True)
class CheckParameters:
    """The parameters by which `run` chooses each check's baseline mode, and pins the baseline."""

    model_package_group_name: Any
    parameters: tuple[Any, ...]
    """All of them, in the order of declaration."""
    baselining: dict[str, Baselining]
    """By the check's name."""

    @classmethod
    def declare(cls, build: Build, *, modes: bool = False) -> CheckParameters:
        """Declare them for the model's checks; *modes* adds whether each is skipped and registered anew."""
        group = string("ModelPackageGroupName", build.environment.model_package_group(build.model.model))
        fail_on_violation = boolean("FailOnViolation", False)
        baselining = {}
        parameters = [fail_on_violation, group]
        for check in checks_of(build.model, build.pipeline):
            # SageMaker takes an empty text for the latest approved version's; an image finds none by itself.
            none = no_baseline(build, check) if check.monitor in build.model.monitors.own else {}
            made = Baselining(
                skip_check=boolean(f"{check.name}SkipCheck", False) if modes else False,
                register_new_baseline=boolean(f"{check.name}RegisterNewBaseline", False) if modes else False,
                fail_on_violation=fail_on_violation,
                model_package_group_name=group,
                supplied_constraints=string(
                    f"{check.name}SuppliedBaselineConstraints", none.get("Constraints", "")
                ),
                supplied_statistics=string(
                    f"{check.name}SuppliedBaselineStatistics", none.get("Statistics", "")
                )
                if check.has_statistics
                else None,
            )
            baselining[check.name] = made
            parameters += made.parameters()
        return cls(group, tuple(parameters), baselining)
