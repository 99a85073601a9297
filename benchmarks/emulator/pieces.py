"""Each piece of the page: what is measured, as a section in Markdown."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

from benchmarks.emulator import calls, idle, load, s3, servers, steps
from benchmarks.page import section, table

CLIENTS, EACH = 8, {"small": 20, "large": 200}
ROUNDS = 3
_SERVERS = {"emulator": servers.emulator, "moto": servers.moto}


def at_rest(size: str, folder: Path) -> str:
    """Start and waiting, of the emulator and of moto's server."""
    rows = []
    for name, serve in _SERVERS.items():
        found = idle.rest(serve, folder / name)
        waiting = f"{found.idle_cpu:.1f}" if found.idle_cpu else f"under {36 / idle.WAITED:.1f}"
        rows.append((name, f"{found.start:.2f}", f"{found.start_cpu:.2f}", f"{found.memory:.0f}", waiting))
    head = ("", "first answer after, s", "CPU until then, s", "memory, MiB", "CPU per idle hour, s")
    return section("At rest", table(head, rows), f"Median of {idle.STARTS} starts; nobody asks anything.")


def per_step(size: str, folder: Path) -> str:
    """What a step costs beside its own work."""
    with servers.emulator(folder / "state") as server:
        found = {**steps.overheads(server), "*a job's processes alone*": steps.child_alone()}
    rows = [
        (name, f"{each.recorded:.1f}", f"{each.wall:.1f}", f"{each.cpu:.1f}") for name, each in found.items()
    ]
    head = ("step", "by its record, ms", "as its client waits, ms", "CPU with children, ms")
    words = (
        f"Steps in a chain, each after the one before; medians of {steps.ROUNDS} executions. A job's program "
        "is `pass`, so all of its time is overhead: its processes, which are a guard, a mount and the "
        "program's Python, its folder, its log, what is staged and collected, and its records."
    )
    return section("Per step", table(head, rows), words)


def under_load(size: str, folder: Path) -> str:
    """Many clients at once: what they saw, and what it cost."""
    each = EACH[size]
    few = max(5, each // 8)
    rows: list[tuple[str, str]] = []
    with servers.emulator(folder / "state") as server, load.processes(CLIENTS) as pool:
        load.prepare(server.url)
        everything = load.run(server.url, pool, CLIENTS, few, burst=few, run_id="warm")
        for number, burst in ((each // 4, few), (each, each)):
            seen, lines = _loaded(server, pool, number, burst)
            everything.add(seen)
            rows += lines
        wrong = everything.wrong + load.differences(server.url, everything)
        stored = (folder / "state" / "state.db").stat().st_size / everything.count / 1024
        rows.append(("state.db, KiB per execution", f"{stored:.1f}"))
    if wrong:
        raise AssertionError(f"{len(wrong)} things are wrong, such as {wrong[:3]}")
    words = (
        f"{CLIENTS} client processes, after some executions that are not counted; every eighth has a "
        "real processing job, the others conditions, parameters, joins, failures, models and versions. Each "
        "is held against its definition, and lists are paged through all the while "
        "(`benchmarks/emulator/load.py`)."
    )
    return section("Under load", table(("", ""), rows), words)


def _loaded(
    server: servers.Running, pool: Executor, each: int, burst: int
) -> tuple[load.Seen, list[tuple[str, str]]]:
    """Let the clients start *each* executions, *burst* at once; return what they saw, and its rows."""
    before, cpu = servers.footprint(server.pid), servers.cpu_seconds(server.pid)
    began = time.perf_counter()
    with servers.watched(server.pid) as watch:
        seen = load.run(server.url, pool, CLIENTS, each, burst=burst, run_id=f"b{burst}-")
    wall, cpu = time.perf_counter() - began, servers.cpu_seconds(server.pid) - cpu
    after = servers.footprint(server.pid)
    quick = [seconds for name, lasted in seen.lasted.items() if name != "work" for seconds in lasted]
    grown = (after.memory - before.memory) / seen.count * 1000
    return seen, [
        (f"**{seen.count:,} executions, {burst} of each client at once**", ""),
        ("wrong, lost or there twice", str(len(seen.wrong))),
        ("executions per second", f"{seen.count / wall:.0f}"),
        ("CPU of server and jobs per execution and all that is asked, ms", f"{cpu / seen.count * 1000:.1f}"),
        ("StartPipelineExecution, ms: p50, p95, p99", percentiles(seen.started)),
        ("DescribePipelineExecution, ms: p50, p95, p99", percentiles(seen.described)),
        ("an execution without a job, ms: p50, p95, p99", percentiles(quick)),
        ("an execution with a job, ms: p50, p95, p99", percentiles(seen.lasted["work"])),
        ("memory before and after, MiB", f"{before.memory:.0f}, {after.memory:.0f}"),
        ("growth per 1,000 executions, MiB", f"{grown:.1f}"),
        ("peak memory with all children, MiB", f"{watch.peak:.0f}"),
        ("most threads, files, child processes", _most(watch)),
    ]


def objects(size: str, folder: Path) -> str:
    """S3 beside moto's."""
    runs: dict[str, list[Mapping[str, s3.Cost]]] = {name: [] for name in _SERVERS}
    asked = s3.SIZES[size]
    with load.processes(asked.clients) as pool:
        for number in range(ROUNDS):
            for name, serve in _SERVERS.items():
                with _folder(folder, f"{name}-{number}") as place, serve(place / "state") as server:
                    runs[name].append(s3.work(server, place, asked, pool))
        rows = []
        for piece in runs["emulator"][0]:
            ours, theirs = ([run[piece] for run in runs[name]] for name in ("emulator", "moto"))
            rows.append((piece, *_beside(ours, theirs)))
        head = ("", "wall, s", "moto", "times", "CPU, s", "moto", "times", "peak, MiB", "moto")
        words = (
            f"{asked.large} MiB in parts of 8 MiB by boto3's `upload_file` and in ranges by `download_file`, "
            f"then by {asked.clients} clients at once; {asked.small:,} objects of some hundred bytes by as "
            f"many clients; pages of 1,000. Medians of {ROUNDS} rounds in turn; most of the wall is the "
            "clients' own work. Whoever takes the upload has to make its ETag, MD5 of all of its bytes, and "
            "to check the checksum that boto3 sends, CRC32: "
            f"{s3.digests(asked.large):.2f} s of CPU by themselves, to which come a copy of the bytes from "
            "the socket and one to the disk."
        )
        text = section("S3", table(head, rows), words)
        if size == "large":
            with _folder(folder, "whole") as place, servers.emulator(place / "state") as server:
                costs = s3.work(server, place, s3.WHOLE, pool)
            lines = [
                (piece, f"{each.wall:.1f}", f"{each.cpu:.1f}", f"{each.memory:.0f}")
                for piece, each in costs.items()
            ]
            head = ("", "wall, s", "CPU, s", "peak, MiB")
            words = f"{s3.WHOLE.large:,} MiB and {s3.WHOLE.small:,} objects, the emulator alone:"
            text += f"\n{words}\n\n{table(head, lines)}\n"
    return text


def answers(size: str, folder: Path) -> str:
    """Calls of the API beside moto's, and lists as they grow."""
    found = {}
    for name, serve in _SERVERS.items():
        with serve(folder / name) as server:
            found[name] = calls.calls(server, 200 if size == "small" else 500)
    rows = [
        (
            call,
            *(f"{each:.2f}" for each in (ours.wall, theirs.wall, ours.cpu, theirs.cpu)),
            f"{theirs.cpu / ours.cpu:.1f}",
        )
        for call, ours in found["emulator"].items()
        for theirs in (found["moto"][call],)
    ]
    head = ("", "wall, ms", "moto", "CPU, ms", "moto", "times")
    text = section(
        "Calls", table(head, rows), "One client, one call after the other; moto validates and stores less."
    )
    many = (100, 1000) if size == "small" else (100, 1000, 5000)
    with servers.emulator(folder / "growth") as server:
        grown = calls.growth(server, many)
    lines = [(call, *(f"{each:.2f}" for each in values)) for call, values in grown.items()]
    head = ("server's CPU per call, ms", *(f"{number:,} executions" for number in many))
    return f"{text}\n{table(head, lines)}\n"


PIECES: dict[str, Callable[[str, Path], str]] = {
    "rest": at_rest,
    "steps": per_step,
    "load": under_load,
    "s3": objects,
    "calls": answers,
}


def percentiles(seconds: Sequence[float]) -> str:
    """Return the median and the 95th and 99th percentiles in milliseconds."""
    ordered = sorted(seconds)
    places = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95, 0.99))
    return ", ".join(f"{each * 1000:.0f}" for each in places)


def _beside(ours: Sequence[s3.Cost], theirs: Sequence[s3.Cost]) -> list[str]:
    cells = []
    for figure in ("wall", "cpu"):
        one, other = (statistics.median(getattr(each, figure) for each in side) for side in (ours, theirs))
        cells += [f"{one:.2f}", f"{other:.2f}", f"{other / max(one, 0.01):.1f}"]
    return [*cells, *(f"{statistics.median(each.memory for each in side):.0f}" for side in (ours, theirs))]


@contextmanager
def _folder(parent: Path, name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=parent, prefix=name) as folder:
        yield Path(folder)


def _most(watch: servers.Watch) -> str:
    return ", ".join(f"{watch.most(figure):.0f}" for figure in ("threads", "files", "children"))
