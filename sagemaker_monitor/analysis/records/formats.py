"""How a dataset is written: the analyzer's variable dataset_format, in every spelling that is in use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable

ENDPOINT_INPUT, ENDPOINT_OUTPUT = "endpointInput", "endpointOutput"
BATCH_OUTPUT = "batchTransformOutput"
PARTS = (ENDPOINT_INPUT, ENDPOINT_OUTPUT, BATCH_OUTPUT)
START, END = "START", "END"
POSITIONS = (START, END)


class Kind(StrEnum):
    """What the files of a dataset are; the values are the keys that the SDK and the service write."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    CAPTURE = "sagemakerCaptureJson"
    MERGE = "sagemakerMergeJson"


_KINDS = {kind.value.lower(): kind for kind in Kind}


@dataclass(frozen=True)
class DatasetFormat:
    """One format and its options; those of other formats keep their defaults.

    *parts* are the captured parts that make a row, the model's outputs before its inputs unless
    *outputs* is END.
    """

    kind: Kind
    header: bool = False
    lines: bool = False
    parts: tuple[str, ...] = ()
    outputs: str = START

    @property
    def is_capture(self) -> bool:
        """Whether records are what an endpoint or a transform captured, merged with labels or not."""
        return self.kind in (Kind.CAPTURE, Kind.MERGE)

    @property
    def ordered_parts(self) -> tuple[str, ...]:
        """The captured parts in the order of their columns."""
        inputs = tuple(each for each in self.parts if each == ENDPOINT_INPUT)
        outputs = tuple(each for each in self.parts if each != ENDPOINT_INPUT)
        return inputs + outputs if self.outputs == END else outputs + inputs

    @classmethod
    def of(cls, text: str) -> DatasetFormat:
        """Read the variable as the SDK, the API or the service spells it; raises AnalysisError."""
        try:
            found = json.loads(text)
        except ValueError as error:
            raise AnalysisError(f"dataset_format is not JSON: {error}") from error
        if not isinstance(found, dict) or len(found) != 1:
            raise AnalysisError(
                'dataset_format must be an object with one key, such as {"csv": {"header": true}}'
            )
        name, options = next(iter(found.items()))
        kind = _KINDS.get(name.lower())
        if kind is None:
            raise AnalysisError(
                f"dataset_format {name[:40]!r} is not known; it must be one of {', '.join(Kind)}"
            )
        if not isinstance(options, dict):
            raise AnalysisError(f"dataset_format.{name} must be an object, {{}} where nothing is to say")
        return _READERS[kind](_Options(name, options))


class _Options:
    """The options of a format; their names are alike but for case and underscores."""

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        self.where = f"dataset_format.{name}"
        self.left = {key.lower().replace("_", ""): (key, value) for key, value in options.items()}

    def flag(self, name: str) -> bool:
        key, value = self.left.pop(name, (name, False))
        if not isinstance(value, bool):
            raise AnalysisError(f"{self.where}.{key} must be true or false")
        return value

    def position(self) -> str:
        key, value = self.left.pop("outputcolumnsposition", ("output_columns_position", START))
        if value not in POSITIONS:
            raise AnalysisError(f"{self.where}.{key} must be one of {', '.join(POSITIONS)}")
        return str(value)

    def parts(self) -> tuple[str, ...]:
        key, value = self.left.pop("captureindexnames", ("captureIndexNames", None))
        wrong = not isinstance(value, list) or not value or any(each not in PARTS for each in value)
        if wrong or len({*value}) < len(value):
            raise AnalysisError(
                f"{self.where}.{key} must list what of a record is analysed, each once, "
                f"of {', '.join(PARTS)}; for example {json.dumps({'captureIndexNames': [*PARTS[:2]]})}"
            )
        return tuple(value)

    def drop(self, name: str) -> None:
        """Pass over an option that says nothing which the records do not say themselves."""
        self.left.pop(name, None)

    def end(self) -> None:
        if self.left:
            names = ", ".join(sorted(key for key, _ in self.left.values()))
            raise AnalysisError(f"{self.where} has unknown keys: {names[:100]}")


def _csv(options: _Options) -> DatasetFormat:
    header = options.flag("header")
    # Where outputs stand matters for captured records only, which have two parts.
    options.position()
    options.end()
    return DatasetFormat(Kind.CSV, header=header)


def _json(options: _Options) -> DatasetFormat:
    # The SDK says lines, the API line.
    lines = options.flag("lines") | options.flag("line")
    options.end()
    return DatasetFormat(Kind.JSON, lines=lines)


def _parquet(options: _Options) -> DatasetFormat:
    options.end()
    return DatasetFormat(Kind.PARQUET)


def _capture(options: _Options, kind: Kind = Kind.CAPTURE) -> DatasetFormat:
    parts, outputs = options.parts(), options.position()
    options.end()
    return DatasetFormat(kind, parts=parts, outputs=outputs)


def _merge(options: _Options) -> DatasetFormat:
    # null in recorded jobs, and absent from older ones: each part of a record tells its own encoding.
    options.drop("originaldatasetformat")
    return _capture(options, Kind.MERGE)


_READERS: dict[Kind, Callable[[_Options], DatasetFormat]] = {
    Kind.CSV: _csv,
    Kind.JSON: _json,
    Kind.PARQUET: _parquet,
    Kind.CAPTURE: _capture,
    Kind.MERGE: _merge,
}
