"""What is measured: commands beside what their libraries take, and both ends of the number of models."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3

from benchmarks.emulator.servers import Running, emulator
from benchmarks.page import section, table
from benchmarks.startup.measure import Command, Costs, in_turn, once

ROOT = Path(__file__).parents[2]
CLI = (sys.executable, "-m", "sagemaker_monitor.cli.main")
REGION, BUCKET = "eu-west-1", "sagemaker-monitor-local"
CLIENT = f"import boto3; boto3.client('sagemaker', region_name={REGION!r})"
ROUNDS = {"small": 5, "large": 9}
MODELS = {"small": (1, 10, 50), "large": (1, 10, 50, 200)}


def light(size: str, folder: Path) -> str:
    """Commands that only ask, beside boto3's import and first client."""
    with _deployed(folder, 1) as (place, server):

        def stop(said: str) -> float:
            arn = next(word for word in said.split() if "/execution/" in word and word.startswith("arn:"))
            sagemaker = _client(server, "sagemaker")
            with suppress(
                sagemaker.exceptions.ConflictException
            ):  # it failed meanwhile: its data is nonsense
                sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
            return 0.0

        words = ("run", "register", "--model", "mortgage", "--mode", "bootstrap", "--detach")
        words += ("--artifact", "data.csv", "--baseline-data", "data.csv")
        (place / "data.csv").write_text("1,2,3\n")
        boto = Command("boto3, a client", (sys.executable, "-c", CLIENT), place)
        commands = [
            Command("Python", (sys.executable, "-c", "pass"), place),
            boto,
            Command("--help", (*CLI, "--help"), place),
            Command("--version", (*CLI, "--version"), place),
            Command("run --help", (*CLI, "run", "--help"), place),
            Command("validate", (*CLI, "validate"), place),
            Command("status", (*CLI, "status"), place),
            Command("run --detach", (*CLI, *words), place, after=stop),
        ]
        found = in_turn(commands, ROUNDS[size])
    base = found[boto.name].median("cpu")
    limits = {"--help": 0.3, "validate": 0.8, "status": base + 0.3, "run --detach": base + 0.3}
    # Python as the kernel counts it begins with the memory of who starts it: no figure for small ones.
    rows = [_row(name, costs, limits.get(name))[:-1] for name, costs in found.items()]
    said = (
        f"Medians of {ROUNDS[size]} rounds in turn. Limits are what this project asks of itself: 0.3 s for "
        "help, 0.8 s for `validate`, and boto3's import and first client and 0.3 s for what asks and starts."
    )
    return section("Commands that ask", table(_HEAD[:-1], rows), said)


def building(size: str, folder: Path) -> str:
    """Commands that build, beside the SDK alone."""
    with _deployed(folder, 1) as (place, _):
        script = str(Path(__file__).with_name("sdk_alone.py"))
        alone = (sys.executable, script, "conf", "mortgage")
        sdk = Command("the SDK alone", alone, place, after=_last_number)
        spared = Command("the SDK alone, spared", (*alone, "spared"), place, after=_last_number)
        commands = [
            spared,
            Command("build", (*CLI, "build", "-o", "dist"), place),
            Command("plan", (*CLI, "plan"), place),
            Command("upsert", (*CLI, "upsert"), place),
            Command("plan --bundle", (*CLI, "plan", "--bundle", "dist/local/mortgage"), place),
            Command("upsert --bundle", (*CLI, "upsert", "--bundle", "dist/local/mortgage"), place),
        ]
        once(commands[1])
        plainly = Costs([once(sdk)])  # once: it takes as long as all the others together
        found = {sdk.name: plainly, **in_turn(commands, ROUNDS[size])}
    limits = {"build": 1.1 * found[spared.name].median("cpu")}
    rows = [_row(name, costs, limits.get(name)) for name, costs in found.items()]
    said = (
        "The mortgage example, four pipelines, deployed already: nothing is to be changed. *The SDK alone* "
        "imports it and constructs the same steps under its own session; *spared* has the session of `build` "
        "and what is spared there: `build` may take a tenth more than that. What reads the configuration "
        "does not count for the SDK. With `--bundle` nothing is built. Medians of "
        f"{ROUNDS[size]} rounds in turn, the SDK alone once."
    )
    return section("Commands that build", table(_HEAD, rows), said)


def by_models(size: str, folder: Path) -> str:
    """What building and planning cost by the number of models."""
    rows: list[tuple[str, ...]] = []
    first: dict[str, tuple[int, float]] = {}
    for number in MODELS[size]:
        with _place(folder / str(number), number) as (place, _):
            commands = [
                Command("build", (*CLI, "build", "-q", "-o", "dist"), place),
                Command("plan, all to create", (*CLI, "plan", "--format", "json"), place),
                Command("upsert, all to create", (*CLI, "upsert", "-q"), place),
                Command("plan, nothing to do", (*CLI, "plan", "--format", "json"), place),
                Command("status", (*CLI, "status"), place),
                Command("validate", (*CLI, "validate"), place),
            ]
            for each in commands:
                cost = once(each)
                start, base = first.setdefault(each.name, (number, cost.cpu))
                more = (cost.cpu - base) / (number - start) * 1000 if number > start else None
                rows.append(
                    (
                        f"{number} · {each.name}",
                        f"{cost.cpu:.2f}",
                        "" if more is None else f"{more:.0f}",
                        f"{cost.wall:.1f}",
                        f"{cost.memory:.0f}",
                    )
                )
    rows.sort(key=lambda row: list(first).index(row[0].split(" · ")[1]))
    said = (
        "Models like the mortgage example, four pipelines and 15 files each, one run of each command. *Each "
        "more* is what a model more takes, measured from one model on."
    )
    head = ("models · command", "CPU, s", "each more, ms", "wall, s", "peak memory, MiB")
    return section("By the number of models", table(head, rows), said)


PIECES = {"light": light, "building": building, "models": by_models}
_HEAD = ("", "CPU, s", "limit, s", "wall, s", "peak memory, MiB")


@contextmanager
def _deployed(folder: Path, models: int) -> Iterator[tuple[Path, Running]]:
    """Give a folder with a configuration of *models*, all of them deployed to the emulator there."""
    with _place(folder, models) as (place, server):
        once(Command("upsert", (*CLI, "upsert", "-q"), place))
        yield place, server


@contextmanager
def _place(folder: Path, models: int) -> Iterator[tuple[Path, Running]]:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "conf", folder / "conf")
    text = (ROOT / "conf" / "models" / "mortgage.yaml").read_text(encoding="utf-8")
    for number in range(1, models):
        name = f"mortgage-{number}"
        own = re.sub(r"^model: mortgage$", f"model: {name}", text, flags=re.MULTILINE)
        own = own.replace("name: mortgage-{environment}", f"name: {name}-{{environment}}")
        (folder / "conf" / "models" / f"{name}.yaml").write_text(own, encoding="utf-8")
    with emulator(folder / "state") as server:
        environment = folder / "conf" / "environments" / "local.yaml"
        settled = re.sub(r"http://127\.0\.0\.1:\d+", server.url, environment.read_text(encoding="utf-8"))
        environment.write_text(settled, encoding="utf-8")
        configuration = {"LocationConstraint": REGION}
        _client(server, "s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=configuration)
        yield folder, server


def _client(server: Running, service: str) -> Any:
    return boto3.Session("local", "local", region_name=REGION).client(service, endpoint_url=server.url)  # type: ignore[call-overload]


def _last_number(said: str) -> float:
    return float(said.split()[-1])


def _row(name: str, costs: Costs, limit: float | None) -> tuple[str, ...]:
    cpu, wall, memory = (costs.median(figure) for figure in ("cpu", "wall", "memory"))
    told = "" if limit is None else f"{limit:.2f}"
    return (name, f"{cpu:.2f}", told, f"{wall:.2f}", f"{memory:.0f}")
