"""The gate's promise about attributions, measured on the example through the code that decides."""

from __future__ import annotations

import pytest

from benchmarks.attribution_error_rates import FIXED, HEADER, MEAN, describe, rates

BATCHES = 200

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("reference", [MEAN, FIXED])
def test_honest_rankings_are_rarely_refused_and_a_lost_source_is_caught(
    capsys: pytest.CaptureFixture[str], reference: str
) -> None:
    """Of 200 honest batches about 5 % are refused; of 200 whose incomes are lost, nearly all."""
    honest, planted = (rates(BATCHES, 600, reference, changed=each) for each in (False, True))
    with capsys.disabled():
        print(f"\n{HEADER}\n{describe(reference, 600, honest, planted)}")

    assert honest.gate.interval()[0] <= 0.05
    assert planted.gate.interval()[0] >= 0.9
    # An nDCG of 0.9 is far below what one lost feature does.
    assert planted.aws.share() < 0.1
