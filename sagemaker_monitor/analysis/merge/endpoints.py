"""What an endpoint captured, with its labels.

The form is that of merged records of AWS: the label first, then what was captured, whose texts stay as they
are, and the keys of each part in order of the alphabet. A record's id is its inference id, or the id of its
event where the client gave none. Records without a label, and labels without a record, are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.merge.truths import ID, TRUTH
from sagemaker_monitor.analysis.records.captured import SHADOW
from sagemaker_monitor.analysis.records.formats import ENDPOINT_INPUT, ENDPOINT_OUTPUT
from sagemaker_monitor.analysis.records.json_records import parsed

if TYPE_CHECKING:
    import polars as pl

    from sagemaker_monitor.analysis.merge.truths import Truths
    from sagemaker_monitor.analysis.records.lines import Block

_PARTS = (ENDPOINT_INPUT, ENDPOINT_OUTPUT)
_ABOUT = ("eventId", "inferenceId", "inferenceTime")
_FIELDS = ("data", "encoding", "mode", "observedContentType")


def merged(block: Block, truths: Truths) -> tuple[pl.Series, int]:
    """Return the lines of the block's records that have a label, in their order, and how many records it has.

    Raises AnalysisError that names the line which is no captured record.
    """
    import polars as pl

    frame = _read(block)
    labelled = truths.joined(frame)
    text = pl.concat_str(
        pl.lit('{"eventVersion":"0","groundTruthData":'),
        pl.col(TRUTH),
        pl.lit(',"captureData":{'),
        _members([_optional(part, pl.col(part).struct.json_encode()) for part in _PARTS]),
        pl.lit('},"eventMetadata":{'),
        _members(_about()),
        pl.lit("}}"),
    )
    return labelled.select(text.alias("line")).to_series(), frame.height


def _read(block: Block) -> pl.DataFrame:
    import polars as pl

    part = pl.Struct({name: pl.String() for name in _FIELDS})
    schema = {
        "captureData": pl.Struct(dict.fromkeys(_PARTS, part)),
        "eventMetadata": pl.Struct(
            {
                **{name: pl.String() for name in (*_ABOUT, "invocationSource")},
                "customAttributes": pl.List(pl.String()),
            }
        ),
    }
    try:
        frame = pl.read_ndjson(block.content, schema=schema)
    except pl.exceptions.PolarsError as error:
        _find_fault(block)
        raise AnalysisError(
            f"captured records cannot be read near {block.place(0)[:-1]}: {error!s:.100}"
        ) from error
    about = pl.col("eventMetadata").struct
    frame = frame.filter(about.field("invocationSource").ne_missing(SHADOW)).select(
        *(pl.col("captureData").struct.field(name) for name in _PARTS),
        *(about.field(name) for name in (*_ABOUT, "customAttributes")),
        pl.coalesce(about.field("inferenceId"), about.field("eventId")).str.strip_chars().alias(ID),
    )
    data = [frame[name].struct.field("data").is_null() for name in _PARTS]
    if (data[0] & data[1]).any() or frame[ID].is_null().any():
        _find_fault(block)
    return frame


def _about() -> list[pl.Expr]:
    """Return the members of eventMetadata after a comma each, null for one that is not there."""
    import polars as pl

    about = [_optional(name, _json(pl.col(name))) for name in _ABOUT]
    attributes = pl.concat_str(
        pl.lit("["), pl.col("customAttributes").list.eval(_json(pl.element())).list.join(","), pl.lit("]")
    )
    return [*about, _optional("customAttributes", attributes)]


def _members(members: list[pl.Expr]) -> pl.Expr:
    """Return the members that are there, each of which begins with a comma, as an object has them."""
    import polars as pl

    return pl.concat_str(members, ignore_nulls=True).str.strip_prefix(",")


def _optional(name: str, value: pl.Expr) -> pl.Expr:
    import polars as pl

    return pl.when(pl.col(name).is_not_null()).then(pl.concat_str(pl.lit(f',"{name}":'), value))


def _json(text: pl.Expr) -> pl.Expr:
    """Return a text as JSON writes it: polars encodes structures, whose member it then is."""
    import polars as pl

    return pl.struct(text.alias("t")).struct.json_encode().str.slice(5).str.head(-1)


def _find_fault(block: Block) -> None:
    """Raise AnalysisError for the first line of a block that is no captured record."""
    for number, line in enumerate(block.content.split(b"\n")):
        if not line.strip():
            continue
        place = block.place(number)
        record = parsed(line, place)
        data, about = record.get("captureData"), record.get("eventMetadata")
        if not isinstance(data, dict) or not any(isinstance(data.get(part), dict) for part in _PARTS):
            raise AnalysisError(
                f"{place} is no captured record: its captureData must have {' or '.join(_PARTS)}"
            )
        if not isinstance(about, dict) or not (about.get("inferenceId") or about.get("eventId")):
            raise AnalysisError(
                f"{place} is no captured record: its eventMetadata has neither inferenceId nor eventId"
            )
