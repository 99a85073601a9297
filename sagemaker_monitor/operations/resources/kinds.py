"""Every kind of resource that is deployed, in the order of creation; deleted in the reverse one."""

from __future__ import annotations

from pipelines.bundle import Bundle
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.resources.assets import ASSETS
from sagemaker_monitor.operations.resources.groups import GROUPS
from sagemaker_monitor.operations.resources.pipelines import PIPELINES
from sagemaker_monitor.operations.resources.resource import Kind, Resource
from sagemaker_monitor.settings import Environment, Model

KINDS: tuple[Kind, ...] = (ASSETS, GROUPS, PIPELINES)
"""What is referred to comes before what refers to it."""


def desired(bundle: Bundle, model: Model, environment: Environment) -> tuple[Resource, ...]:
    """Return everything that a model shall have; UsageError when the bundle is not this model's."""
    if bundle.model != model.model or bundle.environment != environment.name:
        raise UsageError(
            f"the bundle is of model {bundle.model!r} in environment {bundle.environment!r}, "
            f"not of {model.model!r} in {environment.name!r}; build that one"
        )
    return tuple(resource for kind in KINDS for resource in kind.desired(bundle, model, environment))
