"""The gate's promise about model quality, measured on the example through the code that decides."""

from __future__ import annotations

import pytest

from benchmarks.model_quality_error_rates import HEADER, NOISE, describe, rates

BATCHES = 200

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def test_honest_models_are_rarely_refused_and_worse_ones_are_caught(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of 200 honest batches about 5 % are refused; of 200 with noisier labels, nearly all."""
    honest, worse = (rates(BATCHES, 600, noise=each) for each in (0.0, NOISE))
    with capsys.disabled():
        print(f"\n{HEADER}\n{describe(600, honest, worse)}")

    assert honest.gate.interval()[0] <= 0.05
    assert worse.gate.interval()[0] >= 0.85
    # SageMaker's own rule has no tolerance: it flags more than half of the honest batches.
    assert honest.aws.share() > 0.5
