"""What is told of declared changes, against batches that have them."""

from __future__ import annotations

import pytest

from benchmarks.power import CASES, check

BATCHES = 100

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.mark.parametrize(("kind", "name", "by", "sizes"), CASES, ids=lambda each: str(each))
def test_a_declared_change_is_caught_as_often_as_is_told(
    kind: str, name: str, by: float, sizes: tuple[int, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 100 batches with known truth the share that was told is refused, within 95 % and 5 points."""
    found = check(kind, name, by, sizes[0], BATCHES)
    with capsys.disabled():
        print(f"\n{found}")
    low, high = found.interval

    assert low - 0.05 <= found.told <= high + 0.05
