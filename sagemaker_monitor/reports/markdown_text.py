"""How text and tables are written as Markdown, and how long that may get."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from sagemaker_monitor.reports.wording import count

_ADDRESS = re.compile(r"\bwww\.", re.IGNORECASE)
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~&!$])")

MOST_CHARACTERS = 60_000
"""GitHub takes 65,536 in a comment; tables are cut before, the verdict and what crossed never."""
MOST_ROWS = 60


def bounded(head: list[str], sections: Iterable[list[str]], last: str) -> str:
    """Return head, the sections that fit into MOST_CHARACTERS, and the last line; name what is missing."""
    room = MOST_CHARACTERS - sum(len(line) + 1 for line in (*head, last)) - 400
    kept: list[str] = []
    missing = []
    for section in sections:
        size = sum(len(line) + 1 for line in section)
        if size <= room:
            kept += section
            room -= size
        else:
            missing.append(section[0].lstrip("# "))
    told = [f"Too long to be shown here: {', '.join(missing)}. The HTML page has it.", ""] if missing else []
    return "\n".join([*head, *kept, *told, last]) + "\n"


def escape(text: str) -> str:
    """Return *text* so that Markdown shows it as it is, in a paragraph and in a table's cell."""
    # Addresses and mentions would become links by themselves.
    return _ADDRESS.sub("www&#46;", _SPECIAL.sub(r"\\\1", text).replace("://", ":\\//").replace("@", "&#64;"))


def code(text: str) -> str:
    """Return *text* as a code span that also fits into a table's cell."""
    return f"`{text.replace('`', chr(39)).replace('|', chr(92) + '|')}`" if text.strip() else ""


def table(header: Sequence[str], rows: Iterable[Sequence[str]], most: int = MOST_ROWS) -> Iterator[str]:
    """Yield a table of at most *most* rows, and an empty line; cells are given escaped."""
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    remaining = iter(rows)
    yield from (f"| {' | '.join(row)} |" for row in islice(remaining, most))
    yield ""
    yield from left_out(sum(1 for _ in remaining), "rows", "the HTML page has more, the JSON report all")


def left_out(number: int, noun: str, where: str = "the JSON report has all of them") -> Iterator[str]:
    """Yield that so many more are not shown, and an empty line; nothing where none is."""
    if number > 0:
        yield f"{count(number)} more {noun} are not shown here; {where}."
        yield ""
