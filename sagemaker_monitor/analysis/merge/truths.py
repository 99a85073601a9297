"""Ground truth of a window by inference id."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from sagemaker_monitor.analysis.documents.ground_truth import NO_ID, GroundTruthRecord, document_of
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.lines import blocks_of
from sagemaker_monitor.analysis.records.typed_lines import BLOCK, records_of, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


class Truth(msgspec.Struct, gc=False, frozen=True):
    """What came true, as groundTruthData says it."""

    data: str
    encoding: Literal["CSV", "JSON"]


class _About(msgspec.Struct, gc=False, rename="camel"):
    event_id: str


class _Label(msgspec.Struct, gc=False, rename="camel"):
    ground_truth_data: Truth
    event_metadata: _About


_LABELS = msgspec.json.Decoder(_Label)
_ENCODER = msgspec.json.Encoder()
LONGEST = 64
"""Characters that SageMaker allows an inference id."""
_LAST = np.uint64(2**64 - 1)
"""No text has this hash: Python's own is never -1."""


@dataclass(frozen=True)
class Truths:
    """Labels by inference id: *truths* are those that differ.

    In order of *hashes* of ids, which end with one that is no id's, are the ids, and in *numbers* which of
    *truths* is theirs. Where hashes with the same first bits begin stands in *starts*. So ids are found by
    few looks into arrays, for many at a time: what is looked for is hardly ever in the processor's own
    memory, and in a dictionary one look would have to wait for the other.
    """

    ids: NDArray[np.bytes_]
    hashes: NDArray[np.uint64]
    numbers: NDArray[np.intp]
    starts: NDArray[np.intp]
    truths: Sequence[Truth]

    @classmethod
    def of(cls, labels: Iterable[tuple[Sequence[str], Sequence[Truth]]]) -> Truths:
        """Return *labels*, ids and what came true; of those with one id the first counts."""
        known: dict[Truth, int] = {}
        all_ids, all_hashes, all_numbers = [_bytes([])], [_hashes([])], [np.empty(0, np.intp)]
        for ids, truths in labels:
            all_ids.append(_bytes(ids))
            all_hashes.append(_hashes(ids))
            all_numbers.append(np.array([known.setdefault(each, len(known)) for each in truths], np.intp))
        hashes = np.concatenate(all_hashes)
        order = np.argsort(hashes)
        if (hashes[order[1:]] == hashes[order[:-1]]).any():
            order = np.argsort(hashes, kind="stable")
        sorted_ids, hashes = np.concatenate(all_ids)[order], hashes[order]
        again = (hashes[1:] == hashes[:-1]) & (sorted_ids[1:] == sorted_ids[:-1])
        first = np.append(True, ~again)[: len(order)]
        hashes = np.append(hashes[first], _LAST)
        bits = np.arange(1 << len(hashes).bit_length(), dtype=np.uint64)
        return cls(
            np.append(sorted_ids[first], b""),
            hashes,
            np.concatenate(all_numbers)[order][first],
            np.searchsorted(hashes, bits << _shift(len(bits))),
            [*known],
        )

    def __len__(self) -> int:
        return len(self.ids) - 1

    def find(self, ids: Sequence[str]) -> tuple[list[int], list[Truth]]:
        """Return which of *ids* have a label, and what came true of each of these."""
        asked, hashes = _bytes(ids), _hashes(ids)
        places = self.starts[hashes >> _shift(len(self.starts))]
        while (before := self.hashes[places] < hashes).any():
            places += before
        # Two different ids may have one hash.
        while (other := (self.hashes[places] == hashes) & (self.ids[places] != asked)).any():
            places += other
        rows = np.flatnonzero(self.hashes[places] == hashes)
        numbers = self.numbers[places[rows]].tolist()
        return rows.tolist(), [self.truths[each] for each in numbers]

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield each id with the JSON text of its groundTruthData."""
        texts = [_ENCODER.encode(each).decode("utf-8") for each in self.truths]
        for event_id, number in zip(self.ids[:-1].tolist(), self.numbers.tolist(), strict=True):
            yield event_id.decode("utf-8"), texts[number]


def truths_of(files: Sequence[Path]) -> Truths:
    """Return the labels of *files* by id.

    An id that comes twice counts once, the first time: the same file may lie under two hours. Raises
    AnalysisError that names the line which is no ground truth record.
    """
    return Truths.of(_labels(files))


def _labels(files: Sequence[Path]) -> Iterator[tuple[list[str], list[Truth]]]:
    for block in blocks_of(files, BLOCK):
        ids: list[str] = []
        truths: list[Truth] = []
        for label in records_of(block, _LABELS, _unusual):
            event_id = label.event_metadata.event_id.strip()
            if not event_id:
                raise AnalysisError(f"{block.place_of_row(len(ids))} is no ground truth record: {NO_ID}")
            ids.append(event_id)
            truths.append(label.ground_truth_data)
        yield ids, truths


def _unusual(line: bytes, place: str) -> _Label:
    """Return the label in a line with other values than texts; raises AnalysisError where it has none."""
    try:
        document = document_of(line.decode("utf-8"))
        if isinstance(document, dict):
            for part, name in (("groundTruthData", "data"), ("eventMetadata", "eventId")):
                if isinstance(about := document.get(part), dict):
                    about[name] = text(about.get(name))
        record = GroundTruthRecord.from_document(document)
    except UnicodeDecodeError as error:
        raise AnalysisError(f"{place} of the ground truth is not UTF-8 text") from error
    except DocumentError as error:
        raise AnalysisError(f"{place} is no ground truth record: {error}") from error
    encoding: Literal["CSV", "JSON"] = "JSON" if record.encoding == "JSON" else "CSV"
    return _Label(Truth(record.data, encoding), _About(record.event_id))


def _shift(starts: int) -> np.uint64:
    """Return by how many bits a hash is shifted to be an index of so many."""
    return np.uint64(65 - starts.bit_length())


def _hashes(ids: Sequence[str]) -> NDArray[np.uint64]:
    return np.fromiter(map(hash, ids), np.int64, len(ids)).view(np.uint64)


def _bytes(ids: Sequence[str]) -> NDArray[np.bytes_]:
    """Return ids in an array all of whose elements are as long as the longest: longer ones by a digest."""
    try:
        found = np.array(ids, np.bytes_)
    except UnicodeEncodeError:
        found = np.array([each.encode("utf-8") for each in ids], np.bytes_)
    if found.itemsize <= LONGEST:
        return found
    whole = (each.encode("utf-8") for each in ids)
    return np.array([each if len(each) <= LONGEST else _digest(each) for each in whole], np.bytes_)


def _digest(event_id: bytes) -> bytes:
    return sha256(event_id).hexdigest().encode("ascii")
