"""What the loops took, as sections in Markdown: command by command, job by job, phase by phase."""

from __future__ import annotations

import re
from collections.abc import Sequence

from benchmarks.loop.loops import Lapped, Loop
from benchmarks.page import section, table

PHASES = (
    "start",
    "imports",
    "clients of boto3",
    "calls of AWS",
    "waiting",
    "reading",
    "asking the model",
    "computing",
    "writing",
)
"""Of a process, in the order in which they come."""
PARTS = ("S3 copies in", "model server", "process", "S3 copies out")
"""Of a job, as the emulator sees it."""
_STEP = re.compile(r"pipelines-\w+-(.+)-\w{10}")


def described(loop: Loop, runs: Sequence[Lapped]) -> str:
    """Return the section of *loop*: the run whose wall is the median of *runs*."""
    run = sorted(runs, key=lambda each: each.wall)[(len(runs) - 1) // 2]
    walls, cpus = (", ".join(f"{getattr(each, name):.1f}" for each in runs) for name in ("wall", "cpu"))
    words = (
        f"{loop.words} From nothing to the report: **{run.wall:.1f} s of the wall, {run.cpu:.1f} s of CPU** "
        f"of all processes together. All rounds: wall {walls}; CPU {cpus}."
    )
    content = "\n\n".join((_commands(run), _jobs(run), _phases(run)))
    return section(loop.name.capitalize(), content, words)


def _commands(run: Lapped) -> str:
    rows = []
    for lap in run.laps:
        took = lap.process.get("phases", {})
        cells = (_seconds(took.get(name, (0, 0))[0]) for name in ("imports", "calls of AWS", "waiting"))
        cpu = _seconds(lap.process["cpu"]) if lap.process else ""
        rows.append((_short(lap.command), f"{lap.wall:.2f}", cpu, *cells))
    head = ("command", "wall, s", "its CPU, s", "wall of imports", "of calls", "of waiting")
    return table(head, rows)


def _jobs(run: Lapped) -> str:
    rows = []
    for job in run.jobs:
        mine = [each for each in run.processes if each["folder"].endswith(f"/{job['job']}")]
        phases = [
            sum(each["phases"].get(name, (0, 0))[0] for each in mine) for name in PHASES if name != "waiting"
        ]
        inside = sum(each["wall"] for each in mine)
        parts = [job["parts"].get(name, 0.0) for name in PARTS]
        parts[2] -= inside  # what is around the program: a guard, a mount, the wait for its end
        cells = (_seconds(each) for each in (*parts, *phases))
        cpu = _seconds(sum(each["cpu"] for each in mine))
        rows.append((_step(job["job"]), f"{job['wall']:.2f}", cpu, *cells))
    head = ("job", "wall, s", "CPU, s", *PARTS[:2], "around the program", PARTS[3])
    return table((*head, *(name for name in PHASES if name != "waiting")), rows)


def _phases(run: Lapped) -> str:
    """Return where the CPU went; the emulator's own is what no other process had."""
    clients = [lap.process for lap in run.laps if lap.process]
    servers = [each for each in run.processes if not each["folder"]]
    jobs = [each for each in run.processes if each["folder"]]
    columns = (clients, jobs, servers)
    rows = [
        (name, *(_seconds(sum(each["phases"].get(name, (0, 0))[1] for each in column)) for column in columns))
        for name in PHASES
    ]
    known = [sum(each["cpu"] for each in column) for column in columns]
    rows.append(("**together**", *map(_seconds, known)))
    rest = run.cpu - sum(known)
    rows.append(("the emulator, and what guards and mounts", f"{rest:.2f}", "", ""))
    return table(("CPU, s", "commands", "jobs", "model servers"), rows)


def _seconds(value: float) -> str:
    return f"{value:.2f}" if value >= 0.005 else ""


def _short(command: str) -> str:
    words = command.split()
    return " ".join(words[: words.index("--model") if "--model" in words else 4][:4])


def _step(job: str) -> str:
    found = _STEP.fullmatch(job)
    return found[1] if found else re.sub(r"-\d{12}-\w+$", "", job)
