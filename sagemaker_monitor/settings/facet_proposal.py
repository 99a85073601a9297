"""Whom a model is watched for, as far as the names and values of columns tell."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from sagemaker_monitor.settings.csv_sample import CsvColumn, CsvSample, is_number
from sagemaker_monitor.settings.errors import listed, quoted

MAX_GROUPS = 10
"""A facet with more values than this is watched above a threshold, or not proposed."""

_UNNAMEABLE = frozenset("/*?[]")
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


@dataclass(frozen=True)
class FacetProposal:
    """The group that is watched, by its values or strictly above the threshold, and its share of the rows."""

    name: str
    values: tuple[int | str, ...]
    threshold: float | None
    share: float


def is_protected(name: str) -> bool:
    """Return whether *name* reads like an attribute that the law protects, as in ``applicant_sex``."""
    return any(word in _PROTECTED or word.startswith(_PROTECTED_STEMS) for word in _words(name))


def _words(name: str) -> set[str]:
    """Return the words of *name*, as in ``applicant_sex``, ``ApplicantSex`` or ``APPLICANT-SEX``."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def propose_facets(
    sample: CsvSample, people: Sequence[CsvColumn], facets: Sequence[str], taken: set[str]
) -> tuple[FacetProposal, ...]:
    """Return the facets that were given, or else those that the columns about *people* suggest.

    Columns in *taken* have another part. Raises ConfigError where there is none, or one that cannot be.
    """
    chosen = [_given_facet(sample, text, taken) for text in facets]
    chosen = chosen or [proposal for column in people if (proposal := _facet(column))]
    names = [facet.name for facet in chosen]
    if not chosen:
        message = (
            "no column is named like a protected attribute with values to watch:"
            f" name one with --facet; columns: {listed(sample.names)}"
        )
        raise sample.refused(message)
    if repeated := [name for name in names if names.count(name) > 1]:
        message = f"the facet {quoted(repeated[0])} is given twice: put its values in one, as in column=1,2"
        raise sample.refused(message)
    return tuple(chosen)


def _given_facet(sample: CsvSample, text: str, taken: set[str]) -> FacetProposal:
    """Return the facet that *text* asks for: ``column``, ``column=value,value`` or ``column>number``."""
    name, sign, group = facet_parts(sample, text)
    column = sample.column(name, "a facet")
    if name in taken:
        raise sample.refused(f"the facet {quoted(name)} is the label or the record key: name another column")
    if _UNNAMEABLE & set(name):
        raise sample.refused(f"the facet {quoted(name)} holds one of / * ? [ ], which rules could not name")
    if sign == "=":
        return _facet_of_values(sample, column, [value.strip() for value in group.split(",")])
    if sign == ">":
        if not column.is_numeric or not is_number(group.strip()):
            raise sample.refused(
                f"the facet {quoted(text)}: a threshold needs a number, and a column of numbers"
            )
        proposal = _facet_above(column, float(group))
        if proposal.share in (0, 1):
            whom = "all rows" if proposal.share else "nobody in the rows read"
            raise sample.refused(f"the facet {quoted(text)} watches {whom}: choose another threshold")
        return proposal
    suggested = _facet(column)
    if suggested is None:
        what = (
            "one value only"
            if len(column.counts) < 2
            else f"more than {MAX_GROUPS} values that are no numbers"
        )
        raise sample.refused(f"the facet {quoted(name)} has {what}: say whom to watch, as in column=value")
    return suggested


def facet_parts(sample: CsvSample, text: str) -> tuple[str, str, str]:
    """Return the column, the sign and the group of a facet given as *text*."""
    # A column's own name may hold the signs, so whole names come first.
    if text in sample.names:
        return text, "", ""
    found = re.fullmatch(r"(.+?)\s*([=>])(.*)", text, re.DOTALL)
    return (found[1], found[2], found[3]) if found else (text, "", "")


def _facet_of_values(sample: CsvSample, column: CsvColumn, values: list[str]) -> FacetProposal:
    wanted = {_plain(value) for value in values}
    inside = [value for value in sorted(column.counts) if _plain(value) in wanted]
    absent = [value for value in values if _plain(value) not in {_plain(found) for found in inside}]
    if absent:
        message = f"the facet {quoted(column.name)} has no value {quoted(absent[0])} in the rows read"
        raise sample.refused(message)
    if len(inside) == len(column.counts):
        raise sample.refused(
            f"the facet {quoted(column.name)} watches all rows: none is left to compare with"
        )
    return _of_values(column, inside)


def _facet(column: CsvColumn) -> FacetProposal | None:
    """Return whom *column* watches for, or nothing where its values do not tell."""
    counts = column.counts
    if len(counts) < 2 or _UNNAMEABLE & set(column.name):
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
    return _facet_above(column, threshold)


def _of_values(column: CsvColumn, inside: list[str]) -> FacetProposal:
    values = tuple(dict.fromkeys(_plain(value) for value in inside))
    share = sum(column.counts[value] for value in inside) / column.counts.total()
    return FacetProposal(column.name, values, None, share)


def _facet_above(column: CsvColumn, threshold: float) -> FacetProposal:
    above = sum(count for value, count in column.counts.items() if float(value) > threshold)
    return FacetProposal(column.name, (), threshold, above / column.counts.total())


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
