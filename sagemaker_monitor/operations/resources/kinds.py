"""Every kind of resource that is deployed, in the order of creation; deleted in the reverse one."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.resources.alarms import ALARMS
from sagemaker_monitor.operations.resources.assets import ASSETS
from sagemaker_monitor.operations.resources.groups import GROUPS
from sagemaker_monitor.operations.resources.monitoring_schedules import MONITORING_SCHEDULES
from sagemaker_monitor.operations.resources.pipelines import PIPELINES
from sagemaker_monitor.operations.resources.resource import Kind, Resource
from sagemaker_monitor.operations.resources.rules import RULES
from sagemaker_monitor.operations.resources.schedules import SCHEDULE_GROUPS, SCHEDULES
from sagemaker_monitor.settings import Environment, Model

KINDS: tuple[Kind, ...] = (
    ASSETS,
    GROUPS,
    PIPELINES,
    MONITORING_SCHEDULES,
    RULES,
    ALARMS,
    SCHEDULE_GROUPS,
    SCHEDULES,
)
"""What is referred to comes before what refers to it."""


def desired(bundle: Bundle, model: Model, environment: Environment) -> tuple[Resource, ...]:
    """Return everything that a model shall have whatever AWS answers.

    Raises UsageError when the bundle is not this model's.
    """
    if bundle.model != model.model or bundle.environment != environment.name:
        raise UsageError(
            f"the bundle is of model {bundle.model!r} in environment {bundle.environment!r}, "
            f"not of {model.model!r} in {environment.name!r}; build that one"
        )
    return tuple(resource for kind in KINDS for resource in kind.desired(bundle, model, environment))


def desired_now(aws: Aws, bundle: Bundle, model: Model) -> tuple[Resource, ...]:
    """Return everything that a model shall have as things are, in the order of creation.

    Raises UsageError, AwsError.
    """
    desired(bundle, model, aws.environment)
    return tuple(
        resource
        for kind in KINDS
        for resource in (*kind.desired(bundle, model, aws.environment), *kind.pinned(aws, bundle, model))
    )


def _raised(_kind: Kind, error: AccessDeniedError) -> None:
    raise error


def marked(
    aws: Aws,
    model: str,
    *,
    after_a_stop: bool,
    denied: Callable[[Kind, AccessDeniedError], None] = _raised,
) -> tuple[tuple[Kind, str], ...]:
    """Return what bears the mark of *model*; *after_a_stop* also what is not whole. Raises AwsError.

    *denied* hears of a kind that must not be looked for, and may raise.
    """
    found: dict[tuple[str, str], tuple[Kind, str]] = {}
    for kind in KINDS:
        try:
            names = (*kind.owned(aws, model), *(kind.leftovers(aws, model) if after_a_stop else ()))
        except AccessDeniedError as error:
            denied(kind, error)
            continue
        for name in names:
            found[kind.name, name] = (kind, name)
    return tuple(found.values())
