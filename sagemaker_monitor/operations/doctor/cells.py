"""Whether the values of a batch are of the baseline's types, and as many as there."""

from __future__ import annotations

from collections.abc import Iterator

from sagemaker_monitor.operations.doctor.batch import DATA
from sagemaker_monitor.operations.doctor.context import Subject
from sagemaker_monitor.operations.doctor.expected import constraints, features, inferred, of_rows
from sagemaker_monitor.operations.doctor.finding import Finding, ok, problem
from sagemaker_monitor.settings.errors import listed


def types(subject: Subject) -> Iterator[Finding]:
    """Yield whether the values of the batch's features have the types of the baseline's.

    As Model Monitor counts: a whole number without .0 is not Fractional, and empty cells do not count.
    """
    expected = constraints(subject) or of_rows(subject, subject.baseline)
    columns, rows = features(subject, subject.fitting_batch), subject.batch
    if columns is None or rows is None or not expected:
        return
    wrong = []
    for name, cells in columns.items():
        wanted = expected.get(name)
        present = [cell for cell in cells if cell]
        if wanted is None or not present or wanted.kind == "Unknown":
            continue
        odd = sum(inferred([cell]) != wanted.kind for cell in present)
        if 1 - odd / len(present) < wanted.threshold:
            wrong.append(f"{name} ({odd / len(present):.1%} of its values are not {wanted.kind})")
    if wrong:
        yield problem(
            f"{listed(wrong, 6)}: Model Monitor reports a data_type_check of each ({rows})",
            "write these cells as in the baseline: 1 and 1.0 are different types, and text is no number",
            side=DATA,
        )
    else:
        yield ok(f"the types of {len(columns)} features are the baseline's ({rows})")


def completeness(subject: Subject) -> Iterator[Finding]:
    """Yield whether more values are missing in the batch than the baseline allows."""
    expected = constraints(subject)
    columns, rows = features(subject, subject.fitting_batch), subject.batch
    if columns is None or rows is None or not expected:
        return
    missing = []
    for name, cells in columns.items():
        wanted = expected[name].completeness if name in expected else None
        share = sum(map(bool, cells)) / len(cells)
        if wanted is not None and share < wanted:
            missing.append(f"{name} ({share:.1%} are there, the baseline has {wanted:.1%})")
    if missing:
        yield problem(
            f"values are missing: {listed(missing, 6)}: Model Monitor reports a completeness_check of each "
            f"({rows})",
            "bring the values, or register a version whose baseline lacks some",
            side=DATA,
        )
    else:
        yield ok(f"no more values are missing than in the baseline ({rows})")
