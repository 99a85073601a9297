"""Single attributes of captured records, and the labels of merged ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.capture_files import json_lines_of
from sagemaker_monitor.analysis.records.captured import CSV
from sagemaker_monitor.analysis.records.lookup import (
    keyed,
    path_of,
    place_of,
    refuse_absent,
    series_of,
    values_at,
)
from sagemaker_monitor.analysis.records.shape import Kind
from sagemaker_monitor.analysis.records.truths import ROLE, UNLABELLED, truths_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl

    from sagemaker_monitor.analysis.records.capture_files import CaptureFiles
    from sagemaker_monitor.analysis.records.captured import Captured

    Lookup = Callable[[Captured], pl.DataFrame]


def of_captures(dataset: CaptureFiles, wanted: Mapping[str, str]) -> dict[str, pl.Series]:
    """Return the attributes that *wanted* names; a JSON path is looked up in outputs, then in inputs."""
    import polars as pl

    if ROLE in wanted and not dataset.is_merged:
        raise AnalysisError(UNLABELLED)
    among = {role: attribute for role, attribute in wanted.items() if role != ROLE}
    find: Callable[[CaptureFiles, Mapping[str, str]], Lookup] = (
        _nothing if not among else _by_place if dataset.encoding == CSV else _by_path
    )
    found = find(dataset, among)
    parts = []
    for records in dataset.captured():
        frame = found(records)
        if len(among) < len(wanted):
            frame = pl.DataFrame([*frame.get_columns(), truths_of(records, wanted[ROLE])])
        parts.append(frame)
    series = series_of(parts, wanted)
    if dataset.encoding != CSV:
        refuse_absent({role: series[role] for role in among}, wanted, dataset.keys)
    return series


def _nothing(_: CaptureFiles, __: Mapping[str, str]) -> Lookup:
    import polars as pl

    return lambda _: pl.DataFrame()


def _by_place(dataset: CaptureFiles, wanted: Mapping[str, str]) -> Lookup:
    import polars as pl

    places = {role: place_of(attribute, dataset.names, role) for role, attribute in wanted.items()}
    return lambda records: dataset.cells(records).select(
        **{role: pl.nth(place) for role, place in places.items()}
    )


def _by_path(dataset: CaptureFiles, wanted: Mapping[str, str]) -> Lookup:
    import polars as pl

    found = zip(dataset.keys, dataset.table.leaves, strict=True)
    leaves = {key: leaf for key, leaf in found if leaf.kind is not Kind.ARRAY}
    if chosen := keyed(leaves, wanted):

        def by_key(records: Captured) -> pl.DataFrame:
            cells = json_lines_of(records, dataset.format.ordered_parts).cells(chosen)
            return cells.rename(dict(zip(cells.columns, wanted, strict=True)))

        return by_key
    paths = {role: path_of(attribute, role) for role, attribute in wanted.items()}
    outputs_first = sorted(
        range(len(dataset.format.parts)), key=lambda place: "Input" in dataset.format.ordered_parts[place]
    )

    def by_path(records: Captured) -> pl.DataFrame:
        values: dict[str, list[str | None]] = {role: [] for role in paths}
        for record in json_lines_of(records, dataset.format.ordered_parts).records():
            for role, path in paths.items():
                looked_up = (
                    values_at(record[str(place)], path, role, several=False) for place in outputs_first
                )
                values[role].append(next((value for (value,) in looked_up if value is not None), None))
        return pl.DataFrame(values, schema=dict.fromkeys(values, pl.String))

    return by_path
