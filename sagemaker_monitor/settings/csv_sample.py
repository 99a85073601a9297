"""What the columns of a CSV file with a header look like, from its first rows."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from typing import NoReturn

from sagemaker_monitor.settings.errors import ConfigError, Position, Problem, choices, listed, quoted

MAX_BYTES = 8 * 1024 * 1024
MAX_ROWS = 5000

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


@dataclass(frozen=True)
class CsvColumn:
    """One column: its name and its cells, spaces at their ends removed."""

    name: str
    cells: tuple[str, ...]

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each value stands there, empty cells apart."""
        return Counter(cell for cell in self.cells if cell)

    @property
    def is_numeric(self) -> bool:
        """Whether every value is a finite number, and there is one."""
        return bool(self.counts) and all(is_number(value) for value in self.counts)

    @property
    def is_unique(self) -> bool:
        """Whether no cell is empty and no two are equal."""
        return len(self.counts) == len(self.cells)


@dataclass(frozen=True)
class CsvSample:
    """The first rows of a file; *whole* tells whether these are all."""

    file: str
    columns: tuple[CsvColumn, ...]
    whole: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def rows(self) -> int:
        """Number of rows read."""
        return len(self.columns[0].cells)

    def column(self, name: str, role: str) -> CsvColumn:
        """Return the column *name*; raises ConfigError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        message = f"has no column {quoted(name)} for {role}{choices(name, self.names, 'columns')}"
        raise ConfigError([Problem(message, Position(self.file, 1))])

    def refused(self, message: str) -> ConfigError:
        """Return *message* as an error of the whole file."""
        return ConfigError([Problem(message, Position(self.file))])


def is_number(cell: str) -> bool:
    """Return whether *cell* is a finite number as CSV files hold them."""
    return bool(_NUMBER.fullmatch(cell)) and math.isfinite(float(cell))


def read_sample(file: FilePath) -> CsvSample:
    """Return the first rows of *file*: at most MAX_ROWS, from at most MAX_BYTES.

    Raises ConfigError for a file that cannot be read, is no text, has no header or no rows, or whose rows
    are not as wide as the header.
    """
    text, whole = _text(file)
    name = str(file)
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header, name)
        for row in reader:
            if len(rows) == MAX_ROWS:
                whole = False
                break
            if not row:
                continue
            if len(row) != len(header) and whole:
                _refuse(f"has {len(row)} cells, but the header has {len(header)}", name, reader.line_num)
            rows.append([cell.strip() for cell in row])
    except csv.Error as error:
        _refuse(f"is not CSV: {error}", name, reader.line_num)
    if not whole and rows and len(rows) < MAX_ROWS:
        rows.pop()  # where reading stopped, a quoted cell may be cut in two
    for row in rows:
        if len(row) != len(header):
            _refuse(f"a row has {len(row)} cells, but the header has {len(header)}", name)
    if not rows:
        _refuse("has no rows below its header: a sample of the data is needed", name)
    columns = zip(header, zip(*rows, strict=True), strict=True)
    return CsvSample(name, tuple(CsvColumn(column, cells) for column, cells in columns), whole)


def _text(file: FilePath) -> tuple[str, bool]:
    name = str(file)
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError([Problem(f"cannot be read: {error.strerror}", Position(name))]) from error
    whole = len(content) <= MAX_BYTES
    if not whole:
        content = content[: content.rfind(b"\n") + 1]
    if not content.strip():
        _refuse("is empty: a CSV file with a header is needed" if whole else "has one endless line", name)
    if b"\x00" in content:
        _refuse("is no text: a CSV file is needed, not an archive, a workbook or a Parquet file", name)
    try:
        return content.decode("utf-8-sig"), whole
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 text (byte 0x{content[error.start]:02x}): save it as UTF-8"
        raise ConfigError([Problem(message, Position(name, line))]) from error


def _check_header(header: list[str], file: str) -> None:
    problems = []
    if len(header) < 2:
        other = next((mark for mark in ";\t|" if mark in "".join(header)), None)
        hint = f"; cells are separated by {quoted(other)}, commas are needed" if other else ""
        _refuse(f"has one column only{hint}", file, 1)
    if all(is_number(name) for name in header):
        _refuse("begins with numbers: its first line must name the columns", file, 1)
    for index, name in enumerate(header, 1):
        if not name:
            problems.append(
                f"column {index} has no name (pandas writes its index so; index=False leaves it out)"
            )
        elif not name.isprintable() or len(name) > 255:
            problems.append(f"the name of column {index} has control characters or more than 255 characters")
    repeated = [name for name, count in Counter(header).items() if count > 1 and name]
    if repeated:
        problems.append(f"column names are there twice: {listed(repeated)}")
    if problems:
        raise ConfigError([Problem(problem, Position(file, 1)) for problem in problems])


def _refuse(message: str, file: str, line: int = 0) -> NoReturn:
    raise ConfigError([Problem(message, Position(file, line))])
