"""A page of figures that a program writes: tables, sections, and each section renewed by itself."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
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
