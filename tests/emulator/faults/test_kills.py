"""kill -9 while clients do everything at once: the next start finds a state that holds together."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator.faults import aftermath
from tests.emulator.faults.load import Load
from tests.emulator.faults.victim import Victim

SEED = 20260301
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/cwd").exists(), reason="needs /proc to find the processes that outlive the emulator"
)


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    """An emulator that will be killed."""
    made = Victim(tmp_path)
    yield made
    made.end()


def _round(load: Load, seconds: float) -> float:
    """Be busy for that time, kill, start again and check; return how long the start took."""
    load.run(seconds)
    load.victim.await_no_children()
    took = load.victim.start()
    aftermath.check(load)
    assert not load.refused, load.refused
    assert "Traceback" not in load.victim.log(), load.victim.log()[-3000:]
    return took


@pytest.mark.long
@pytest.mark.parametrize("seconds", [0.5, 1.3, 2.4])
def test_a_kill_leaves_a_state_that_holds_together(victim: Victim, seconds: float) -> None:
    """What was acknowledged is there, what ran is Failed and left nothing, no process lives on."""
    victim.start()
    load = Load(victim, SEED)
    load.prepare()

    assert _round(load, seconds) < 10


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_hundred_kills_of_one_state(victim: Victim) -> None:
    """The same after each of a hundred kills at random moments, one upon the other."""
    victim.start()
    load = Load(victim, SEED)
    load.prepare()
    chance = random.Random(SEED)
    took = [_round(load, chance.uniform(0.05, 3.0)) for _ in range(100)]

    assert sorted(took)[50] < 5
