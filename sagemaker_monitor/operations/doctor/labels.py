"""Labels: whether they can be read, and what share of the batch's records has one."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO

from sagemaker_monitor.operations.doctor.batch import DATA
from sagemaker_monitor.operations.doctor.context import Subject
from sagemaker_monitor.operations.doctor.finding import Finding, not_known, ok, problem, warning
from sagemaker_monitor.operations.doctor.rows import Source, megabytes, sources
from steps.scripts.inputs import InputError, is_number
from steps.scripts.joining.cells import JoinError
from steps.scripts.joining.columns import read_columns
from steps.scripts.joining.labels import Labels, read_labels
from steps.spec import script_spec

MOST_BYTES = 32 << 20
"""Labels are read whole or not at all: of a sample nothing could be told."""


def overlap(subject: Subject) -> Iterator[Finding]:
    """Yield what share of the batch's rows has a label, by record key."""
    model, rows, name = subject.model, subject.fitting_batch, subject.labels_name
    if not model.monitors.need_labels or rows is None:
        return
    if subject.given_labels is None and set(rows.widths) == {len(model.data_schema.columns)}:
        empty = sum(not row[-1].strip() for row in rows.rows)
        yield from _share(subject, len(rows.rows) - empty, "the batch's last column")
        return
    if name is None:
        yield warning(
            "the batch has no label, and no labels are configured: model quality and bias wait for them",
            f"give --labels, or {subject.key('data', 'ground_truth')}",
            side=DATA,
        )
        return
    found = sources(subject.aws, name, option="--labels")
    if not found:
        yield _none(subject, name)
        return
    size = sum(each.size for each in found)
    if size > MOST_BYTES:
        yield not_known(f"{name} is {megabytes(size)}; labels are read up to {megabytes(MOST_BYTES)}")
        return
    try:
        labels = read_labels(map(_text, found), read_columns(_spec(subject)))
    except (JoinError, InputError) as error:
        yield problem(str(error), "correct the labels", side=DATA)
        return
    if labels is None:
        yield _none(subject, name)
    elif labels.by_id and not labels.by_key:
        yield not_known(
            f"{len(labels):,} labels at {name} are by inference id, which this batch has only once it is "
            "scored: see late-labels"
        )
    else:
        known = sum(row[0].strip() in labels.by_key for row in rows.rows)
        yield from _share(subject, known, name, labels)


def _none(subject: Subject, name: str) -> Finding:
    seen = f"there are no labels at {name}: the verdict on the outcomes would be labels-missing"
    if subject.given_labels:
        return problem(seen, "name labels that exist with --labels", side=DATA)
    return warning(seen, "give --labels, or put them there (sagemaker-monitor ground-truth put)", side=DATA)


def _share(subject: Subject, known: int, where: str, labels: Labels | None = None) -> Iterator[Finding]:
    rows, ground_truth = subject.batch, subject.model.data.ground_truth
    assert rows is not None
    minimum = ground_truth.minimum_overlap if ground_truth else 1.0
    share = known / len(rows.rows)
    told = f"{share:.1%} of the rows have a label in {where} ({known:,} of {rows})"
    if known and share >= minimum:
        yield ok(told)
        return
    key = subject.model.data_schema.record_key
    lower = subject.key("data", "ground_truth", "minimum_overlap")
    fix = f"bring the labels that are missing, or lower {lower}"
    if not known and labels is not None:
        fix = f"are these the labels of this batch? Keys are compared as text with the first column, {key}"
        same = _as_numbers(row[0] for row in rows.rows) & _as_numbers(labels.by_key)
        if same:
            fix = (
                f"write {key} alike in both: as numbers {len(same):,} keys agree, as text none does (007 is "
                "not 7, and 7.0 neither)"
            )
    yield problem(f"{told}; {minimum:.0%} are needed", fix, side=DATA)


def _as_numbers(keys: Iterator[str] | dict[str, str]) -> set[float]:
    return {float(key) for key in keys if is_number(key)}


def _text(source: Source) -> tuple[str, IO[str]]:
    content = source.read(0, source.size)
    return source.name, io.StringIO(_decoded(content, source.name), newline="")


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JoinError(f"{name} is not UTF-8 text") from error


def _spec(subject: Subject) -> dict[str, object]:
    return script_spec(subject.model, subject.environment.name, "monitor-batch")
