"""Many clients and executions at once: nothing is wrong, lost or there twice; what they cost is bounded."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from benchmarks.emulator import load, servers
from sagemaker_monitor.emulator.executor import running
from tests.emulator.conftest import RunningEmulator
from tests.emulator.executor.conftest import Execution, condition, definition, script

CLIENTS, EACH = 8, 200


@pytest.mark.long
def test_two_clients_at_once(emulator: RunningEmulator) -> None:
    """Twenty executions of two clients end as their definitions say, while lists are paged through."""
    load.prepare(emulator.url)
    with ThreadPoolExecutor(2) as pool:
        seen = load.run(emulator.url, pool, 2, 10, burst=10)

    assert seen.count == 20
    assert seen.wrong + load.differences(emulator.url, seen) == []


def test_executions_beyond_the_bound_wait_for_their_turn(
    emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for one execution, the others are Executing without a step, can be stopped, and come next."""
    monkeypatch.setattr(running, "MOST", 1)
    sagemaker: Any = emulator.client("sagemaker")
    steps = {"long": script("Wait", "import time; time.sleep(60)"), "short": condition("Check", 1, 1, [], [])}
    for name, step in steps.items():
        sagemaker.create_pipeline(
            PipelineName=name,
            PipelineDefinition=definition([step]),
            RoleArn=load.ROLE,
            ClientRequestToken="t" * 32,
        )
    first, stopped, last = (
        Execution(sagemaker, sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"])
        for name in ("long", "short", "short")
    )
    first.until("Wait", "Executing")
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=stopped.arn)

    assert (stopped.describe()["PipelineExecutionStatus"], stopped.steps()) == ("Stopping", {})
    assert (last.describe()["PipelineExecutionStatus"], last.steps()) == ("Executing", {})
    assert sum(thread.name.startswith("execution-") for thread in threading.enumerate()) == 1
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=first.arn)
    assert (first.wait(), stopped.wait(), last.wait()) == ("Stopped", "Stopped", "Succeeded")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_eight_clients_of_two_hundred_executions(tmp_path: Path) -> None:
    """1,600 executions, some and then all at once, are right, also after a restart; costs are bounded."""
    with servers.emulator(tmp_path / "state") as server:
        load.prepare(server.url)
        with load.processes(CLIENTS) as pool:
            seen = load.run(server.url, pool, CLIENTS, EACH, burst=25, run_id="few")
            before = servers.footprint(server.pid)
            with servers.watched(server.pid) as watch:
                seen.add(load.run(server.url, pool, CLIENTS, EACH, burst=EACH, run_id="all"))
        after = servers.footprint(server.pid)
        assert seen.count == 2 * CLIENTS * EACH
        assert seen.wrong + load.differences(server.url, seen) == []
        # At most as many jobs as processors, two processes each.
        assert watch.most("children") <= 2 * max(2, servers.processors())
        assert watch.most("files") <= 200
        assert watch.most("threads") <= 2 * running.MOST + 100
        # What is on record is on disk: a thousand executions leave some memory that is used again.
        assert after.memory - before.memory < 16
        assert watch.peak < 400
    with servers.emulator(tmp_path / "state") as server:
        assert load.differences(server.url, seen) == []
