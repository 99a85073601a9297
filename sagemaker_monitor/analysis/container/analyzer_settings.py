"""What the environment asks of the Model Monitor analyzer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.container.scripts import POSTPROCESSOR, PREPROCESSOR
from sagemaker_monitor.analysis.documents.constraints import DRIFT_METHODS
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.formats import DatasetFormat

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sagemaker_monitor.analysis.container.paths import Paths

DATA_QUALITY, MODEL_QUALITY = "DATA_QUALITY", "MODEL_QUALITY"
ANALYSIS_TYPES = (DATA_QUALITY, MODEL_QUALITY)
INPUT_TYPES = ("ENDPOINT_INPUT", "BATCH_TRANSFORM_INPUT")
_ENABLED, _DISABLED = "Enabled", "Disabled"


@dataclass(frozen=True)
class Execution:
    """The execution of a schedule that the analyzer runs in; a baseline or a check has none of it."""

    endpoint_name: str | None = None
    schedule_name: str | None = None
    input_type: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    metric_time: datetime | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Execution:
        """Return what the service's variables say; raises AnalysisError."""
        return cls(
            endpoint_name=environment.get("sagemaker_endpoint_name") or None,
            schedule_name=environment.get("sagemaker_monitoring_schedule_name") or None,
            input_type=_one_of(environment, "monitoring_input_type", INPUT_TYPES),
            start_time=_time(environment, "start_time"),
            end_time=_time(environment, "end_time"),
            metric_time=_time(environment, "metric_time"),
        )


@dataclass(frozen=True)
class AnalyzerSettings:
    """Where the data and the previous baseline are, how they are read, and what is done besides."""

    analysis_type: str
    source: Path
    format: DatasetFormat
    constraints: Path | None
    statistics: Path | None
    drift_method: str | None
    excluded: tuple[str, ...]
    preprocessor: Path | None
    postprocessor: Path | None
    publish: bool
    execution: Execution

    @classmethod
    def of(cls, environment: Mapping[str, str], paths: Paths) -> AnalyzerSettings:
        """Return what the variables ask for; raises AnalysisError that names the wrong one."""
        for name in ("dataset_source", "dataset_format"):
            if not environment.get(name):
                raise AnalysisError(f"the environment variable {name} is not set; the analyzer needs it")
        files = ("baseline_constraints", "baseline_statistics", PREPROCESSOR, POSTPROCESSOR)
        constraints, statistics, before, after = (
            paths.resolve(environment[name]) if environment.get(name) else None for name in files
        )
        if statistics is not None and constraints is None:
            raise AnalysisError(
                "baseline_statistics is set without baseline_constraints; a comparison needs the constraints"
            )
        return cls(
            analysis_type=_one_of(environment, "analysis_type", ANALYSIS_TYPES) or DATA_QUALITY,
            source=paths.resolve(environment["dataset_source"]),
            format=DatasetFormat.of(environment["dataset_format"]),
            constraints=constraints,
            statistics=statistics,
            drift_method=_one_of(environment, "categorical_drift_method", DRIFT_METHODS),
            excluded=_listed(environment, "exclude_features_attribute"),
            preprocessor=before,
            postprocessor=after,
            publish=_one_of(environment, "publish_cloudwatch_metrics", (_ENABLED, _DISABLED)) == _ENABLED,
            execution=Execution.of(environment),
        )


def _one_of(environment: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str | None:
    value = environment.get(name) or None
    if value is not None and value not in allowed:
        raise AnalysisError(f"{name} is {value[:40]!r}; it must be one of {', '.join(allowed)}")
    return value


def _listed(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in environment.get(name, "").split(",") if each.strip())


def _time(environment: Mapping[str, str], name: str) -> datetime | None:
    value = environment.get(name)
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise AnalysisError(
            f"{name} is {value[:40]!r}; it must be a time with its zone, such as 2024-03-18T13:00:00Z"
        )
    return found
