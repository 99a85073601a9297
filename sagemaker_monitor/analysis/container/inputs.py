"""The dataset of an analysis: its files, and those of facets and predicted labels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.bias.metrics import POST_TRAINING
from sagemaker_monitor.analysis.container.config import CAPTURED, PARQUET
from sagemaker_monitor.analysis.container.payloads import CSV, JSON, JSON_LINES
from sagemaker_monitor.analysis.container.roles import index_of, optional_index_of
from sagemaker_monitor.analysis.datasets.csv_files import CsvTable, read_csv
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.dataset import files_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sagemaker_monitor.analysis.container.config import AnalysisConfig, DataConfig, SideConfig
    from sagemaker_monitor.analysis.container.job_attributes import JobAttributes
    from sagemaker_monitor.analysis.container.paths import Paths
    from sagemaker_monitor.analysis.datasets.dataset import Dataset
    from sagemaker_monitor.analysis.datasets.json_files import Places


def open_dataset(config: AnalysisConfig, paths: Paths, source: Path, job: JobAttributes) -> Dataset:
    """Return the dataset that *config* describes, of the files below *source*.

    Raises AnalysisError for files that cannot be read so.
    """
    data = config.data
    files = files_of(source)
    if not files and data.uri is not None:
        files = files_of(fetched(paths, "dataset", data.uri, "data"))
    # Each format has readers of its own, which take longer to load than a small job to do.
    if data.type == CAPTURED:
        from sagemaker_monitor.analysis.datasets.captured import read_captured

        captured = read_captured(files, data.headers, data.label, job.attributes)
        if not config.methods:
            return captured.dataset
        return job.with_predictions(captured, config.probability_threshold)
    if data.type == CSV and _needs_values_alone(config):
        if "FT" in config.methods.get(POST_TRAINING, ()):
            from sagemaker_monitor.analysis.datasets.typed_csv import read_typed_csv

            return read_typed_csv(files, data.headers)
        from sagemaker_monitor.analysis.datasets.tallies import tallied

        table = CsvTable.of(files, data.headers)
        if sets := _counted_together(config, table.names):
            return tallied(table, sets)
    dataset = _read(data, files)
    for what, side in (("predicted_label_dataset", data.predicted_labels), ("facet_dataset", data.facets)):
        if side is not None:
            dataset = _with_side(dataset, data, paths, side, what, len(files))
    return dataset


def _needs_values_alone(config: AnalysisConfig) -> bool:
    """Tell whether no cell's own text is needed: no model reads it, and no other file is joined by it."""
    data, post = config.data, config.methods.get(POST_TRAINING, ())
    asks_model = bool(post) and data.predicted_label is None
    return not (asks_model or config.shap or data.facets or data.predicted_labels)


def _counted_together(config: AnalysisConfig, names: Sequence[str]) -> list[tuple[int, ...]]:
    """Return, for each facet, its column and those that are counted with it; nothing without a facet."""
    data = config.data
    places = {name: place for place, name in enumerate(names)} | {
        str(place): place for place in range(len(names)) if str(place) not in names
    }
    # One that is not there is told when it is asked for.
    found = [
        [places[str(each)] for each in columns if each is not None and str(each) in places]
        for columns in (
            [each.column for each in config.facets],
            [data.label, data.predicted_label, config.group_variable],
        )
    ]
    facets, others = (tuple(dict.fromkeys(each)) for each in found)
    return [(facet, *(other for other in others if other != facet)) for facet in facets]


def _read(data: DataConfig, files: Sequence[Path]) -> Dataset:
    from sagemaker_monitor.analysis.datasets.json_files import Places

    predicted = data.predicted_label if isinstance(data.predicted_label, str) else None
    label = data.label if isinstance(data.label, str) else None
    return read_rows(data.type, Places(data.features, label, predicted), files, data.headers)


def read_rows(
    dataset_type: str, places: Places, files: Sequence[Path], headers: Sequence[str] | None
) -> Dataset:
    """Return the rows of *files* of any type but captures; raises AnalysisError."""
    if dataset_type == CSV:
        return read_csv(files, headers)
    if dataset_type == PARQUET:
        from sagemaker_monitor.analysis.datasets.parquet_files import read_parquet

        return read_parquet(files, headers)
    from sagemaker_monitor.analysis.datasets.json_files import read_json, read_json_lines

    readers = {JSON_LINES: read_json_lines, JSON: read_json}
    return readers[dataset_type](files, places, headers)


def _with_side(
    dataset: Dataset, data: DataConfig, paths: Paths, side: SideConfig, what: str, dataset_files: int
) -> Dataset:
    from sagemaker_monitor.analysis.datasets.joining import aligned, with_facets, with_predicted_label

    files = files_of(fetched(paths, what, side.uri))
    try:
        read = read_csv(files, side.headers)
    except AnalysisError as error:
        raise AnalysisError(f"{what} {side.uri}: {error}") from error
    key = optional_index_of(dataset, data.join_source, "joinsource_name_or_index")
    words = what.replace("_", " ")
    one_each = dataset_files == len(files) == 1
    rows = aligned(dataset, read, key, one_file_each=one_each, what=words)
    if what == "facet_dataset":
        return with_facets(dataset, rows)
    if data.predicted_label is not None:
        place = index_of(read, data.predicted_label, "", "predicted_label")
        name = read.names[place]
        if name not in rows.names:
            raise AnalysisError(f"predicted_label {name!r} is joinsource_name_or_index; give another column")
        return with_predicted_label(dataset, rows, rows.names.index(name))
    if len(rows.names) != 1:
        raise AnalysisError(
            f"the {words} has {len(rows.names)} columns ({', '.join(rows.names[:10])}); "
            "give predicted_label, the one that has the labels"
        )
    return with_predicted_label(dataset, rows, 0)


def fetched(paths: Paths, name: str, uri: str, folder: str | None = None, *, key: str | None = None) -> Path:
    """Return where the objects at *uri*, which the configuration has at *key*, lie in the container.

    Without *key* it is *name*_uri.

    Clarify gets them from S3 by itself. This container speaks to no AWS service: they are an input of the job
    with that S3 URI, or are put at /opt/ml/processing/input/<folder>, which is called like *name* unless
    another is given. Raises AnalysisError when neither is so.
    """
    put = paths.config.parent / (folder or name)
    if put.is_dir() and any(put.iterdir()):
        return put
    for source, local_path in _job_inputs(paths):
        if source.rstrip("/") == uri.rstrip("/"):
            return paths.resolve(local_path)
    raise AnalysisError(
        f"{key or f'{name}_uri'} {uri} is not among the job's inputs: add an input with this S3 URI, "
        f"or put its files at /opt/ml/processing/input/{folder or name}"
    )


def _job_inputs(paths: Paths) -> list[tuple[str, str]]:
    """Return S3 URI and local path of each input of this job."""
    try:
        job = json.loads((paths.root / "config" / "processingjobconfig.json").read_bytes())
        inputs = [each["S3Input"] for each in job.get("ProcessingInputs", ()) if "S3Input" in each]
        return [(each["S3Uri"], each["LocalPath"]) for each in inputs]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
