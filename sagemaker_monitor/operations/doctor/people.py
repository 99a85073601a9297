"""The groups that are watched: whether their values are in the data, with rows enough for a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sagemaker_monitor.operations.doctor.context import Subject, key_of
from sagemaker_monitor.operations.doctor.finding import Finding, Status, ok
from sagemaker_monitor.operations.doctor.rows import Sample
from sagemaker_monitor.operations.label_files import same_label
from sagemaker_monitor.settings.monitors import Facet
from steps.scripts.inputs import is_number


def facets(subject: Subject) -> Iterator[Finding]:
    """Yield whether each facet of the batch has the rows that gate.minimum_rows asks for."""
    if subject.fitting_batch is not None:
        yield from groups(subject, subject.fitting_batch)


def groups(subject: Subject, rows: Sample) -> Iterator[Finding]:
    """Yield how many of *rows* are on each side of each facet, and whether that is enough."""
    bias, schema = subject.model.monitors.bias, subject.model.data_schema
    if bias is None:
        return
    minimum = subject.model.gate.minimum_rows
    if rows.estimated < minimum.total:
        yield _short(
            subject,
            f"{rows.estimated:,} rows, and the policy wants {minimum.total:,}",
            f"give more rows, or lower {subject.key('gate', 'minimum_rows', 'total')}",
        )
    enough = []
    for facet in bias.facets:
        place = schema.columns.index(facet.name)
        cells = [row[place].strip() for row in rows.rows]
        inside = sum(map(_member(facet), cells))
        scale = rows.estimated / len(rows.rows)
        sizes = inside * scale, (len(cells) - inside) * scale
        if not inside:
            yield _short(subject, _absent(facet, cells, rows), f"correct {_key(subject, facet)}, or the data")
        elif min(sizes) < minimum.per_facet:
            side = "in" if sizes[0] <= sizes[1] else "outside"
            yield _short(
                subject,
                f"{facet.name}: {rows.about(inside)} rows in the group and "
                f"{rows.about(len(cells) - inside)} outside; the policy wants {minimum.per_facet} of each",
                f"give more rows {side} the group, or lower "
                f"{subject.key('gate', 'minimum_rows', 'per_facet')}",
            )
        else:
            enough.append(f"{facet.name} {rows.about(inside)}")
    if enough:
        total = rows.about(len(rows.rows))
        yield ok(f"rows in the group: {', '.join(enough)} of {total}, {minimum.per_facet} are enough")


def _short(subject: Subject, seen: str, fix: str) -> Finding:
    """Return that rows are missing: what the policy says too few mean decides how bad that is."""
    outcome = subject.model.gate.when_too_few
    status: Status = "warning" if outcome == "warn" else "problem"
    return Finding(status, f"{seen}: {_MEANING[outcome]}", fix, "configuration")


_MEANING = {
    "inconclusive": "the verdict would be inconclusive",
    "warn": "the verdict would warn",
    "fail": "the verdict would be refused",
}


def _absent(facet: Facet, cells: list[str], rows: Sample) -> str:
    # What stands there is not told: a report names no value of a record.
    distinct = len({cell for cell in cells if cell})
    group = (
        f"above {facet.threshold}" if facet.threshold is not None else f"{', '.join(map(str, facet.values))}"
    )
    return f"{facet.name}: no row is {group}; the column has {distinct:,} other values ({rows})"


def _member(facet: Facet) -> Callable[[str], bool]:
    if facet.threshold is not None:
        threshold = facet.threshold
        return lambda cell: is_number(cell) and float(cell) > threshold
    values = [str(value) for value in facet.values]
    return lambda cell: any(same_label(cell, value) for value in values)


def _key(subject: Subject, facet: Facet) -> str:
    bias = subject.model.monitors.bias
    assert bias is not None, "a facet is a bias monitor's"
    return key_of(subject.document, ("monitors", "bias", "facets", bias.facets.index(facet), "values"))
