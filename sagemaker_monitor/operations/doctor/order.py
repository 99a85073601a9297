"""Whether the columns of a batch hold what the baseline's columns of the same place hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sagemaker_monitor.operations.doctor.batch import DATA
from sagemaker_monitor.operations.doctor.context import Subject
from sagemaker_monitor.operations.doctor.distribution import Distribution
from sagemaker_monitor.operations.doctor.expected import (
    MOST_COMPARED,
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
REACH = 30


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
    columns = features(subject, subject.fitting_batch, MOST_COMPARED)
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
    """Return the columns that are far from their own of the baseline, and much nearer to another one.

    Others are looked for up to REACH places away.
    """
    found: dict[str, str] = {}
    theirs = {name: Distribution.of(cells) for name, cells in baseline.items()}
    names = list(theirs)
    for name, cells in columns.items():
        if name not in theirs:
            continue
        ours, place = Distribution.of(cells), names.index(name)
        own = ours.distance(theirs[name])
        if own < FAR:
            continue
        near = names[max(0, place - REACH) : place] + names[place + 1 : place + 1 + REACH]
        others = {other: ours.distance(theirs[other]) for other in near}
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
