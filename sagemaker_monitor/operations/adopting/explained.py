"""How attributions are computed: the section monitors.explainability."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from sagemaker_monitor.aws import AwsError
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.operations.adopting.draft import Draft
from sagemaker_monitor.operations.adopting.places import below
from sagemaker_monitor.operations.adopting.reader import Reader
from sagemaker_monitor.operations.adopting.sources import Config

MOST_ROWS = 10
"""Rows of a SHAP baseline that are written out; more belong into a file."""
_SHAP = frozenset({"baseline", "num_samples", "agg_method", "use_logit", "seed", "num_clusters"})
_SHAP_FREE = frozenset({"save_local_shap_values"})
"""Ours are always saved: decide computes chance from them."""


def write_explainability(draft: Draft, reader: Reader, configs: Sequence[Config]) -> None:
    """Write monitors.explainability, if any of *configs* asks for SHAP values."""
    found = [each for each in configs if (each.content.get("methods") or {}).get("shap") is not None]
    chosen = next((each for each in found if each.told), found[0] if found else None)
    if chosen is None:
        return
    shap = chosen.content["methods"]["shap"]
    kind = draft.values["schema"]["problem_type"]
    if kind == "MulticlassClassification" or len(draft.values["schema"]["features"]) < 2:
        draft.note(
            chosen.resource,
            "methods.shap",
            shap,
            f"attributions of {kind} are not computed by pipelines",
            "the schedule keeps running",
        )
        return
    path = ("monitors", "explainability")
    _write_rows(draft, reader, chosen, shap)
    usual = {"num_samples": None, "agg_method": "mean_abs", "use_logit": False, "seed": None}
    for key, default in usual.items():
        if shap.get(key) is not None and shap[key] != default:
            draft.put((*path, key), shap[key])
    if shap.get("num_samples") is None:
        draft.note(
            chosen.resource,
            "methods.shap.num_samples",
            None,
            "Clarify chooses the number by the features then; ours is 200 by default",
            "write monitors.explainability.num_samples",
        )
    for key, value in shap.items():
        if key not in _SHAP | _SHAP_FREE:
            draft.note(
                chosen.resource,
                f"methods.shap.{key}",
                value,
                "pipelines' attributions have no such setting",
                "the schedule keeps it",
            )


def _write_rows(draft: Draft, reader: Reader, config: Config, shap: Mapping[str, Any]) -> None:
    path = ("monitors", "explainability", "baseline")
    baseline, width = shap.get("baseline"), len(draft.values["schema"]["features"])
    if baseline is None:
        clusters = shap.get("num_clusters") or 1
        draft.put(path, "mean", "the mean of whatever rows are explained, which moves with them")
        if clusters != 1:
            draft.note(
                config.resource,
                "methods.shap.num_clusters",
                clusters,
                "pipelines measure contributions from given rows, or from the mean of one cluster",
                "give rows under monitors.explainability.baseline",
            )
        return
    rows = _rows_at(reader, baseline) if isinstance(baseline, str) else _rows_of(baseline)
    if isinstance(baseline, str):
        relative = below(reader.aws.environment, baseline)
        if relative is not None:
            draft.put(path, relative)
            return
    if rows and len(rows) <= MOST_ROWS and all(len(row) == width for row in rows):
        draft.put(path, rows, "contributions are measured from it")
        return
    draft.guess(path, "mean", "the monitor's own baseline could not be written out, see what adopt said")
    draft.note(
        config.resource,
        "methods.shap.baseline",
        baseline,
        f"its rows are not at most {MOST_ROWS} of {width} numbers",
        "put them below the environment's storage as a CSV file, and name it",
    )


def _rows_of(baseline: Any) -> list[list[float]]:
    """Return the rows of a baseline as it stands in a configuration: lists, or objects with one list."""
    records = baseline if isinstance(baseline, list) else [baseline]
    if isinstance(baseline, Mapping):
        lists = [value for value in baseline.values() if isinstance(value, list)]
        records = lists[0] if len(lists) == 1 else []
    rows = []
    for record in records:
        row = record
        if isinstance(record, Mapping):
            lists = [value for value in record.values() if isinstance(value, list)]
            row = lists[0] if len(lists) == 1 else list(record.values())
        if not isinstance(row, list) or not all(
            isinstance(cell, int | float) and not isinstance(cell, bool) for cell in row
        ):
            return []
        rows.append(row)
    return rows


def _rows_at(reader: Reader, uri: str) -> list[list[float]]:
    try:
        text = read(reader.aws, uri).decode()
        return [[_number(cell) for cell in row] for row in csv.reader(io.StringIO(text)) if row]
    except (AwsError, ValueError):
        return []


def _number(cell: str) -> float:
    number = float(cell)
    return int(number) if number.is_integer() else number
