"""Whether the columns of a batch hold what the baseline's columns of the same place hold."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sagemaker_monitor.operations.doctor.batch import DATA
from sagemaker_monitor.operations.doctor.context import Subject
from sagemaker_monitor.operations.doctor.expected import (
    Column,
    baseline_rows,
    constraints,
    features,
    version_name,
)
from sagemaker_monitor.operations.doctor.finding import Finding, not_known, ok, problem, warning
from sagemaker_monitor.settings.errors import listed

FAR, NEAR = 0.3, 0.5
"""A column that differs this much from its own baseline is compared with the others', and taken for one of
them that it is nearer to by this factor."""


def names(subject: Subject) -> Iterator[Finding]:
    """Yield whether the configured features are those of the approved version's baseline, in its order."""
    baseline = constraints(subject)
    if baseline is None:
        return
    configured = subject.model.data_schema.features
    known = tuple(baseline)
    if known == configured:
        yield ok(f"schema.features are the {len(known)} of {version_name(subject)}, in its order")
        return
    missing, new = (
        [each for each in known if each not in configured],
        [f for f in configured if f not in known],
    )
    if missing or new:
        seen = "; ".join(
            part
            for part in (
                f"not configured: {listed(missing)}" if missing else "",
                f"not in the baseline: {listed(new)}" if new else "",
            )
            if part
        )
    else:
        place = next(i for i, (a, b) in enumerate(zip(known, configured, strict=True)) if a != b)
        seen = f"their order differs from place {place + 1} on: {configured[place]}, there {known[place]}"
    yield problem(
        f"the baseline of {version_name(subject)} has other features than schema.features: {seen}",
        f"correct {subject.key('schema', 'features')}, or register a version with them: sagemaker-monitor "
        f"run register --model {subject.model.model} --mode accept --reason … {subject.again}",
        side=DATA,
    )


def order(subject: Subject) -> Iterator[Finding]:
    """Yield which columns seem to hold what the baseline has in another one: were they swapped?"""
    columns = features(subject, subject.fitting_batch)
    if columns is None or subject.batch is None:
        return
    baseline, source = baseline_rows(subject)
    if baseline is None:
        yield not_known(
            f"rows of the baseline to compare with: there are none at {source}",
            "register a version, or put data.baseline there",
        )
        return
    taken = mistaken(columns, baseline)
    step = shifted(taken, tuple(columns))
    if step:
        yield problem(
            f"the columns look shifted by one place: {listed(map(' holds '.join, step.items()), 3)} of "
            f"{source} ({subject.batch})",
            "is there a column too many, such as pandas' index, or one too few? The order is that of "
            f"{subject.key('schema', 'features')}",
            side=DATA,
        )
        return
    swapped = {name for name, other in taken.items() if taken.get(other) == name}
    if swapped:
        pairs = sorted({" and ".join(sorted((name, taken[name]))) for name in swapped})
        yield problem(
            f"{listed(pairs)} look swapped: each holds what the other has in {source} ({subject.batch})",
            f"write the columns in the order of {subject.key('schema', 'features')}",
            side=DATA,
        )
    alike = [f"{name} looks like {other}" for name, other in taken.items() if name not in swapped]
    if alike:
        yield warning(
            f"{listed(alike, 6)} of {source} ({subject.batch})",
            f"is the order that of {subject.key('schema', 'features')}?",
            side=DATA,
        )
    if not taken:
        yield ok(f"no column looks like another one of {source} ({subject.batch})")


def mistaken(columns: Mapping[str, Column], baseline: Mapping[str, Column]) -> dict[str, str]:
    """Return the columns that are far from their own of the baseline, and much nearer to another one."""
    found: dict[str, str] = {}
    for name, cells in columns.items():
        own = distance(cells, baseline.get(name, ()))
        if name not in baseline or own < FAR:
            continue
        others = {other: distance(cells, theirs) for other, theirs in baseline.items() if other != name}
        nearest = min(others, key=lambda other: others[other], default=None)
        if nearest is not None and others[nearest] < own * NEAR:
            found[name] = nearest
    return found


def shifted(taken: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Return the columns of *taken* that are their neighbour's of one side; none where these are few."""
    for step in (-1, 1):
        found = {
            name: other
            for name, other in taken.items()
            if 0 <= names.index(name) + step < len(names) and names[names.index(name) + step] == other
        }
        if len(found) >= 3 and 2 * len(found) > len(taken):
            return found
    return {}


def distance(one: Column, other: Column) -> float:
    """Return how far two columns are apart: of numbers the largest difference of their distributions.

    Of texts the half of the summed differences of shares, and 1 where one is of numbers and one is not.
    """
    first, second = [cell for cell in one if cell], [cell for cell in other if cell]
    if not first or not second:
        return 1.0
    numbers = [_numbers(cells) for cells in (first, second)]
    if None in numbers:
        return 1.0 if numbers[0] is not None or numbers[1] is not None else _shares(first, second)
    a, b = (sorted(each or ()) for each in numbers)
    return max(abs(bisect_right(a, value) / len(a) - bisect_right(b, value) / len(b)) for value in {*a, *b})


def _shares(one: Column, other: Column) -> float:
    first, second = Counter(one), Counter(other)
    return sum(abs(first[x] / len(one) - second[x] / len(other)) for x in {*first, *second}) / 2


def _numbers(cells: Column) -> list[float] | None:
    try:
        return [float(cell) for cell in cells]
    except ValueError:
        return None
