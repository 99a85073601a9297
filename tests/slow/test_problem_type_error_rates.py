"""The gate's promise for models that answer numbers or classes."""

from __future__ import annotations

import pytest

from tests.analysis.decision.answered import MULTICLASS, REGRESSION
from tests.analysis.decision.test_problem_types import refusals

BATCHES = 1_000

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("problem_type", [REGRESSION, MULTICLASS])
def test_refusals_keep_the_promise(problem_type: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 1000 honest batches about 10 % are refused, not more than chance adds; of worse ones most are."""
    honest, worse = refusals(problem_type, BATCHES, total=1_000)
    with capsys.disabled():
        print(f"\n{problem_type}: {honest} of {BATCHES} honest, {worse} of {BATCHES} worse batches refused")

    # 100 are expected; three standard deviations are 28.
    assert 60 <= honest <= 128
    assert worse > 0.8 * BATCHES
