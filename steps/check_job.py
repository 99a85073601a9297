"""The jobs of check steps: where they run and how long."""

from __future__ import annotations

from typing import Any

from steps.build import Build


def check_job_config(build: Build) -> Any:
    """Return the configuration of a check's processing job in the build's environment."""
    from sagemaker.mlops.workflow.check_job_config import CheckJobConfig

    compute, storage = build.environment.compute.checks, build.environment.storage
    return CheckJobConfig(
        role=build.role,
        instance_count=1,
        instance_type=compute.instance_type,
        volume_size_in_gb=compute.volume_size_gb,
        volume_kms_key=storage.kms_key,
        output_kms_key=storage.kms_key,
        max_runtime_in_seconds=int(compute.max_runtime.total_seconds()),
        network_config=build.network,
        sagemaker_session=build.sagemaker_session,
    )
