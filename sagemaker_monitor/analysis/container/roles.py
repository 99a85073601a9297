"""What each column of a dataset is there for: label, prediction, identifier, facet, feature of the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from sagemaker_monitor.analysis.container.config import AnalysisConfig, Reference
    from sagemaker_monitor.analysis.datasets.dataset import Dataset


@dataclass(frozen=True)
class Roles:
    """Positions of columns; *features* are what the model gets, in its order.

    *compared* are all columns that say something about a row: no label, no identifier.
    """

    label: int | None
    predicted_label: int | None
    compared: tuple[int, ...]
    features: tuple[int, ...]

    @classmethod
    def of(cls, config: AnalysisConfig, dataset: Dataset) -> Roles:
        """Return the roles that *config* gives to columns; raises AnalysisError for one there is not."""
        data = config.data
        label, predicted = dataset.label, dataset.predicted_label
        if label is None and data.label is not None and data.is_table:
            label = index_of(dataset, data.label, "Headers must contain label.", "label")
        if predicted is None and data.predicted_label is not None and data.is_table:
            predicted = index_of(dataset, data.predicted_label, "", "predicted_label")
        join = optional_index_of(dataset, data.join_source, "joinsource_name_or_index")
        excluded = {
            index_of(dataset, each, "Feature names not found.", "excluded_columns")
            for each in data.excluded_columns
        }
        compared = tuple(
            index for index in range(len(dataset.names)) if index not in (label, predicted, join)
        )
        features = tuple(index for index in compared if index not in excluded | dataset.aside)
        return cls(label, predicted, compared, features)


def optional_index_of(dataset: Dataset, column: Reference | None, key: str) -> int | None:
    """Return the position of *column*, None for none; raises AnalysisError that names *key*."""
    return None if column is None else index_of(dataset, column, "Feature names not found.", key)


def index_of(dataset: Dataset, column: Reference, text: str, key: str) -> int:
    """Return the position of *column*; raises AnalysisError that starts with Clarify's *text*."""
    if isinstance(column, str) and column in dataset.names:
        return dataset.names.index(column)
    if isinstance(column, int) or column.isdecimal():
        index = int(column)
        if 0 <= index < len(dataset.names):
            return index
        raise AnalysisError(
            f"{text} {key} {index} is no column: the dataset has {len(dataset.names)}, from 0".strip()
        )
    import difflib

    close = difflib.get_close_matches(column, dataset.names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"the columns are {', '.join(dataset.names[:20])}"
    raise AnalysisError(f"{text} {key} {column!r} is no column of the dataset; {hint}".strip())
