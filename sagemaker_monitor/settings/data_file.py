"""How a CSV file with a header becomes a data file as the pipelines read it."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path as FilePath

from sagemaker_monitor.settings.csv_sample import is_number
from sagemaker_monitor.settings.errors import ConfigError, Position, Problem, quoted
from sagemaker_monitor.settings.proposal import Label, Proposal


def write_data_file(proposal: Proposal, source: FilePath, target: FilePath) -> int:
    """Write *source*, a CSV with a header, to *target* as data files are; return the number of rows.

    There, the columns are the proposal's, without a header; cells are copied as they are, and the label
    becomes 0 or 1. The target appears whole or not at all. Raises
    ConfigError for a row that cannot be used, with its line.
    """
    partial = target.with_name(f".{target.name}.partial")
    try:
        if target.exists() and target.samefile(source):
            raise ConfigError(
                [Problem("is the file to be read: name another one to write", Position(str(target)))]
            )
        with (
            source.open(encoding="utf-8-sig", newline="") as stream,
            partial.open("w", encoding="utf-8", newline="") as output,
        ):
            writer = csv.writer(output, lineterminator="\n")
            count = 0
            for row in _rows(proposal, csv.reader(stream), str(source)):
                writer.writerow(row)
                count += 1
        os.replace(partial, target)
    except UnicodeDecodeError as error:
        raise ConfigError([Problem("is not UTF-8 text: save it as UTF-8", Position(str(source)))]) from error
    except OSError as error:
        name = error.filename or target
        raise ConfigError([Problem(f"cannot be used: {error.strerror}", Position(str(name)))]) from error
    finally:
        with suppress(OSError):
            partial.unlink()
    return count


def _rows(proposal: Proposal, reader: Iterator[list[str]], file: str) -> Iterator[list[str]]:
    line = 1
    try:
        header = [name.strip() for name in next(reader, [])]
        if missing := set(proposal.columns) - set(header):
            raise _refused(f"has no column {quoted(min(missing))}", file, line)
        places = [header.index(name) for name in proposal.columns]
        keys: set[str] = set()
        for row in reader:
            line = reader.line_num  # type: ignore[attr-defined]
            if not row:
                continue
            if len(row) != len(header):
                raise _refused(f"has {len(row)} cells, but the header has {len(header)}", file, line)
            key, *cells, label = (row[place] for place in places)
            if not key.strip() or key in keys:
                state = "is there twice" if key.strip() else "is empty"
                raise _refused(f"the record key {quoted(proposal.record_key)} {state}", file, line)
            keys.add(key)
            if any("\n" in cell or "\r" in cell for cell in (key, *cells)):
                raise _refused(
                    "a cell holds a line break: batch transform reads one record a line", file, line
                )
            yield [key, *cells, _label(proposal.label, label.strip(), file, line)]
    except csv.Error as error:
        raise _refused(f"is not CSV: {error}", file, line) from error


def _label(label: Label, cell: str, file: str, line: int) -> str:
    if label.written and cell in label.written:
        return "1" if cell == label.written[0] else "0"
    if not label.written and is_number(cell) and float(cell) in (0, 1):
        return str(int(float(cell)))
    allowed = " or ".join(quoted(value) for value in label.written or ("0", "1"))
    raise _refused(f"the label {quoted(label.name)} is not {allowed}", file, line)


def _refused(message: str, file: str, line: int) -> ConfigError:
    return ConfigError([Problem(message, Position(file, line))])
