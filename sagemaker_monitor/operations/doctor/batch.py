"""A batch: whether it is there, and whether its rows are what batch transform and the checks expect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sagemaker_monitor.aws.errors import AwsError
from sagemaker_monitor.aws.storage import split_uri
from sagemaker_monitor.operations.doctor.context import Subject
from sagemaker_monitor.operations.doctor.finding import Finding, Side, ok, problem, warning
from sagemaker_monitor.operations.doctor.rows import MOST_LISTED, Sample, megabytes, sample
from sagemaker_monitor.operations.errors import UsageError
from steps.scripts.inputs import Columns, is_header, read_columns
from steps.spec import script_spec

DATA: Side = "configuration"


def exists(subject: Subject) -> Iterator[Finding]:
    """Yield whether the batch is there, how large it is, and what lies beside it that would be scored too."""
    name = subject.batch_name
    if name is None:
        return
    found = subject.batch_sources
    if name.startswith("s3://"):
        yield from _region(subject, name)
    if not found:
        where = "" if subject.given_input else f" ({subject.key('data', 'batches')})"
        seen = f"there is nothing at {name}{where}"
        fix = "name a batch with --input, or put one there"
        yield problem(seen, fix, side=DATA) if subject.given_input else warning(seen, fix, side=DATA)
        return
    hidden = [each.name for each in found if each.name.rpartition("/")[2][:1] in ("_", ".")]
    if hidden and name.startswith("s3://"):
        yield problem(
            f"batch transform scores every object below {name}, also {hidden[0]}"
            + (f" and {len(hidden) - 1} more of that kind" if len(hidden) > 1 else ""),
            "delete what is no data there, or name the data alone",
            side=DATA,
        )
    more = " or more" if len(found) == MOST_LISTED else ""
    size = megabytes(sum(each.size for each in found))
    yield ok(f"{name}: {len(found)}{more} {'file' if len(found) == 1 else 'files'}, {size}")


def _region(subject: Subject, uri: str) -> Iterator[Finding]:
    bucket = split_uri(uri)[0]
    if bucket == subject.environment.storage.bucket:
        return
    region = subject.aws.call("s3", "head_bucket", Bucket=bucket).get("BucketRegion")
    if region not in (None, subject.environment.region):
        yield problem(
            f"the bucket {bucket} is in {region}: SageMaker reads only from {subject.environment.region}",
            f"copy the batch to s3://{subject.environment.storage.bucket}/…",
            side=DATA,
        )


def columns(subject: Subject) -> Iterator[Finding]:
    """Yield whether every row has the model's columns, without a header."""
    rows = subject.batch
    if rows is None:
        try:
            found = subject.batch_sources
        except (AwsError, UsageError):
            return  # told of the batch
        if not found:
            return
        rows = sample(found)  # and raises what keeps it from being read
    yield from shape(subject, rows, labelled=None)


def shape(subject: Subject, rows: Sample, *, labelled: bool | None) -> Iterator[Finding]:
    """Yield whether *rows* have the model's columns: with the label last, without it, or either (None)."""
    known = columns_of(subject)
    if rows.broken:
        yield problem(rows.broken[0], "write it as CSV in UTF-8, without a header", side=DATA)
        return
    if not rows.rows:
        yield problem("there are no rows, only blank lines", "name data that have rows", side=DATA)
        return
    headers = [where for where, row in rows.firsts if is_header(row, known)]
    if headers:
        yield problem(
            f"{headers[0]} holds the column names"
            + (f", as {len(headers) - 1} other files do" if len(headers) > 1 else "")
            + ": files are CSV without a header, and that line would be scored",
            "remove the line (pandas: to_csv(…, header=False, index=False))",
            side=DATA,
        )
        return
    given = len(known.names) - 1
    allowed = {None: (given, given + 1), True: (given + 1,), False: (given,)}[labelled]
    wrong = {width: where for width, where in rows.widths.items() if width not in allowed}
    if wrong:
        width, where = next(iter(wrong.items()))
        yield problem(
            f"{where} has {width} cells; expected {' or '.join(map(str, allowed))}: {_order(known)}",
            _width_fix(subject, width, given),
            side=DATA,
        )
        return
    if len(rows.widths) > 1:
        yield problem(
            f"some rows have a label and some have none: {rows.widths[given + 1]}, {rows.widths[given]}",
            "give every row the label, or none",
            side=DATA,
        )
        return
    (width,) = rows.widths
    told = "with" if width == given + 1 else "without"
    yield ok(f"{width} columns, {told} the label; {rows}")


def _order(known: Columns) -> str:
    facets = f", {len(known.facet_columns)} facet columns" if known.facet_columns else ""
    return f"{known.record_key}, {len(known.features)} features{facets}, and the label {known.label} if known"


def _width_fix(subject: Subject, width: int, given: int) -> str:
    key = subject.model.data_schema.record_key
    if width == given - 1:
        return f"is the record key {key} missing, which is the first column? Write it"
    facets = len(subject.model.data_schema.facet_columns)
    if facets and width in (given - facets, given - facets + 1):
        return f"write the facet columns ({', '.join(subject.model.data_schema.facet_columns)}) as well"
    if width == given + 2:
        return "leave out what is too much; pandas writes its index as a column unless index=False"
    return f"write the columns of {subject.key('schema')}, in that order"


def keys(subject: Subject) -> Iterator[Finding]:
    """Yield whether each row has a record key of its own."""
    if subject.fitting_batch is not None:
        yield from unique(subject, subject.fitting_batch)


def unique(subject: Subject, rows: Sample) -> Iterator[Finding]:
    """Yield whether no record key of *rows* is empty or there twice."""
    key = subject.model.data_schema.record_key
    counts = Counter(row[0].strip() for row in rows.rows)
    empty = counts.pop("", 0)
    repeated = sum(count - 1 for count in counts.values())
    if empty:
        yield problem(
            f"{rows.about(empty)} rows have no {key} ({rows})", "give every record a key", side=DATA
        )
    if repeated:
        yield problem(
            f"{rows.about(repeated)} rows repeat the {key} of another row ({rows}): no label could be told "
            "to belong to one of them",
            f"write each record once, or name another column in {subject.key('schema', 'record_key')}",
            side=DATA,
        )
    if not empty and not repeated:
        yield ok(f"each row has its own {key} ({rows})")


def columns_of(subject: Subject) -> Columns:
    """Return the model's columns as the scripts of its pipelines know them."""
    return read_columns(script_spec(subject.model, subject.environment.name, "monitor-batch"))
