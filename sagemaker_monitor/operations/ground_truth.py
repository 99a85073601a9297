"""Put labels that have arrived where their captures are looked for: as ground truth records, by the hour."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from sagemaker_monitor.analysis.documents.capture import hour_folder
from sagemaker_monitor.analysis.documents.ground_truth import GroundTruthRecord
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import head, sha256_of, upload_if_missing
from sagemaker_monitor.operations.captures import (
    BatchCaptures,
    CapturedHour,
    CapturedRecord,
    Captures,
    capture_root,
)
from sagemaker_monitor.operations.endpoint_captures import EndpointCaptures
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.label_files import LabelFile, read_label_file, same_label
from sagemaker_monitor.operations.stored_labels import StoredLabels
from sagemaker_monitor.operations.windows import Window
from sagemaker_monitor.settings import Model

KeyKind = Literal["record-key", "inference-id"]
CapturesOf = Literal["batches", "endpoint"]
Done = Literal["written", "unchanged", "not written", "no labels"]


@dataclass(frozen=True)
class HourPut:
    """One hour of captures: how many records, how many this file labels, how many have a label now."""

    hour: datetime
    captured: int
    records: int
    labelled: int
    uri: str | None
    done: Done

    @property
    def overlap(self) -> float:
        """The share of the hour's records that have a label."""
        return self.labelled / self.captured if self.captured else 0.0


@dataclass(frozen=True)
class Put:
    """What became of a file of labels."""

    labels: LabelFile
    window: Window
    matched: int
    minimum_overlap: float
    hours: tuple[HourPut, ...]
    dry_run: bool

    @property
    def unknown(self) -> int:
        """How many keys of the file were not captured."""
        return len(self.labels.labels) - self.matched

    @property
    def status(self) -> Literal["written", "unchanged", "dry-run"]:
        """Whether anything was written."""
        if self.dry_run:
            return "dry-run"
        return "written" if any(hour.done == "written" for hour in self.hours) else "unchanged"


@dataclass(frozen=True)
class _Prepared:
    """One hour's records in a file of this machine, not sent yet."""

    captured: CapturedHour
    path: Path
    rows: int
    records: int
    labelled: int
    contradicting: int


def put_ground_truth(
    aws: Aws,
    model: Model,
    labels: Path,
    *,
    key: str,
    label: str,
    key_is: KeyKind,
    window: Window,
    of: CapturesOf | None = None,
    endpoint: str | None = None,
    dry_run: bool = False,
) -> Put:
    """Write a ground truth record for every captured record of *window* whose label is in *labels*.

    Columns *key* and *label* of the file name the record, by record key or inference id, and its
    outcome. Captures are those *of* batches or of the *endpoint*, by default whose labels the model expects;
    an endpoint's records have no facet columns, which the file brings along. The records go below the
    model's data.ground_truth.uri, to the hour of the capture they belong to, under the hash of their
    content: the same labels again write nothing. Everything is checked before anything is written.
    Captures are read one object at a time; the file's labels and one hour's are held in memory. Raises
    UsageError, OperationError, AwsError.
    """
    if not dry_run:
        aws.require_writable()
    root = _ground_truth_root(aws, model)
    schema = model.data_schema
    of = of or model.late_captures
    given = read_label_file(
        labels,
        key=key,
        label=label,
        problem_type=schema.problem_type,
        more=schema.facet_columns if of == "endpoint" else (),
        need_more=of == "endpoint" and _needs_facets(model),
    )
    captures = _captures(aws, model, of, endpoint)
    hours = captures.hours(window)
    if not hours:
        raise UsageError(
            f"nothing was captured {window} below {captures.root}: labels belong to records that were scored "
            "before"
        )
    stored = StoredLabels.find(aws, root, {each.hour for each in hours}, schema.label, schema.problem_type)
    with tempfile.TemporaryDirectory(prefix="sagemaker-monitor-") as folder:
        matched: set[str] = set()
        prepared = [
            _prepare(
                captures,
                each,
                given,
                matched,
                stored.of(each.hour),
                path=Path(folder) / f"{number}.jsonl",
                key_is=key_is,
                attribute=schema.label,
            )
            for number, each in enumerate(hours)
        ]
        _refuse(given, matched, prepared, root, f"{window} below {captures.root}", key_is)
        done = tuple(_send(aws, root, each, dry_run=dry_run) for each in prepared)
    assert model.data.ground_truth is not None
    return Put(given, window, len(matched), model.data.ground_truth.minimum_overlap, done, dry_run)


def _captures(aws: Aws, model: Model, of: CapturesOf, endpoint: str | None) -> Captures:
    if of == "endpoint":
        return EndpointCaptures.of(aws, model, endpoint)
    if endpoint is not None:
        raise UsageError("--endpoint is for labels of an endpoint's records: say --of endpoint")
    return BatchCaptures(aws, capture_root(aws.environment, model))


def _needs_facets(model: Model) -> bool:
    """Return whether anything is watched that facet columns are needed for."""
    monitors = model.monitors
    return monitors.bias is not None or any(each.input != "features" for each in monitors.custom.values())


def _ground_truth_root(aws: Aws, model: Model) -> str:
    ground_truth = model.data.ground_truth
    if ground_truth is None:
        raise UsageError(
            f"model {model.model!r} has no data.ground_truth.uri: say there below which prefix labels go"
        )
    root = aws.environment.storage.resolve(ground_truth.uri).rstrip("/")
    if head(aws, root) is not None:
        raise UsageError(
            f"data.ground_truth.uri of {model.model!r} is an object, {root}: labels go below a prefix"
        )
    return root


def _prepare(
    captures: Captures,
    captured: CapturedHour,
    given: LabelFile,
    matched: set[str],
    known: Mapping[str, str],
    *,
    path: Path,
    key_is: KeyKind,
    attribute: str,
) -> _Prepared:
    """Write the hour's records to *path*, and add the labels that found theirs to *matched*."""
    rows = records = labelled = contradicting = 0
    written: set[str] = set()
    with path.open("w", encoding="utf-8", newline="\n") as lines:
        for record in captures.records(captured):
            name = _name(record, key_is)
            label, before = given.labels.get(name), known.get(record.inference_id)
            rows += 1
            labelled += label is not None or before is not None
            if label is None:
                continue
            records += 1
            matched.add(name)
            contradicting += before is not None and not same_label(label, before)
            # A request that was sent again has one label.
            if record.inference_id not in written:
                written.add(record.inference_id)
                lines.write(_truth(record, attribute, label, given.more.get(name, {})).to_json() + "\n")
    return _Prepared(captured, path, rows, records, labelled, contradicting)


def _truth(record: CapturedRecord, attribute: str, label: str, more: Mapping[str, str]) -> GroundTruthRecord:
    if not more:
        return GroundTruthRecord.of(record.inference_id, label)
    return GroundTruthRecord.of_columns(record.inference_id, {attribute: label, **more})


def _name(record: CapturedRecord, key_is: KeyKind) -> str:
    return record.inference_id if key_is == "inference-id" else record.key


def _refuse(
    given: LabelFile,
    matched: set[str],
    prepared: list[_Prepared],
    root: str,
    where: str,
    key_is: KeyKind,
) -> None:
    """Raise UsageError when the labels belong to no capture, or contradict what is there."""
    if not matched:
        captured = sum(each.rows for each in prepared)
        what = "inference ids" if key_is == "inference-id" else "record keys, their first column, as text"
        raise UsageError(
            f"none of the {len(given.labels)} labels in {given.path} belongs to any of the {captured} "
            f"records captured {where}: they were compared with the records' {what}; nothing was written"
        )
    refused = [each for each in prepared if each.contradicting]
    if refused:
        count = sum(each.contradicting for each in refused)
        folder = f"{root}/{hour_folder(refused[0].captured.hour)}/"
        more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
        raise UsageError(
            f"{count} labels in {given.path} contradict labels of the same records below {folder}{more}: "
            "remove the objects that are wrong there first; nothing was written"
        )


def _send(aws: Aws, root: str, prepared: _Prepared, *, dry_run: bool) -> HourPut:
    """Write one hour's records unless they are there, or with *dry_run* say whether they are."""
    uri = None
    done: Done = "no labels"
    if prepared.records:
        uri = f"{root}/{hour_folder(prepared.captured.hour)}/{sha256_of(prepared.path)}.jsonl"
        if dry_run:
            stored = head(aws, uri)
            done = "not written" if stored is None else "unchanged"
        else:
            done = "written" if upload_if_missing(aws, uri, prepared.path) else "unchanged"
    return HourPut(prepared.captured.hour, prepared.rows, prepared.records, prepared.labelled, uri, done)
