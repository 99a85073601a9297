"""The configured baseline data: whether its rows are what register expects."""

from __future__ import annotations

from collections.abc import Iterator

from sagemaker_monitor.operations.doctor.batch import DATA, shape, unique
from sagemaker_monitor.operations.doctor.context import Subject
from sagemaker_monitor.operations.doctor.finding import Finding, warning
from sagemaker_monitor.operations.doctor.people import groups
from sagemaker_monitor.operations.doctor.rows import sample


def columns(subject: Subject) -> Iterator[Finding]:
    """Yield whether the baseline data are there, with all columns, the label last, and a key for each row."""
    if not subject.baseline_sources:
        yield warning(
            f"there is nothing at {subject.baseline_name} ({subject.key('data', 'baseline')})",
            "put labelled data there that the model was not trained on, or run register with --baseline-data",
            side=DATA,
        )
        return
    rows = sample(subject.baseline_sources) if subject.baseline is None else subject.baseline
    found = list(shape(subject, rows, labelled=True))
    yield from found
    if all(each.status == "ok" for each in found):
        yield from unique(subject, rows)


def facets(subject: Subject) -> Iterator[Finding]:
    """Yield whether each facet has enough rows in the baseline data."""
    if subject.baseline is not None and subject.fits(subject.baseline):
        yield from groups(subject, subject.baseline)
