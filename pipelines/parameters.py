"""Pipeline parameters that several builders declare alike."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sagemaker.core.workflow.parameters import ParameterBoolean, ParameterString

from sagemaker_monitor.analysis.decision.baselines import NONE_ASKED
from steps.baselining import Asked, Baselining
from steps.build import Build
from steps.collect import WatchedEndpoint
from steps.own_check import no_baseline
from steps.spec import checks_of


def string(name: str, default: str | None = None) -> Any:
    """Return a String parameter; without a default, every execution must give it."""
    return ParameterString(name=name, default_value=default)


def boolean(name: str, default: bool) -> Any:
    """Return a Boolean parameter. Only keywords: the SDK takes no positional default here."""
    return ParameterBoolean(name=name, default_value=default)


def endpoint_parameters(build: Build, group: Any) -> tuple[WatchedEndpoint, list[Any]]:
    """Return which endpoint's window is meant, and the parameters that say it beside the *group* of versions.

    Without a version it is the one that the endpoint serves; without a window it follows from the scheduled
    time, and without that from the time of the run.
    """
    name = build.model.endpoint_in(build.environment.name)
    assert name is not None, "an endpoint is only watched where there is one"
    capture = build.model.endpoint.capture if build.model.endpoint else None
    watched = WatchedEndpoint(
        name=string("EndpointName", name),
        capture_uri=string("CaptureUri", build.environment.storage.resolve(capture) if capture else ""),
        model_package_arn=string("ModelPackageArn", ""),
        model_package_group_name=group,
        served_by=string("ServedBy", "endpoint"),
        window_start=string("WindowStart", ""),
        window_end=string("WindowEnd", ""),
        scheduled_time=string("ScheduledTime", ""),
    )
    parameters = (getattr(watched, each.name) for each in fields(watched))
    return watched, [each for each in parameters if each is not group]


@dataclass(frozen=True)
class CheckParameters:
    """The parameters by which `run` chooses each check's baseline mode, and pins the baseline."""

    model_package_group_name: Any
    parameters: tuple[Any, ...]
    """All of them, in the order of declaration."""
    baselining: dict[str, Baselining]
    """By the check's name."""
    asked: Asked

    @classmethod
    def declare(cls, build: Build) -> CheckParameters:
        """Declare them for the model's checks: by default each compares with the latest approved version."""
        group = string("ModelPackageGroupName", build.environment.model_package_group(build.model.model))
        fail_on_violation = boolean("FailOnViolation", False)
        baselining = {}
        asked = Asked(string("BaselineModes", NONE_ASKED), string("AcceptReason", NONE_ASKED), group)
        parameters = [fail_on_violation, group, asked.modes, asked.accept_reason]
        for check in checks_of(build.model, build.pipeline):
            # SageMaker takes an empty text for the latest approved version's; an image finds none by itself.
            none = no_baseline(build, check) if check.monitor in build.model.monitors.own else {}
            made = Baselining(
                skip_check=boolean(f"{check.name}SkipCheck", False),
                register_new_baseline=boolean(f"{check.name}RegisterNewBaseline", False),
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
        return cls(group, tuple(parameters), baselining, asked)
