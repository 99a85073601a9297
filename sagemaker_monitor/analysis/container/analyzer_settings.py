"""What the environment asks of the Model Monitor analyzer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.documents.constraints import DRIFT_METHODS
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sagemaker_monitor.analysis.container.paths import Paths

# What the hosted analyzer knows, and this one does not do.
_REFUSED = {
    "record_preprocessor_script": "records are analysed as they stand; remove the script",
    "post_analytics_processor_script": "nothing runs after the analysis; remove the script",
    "exclude_features_attribute": "all columns are analysed; leave the column out of the data",
}
_POSITIONS = ("START", "END")


@dataclass(frozen=True)
class AnalyzerSettings:
    """Where the data and the previous baseline are, and how they are read."""

    source: Path
    header: bool
    constraints: Path | None
    statistics: Path | None
    drift_method: str | None

    @classmethod
    def of(cls, environment: Mapping[str, str], paths: Paths) -> AnalyzerSettings:
        """Return what the variables ask for; raises AnalysisError that names the wrong one."""
        _refuse(environment)
        for name in ("dataset_source", "dataset_format"):
            if not environment.get(name):
                raise AnalysisError(f"the environment variable {name} is not set; the analyzer needs it")
        method = environment.get("categorical_drift_method") or None
        if method is not None and method not in DRIFT_METHODS:
            raise AnalysisError(
                f"categorical_drift_method is {method[:40]!r}; it must be one of {', '.join(DRIFT_METHODS)}"
            )
        constraints, statistics = (
            paths.resolve(environment[name]) if environment.get(name) else None
            for name in ("baseline_constraints", "baseline_statistics")
        )
        if statistics is not None and constraints is None:
            raise AnalysisError(
                "baseline_statistics is set without baseline_constraints; a comparison needs the constraints"
            )
        return cls(
            source=paths.resolve(environment["dataset_source"]),
            header=_has_header(environment["dataset_format"]),
            constraints=constraints,
            statistics=statistics,
            drift_method=method,
        )


def _refuse(environment: Mapping[str, str]) -> None:
    kind = environment.get("analysis_type") or "DATA_QUALITY"
    if kind != "DATA_QUALITY":
        raise AnalysisError(f"analysis_type {kind[:40]!r} is not supported; supported: data quality")
    for name, why in _REFUSED.items():
        if environment.get(name):
            raise AnalysisError(f"{name} is not supported: {why}")
    if environment.get("publish_cloudwatch_metrics", "Disabled") != "Disabled":
        raise AnalysisError(
            "publish_cloudwatch_metrics is not supported: there is no CloudWatch here; set it to Disabled"
        )


def _has_header(text: str) -> bool:
    """Return whether CSV files have a header, by dataset_format as the SDK or the API spells it."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise AnalysisError(f"dataset_format is not JSON: {error}") from error
    if not isinstance(found, dict) or len(found) != 1:
        raise AnalysisError(
            'dataset_format must be an object with one key, such as {"csv": {"header": true}}'
        )
    kind, options = next(iter(found.items()))
    if kind not in ("csv", "Csv"):
        raise AnalysisError(f"dataset_format {kind[:40]!r} is not supported; supported: csv")
    return _csv_header(options)


def _csv_header(options: object) -> bool:
    if not isinstance(options, dict):
        raise AnalysisError("dataset_format.csv must be an object")
    given = {name.lower(): value for name, value in options.items()}
    header = given.pop("header", False)
    if not isinstance(header, bool):
        raise AnalysisError("dataset_format.csv.header must be true or false")
    # Where outputs stand matters for captured records only, which have two parts.
    position = given.pop("output_columns_position", "START")
    if position not in _POSITIONS:
        raise AnalysisError(
            f"dataset_format.csv.output_columns_position must be one of {', '.join(_POSITIONS)}"
        )
    if given:
        raise AnalysisError(f"dataset_format.csv has unknown keys: {', '.join(sorted(given))[:100]}")
    return header
