"""Pipeline parameters that several builders declare alike."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sagemaker.core.workflow.parameters import ParameterBoolean, ParameterString

from steps.build import Build
from steps.clarify_check import Baselining


def string(name: str, default: str | None = None) -> Any:
    """Return a String parameter; without a default, every execution must give it."""
    return ParameterString(name=name, default_value=default)


def boolean(name: str, default: bool) -> Any:
    """Return a Boolean parameter. Only keywords: the SDK takes no positional default here."""
    return ParameterBoolean(name=name, default_value=default)


@dataclass(frozen=True)
class CheckParameters:
    """The parameters by which `run` chooses each check's baseline mode, and pins the baseline."""

    fail_on_violation: Any
    model_package_group_name: Any
    data_bias_supplied: Any
    model_bias_supplied: Any

    @classmethod
    def declare(cls, build: Build) -> CheckParameters:
        """Declare them with the environment's model package group."""
        return cls(
            fail_on_violation=boolean("FailOnViolation", False),
            model_package_group_name=string(
                "ModelPackageGroupName", build.environment.model_package_group(build.model.model)
            ),
            data_bias_supplied=string("DataBiasSuppliedBaselineConstraints", ""),
            model_bias_supplied=string("ModelBiasSuppliedBaselineConstraints", ""),
        )

    def all(self) -> list[Any]:
        """Return them in the order of declaration."""
        return [getattr(self, field.name) for field in fields(self)]

    def baselining(
        self, supplied: Any, skip_check: Any = False, register_new_baseline: Any = False
    ) -> Baselining:
        """Return how one check treats baselines."""
        return Baselining(
            skip_check=skip_check,
            register_new_baseline=register_new_baseline,
            fail_on_violation=self.fail_on_violation,
            model_package_group_name=self.model_package_group_name,
            supplied_constraints=supplied,
        )
