"""The container that joins labels to captured records: Model Monitor's ground truth merge.

Files lie in folders of the hour, `…/yyyy/mm/dd/hh/`, below `dataset_source`; what is merged of a folder is
written to the same folder below `output_path`. `dataset_format` is that of a batch transform's output; an
endpoint's captures need none.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sagemaker_monitor.analysis.container.paths import Paths, staged
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.merge import endpoints, transforms
from sagemaker_monitor.analysis.merge.truths import truths_of
from sagemaker_monitor.analysis.records.dataset import files_of
from sagemaker_monitor.analysis.records.formats import DatasetFormat, Kind
from sagemaker_monitor.analysis.records.lines import blocks_of
from sagemaker_monitor.analysis.records.typed_lines import BLOCK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sagemaker_monitor.analysis.merge.truths import Truths

NO_DATA = "Job inputs had no data"
_IN_HOUR = re.compile(r"(?:.*/)?\d{4}/\d\d/\d\d/\d\d(?=/|$)")


@dataclass
class _Counts:
    records: int = 0
    merged: int = 0


def run(paths: Paths, environment: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Merge every folder and write it; return no further files, and the exit text. Raises AnalysisError."""
    source, truth_source = (
        paths.resolve(_required(environment, name)) for name in ("dataset_source", "ground_truth_source")
    )
    format = DatasetFormat.of(environment["dataset_format"]) if environment.get("dataset_format") else None
    truths = truths_of(_files(truth_source, "ground truth"))
    counts = _Counts()
    with staged(paths.output_of(environment)) as output:
        for folder, files in _folders(source).items():
            _merge(files, truths, format, output / folder, counts)
        if not counts.merged:
            raise AnalysisError(
                f"{NO_DATA}: none of {counts.records} captured records has one of {len(truths)} labels; "
                "labels carry inference ids as eventMetadata.eventId"
            )
    return {}, f"Completed: {counts.merged} of {counts.records} captured records have their label."


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise AnalysisError(f"the environment variable {name} is not set; the merge needs it")
    return value


def _files(source: Path, what: str) -> list[Path]:
    files = list(files_of(source)) if source.is_dir() else []
    if not files:
        raise AnalysisError(f"{NO_DATA}: there is no file of {what} in {source.name!r}")
    return files


def _folders(source: Path) -> dict[Path, list[Path]]:
    folders: dict[Path, list[Path]] = {}
    for file in _files(source, "captured records"):
        folders.setdefault(_hour(file.parent.relative_to(source)), []).append(file)
    return folders


def _hour(folder: Path) -> Path:
    """Return a folder as far as its hour: a transform's files have folders of their own below it."""
    found = _IN_HOUR.match(folder.as_posix())
    return Path(found[0]) if found else folder


def _merge(
    files: Sequence[Path], truths: Truths, format: DatasetFormat | None, folder: Path, counts: _Counts
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"part-00000-{uuid.uuid4()}.c000.jsonl"
    before = counts.merged
    with path.open("wb") as target:
        if format is None or format.is_capture:
            _endpoint(files, truths, target, counts)
        else:
            _transform(files, truths, format, target, counts)
    if counts.merged == before:
        path.unlink()


def _endpoint(files: Sequence[Path], truths: Truths, target: BinaryIO, counts: _Counts) -> None:
    for block in blocks_of(files, BLOCK):
        lines, merged, records = endpoints.merged(block, truths)
        counts.records += records
        counts.merged += merged
        target.write(lines)


def _transform(
    files: Sequence[Path], truths: Truths, format: DatasetFormat, target: BinaryIO, counts: _Counts
) -> None:
    if format.kind not in (Kind.CSV, Kind.JSON):
        raise AnalysisError(f"dataset_format is {format.kind}; a transform's output is merged as csv or json")
    by_id = dict(truths.items())
    read = transforms.merged_csv if format.kind is Kind.CSV else transforms.merged_json
    for file in files:
        for line in read(file, by_id):
            counts.records += 1
            if line is not None:
                counts.merged += 1
                target.write(f"{line}\n".encode())
