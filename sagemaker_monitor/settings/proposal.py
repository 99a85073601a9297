"""Which column of a CSV file plays which part, as far as names and values tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sagemaker_monitor.settings.csv_sample import CsvColumn, CsvSample
from sagemaker_monitor.settings.errors import listed, quoted
from sagemaker_monitor.settings.facet_proposal import FacetProposal, facet_parts, is_protected, propose_facets

_KEY = re.compile(r"(^|[_\W])(id|key|uuid|guid|number|no|nr)$")
# fmt: off
_FAVOURABLE = frozenset([
    "yes", "y", "true", "t", "approved", "approve", "accepted", "accept", "good", "paid", "granted",
    "positive", "pass",
])
# fmt: on


@dataclass(frozen=True)
class Label:
    """The outcome; *written* says how its two values become 1 and 0, where they are something else."""

    name: str
    favourable: int
    written: tuple[str, str] | None = None


@dataclass(frozen=True)
class Proposal:
    """Every column in its part, and those that have none."""

    label: Label
    record_key: str
    features: tuple[str, ...]
    facet_columns: tuple[str, ...]
    facets: tuple[FacetProposal, ...]
    not_numbers: tuple[str, ...]
    identifiers: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a data file, in order."""
        return (self.record_key, *self.features, *self.facet_columns, self.label.name)


def propose(
    sample: CsvSample,
    *,
    label: str,
    record_key: str | None = None,
    favourable: str | None = None,
    facets: Sequence[str] = (),
) -> Proposal:
    """Return a part for every column of *sample*.

    *favourable* is the label's value that is the good outcome, as the file writes it; *facets* are
    ``column``, ``column=value,value`` or ``column>number``. Raises ConfigError where nothing can be
    proposed: no such column, a label that has not two values, no record key, no facet, no feature.
    """
    outcome = _label(sample, label, favourable)
    in_use = {facet_parts(sample, text)[0] for text in facets}
    key = _record_key(sample, record_key, label, in_use)
    people = [
        column
        for column in sample.columns
        if column.name not in {label, key} and (column.name in in_use or is_protected(column.name))
    ]
    chosen = propose_facets(sample, people, facets, {label, key})
    taken = {label, key, *(column.name for column in people)}
    rest = [column for column in sample.columns if column.name not in taken]
    identifiers = [column.name for column in rest if _looks_like_key(column)]
    features = [column.name for column in rest if column.is_numeric and column.name not in identifiers]
    if not features:
        message = "no column of numbers is left for the features, and XGBoost reads numbers only"
        raise sample.refused(message)
    return Proposal(
        outcome,
        key,
        tuple(features),
        tuple(column.name for column in people),
        chosen,
        tuple(column.name for column in rest if column.name not in {*identifiers, *features}),
        tuple(identifiers),
    )


def _label(sample: CsvSample, name: str, favourable: str | None) -> Label:
    column = sample.column(name, "the label")
    values = sorted(column.counts)
    if column.is_numeric and {float(value) for value in values} == {0.0, 1.0}:
        good = "1" if favourable is None else favourable.strip()
        if good not in ("0", "1"):
            raise sample.refused(
                f"the label {quoted(name)} is 0 or 1, and {quoted(good)} is not: give 0 or 1"
            )
        return Label(name, int(good))
    if len(values) != 2:
        count = f"{len(values)} value" + ("" if len(values) == 1 else "s")
        message = (
            f"the label {quoted(name)} has {count} in the rows read: a binary classifier's has two; "
            "for another schema.problem_type write the model's file by hand"
        )
        raise sample.refused(message)
    if favourable is None:
        known = [value for value in values if value.lower() in _FAVOURABLE]
        favourable = known[0] if len(known) == 1 else None
    if favourable not in values:
        question = f"which value of {quoted(name)} is the good outcome?"
        message = f"{question} give --favourable with one of {listed(values)}"
        raise sample.refused(message)
    other = values[1 - values.index(favourable)]
    return Label(name, 1, (favourable, other))


def _record_key(sample: CsvSample, given: str | None, label: str, facets: set[str]) -> str:
    if given is not None:
        column = sample.column(given, "the record key")
        if given == label or given in facets:
            raise sample.refused(
                f"the record key {quoted(given)} is also the label or a facet: name another column"
            )
        if not column.is_unique:
            raise sample.refused(f"the record key {quoted(given)} is empty or repeats in the rows read")
        return given
    named = [
        column.name
        for column in sample.columns
        if column.name not in {label, *facets} and _looks_like_key(column)
    ]
    if named:
        return named[0]
    message = (
        "no column tells records apart (unique, and named like an id or key): name one with --record-key,"
        " or add a column of numbers 1, 2, 3, …"
    )
    raise sample.refused(message)


def _looks_like_key(column: CsvColumn) -> bool:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column.name).lower()
    return column.is_unique and bool(_KEY.search(spaced))
