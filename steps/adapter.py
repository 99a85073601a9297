"""Where the SageMaker SDK's defects are worked around, each beside the test that notices its repair.

The defects are of SDK 3.27; the tests are tests/steps/test_adapter.py.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steps.baselining import Baselining

TELEMETRY_OFF = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}
"""SDK defaults that keep it from calling STS and S3 to report usage."""


@contextmanager
def sdk_environment(region: str) -> Iterator[None]:
    """Let the SDK be imported and used without a network: region set, metadata and role look-ups off.

    Importing it creates a boto3 client at class level, which fails where no region is configured.
    """
    wanted = {
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAGEMAKER_VALIDATE_ROLE": "false",
    }
    # It reports job names it leaves out and configuration files that do not exist: nothing to act on.
    for logger in ("sagemaker", "sagemaker.config", "sagemaker.core", "sagemaker.mlops"):
        logging.getLogger(logger).setLevel(logging.ERROR)
    # Importing it calls basicConfig(level=INFO), after which botocore writes a line for each client whose
    # endpoint AWS_ENDPOINT_URL says. It does nothing where the root has a handler; this one writes warnings
    # to stderr, as happens without any.
    root = logging.getLogger()
    stand_in = None if root.handlers else logging.lastResort
    if stand_in is not None:
        root.addHandler(stand_in)
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        with warnings.catch_warnings():
            # Said once per step, of a session that is meant to be one.
            warnings.filterwarnings("ignore", message="Running within a PipelineSession")
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            warnings.filterwarnings("ignore", category=FutureWarning)
            warnings.filterwarnings(
                "ignore", message="Field name .* shadows an attribute", category=UserWarning
            )
            yield
    finally:
        if stand_in is not None:
            root.removeHandler(stand_in)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def request_step(name: str, step_type: str, arguments: dict[str, Any], shape: str) -> Any:
    """Return a step that sends *arguments* as they are.

    ModelBuilder, the SDK's way to Model and RegisterModel steps, calls IAM while a definition is built
    and writes empty SAGEMAKER_* variables and the builder's region into the package.
    *shape* is the API's answer that the step's properties follow, such as DescribeModelOutput.
    """
    from sagemaker.core.workflow.properties import Properties
    from sagemaker.mlops.workflow.steps import Step, StepTypeEnum

    class RequestStep(Step):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name, step_type=StepTypeEnum(step_type))
            self._properties = Properties(step_name=name, step=self, shape_name=shape)

        @property
        def arguments(self) -> dict[str, Any]:
            return arguments

        @property
        def properties(self) -> Any:
            return self._properties

    return RequestStep()


def network_request(subnets: tuple[str, ...], security_groups: tuple[str, ...]) -> dict[str, Any]:
    """Return a network configuration as the request has it: check steps cannot serialise the SDK's object."""
    return {"VpcConfig": {"Subnets": list(subnets), "SecurityGroupIds": list(security_groups)}}


def after_any_outcome(step: Any) -> Any:
    """Return a dependency on *step* that is met however it ends."""
    from sagemaker.mlops.workflow.step_dependency import StepDependency, TriggerCondition

    return StepDependency(step, TriggerCondition.ANY)


def monitored_transform(
    *,
    name: str,
    transform_step_args: Any,
    monitor_configuration: Any,
    check_job_configuration: Any,
    baselining: Baselining,
    depends_on: list[Any],
) -> tuple[Any, Any]:
    """Return the two steps of a MonitorBatchTransformStep that checks before it transforms: check, transform.

    A pipeline takes the steps and not the collection, which the SDK's compiler refuses. Its constructor
    knows no model package group, no modes and no dependencies: they are set on the inner check, which then
    is an ordinary QualityCheck.
    """
    from sagemaker.mlops.workflow.monitor_batch_transform_step import MonitorBatchTransformStep

    collection = MonitorBatchTransformStep(
        name=name,
        transform_step_args=transform_step_args,
        monitor_configuration=monitor_configuration,
        check_job_configuration=check_job_configuration,
        monitor_before_transform=True,
        fail_on_violation=baselining.fail_on_violation,
        supplied_baseline_statistics=baselining.supplied_statistics,
        supplied_baseline_constraints=baselining.supplied_constraints,
    )
    transform, check = collection.steps
    check.model_package_group_name = baselining.model_package_group_name
    check.skip_check = baselining.skip_check
    check.register_new_baseline = baselining.register_new_baseline
    check.add_depends_on(depends_on)
    return check, transform
