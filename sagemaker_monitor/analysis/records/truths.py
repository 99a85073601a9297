"""Labels in merged records, as text."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from jmespath.exceptions import JMESPathError

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.captured import CSV, JSON
from sagemaker_monitor.analysis.records.lookup import path_of
from sagemaker_monitor.analysis.records.shape import text_of

if TYPE_CHECKING:
    import polars as pl

    from sagemaker_monitor.analysis.records.captured import Captured

ROLE = "ground_truth"
UNLABELLED = "captured records have no ground truth; merge them with their labels, and say sagemakerMergeJson"


def truths_of(records: Captured, attribute: str) -> pl.Series:
    """Return the labels of merged records, null where empty.

    CSV is a single cell. JSON is a single value, an object of one, or an object in which *attribute* leads
    to it. Raises AnalysisError for anything else.
    """
    import polars as pl

    if records.truths is None:
        raise AnalysisError(UNLABELLED)
    data, encodings = records.truths["data"].str.strip_chars(), records.truths["encoding"].str.to_uppercase()
    plain = (encodings == CSV) & ~data.str.contains('[",\r\n]')
    labels = data.set(~plain, None)
    others = {int(row): _label(records, int(row), encodings, data, attribute) for row in (~plain).arg_true()}
    if others:
        labels = labels.scatter([*others], pl.Series([*others.values()], dtype=pl.String))
    return labels.replace("", None).alias(ROLE)


def _label(records: Captured, row: int, encodings: pl.Series, data: pl.Series, attribute: str) -> str | None:
    if encodings[row] == CSV:
        return _cell(data[row], records.place(row))
    if encodings[row] != JSON:
        raise AnalysisError(
            f"{records.place(row)} has groundTruthData with encoding {str(encodings[row])[:20]!r}; "
            f"it must be {CSV} or {JSON}"
        )
    try:
        value = json.loads(data[row])
    except ValueError as error:
        raise AnalysisError(f"{records.place(row)} has groundTruthData that is not JSON: {error}") from error
    if isinstance(value, dict):
        value = _inside(value, attribute)
    if isinstance(value, dict | list):
        raise AnalysisError(
            f"{records.place(row)} has groundTruthData in which no single label can be told; "
            "ground_truth_attribute must lead to it"
        )
    return text_of(value)


def _inside(document: dict[str, Any], attribute: str) -> Any:
    """Return what *attribute* leads to, the only value there is when it leads to nothing."""
    if attribute in document:
        return document[attribute]
    try:
        found = path_of(attribute, ROLE).search(document)
    except (AnalysisError, JMESPathError):
        found = None
    if found is None:
        return next(iter(document.values())) if len(document) == 1 else document
    return found


def _cell(data: str, place: str) -> str:
    try:
        rows = list(csv.reader(data.splitlines(), strict=True))
    except csv.Error as error:
        raise AnalysisError(f"{place} has groundTruthData that is not CSV: {error}") from error
    if len(rows) != 1 or len(rows[0]) != 1:
        raise AnalysisError(f"{place} has groundTruthData of more than one cell; a label is one")
    return rows[0][0]
