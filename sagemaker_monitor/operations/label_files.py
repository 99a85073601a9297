"""Labels in a local CSV file with a header: one column that names the record, one with its outcome."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.settings.errors import did_you_mean, quoted


@dataclass(frozen=True)
class LabelFile:
    """The labels of a file by what names their record, and how many lines repeat one of another line."""

    path: Path
    labels: Mapping[str, str]
    duplicates: int
    more: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Further columns of each record that were asked for, where the file has them."""


@dataclass
class _Refused:
    """Lines that cannot be meant so: how many, and the first."""

    count: int = 0
    first: int = 0

    def add(self, line: int) -> None:
        self.count += 1
        self.first = self.first or line


WRONG = {
    "BinaryClassification": "is neither 0 nor 1",
    "MulticlassClassification": "is empty, or not a number (NaN) or infinite, which is no class",
    "Regression": "is no finite number",
}
"""What is wrong with a label that cannot be one, by problem type."""


def same_label(one: str, other: str) -> bool:
    """Return whether two labels say the same: as numbers where both are, else as texts."""
    if one.strip() == other.strip():
        return True
    numbers = _number(one), _number(other)
    return None not in numbers and numbers[0] == numbers[1]


def can_be_label(text: str, problem_type: str) -> bool:
    """Return whether *text* can be a label of *problem_type*."""
    number = _number(text)
    if problem_type == "BinaryClassification":
        return number in (0.0, 1.0)
    if number is not None:
        return math.isfinite(number)
    return problem_type == "MulticlassClassification" and bool(text.strip())


def read_label_file(
    path: Path,
    *,
    key: str,
    label: str,
    problem_type: str,
    more: Sequence[str] = (),
    need_more: bool = False,
) -> LabelFile:
    """Return the labels in the columns *key* and *label*, and the columns *more* where it has all of them.

    Other columns are passed over. With *need_more* a file without them is refused.

    Raises UsageError for a file that cannot be read or has not these columns, labels that *problem_type*
    does not have, and labels that contradict each other. Messages name lines and never say what stands
    there.
    """
    labels: dict[str, str] = {}
    duplicates = rows = 0
    nameless, wrong, contradicting = _Refused(), _Refused(), _Refused()
    further: dict[str, Mapping[str, str]] = {}
    for line, name, value, others in _cells(path, key, label, more, need_more):
        rows += 1
        if not name:
            nameless.add(line)
        elif not can_be_label(value, problem_type):
            wrong.add(line)
        elif name in labels:
            duplicates += 1
            if not same_label(labels[name], value):
                contradicting.add(line)
        else:
            labels[name] = value
            further[name] = others
    for refused, what in (
        (nameless, f"{key} is empty"),
        (wrong, f"{label} {WRONG[problem_type]} (leave a line out while it has no label)"),
        (
            contradicting,
            f"{label} contradicts an earlier line with the same {key}; keep the one that is right",
        ),
    ):
        if refused.count:
            raise UsageError(f"{path} line {refused.first}: {what}; so are {refused.count} of {rows} lines")
    if not labels:
        raise UsageError(f"{path} has no lines below its header")
    return LabelFile(path, labels, duplicates, further)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


_Row = tuple[int, str, str, Mapping[str, str]]


def _cells(path: Path, key: str, label: str, more: Sequence[str], need_more: bool) -> Iterator[_Row]:
    """Yield line number, key, label and further columns of each row below the header."""
    try:
        # Spreadsheets begin a CSV file with a byte order mark.
        with path.open(newline="", encoding="utf-8-sig") as lines:
            yield from _columns(lines, path, key, label, more, need_more)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def _columns(
    lines: Iterable[str], path: Path, key: str, label: str, more: Sequence[str], need_more: bool
) -> Iterator[_Row]:
    reader = csv.reader(lines, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        places = _place(header, key, "--key", path), _place(header, label, "--label", path)
        if places[0] == places[1]:
            raise UsageError(f"--key and --label are both the column {quoted(key)}")
        further = _further(header, more, need_more, path)
        for row in reader:
            if row and len(row) != len(header):
                raise UsageError(
                    f"{path} line {reader.line_num} has {len(row)} cells, but the header has {len(header)}"
                )
            if row:
                others = {name: row[place].strip() for name, place in further.items()}
                yield reader.line_num, row[places[0]].strip(), row[places[1]].strip(), others
    except csv.Error as error:
        raise UsageError(f"{path} line {reader.line_num} is not CSV: {error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text: save it as CSV in UTF-8") from error


def _further(header: list[str], more: Sequence[str], needed: bool, path: Path) -> dict[str, int]:
    """Return where the columns *more* are, where all of them are there."""
    missing = [name for name in more if name not in header]
    if missing and needed:
        raise UsageError(
            f"{path} has no column {quoted(missing[0])}: an endpoint is not sent the facet columns "
            f"{', '.join(more)}, so labels of its records bring them along, as columns of these names"
        )
    return {} if missing else {name: _place(header, name, "facet_columns", path) for name in more}


def _place(header: list[str], name: str, option: str, path: Path) -> int:
    if header.count(name) == 1:
        return header.index(name)
    if name in header:
        raise UsageError(f"{path} has {header.count(name)} columns called {quoted(name)} ({option})")
    if not header:
        raise UsageError(f"{path} is empty; a CSV file with a header is needed")
    # The columns are not listed: a file without a header would show its first row.
    hint = did_you_mean(name, header) or "; its first line must name the columns, separated by commas"
    raise UsageError(f"{path} has no column {quoted(name)} ({option}){hint}")
