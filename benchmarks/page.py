"""A page of figures that a program writes: tables, sections, and each section renewed by itself."""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown; figures stand to the right."""
    lines = [head, ("---", *["---:"] * (len(head) - 1)), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def section(title: str, content: str, words: str) -> str:
    """Return *words* and *content* under a heading."""
    return f"## {title}\n\n{words}\n\n{content}\n"


def renew(page: Path, introduction: str, new: str) -> None:
    """Write the page anew with the section *new* in the place of the one with its title, or as the last."""
    before = page.read_text(encoding="utf-8").split("\n## ")[1:] if page.exists() else []
    sections = {each.partition("\n")[0]: f"## {each.rstrip()}\n" for each in before}
    sections[new.partition("\n")[0].removeprefix("## ")] = new
    page.write_text("\n".join([introduction, *sections.values()]), encoding="utf-8")


def measured(
    arguments: Sequence[str] | None,
    description: str | None,
    pieces: Mapping[str, Callable[[str, Path], str]],
    introduction: Callable[[str], str],
) -> int:
    """Measure each of *pieces*, print its section, and renew a page when asked; return the exit code.

    A piece is given a size and an empty folder, and returns its section; the introduction is made of a size.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--size", choices=("small", "large"), default="small")
    parser.add_argument("--only", choices=tuple(pieces), action="append")
    parser.add_argument("-o", "--output", type=Path, help="renew the sections of this page")
    options = parser.parse_args(arguments)
    for name, measure in pieces.items():
        if options.only and name not in options.only:
            continue
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            new = measure(options.size, Path(folder))
        print(new, flush=True)
        if options.output:
            renew(options.output, introduction(options.size), new)
    return 0


def today() -> str:
    """Return the day, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%d")


def machine() -> str:
    """Return what the machine is, with its Python (Linux)."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    kibibytes = next(int(line.split()[1]) for line in lines if line.startswith("MemTotal"))
    memory = round(kibibytes / (1 << 20))
    return (
        f"{os.cpu_count() or 1} processors ({platform.machine()}), {memory} GiB of memory, "
        f"Python {platform.python_version()}"
    )
