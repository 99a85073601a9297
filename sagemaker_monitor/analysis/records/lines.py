"""Files of lines, read a block at a time: large ones in parts, small ones together."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.compressed import opened
from sagemaker_monitor.analysis.csv_text import BOM, count, whole_lines
from sagemaker_monitor.analysis.records.dataset import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Origin:
    """Where the lines of a block come from, from the one at *start* on."""

    start: int
    file: str
    number: int


@dataclass(frozen=True)
class Block:
    """Whole lines of one file or several."""

    content: bytes
    origins: tuple[Origin, ...]

    def place(self, line: int) -> str:
        """Return how the line at an index, from 0, is named in a message."""
        origin = self.origins[bisect_right(self._starts, line) - 1]
        return f"{origin.file!r}, line {origin.number + line - origin.start},"

    @cached_property
    def _starts(self) -> list[int]:
        return [each.start for each in self.origins]

    def place_of_row(self, row: int) -> str:
        """Return how the line of a row, from 0, is named: lines that are blank are no rows."""
        lines = (index for index, line in enumerate(self.content.split(b"\n")) if line.strip())
        return self.place(next(index for place, index in enumerate(lines) if place == row))


def blocks_of(files: Sequence[Path], size: int = BLOCK) -> Iterator[Block]:
    """Yield blocks of about *size* bytes, in the files' order, that end with a line's end."""
    parts: list[bytes] = []
    origins: list[Origin] = []
    held = lines = 0
    for file in files:
        number = 1
        for content in _parts(file, size):
            origins.append(Origin(lines, file.name, number))
            parts.append(content)
            held += len(content)
            ends = count(content, b"\n")
            number += ends
            lines += ends
            if held >= size:
                yield Block(b"".join(parts), tuple(origins))
                parts, origins, held, lines = [], [], 0, 0
    if parts:
        yield Block(b"".join(parts), tuple(origins))


def _parts(file: Path, size: int) -> Iterator[bytes]:
    with opened(file) as source:
        if source.read(len(BOM)) != BOM:
            source.seek(0)
        while content := whole_lines(source, size):
            yield content if content.endswith(b"\n") else content + b"\n"
