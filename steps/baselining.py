"""How a check treats baselines: SageMaker's words, as pipeline parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Asked:
    """What `run` says of baselines to the whole pipeline, as its parameters."""

    modes: Any
    """Each monitor's mode, such as `bias=accept data_quality=check`."""
    accept_reason: Any
    model_package_group_name: Any

    def metadata(self) -> dict[str, Any]:
        """Return what a version keeps of it."""
        return {"BaselineModes": self.modes, "AcceptReason": self.accept_reason}


@dataclass(frozen=True)
class Baselining:
    """How one check treats baselines; each value may be a pipeline parameter.

    *supplied_constraints* and *supplied_statistics* may be an empty string: then SageMaker takes the
    latest approved version's. *supplied_statistics* is None for checks that have none.
    """

    skip_check: Any
    register_new_baseline: Any
    fail_on_violation: Any
    model_package_group_name: Any
    supplied_constraints: Any
    supplied_statistics: Any = None

    def parameters(self) -> list[Any]:
        """Return the pipeline parameters that belong to this check alone."""
        values = (
            self.skip_check,
            self.register_new_baseline,
            self.supplied_constraints,
            self.supplied_statistics,
        )
        return [value for value in values if value is not None and not isinstance(value, bool)]

    def common(self) -> dict[str, Any]:
        """Return the arguments that every check step takes."""
        return {
            "skip_check": self.skip_check,
            "register_new_baseline": self.register_new_baseline,
            "fail_on_violation": self.fail_on_violation,
            "model_package_group_name": self.model_package_group_name,
            "supplied_baseline_constraints": self.supplied_constraints,
        }
