"""What a request to the model says: rows of features as CSV, JSON Lines or JSON, a payload at a time."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import polars as pl

    from sagemaker_monitor.analysis.container.config import PredictorConfig

    Writer = Callable[[pl.DataFrame], bytes]

CSV, JSON_LINES, JSON = "text/csv", "application/jsonlines", "application/json"
PAYLOAD = 4_000_000
"""Bytes of one request, at most about."""
LIMIT = 6_000_000
"""Bytes that hosting accepts in one request at all."""
_RECORDS = r"\$records(?![a-z_])"
_NUMBER = 24
"""Characters of a number, at most about."""


def check_templates(content_type: str, content: str | None, record: str | None) -> None:
    """Raise AnalysisError, in the words of SageMaker's SDK, for templates that *content_type* cannot use."""
    if content_type == JSON_LINES:
        if content is None:
            raise AnalysisError(f"content_template field is required for content_type {content_type}")
        if "$features" not in content:
            raise AnalysisError(
                f"Invalid content_template {content}. Please include a placeholder $features."
            )
    if content_type == JSON:
        if content is None or record is None:
            raise AnalysisError(
                f"content_template and record_template are required for content_type {content_type}"
            )
        if "$record" not in content:
            raise AnalysisError(
                f"Invalid content_template {content}. Please include either placeholder $records or $record."
            )
        if "$features" not in record and "${" not in record:
            raise AnalysisError(
                f"Invalid record_template {record}. Please include $features, $features_kvp or "
                '"${name}" for each feature.'
            )


def batches(frame: pl.DataFrame, predictor: PredictorConfig) -> Iterator[tuple[int, bytes]]:
    """Yield the number of rows and the body of each request that *frame*'s rows need, in their order.

    Text cells are written as they are, numbers in their shortest form that reads back, absent values as an
    empty cell or null. Raises AnalysisError for a template that does not fit, or a row beyond the limit.
    """
    write = _writer(predictor, frame.columns)
    size = max(1, PAYLOAD // _bytes_per_row(frame, predictor))
    if predictor.content_type == JSON and not re.search(_RECORDS, predictor.content_template or ""):
        size = 1
    for part in frame.iter_slices(size):
        yield from _within_limit(part, write)


def _within_limit(part: pl.DataFrame, write: Writer) -> Iterator[tuple[int, bytes]]:
    body = write(part)
    if len(body) <= LIMIT:
        yield part.height, body
        return
    if part.height == 1:
        raise AnalysisError(
            f"one row of features takes {len(body)} bytes of {LIMIT} that a model endpoint accepts; "
            "exclude long text columns"
        )
    half = part.height // 2
    yield from _within_limit(part[:half], write)
    yield from _within_limit(part[half:], write)


def _bytes_per_row(frame: pl.DataFrame, predictor: PredictorConfig) -> int:
    import polars as pl

    texts = [each for each in frame.get_columns() if each.dtype == pl.String]
    size = sum(int(each.estimated_size()) for each in texts) // max(1, frame.height)
    size += len(texts) + _NUMBER * (frame.width - len(texts))
    if predictor.content_type != CSV:
        size += len(predictor.record_template or predictor.content_template or "")
        size += sum(len(name) + 6 for name in frame.columns)
    return max(1, size)


def _writer(predictor: PredictorConfig, names: Sequence[str]) -> Writer:
    if predictor.content_type == CSV:
        return _csv
    content, record = predictor.content_template, predictor.record_template
    if predictor.content_type == JSON_LINES:
        lines = _Template(content or "", names, "content_template")
        return lambda frame: "".join(f"{line}\n" for line in lines.fill(frame)).encode()
    records = _Template(record or "", names, "record_template")
    before, placeholder, after = re.split(r"(\$records?)(?![a-z_])", content or "$records", maxsplit=1)
    named = json.dumps(list(names), ensure_ascii=False)
    before, after = (each.replace("$feature_names", named) for each in (before, after))
    opening, closing = ("[", "]") if placeholder == "$records" else ("", "")

    def write(frame: pl.DataFrame) -> bytes:
        return f"{before}{opening}{','.join(records.fill(frame))}{closing}{after}".encode()

    return write


def _csv(frame: pl.DataFrame) -> bytes:
    import polars as pl
    import polars.selectors as cs

    return (
        frame.with_columns(cs.float().fill_nan(None), cs.boolean().cast(pl.String).str.to_titlecase())
        .write_csv(include_header=False)
        .encode()
    )


class _Template:
    """A record's text with places for features, filled for all rows of a frame at once."""

    def __init__(self, template: str, names: Sequence[str], key: str) -> None:
        places = [re.escape(f'"${{{name}}}"') for name in names]
        pattern = "|".join((r"\$features_kvp", r"\$feature_names", r"\$features", *places))
        self._parts = re.split(f"({pattern})", template)
        self._names = list(names)
        left = [name for text in self._parts[::2] for name in re.findall(r'"?\$\{([^}]*)\}"?', text)]
        if left:
            raise AnalysisError(
                f'predictor.{key} has ${{{left[0]}}}: that is no feature; write "${{name}}", quotes '
                f"included, for one of {', '.join(names[:20])}"
            )

    def fill(self, frame: pl.DataFrame) -> list[str]:
        """Return the filled template of each row."""
        import polars as pl

        # Feature names may mean something to the frame library, positions do not.
        columns = [each.alias(str(place)) for place, each in enumerate(frame.get_columns())]
        filled = pl.DataFrame([_as_json(each, frame.columns) for each in columns]).select(
            pl.concat_str(
                self._expression(part, place % 2 == 1) for place, part in enumerate(self._parts)
            ).alias("record")
        )
        texts: list[str] = filled.to_series().to_list()
        return texts

    def _expression(self, part: str, is_place: bool) -> pl.Expr:
        import polars as pl

        columns = [str(place) for place in range(len(self._names))]
        names = [json.dumps(name, ensure_ascii=False) for name in self._names]
        if not is_place:
            return pl.lit(part)
        if part == "$features":
            return pl.concat_str(pl.lit("["), pl.concat_str(*columns, separator=","), pl.lit("]"))
        if part == "$feature_names":
            return pl.lit(f"[{', '.join(names)}]")
        if part == "$features_kvp":
            pairs = [
                pl.concat_str(pl.lit(f"{name}:"), column) for name, column in zip(names, columns, strict=True)
            ]
            return pl.concat_str(pl.lit("{"), pl.concat_str(*pairs, separator=","), pl.lit("}"))
        return pl.col(columns[self._names.index(part[3:-2])])


def _as_json(values: pl.Series, names: Sequence[str]) -> pl.Series:
    """Return the JSON text of each value; the series' name is its place in *names*."""
    import polars as pl

    if values.dtype == pl.String:
        # The encoder writes structs; around the text it writes {"": and }.
        wrapped = values.alias("").to_frame().to_struct("wrapped").struct.json_encode()
        return wrapped.str.slice(4).str.head(-1).alias(values.name)
    if values.dtype.is_float():
        if values.is_infinite().any():
            raise AnalysisError(
                f"feature {names[int(values.name)]!r} is infinite in some rows: JSON has no such number"
            )
        values = values.fill_nan(None)
    return values.cast(pl.String).fill_null("null")
