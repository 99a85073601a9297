"""What analysis_config.json asks of Kernel SHAP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.container.schema import INVALID
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Cell = int | float | str | None
    Rows = Sequence[Sequence[Cell]]

_SHAP = "analysis_config.json.methods.shap"
_AT_LEAST = {"num_clusters": 1, "num_samples": 1, "seed": 0}


@dataclass(frozen=True)
class ShapConfig:
    """What is explained, measured from which baseline, and how attributions are added up.

    The baseline is an S3 URI, a list of rows of cells, records in the dataset's JSON format, or None: then it
    is computed from the dataset's clusters.
    """

    baseline: str | Rows | Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None
    num_clusters: int | None = None
    num_samples: int | None = None
    agg_method: str = "mean_abs"
    use_logit: bool = False
    save_local_shap_values: bool = False
    seed: int | None = None
    features_to_explain: tuple[str | int, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> ShapConfig:
        """Return the configuration that *document*, whose keys and types are right, stands for.

        Raises AnalysisError for values that contradict each other or mean nothing.
        """
        for key, least in _AT_LEAST.items():
            value = document.get(key)
            if value is not None and (isinstance(value, bool) or value < least):
                raise AnalysisError(f"{INVALID} {_SHAP}.{key} is {value}; it must be at least {least}")
        if "baseline" in document and "num_clusters" in document:
            raise AnalysisError(
                f"{INVALID} {_SHAP}: Baseline and num_clusters cannot be provided together. "
                "Please specify one of the two."
            )
        if "baseline" in document:
            _check_baseline(document["baseline"])
        return cls(
            baseline=document.get("baseline"),
            num_clusters=document.get("num_clusters"),
            num_samples=document.get("num_samples"),
            agg_method=document.get("agg_method", "mean_abs").lower(),
            use_logit=document.get("use_logit", False),
            save_local_shap_values=document.get("save_local_shap_values", False),
            seed=document.get("seed"),
            features_to_explain=tuple(document.get("features_to_explain", ())),
        )


def _check_baseline(baseline: Any) -> None:
    if isinstance(baseline, str) and not baseline.startswith("s3://"):
        raise AnalysisError(
            f"{INVALID} {_SHAP}.baseline is {baseline[:60]!r}; "
            "it must be an S3 URI, a list of rows, or an object in the dataset's format"
        )
    if not baseline:
        raise AnalysisError(f"{INVALID} {_SHAP}.baseline is empty; give at least one row")
    if isinstance(baseline, list) and len({isinstance(row, list) for row in baseline}) > 1:
        raise AnalysisError(f"{INVALID} {_SHAP}.baseline has lists and objects; give rows of one kind")
