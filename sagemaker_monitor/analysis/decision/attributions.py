"""How much each feature contributes to a model's answers: Clarify's report, and its rows record by record.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, List, Optional, Tuple

import numpy as np

from sagemaker_monitor.analysis.documents.analysis import Analysis
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.violations import AttributionViolations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LOCAL = "explanations_shap/out.csv"
"""Where Clarify writes the attributions of single records, below the folder of analysis.json."""
AGREEMENT = 1e-6
"""How far a report may be from its own records, in units of its largest attribution."""


AGGREGATIONS = ("mean_abs", "mean_sq", "median")


def contributions(name: str, records: Array) -> Array:
    """Return what is averaged over the records; the median is taken of the attributions themselves."""
    return {"mean_abs": np.abs, "mean_sq": np.square}.get(name, np.asarray)(records)


def aggregate(name: str, records: Array) -> Array:
    """Return each feature's global attribution, as Clarify's agg_method *name* has it."""
    found = contributions(name, records)
    reduced: Array = np.median(found, axis=0) if name == "median" else found.mean(axis=0)
    return reduced


@dataclass(frozen=True, eq=False)
class Attributions:
    """One report: each feature's global attribution in the dataset's order, and the records' own ones.

    *records* has shape (records, features); None where they could not be had, *problem* says why.
    """

    values: Dict[str, float]
    records: Optional[Array] = None
    problem: Optional[str] = None

    @property
    def features(self) -> Tuple[str, ...]:
        """Return the features' names."""
        return tuple(self.values)

    def aggregation(self) -> Optional[str]:
        """Return which aggregation of the records gives the report's values; None where none does."""
        if self.records is None or not len(self.records):
            return None
        reported = np.array(list(self.values.values()))
        scale = max(float(np.abs(reported).max()), 1e-300)
        for name in AGGREGATIONS:
            if np.abs(aggregate(name, self.records) - reported).max() <= AGREEMENT * scale:
                return name
        return None


def read_global(text: str) -> Dict[str, float]:
    """Return the global attributions of analysis.json by feature.

    Raises DocumentError where there are none, or those of several outputs of the model.
    """
    explanations = Analysis.from_json(text).explanations
    if explanations is None:
        raise DocumentError("analysis.json has no explanations by kernel_shap")
    found = list(explanations.kernel_shap.values())
    if len(found) != 1:
        raise DocumentError(f"analysis.json explains {len(found)} outputs of the model; one is expected")
    values = {}
    for feature, value in found[0].global_shap_values.items():
        if value is None:
            raise DocumentError(f"analysis.json has no attribution of {feature[:60]!r}")
        values[feature] = value
    if not values:
        raise DocumentError("analysis.json has attributions of no feature")
    return values


def read_local(text: str, features: Tuple[str, ...]) -> Array:
    """Return the attributions of out.csv, one row per record, one column per feature in the report's order.

    Raises DocumentError for columns of other features, missing cells and what is no finite number.
    """
    lines = text.splitlines()
    header: List[str] = next(csv.reader(lines[:1]), [])
    if len(header) != len(features) or not all(map(_is_of, header, features)):
        raise DocumentError(
            f"{LOCAL} has {len(header)} columns ({', '.join(header)[:60]}); "
            f"expected one for each of the {len(features)} features of the report, in its order"
        )
    rows = [line for line in lines[1:] if line]
    for place, line in enumerate(rows, 1):
        if line.count(",") != len(features) - 1:
            raise DocumentError(f"{LOCAL}: record {place} has {line.count(',') + 1} cells")
    try:
        cells = [float(cell) for line in rows for cell in line.split(",")]
    except ValueError as error:
        raise DocumentError(f"{LOCAL} has a cell that is no number: {error}") from error
    found = np.array(cells, dtype=np.float64).reshape(len(rows), len(features))
    if not np.isfinite(found).all():
        place = int(np.argwhere(~np.isfinite(found))[0, 0]) + 1
        raise DocumentError(f"{LOCAL}: record {place} has an attribution that is not finite")
    return found


def _is_of(column: str, feature: str) -> bool:
    return column == feature or column.startswith(f"{feature}_")


@dataclass(frozen=True)
class AttributionReport:
    """What an explainability check leaves: attributions now, those of the baseline, its violations.

    *drift* is the nDCG that SageMaker's violation states; None where there is no violation.
    """

    current: Attributions
    baseline: Optional[Attributions] = None
    violations: int = 0
    drift: Optional[float] = None


def read_violations(text: str) -> Tuple[int, Optional[float]]:
    """Return how many violations there are, and the nDCG that the first one states."""
    found = AttributionViolations.from_json(text).violations
    return len(found), _stated(found[0].description) if found else None


def _stated(description: str) -> Optional[float]:
    """Return the number in: Feature attribution drift 0.86 exceeds threshold 0.9."""
    words = description.split()
    try:
        return float(words[words.index("drift") + 1])
    except (ValueError, IndexError):
        return None
