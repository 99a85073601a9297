"""Which column of a CSV file plays which part, as far as names and values tell."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from sagemaker_monitor.settings.csv_sample import CsvColumn, CsvSample
from sagemaker_monitor.settings.errors import ConfigError, Position, Problem, listed, quoted

MAX_GROUPS = 10
"""A facet with more values than this is watched above a threshold, or not proposed."""

_KEY = re.compile(r"(^|[_\W])(id|key|uuid|guid|number|no|nr)$")
# fmt: off
_PROTECTED = frozenset([
    "age", "aged", "old", "elderly", "young", "senior", "race", "racial", "black", "white", "asian",
    "african", "caucasian", "latino", "latina", "native", "indigenous", "color", "colour", "sex",
    "gender", "male", "female", "man", "woman", "men", "women", "married", "single", "divorced",
    "widowed", "pregnant", "veteran", "immigrant", "foreign", "foreigner", "citizen", "citizenship",
    "birthplace", "language",
])
# fmt: on
_PROTECTED_STEMS = ("hispan", "ethnic", "religio", "disab", "handicap", "marit", "national", "minorit")
_ADVANTAGED = frozenset(["male", "man", "men", "white", "caucasian", "native", "citizen", "married", "young"])
"""Where such a column is 1, the people who are watched for are the others."""
_AGES = frozenset(["age", "aged"])
_WOMEN = frozenset(["f", "female", "w", "woman", "women"])
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
class FacetProposal:
    """The group that is watched, by its values or strictly above the threshold, and its share of the rows."""

    name: str
    values: tuple[int | str, ...]
    threshold: float | None
    share: float


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

    *favourable* is the label's value that is the good outcome, as the file writes it. Raises ConfigError
    where nothing can be proposed: no such column, a label that has not two values, no record key, no
    facet, no feature.
    """
    outcome = _label(sample, label, favourable)
    key = _record_key(sample, record_key, label, facets)
    taken = {label, key}
    given = [_given_facet(sample, name, taken) for name in dict.fromkeys(facets)]
    protected = [
        column for column in sample.columns if column.name not in taken and is_protected(column.name)
    ]
    guessed = [proposal for column in protected if (proposal := _facet(column))] if not given else []
    chosen = given or guessed
    if not chosen:
        message = (
            "no column is named like a protected attribute with values to watch:"
            f" name one with --facet; columns: {listed(sample.names)}"
        )
        raise _refused(sample, message)
    in_facets = {*facets, *(column.name for column in protected)}
    facet_columns = [column.name for column in sample.columns if column.name in in_facets]
    rest = [column for column in sample.columns if column.name not in taken | in_facets]
    identifiers = [column.name for column in rest if _looks_like_key(column)]
    features = [column.name for column in rest if column.is_numeric and column.name not in identifiers]
    if not features:
        raise _refused(
            sample, "no column of numbers is left for the features, and XGBoost reads numbers only"
        )
    others = [column.name for column in rest if column.name not in {*identifiers, *features}]
    return Proposal(
        outcome, key, tuple(features), tuple(facet_columns), tuple(chosen), tuple(others), tuple(identifiers)
    )


def is_protected(name: str) -> bool:
    """Return whether *name* reads like an attribute that the law protects, as in ``applicant_sex``."""
    return any(word in _PROTECTED or word.startswith(_PROTECTED_STEMS) for word in _words(name))


def _words(name: str) -> set[str]:
    """Return the words of *name*, as in ``applicant_sex``, ``ApplicantSex`` or ``APPLICANT-SEX``."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def _label(sample: CsvSample, name: str, favourable: str | None) -> Label:
    column = sample.column(name, "the label")
    values = sorted(column.counts)
    if column.is_numeric and {float(value) for value in values} == {0.0, 1.0}:
        good = "1" if favourable is None else favourable.strip()
        if good not in ("0", "1"):
            raise _refused(
                sample, f"the label {quoted(name)} is 0 or 1, and {quoted(good)} is not: give 0 or 1"
            )
        return Label(name, int(good))
    if len(values) != 2:
        count = f"{len(values)} value" + ("" if len(values) == 1 else "s")
        message = f"the label {quoted(name)} has {count} in the rows read: a binary classifier's has two"
        raise _refused(sample, message)
    if favourable is None:
        known = [value for value in values if value.lower() in _FAVOURABLE]
        favourable = known[0] if len(known) == 1 else None
    if favourable not in values:
        question = f"which value of {quoted(name)} is the good outcome?"
        message = f"{question} give --favourable with one of {listed(values)}"
        raise _refused(sample, message)
    other = values[1 - values.index(favourable)]
    return Label(name, 1, (favourable, other))


def _record_key(sample: CsvSample, given: str | None, label: str, facets: Sequence[str]) -> str:
    if given is not None:
        column = sample.column(given, "the record key")
        if given == label or given in facets:
            raise _refused(
                sample, f"the record key {quoted(given)} is also the label or a facet: name another column"
            )
        if not column.is_unique:
            raise _refused(sample, f"the record key {quoted(given)} is empty or repeats in the rows read")
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
    raise _refused(sample, message)


def _looks_like_key(column: CsvColumn) -> bool:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column.name).lower()
    return column.is_unique and bool(_KEY.search(spaced))


def _given_facet(sample: CsvSample, name: str, taken: set[str]) -> FacetProposal:
    column = sample.column(name, "a facet")
    if name in taken:
        raise _refused(
            sample, f"the facet {quoted(name)} is the label or the record key: name another column"
        )
    if set("/*?[]") & set(name):
        raise _refused(sample, f"the facet {quoted(name)} holds one of / * ? [ ], which rules could not name")
    proposal = _facet(column)
    if proposal is None:
        what = (
            "one value only"
            if len(column.counts) < 2
            else f"more than {MAX_GROUPS} values that are no numbers"
        )
        raise _refused(sample, f"the facet {quoted(name)} has {what}: no group can be told apart")
    return proposal


def _facet(column: CsvColumn) -> FacetProposal | None:
    """Return whom *column* watches for, or nothing where its values do not tell."""
    counts = column.counts
    if len(counts) < 2 or set("/*?[]") & set(column.name):
        return None
    ages = column.is_numeric and len(counts) > 2 and bool(_words(column.name) & _AGES)
    if len(counts) <= MAX_GROUPS and not ages:
        inside = _watched(column)
        values = tuple(dict.fromkeys(_plain(value) for value in inside))
        return FacetProposal(
            column.name, values, None, sum(counts[value] for value in inside) / counts.total()
        )
    if not column.is_numeric:
        return None
    numbers = sorted(float(value) for value in counts.elements())
    # Nobody is strictly above the largest value.
    threshold = min(statistics.median_low(numbers), max(number for number in numbers if number < numbers[-1]))
    above = sum(number > threshold for number in numbers)
    return FacetProposal(column.name, (), threshold, above / len(numbers))


def _watched(column: CsvColumn) -> list[str]:
    values = sorted(column.counts)
    if column.is_numeric and {float(value) for value in values} == {0.0, 1.0}:
        watched = 0.0 if _words(column.name) & _ADVANTAGED else 1.0
        return [value for value in values if float(value) == watched]
    women = [value for value in values if value.lower() in _WOMEN]
    if women:
        return women
    largest = max(values, key=lambda value: (column.counts[value], value))
    return [value for value in values if value != largest]


def _plain(value: str) -> int | str:
    """Return *value* as the number it is where that is a whole one."""
    if re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.0*)?", value):
        return int(float(value))
    return value


def _refused(sample: CsvSample, message: str) -> ConfigError:
    return ConfigError([Problem(message, Position(sample.file))])
