"""QualityCheck steps: of features, alone or paired with a transform; of predictions against labels."""

from __future__ import annotations

from typing import Any

from steps.adapter import monitored_transform
from steps.baselining import Baselining
from steps.build import Build
from steps.check_job import check_job_config
from steps.own_check import answer_attributes, own_check
from steps.spec import DATA_QUALITY
from steps.transform import score, transform_arguments

TRANSFORM_STEP = "BatchMonitor-transform"
"""What MonitorBatchTransformStep calls its transform when it is named BatchMonitor."""


def data_quality_check(build: Build, *, data_uri: Any, baselining: Baselining, depends_on: list[Any]) -> Any:
    """Return the DataQuality step: statistics and constraints of the CSV with a header below *data_uri*."""
    return _check(build, "DataQuality", _config(build, data_uri), baselining, depends_on)


def model_quality_check(build: Build, *, data_uri: Any, baselining: Baselining, depends_on: list[Any]) -> Any:
    """Return the ModelQuality step: metrics of the predictions and labels below *data_uri*.

    Its CSV files have the header prediction,label.
    """
    from sagemaker.core.model_monitor import DatasetFormat
    from sagemaker.mlops.workflow.quality_check_step import ModelQualityCheckConfig

    schema = build.model.data_schema
    config = ModelQualityCheckConfig(
        baseline_dataset=data_uri,
        dataset_format=DatasetFormat.csv(header=True),
        output_s3_uri=build.output("model-quality"),
        problem_type=schema.problem_type,
        ground_truth_attribute="label",
        **answer_attributes(schema),
    )
    return _check(build, "ModelQuality", config, baselining, depends_on)


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
    scored: dict[str, Any] = {"model_name": model_name, "data": data, "capture_uri": capture_uri}
    if DATA_QUALITY.monitor in build.model.monitors.own:
        check = own_check(
            build, DATA_QUALITY, data_uri=features_uri, baselining=baselining, depends_on=depends_on
        )
        return check, score(build, name=TRANSFORM_STEP, **scored, depends_on=[check])
    return monitored_transform(
        name="BatchMonitor",
        transform_step_args=transform_arguments(build, **scored),
        monitor_configuration=_config(build, features_uri),
        check_job_configuration=check_job_config(build),
        baselining=baselining,
        depends_on=depends_on,
    )


def _check(build: Build, name: str, config: Any, baselining: Baselining, depends_on: list[Any]) -> Any:
    from sagemaker.mlops.workflow.quality_check_step import QualityCheckStep

    return QualityCheckStep(
        name=name,
        quality_check_config=config,
        check_job_config=check_job_config(build),
        supplied_baseline_statistics=baselining.supplied_statistics,
        depends_on=depends_on,
        **baselining.common(),
    )


def _config(build: Build, data_uri: Any) -> Any:
    from sagemaker.core.model_monitor import DatasetFormat
    from sagemaker.mlops.workflow.quality_check_step import DataQualityCheckConfig

    return DataQualityCheckConfig(
        baseline_dataset=data_uri,
        dataset_format=DatasetFormat.csv(header=True),
        output_s3_uri=build.output("data-quality"),
    )
