"""What an endpoint or a transform captured, merged with labels or not, as columns of payloads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.formats import Kind
from sagemaker_monitor.analysis.records.json_records import parsed
from sagemaker_monitor.analysis.records.lines import blocks_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import polars as pl

    from sagemaker_monitor.analysis.records.formats import DatasetFormat
    from sagemaker_monitor.analysis.records.lines import Block

CSV, JSON, BASE64 = "CSV", "JSON", "BASE64"
SHADOW = "ShadowExperiment"
TRUTH = "groundTruthData"
_TYPES = {"text/csv": CSV, "application/json": JSON, "application/jsonlines": JSON}
_CONTENT_TYPES = "CaptureContentTypeHeader of the endpoint's data capture"


@dataclass(frozen=True)
class Captured:
    """Some records: a column of payloads for each part, and of their labels' data where there are labels.

    Columns are named as the parts; that of *row* says which row of the block each record is.
    """

    block: Block
    payloads: pl.DataFrame
    encoding: str
    truths: pl.DataFrame | None

    def place(self, number: int) -> str:
        """Return how the record at an index is named in a message."""
        return self.block.place_of_row(int(self.payloads["row"][number]))


def captured(files: Sequence[Path], format: DatasetFormat) -> Iterator[Captured]:
    """Yield the records of *files*, those of shadow variants left out, as blocks of one encoding.

    Raises AnalysisError for lines that are no records, parts that are not there, and encodings that do not
    go together.
    """
    # Late, since events need it not.
    from sagemaker_monitor.analysis.records.captured_lines import frame_of

    encoding = None
    for block in blocks_of(files):
        frame = _of_production(frame_of(block))
        if not frame.height:
            continue
        found = _payloads(frame, format, block, encoding)
        encoding = found.encoding
        yield found


def events(files: Sequence[Path]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each record as a document, and how it is named; those of shadow variants are left out."""
    for block in blocks_of(files):
        for number, line in enumerate(block.content.split(b"\n")):
            if not line.strip():
                continue
            place = block.place(number)
            event = parsed(line, place)
            metadata = event.get("eventMetadata")
            if not isinstance(metadata, dict) or metadata.get("invocationSource") != SHADOW:
                yield event, place


def _of_production(frame: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return frame.filter(pl.col("invocationSource").ne_missing(SHADOW))


def _payloads(frame: pl.DataFrame, format: DatasetFormat, block: Block, encoding: str | None) -> Captured:
    """Return the parts that make a row, decoded."""
    import polars as pl

    parts = format.ordered_parts
    for part in parts:
        _require(frame, part, block, f"no {part}; captureIndexNames of dataset_format asks for it")
    _refuse_two_encodings(frame, format.parts, block)
    columns = [_Column.of(frame, part, block) for part in parts]
    for column in columns:
        wanted = encoding or columns[0].encodings[0]
        if (other := column.encodings != wanted).any():
            row = int(other.arg_max() or 0)
            raise AnalysisError(
                f"{_place(frame, row, block)} has {column.part} as {column.encodings[row]}, others "
                f"are {wanted}; make rows of both with a record_preprocessor_script, or analyse them apart"
            )
    payloads = pl.DataFrame([frame["row"], *(each.payloads.alias(each.part) for each in columns)])
    return Captured(block, payloads, str(encoding or columns[0].encodings[0]), _truths(frame, format, block))


def _truths(frame: pl.DataFrame, format: DatasetFormat, block: Block) -> pl.DataFrame | None:
    if format.kind is not Kind.MERGE:
        return None
    _require(frame, TRUTH, block, f"no {TRUTH}; sagemakerMergeJson is captured records merged with labels")
    return frame[TRUTH].struct.unnest()


def _require(frame: pl.DataFrame, part: str, block: Block, what: str) -> None:
    data = frame[part].struct.field("data")
    if data.null_count():
        raise AnalysisError(f"{_place(frame, int(data.is_null().arg_max() or 0), block)} has {what}")


def _refuse_two_encodings(frame: pl.DataFrame, parts: Sequence[str], block: Block) -> None:
    """Refuse records whose parts are encoded differently, in the words of the hosted analyzer."""
    if len(parts) < 2:
        return
    one, other = (frame[part].struct.field("encoding") for part in parts[:2])
    differ = one.ne_missing(other)
    if differ.any():
        row = int(differ.arg_max() or 0)
        raise AnalysisError(
            f"Encoding mismatch: Encoding is {one[row]} for {parts[0]}, but Encoding is {other[row]} for "
            f"{parts[1]}. We currently only support the same type of input and output encoding at the "
            f"moment. See {_place(frame, row, block)} and {_CONTENT_TYPES}."
        )


@dataclass(frozen=True)
class _Column:
    """The payloads of one part, and what each is: CSV or JSON."""

    part: str
    payloads: pl.Series
    encodings: pl.Series

    @classmethod
    def of(cls, frame: pl.DataFrame, part: str, block: Block) -> _Column:
        import polars as pl

        fields = frame[part].struct
        data, given = fields.field("data"), fields.field("encoding").str.to_uppercase()
        known = given.is_in([CSV, JSON, BASE64]).fill_null(False)
        if not known.all():
            row = int((~known).arg_max() or 0)
            raise AnalysisError(
                f"{_place(frame, row, block)} has {part} with encoding {str(given[row])[:20]!r}; "
                f"it must be one of {CSV}, {JSON}, {BASE64}"
            )
        coded = given == BASE64
        if not coded.any():
            return cls(part, data, given)
        types = fields.field("observedContentType").str.split(";").list.first().str.strip_chars()
        kinds = types.str.to_lowercase().replace_strict(_TYPES, default=None, return_dtype=pl.String)
        decoded = _decoded(data.set(~coded, None))
        for wrong, what in (
            (coded & kinds.is_null(), "has content of a type that is neither CSV nor JSON"),
            (coded & decoded.is_null(), "is not text in BASE64"),
        ):
            if wrong.any():
                row = int(wrong.arg_max() or 0)
                raise AnalysisError(
                    f"{_place(frame, row, block)} cannot be read: {part}, encoded as {BASE64}, {what} "
                    f"({str(types[row])[:60]!r}); name the type in {_CONTENT_TYPES}"
                )
        return cls(part, decoded.zip_with(coded, data), kinds.zip_with(coded, given))


def _decoded(data: pl.Series) -> pl.Series:
    """Return the texts that are in BASE64 in *data*, null where there is none."""
    import polars as pl

    content = data.str.decode("base64", strict=False)
    try:
        return content.cast(pl.String)
    except pl.exceptions.ComputeError:
        # A single one that is no UTF-8 makes the whole conversion fail.
        return pl.Series(data.name, [_text(each) for each in content], dtype=pl.String)


def _text(content: bytes | None) -> str | None:
    try:
        return None if content is None else content.decode()
    except UnicodeDecodeError:
        return None


def _place(frame: pl.DataFrame, row: int, block: Block) -> str:
    return block.place_of_row(int(frame["row"][row]))[:-1]
