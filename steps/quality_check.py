"""Data quality of the features: a check step, and SageMaker's pairing of one with a transform."""

from __future__ import annotations

from typing import Any

from steps.adapter import monitored_transform
from steps.baselining import Baselining
from steps.build import Build
from steps.check_job import check_job_config
from steps.transform import transform_arguments


def data_quality_check(build: Build, *, data_uri: Any, baselining: Baselining, depends_on: list[Any]) -> Any:
    """Return the DataQuality step: statistics and constraints of the CSV with a header below *data_uri*."""
    from sagemaker.mlops.workflow.quality_check_step import QualityCheckStep

    return QualityCheckStep(
        name="DataQuality",
        quality_check_config=_config(build, data_uri),
        check_job_config=check_job_config(build),
        supplied_baseline_statistics=baselining.supplied_statistics,
        depends_on=depends_on,
        **baselining.common(),
    )


def monitored_score(
    build: Build,
    *,
    model_name: Any,
    data: Any,
    features_uri: Any,
    capture_uri: str,
    baselining: Baselining,
    depends_on: list[Any],
) -> tuple[Any, Any]:
    """Return BatchMonitor-monitoring, on the features, and BatchMonitor-transform, which follows it."""
    return monitored_transform(
        name="BatchMonitor",
        transform_step_args=transform_arguments(
            build, model_name=model_name, data=data, capture_uri=capture_uri
        ),
        monitor_configuration=_config(build, features_uri),
        check_job_configuration=check_job_config(build),
        baselining=baselining,
        depends_on=depends_on,
    )


def _config(build: Build, data_uri: Any) -> Any:
    from sagemaker.core.model_monitor import DatasetFormat
    from sagemaker.mlops.workflow.quality_check_step import DataQualityCheckConfig

    return DataQualityCheckConfig(
        baseline_dataset=data_uri,
        dataset_format=DatasetFormat.csv(header=True),
        output_s3_uri=build.output("data-quality"),
    )
