"""Single attributes of a dataset's records: by a column's name or index, or by a path into JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.dataset import NO_DATA
from sagemaker_monitor.analysis.records.shape import Kind, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import jmespath.parser
    import polars as pl

    from sagemaker_monitor.analysis.records.json_records import JsonTable, Record
    from sagemaker_monitor.analysis.records.shape import Leaf


def of_columns(
    names: Sequence[str], blocks: Iterable[pl.DataFrame], wanted: Mapping[str, str]
) -> dict[str, pl.Series]:
    """Return the columns that *wanted* names, or counts from 0; raises AnalysisError for one that is not."""
    import polars as pl

    places = {role: place_of(attribute, names, role) for role, attribute in wanted.items()}
    parts = [block.select(**{role: pl.nth(place) for role, place in places.items()}) for block in blocks]
    return series_of(parts, wanted)


def of_json(table: JsonTable, wanted: Mapping[str, str], *, documents: bool) -> dict[str, pl.Series]:
    """Return the values that *wanted* names by their keys, or by JMESPath when there are no such keys.

    In *documents* a path may lead to an array, of which each item is a row's.
    """
    import polars as pl

    known = {leaf.name: leaf for leaf in table.leaves if leaf.kind is not Kind.ARRAY}
    if leaves := keyed(known, wanted):
        parts = [
            block.rename(dict(zip(block.columns, wanted, strict=True))) for block in table.columns(leaves)
        ]
        return series_of(parts, wanted)
    paths = {role: path_of(attribute, role) for role, attribute in wanted.items()}
    found: dict[str, list[str | None]] = {role: [] for role in wanted}
    for record in _records(table):
        values = {role: values_at(record, path, role, several=documents) for role, path in paths.items()}
        if len({len(each) for each in values.values()}) > 1:
            counts = ", ".join(f"{len(each)} of {role}" for role, each in values.items())
            raise AnalysisError(f"the attributes do not give equally many values: {counts}")
        for role, each in values.items():
            found[role].extend(each)
    refuse_absent(found, wanted, known)
    return {role: pl.Series(role, values, pl.String) for role, values in found.items()}


def keyed(known: Mapping[str, Leaf], wanted: Mapping[str, str]) -> list[Leaf] | None:
    """Return the columns that are wanted, by key or index from 0; None when one of them is neither."""
    names = [*known]
    places = [each if each in known else _counted(each, names) for each in wanted.values()]
    return [known[each] for each in places if each is not None] if None not in places else None


def _counted(attribute: str, names: Sequence[str]) -> str | None:
    counted = attribute.isascii() and attribute.isdigit() and int(attribute) < len(names)
    return names[int(attribute)] if counted else None


def place_of(attribute: str, names: Sequence[str], role: str) -> int:
    """Return the place of the column that is called *attribute*, or counted by it from 0."""
    if attribute in names:
        return names.index(attribute)
    if attribute.isascii() and attribute.isdigit() and int(attribute) < len(names):
        return int(attribute)
    columns = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    raise AnalysisError(
        f"the {role} attribute {attribute[:60]!r} is no column of the dataset; its {len(names)} columns are "
        f"{columns}; give a name, or an index from 0 to {len(names) - 1}"
    )


def path_of(attribute: str, role: str) -> jmespath.parser.ParsedResult:
    """Return a parsed JMESPath; raises AnalysisError."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.compile(attribute)
    except JMESPathError as error:
        reason = str(error).split("\n", 1)[0]
        raise AnalysisError(
            f"the {role} attribute {attribute[:60]!r} is no key of the records and no JMESPath: {reason}"
        ) from error


def values_at(
    record: object, path: jmespath.parser.ParsedResult, role: str, *, several: bool
) -> list[str | None]:
    """Return what is at *path* as texts: one value, or *several* where it is an array.

    An array of a single value is that value; any other, such as a probability for each class, is JSON.
    """
    from jmespath.exceptions import JMESPathError

    try:
        value: Any = path.search(record)
    except JMESPathError as error:
        raise AnalysisError(f"the {role} attribute cannot be looked up: {error}") from error
    items = value if isinstance(value, list) and (several or len(value) == 1) else [value]
    if any(map(_has_object, items)):
        raise AnalysisError(
            f"the {role} attribute {path.expression[:60]!r} leads to an object; "
            "it must lead to one value for each record, or to one array of values"
        )
    return [text_of(item) for item in items]


def _has_object(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_has_object, value)))


def _records(table: JsonTable) -> Iterator[Record]:
    for piece in table.pieces():
        yield from piece.records()


def series_of(parts: Sequence[pl.DataFrame], wanted: Mapping[str, str]) -> dict[str, pl.Series]:
    """Return the columns of *parts* put together, by role; raises AnalysisError when there is no row."""
    import polars as pl

    if not any(part.height for part in parts):
        raise AnalysisError(NO_DATA)
    whole = pl.concat(parts)
    return {role: whole.get_column(role) for role in wanted}


def refuse_absent(
    found: Mapping[str, Iterable[str | None]], wanted: Mapping[str, str], known: Iterable[str]
) -> None:
    """Refuse an attribute that leads to nothing in any record, which is a mistake in its path."""
    for role, values in found.items():
        if all(each is None for each in values):
            raise AnalysisError(
                f"the {role} attribute {wanted[role][:60]!r} leads to nothing in any record; "
                f"the records' keys are {', '.join([*known][:20])}"
            )
