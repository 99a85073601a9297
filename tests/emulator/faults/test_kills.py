"""kill -9 while clients do everything at once: the next start finds a state that holds together."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.emulator.faults import aftermath
from tests.emulator.faults.load import FILES, Load
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


def _some(folder: Path, most: int) -> bool:
    """Return whether there are files in *folder*, but not all of the *most*."""
    try:
        return 0 < len(list(folder.iterdir())) < most
    except OSError:
        return False


Moment = Callable[[Path], bool]
MOMENTS: dict[str, Moment] = {
    "outputs appear": lambda state: _some(state / "s3" / "data" / "same", FILES),
    "parts are joined": lambda state: any((state / "s3" / ".uploads").glob("*/joined")),
    "an object comes in": lambda state: _some(state / "s3" / ".incoming", 100),
    "an endpoint is made": lambda state: len(list((state / "endpoints" / "us-east-1").iterdir())) > 1,
}


def _round(load: Load, seconds: float, moment: Moment | None = None) -> float:
    """Be busy for that time or until a moment has come, kill, start again, check; return the start's time."""
    state = load.victim.state_dir
    load.run(seconds, None if moment is None else lambda: moment(state))
    load.victim.await_no_children()
    took = load.victim.start()
    aftermath.check(load)
    assert not load.refused, load.refused
    assert "Traceback" not in load.victim.log(), load.victim.log()[-3000:]
    return took


@pytest.mark.long
def test_a_kill_leaves_a_state_that_holds_together(victim: Victim) -> None:
    """What was acknowledged is there, what ran is Failed and left nothing, no process lives on."""
    victim.start()
    load = Load(victim, SEED)
    load.prepare()

    assert _round(load, 2.4) < 20


@pytest.mark.long
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_at_the_worst_moment(victim: Victim, moment: str) -> None:
    """The same when outputs appear, parts are joined, an object comes in, an endpoint is made."""
    victim.start()
    load = Load(victim, SEED)
    load.prepare()

    _round(load, 6.0, MOMENTS[moment])


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_hundred_kills_of_one_state(victim: Victim) -> None:
    """The same after each of a hundred kills at random moments, one upon the other."""
    victim.start()
    load = Load(victim, SEED)
    load.prepare()
    chance = random.Random(SEED)
    took = [_round(load, chance.uniform(0.05, 3.0)) for _ in range(100)]

    assert sorted(took)[50] < 5
