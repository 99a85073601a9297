"""How cost grows: with rows, columns, facets and samples, and in a memory that the data do not fit into."""

from __future__ import annotations

import resource
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.speed import data, prepared
from benchmarks.speed.environments import HOME
from benchmarks.speed.harness import Contestant, Usage, aside, run_once, script

MIB = 1 << 20
TIMEOUT = 600.0
REPEATED = 1_000_000
"""From so many rows on, files have the same rows again and again."""
UNITS = {"small": 1, "large": 10}


@dataclass(frozen=True)
class Curve:
    """A table of one piece of work at several sizes, or of several in bounded memory."""

    name: str
    title: str
    words: str
    points: Callable[[str], Iterator[tuple[str, float, Usage]]]
    """Gives, for small or large, what a row is called, its units of work, and what it cost."""
    unit: str

    def section(self, size: str) -> str:
        """Run all of it and return it as a section in Markdown."""
        head = ("", "wall, s", "CPU, s", "peak memory, MiB", f"CPU per {self.unit}, µs")
        lines = [head, ("---", *["---:"] * (len(head) - 1))]
        for name, units, usage in self.points(size):
            figures = (f"{usage.wall:.2f}", f"{usage.cpu:.2f}", f"{usage.memory:.0f}")
            lines.append((name, *figures, f"{usage.cpu / units * 1e6:.2f}"))
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"## {self.title}\n\n{self.words}\n\n{table}\n"


def _run(program: str, *arguments: str) -> Usage:
    return run_once(Contestant(program, (sys.executable, script(program), *arguments)), TIMEOUT)[0]


def repeated(file: Path, times: int) -> Path:
    """Return a file with the header of *file* and its rows *times* times, of a folder its captures."""
    if file.is_dir():
        return _captured_again(file, times)
    path = file.with_name(f"{file.stem}-x{times}{file.suffix}")
    if times > 1 and not path.exists():
        unfinished = path.with_suffix(".unfinished")
        with file.open("rb") as source, unfinished.open("wb") as target:
            target.write(source.readline())
            start = source.tell()
            for _ in range(times):
                source.seek(start)
                shutil.copyfileobj(source, target, MIB)
        unfinished.rename(path)
    return path if times > 1 else file


def _captured_again(folder: Path, times: int) -> Path:
    path, folder = folder.with_name(f"{folder.name}-x{times}"), folder.resolve()
    hour = path / "captured" / prepared.HOUR
    if times > 1 and not path.exists():
        hour.mkdir(parents=True)
        (path / "labels").symlink_to(folder / "labels")
        for number in range(times):
            (hour / f"{number}.jsonl").symlink_to(folder / "captured" / prepared.HOUR / "captures.jsonl")
    return path if times > 1 else folder


def _rows(
    work: Sequence[tuple[str, Callable[[Path, int], Path], str, tuple[str, ...], int]], size: str
) -> Iterator[tuple[str, float, Usage]]:
    for name, make, program, arguments, most in work:
        for rows in (10_000, 100_000, 1_000_000, 10_000_000):
            if rows > (100_000 if size == "small" else most):
                break
            file = aside(make, HOME / "data", min(rows, REPEATED))
            file = repeated(file, max(1, rows // REPEATED))
            yield f"{name}, {rows:,} rows", rows, _run(program, str(file), *arguments)


def _columns(size: str) -> Iterator[tuple[str, float, Usage]]:
    rows = 1_000 * UNITS[size]
    for columns in (10, 100, 500, 2_000):
        file = aside(data.measurements, HOME / "data", rows, columns)
        yield f"{columns:,} columns, {rows:,} rows", rows * columns, _run("ours_analyzer.py", str(file))


def _facets(size: str) -> Iterator[tuple[str, float, Usage]]:
    rows = 10_000 * UNITS[size]
    file = aside(data.people, HOME / "data", rows, 50)
    for facets in (1, 5, 15, 50):
        names = ",".join(f"facet_{number}" for number in range(facets))
        yield (
            f"{facets} facets, {rows:,} rows",
            rows * facets,
            _run("ours_clarify.py", str(file), names, "all"),
        )


def _samples(size: str) -> Iterator[tuple[str, float, Usage]]:
    rows = 100 * UNITS[size]
    folder = aside(prepared.models, HOME / "data")
    for samples in (10, 100, 1_000, 5_000):
        usage = _run("ours_shap.py", str(folder), "logistic", str(rows), "1", str(samples))
        yield f"{samples:,} samples, {rows:,} rows", rows * samples, usage


def limited(limit: int, program: str, *arguments: str) -> Usage:
    """Return what *program* cost with no more than *limit* MiB of private memory (RLIMIT_DATA)."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit * MIB, before[1]))
    try:
        # A child inherits it, and this process has what it needs.
        return _run(program, *arguments)
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def beyond_memory(folder: Path, size: str) -> Iterator[tuple[str, int, int, tuple[str, ...]]]:
    """Yield work on files three times as large as its memory: name, MiB of data, limit, the command.

    A small size has a tenth of the data, and the same limits.
    """
    times = UNITS[size]
    for name, made, program, arguments, limit in (
        ("data quality", data.measurements, "ours_analyzer.py", (), 360),
        ("bias, 2 facets", data.people, "ours_clarify.py", ("facet_0,facet_1", "all"), 280),
    ):
        file = repeated(aside(made, folder, REPEATED), times)
        yield name, file.stat().st_size // MIB, limit, (program, str(file), *arguments)
    captured = REPEATED if size == "large" else REPEATED // 10
    few = repeated(aside(prepared.captures, folder, captured, 0.2), 3)
    files = [file for part in ("captured", "labels") for file in (few / part).resolve().rglob("*.jsonl")]
    megabytes = sum(file.stat().st_size for file in files) // MIB
    yield "merge, labels of 20 %", megabytes, 400, ("ours_merge.py", str(few))


def _beyond(size: str) -> Iterator[tuple[str, float, Usage]]:
    for name, megabytes, limit, command in beyond_memory(HOME / "data", size):
        usage = limited(limit, *command)
        yield f"{name}: {megabytes:,} MiB of data, a limit of {limit} MiB", megabytes * 1024, usage


LINEAR = "One run each; what a process costs before it reads shows at the small end."
CURVES = (
    Curve(
        "curve-rows",
        "How it grows with rows",
        LINEAR + " From a million rows on, files have the same rows again.",
        partial(
            _rows,
            (
                ("data quality", data.measurements, "ours_analyzer.py", (), 10_000_000),
                ("bias, 1 facet", data.people, "ours_clarify.py", ("facet_0", "all"), 10_000_000),
                ("merge", prepared.captures, "ours_merge.py", (), 10_000_000),
            ),
        ),
        "row",
    ),
    Curve("curve-columns", "Data quality: how it grows with columns", LINEAR, _columns, "cell"),
    Curve("curve-facets", "Bias: how it grows with facets", LINEAR, _facets, "row and facet"),
    Curve("curve-samples", "Kernel SHAP: how it grows with samples", LINEAR, _samples, "row and sample"),
    Curve(
        "beyond-memory",
        "Data three times as large as the memory",
        "Each process may have so much private memory (`RLIMIT_DATA`, `ulimit -d`): heap, stacks and "
        "anonymous mappings, whether they are in use or not. The labels of a merge have to fit into it, its "
        "captures not.",
        _beyond,
        "KiB",
    ),
)
