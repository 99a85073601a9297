"""What chance explains, and that all limits together keep their error rate."""

from __future__ import annotations

import numpy as np
import pytest

from sagemaker_monitor.analysis.bias.metrics import METRICS, NEUTRAL
from sagemaker_monitor.analysis.decision import calibration, family, splits
from sagemaker_monitor.analysis.decision.rules import limit
from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.spec import Rule
from tests.analysis.decision.cases import people

PAIRS = [(name, 0) for name, metric in METRICS.items() if not metric.grouped]
RULE = Rule("bias/*", "fail", tolerance="calibrated")


def crosses(baseline: Sample, batch: Sample, *, splits: int, level: float) -> bool:
    """Return whether *batch* crosses any calibrated limit."""
    seen = calibration.patterns(baseline, batch)
    family = calibration.chance(seen, PAIRS, splits=splits).offsets(PAIRS, level)
    before, now = (seen.values(counts.astype(float), PAIRS) for counts in (seen.baseline, seen.batch))
    return any(
        limit(RULE, before[place], NEUTRAL[pair[0]], family.offsets[pair]).crossed_by(now[place])
        for place, pair in enumerate(PAIRS)
        if not np.isnan(now[place])
    )


def test_patterns_keep_every_row() -> None:
    """Splitting works on distinct rows with counts, and these give the same metrics as the rows."""
    baseline, batch = people(1, 300), people(2, 200)
    seen = calibration.patterns(baseline, batch)
    member, rate = batch.inside[0], batch.observed.mean
    expected = rate(where=~member) - rate(where=member)

    assert (seen.baseline.sum(), seen.batch.sum()) == (300, 200)
    assert len(seen.batch) == 8
    assert seen.values(seen.batch.astype(float), [("DPL", 0)])[0] == pytest.approx(expected)


def test_splits_move_rows_and_lose_none() -> None:
    """Every split has the batch's size, and takes no more of a pattern than there is."""
    seen = calibration.patterns(people(1, 300), people(2, 50))
    drawn = np.concatenate(list(splits.of_counts(seen.baseline, seen.batch, 500, 7)))

    assert (drawn.sum(axis=1) == 50).all()
    assert ((drawn >= 0) & (drawn <= seen.baseline + seen.batch)).all()
    assert drawn[1:].mean(axis=0) == pytest.approx((seen.baseline + seen.batch) / 7, abs=0.5)


def test_the_same_rows_get_the_same_limits() -> None:
    """Limits do not depend on when or how often they are computed."""
    seen = calibration.patterns(people(1, 300), people(2, 200))
    first, second = (calibration.chance(seen, PAIRS, splits=400).offsets(PAIRS, 0.05) for _ in range(2))

    assert first == second


def test_a_limit_is_crossed_exactly_where_the_test_rejects() -> None:
    """The interval a person reads and the min-p test behind it decide alike, on 60 batches of all kinds."""
    rejections = 0
    for seed in range(60):
        baseline = people(seed, 150, inside=0.15)
        batch = people(1000 + seed, 120, bias=(seed % 4) * 0.15, inside=0.15)
        chance = calibration.chance(calibration.patterns(baseline, batch), PAIRS, splits=300)
        rare = family.p_values(chance.change)
        level = family.level(rare.min(axis=1), 0.1)
        rejected = bool((chance.grew & (chance.change > 0) & (rare <= level))[0].any())
        rejections += rejected

        assert crosses(baseline, batch, splits=300, level=0.1) == rejected
    assert 5 < rejections < 55


@pytest.mark.long
@pytest.mark.parametrize("inside", [0.5, 0.06])
def test_honest_batches_are_refused_as_often_as_said(inside: float) -> None:
    """With few and with many people in the facet, at most the promised share of honest batches crosses.

    Of 200 batches at 20 %, more than 57 would be beyond three standard errors.
    """
    refused = sum(
        crosses(
            people(seed, 200, inside=inside), people(9000 + seed, 120, inside=inside), splits=299, level=0.2
        )
        for seed in range(200)
    )

    assert refused <= 57
    assert refused > 0


def test_a_family_refuses_no_more_splits_than_it_may() -> None:
    """The share of splits that cross any limit of the family is within its error rate."""
    seen = calibration.patterns(people(3, 400), people(4, 300))
    family = calibration.chance(seen, PAIRS, splits=2000).offsets(PAIRS, 0.05)

    assert 0.01 < family.refused <= 0.05


def test_fewer_limits_are_narrower() -> None:
    """The family shares one error rate: a limit is wider when it has more companions."""
    seen = calibration.patterns(people(3, 400), people(4, 300))
    chance = calibration.chance(seen, PAIRS, splits=2000)
    alone = chance.offsets([("DPL", 0)], 0.05).offsets["DPL", 0]
    together = chance.offsets(PAIRS, 0.05).offsets["DPL", 0]

    assert alone.up < together.up


def test_smaller_batches_have_wider_limits() -> None:
    """What chance explains depends on the batch's size."""
    reach = [
        calibration.chance(calibration.patterns(people(3, 800), people(4, rows)), [("DPL", 0)], splits=2000)
        .offsets([("DPL", 0)], 0.05)
        .offsets["DPL", 0]
        .up
        for rows in (100, 800)
    ]

    assert reach[0] > 1.5 * reach[1]


def test_infinite_metrics_set_no_upper_limit() -> None:
    """Where false positives are rare, treatment equality is infinite by chance: there is no limit there."""
    flags = np.zeros(60, dtype=bool)
    inside = np.arange(60) % 2 == 0
    observed = np.arange(60) % 4 < 2
    predicted = np.where(np.arange(60) < 8, flags, observed)
    sample = Sample(inside[None, :], observed, predicted)
    seen = calibration.patterns(sample, sample)
    offsets = calibration.chance(seen, [("TE", 0)], splits=500).offsets([("TE", 0)], 0.05).offsets["TE", 0]

    assert offsets.up == np.inf


def test_metrics_by_group_are_calibrated() -> None:
    """CDDL has a limit when there is a group variable; rows without a group do not count."""

    def grouped(seed: int) -> Sample:
        plain = people(seed, 300)
        return Sample(
            plain.inside, plain.observed, plain.predicted, np.array(["a", "b", ""])[np.arange(300) % 3]
        )

    baseline, batch = grouped(1), grouped(2)
    seen = calibration.patterns(baseline, batch, grouped=True)
    value = seen.values(seen.batch.astype(float), [("CDDL", 0)])[0]
    expected = 0.0
    for name in ("a", "b"):
        rows = batch.group == name
        good, member = batch.observed[rows], batch.inside[0][rows]
        expected += 100 / 200 * (member[~good].mean() - member[good].mean())
    offsets = (
        calibration.chance(seen, [("CDDL", 0)], splits=300).offsets([("CDDL", 0)], 0.05).offsets["CDDL", 0]
    )

    assert value == pytest.approx(expected)
    assert 0 < offsets.up < 1


def test_fixed_limits_are_simulated() -> None:
    """How often honest batches cross a fixed limit is known: half of them, where it cuts the middle."""
    baseline = people(1, 2000, bias=0.2)
    seen = calibration.patterns(baseline, people(2, 200))
    middle = float(seen.values(seen.baseline.astype(float), [("DPL", 0)])[0])
    half = calibration.simulate(seen, [], [(("DPL", 0), Rule("*", "fail", maximum=middle))], batches=2000)
    never = calibration.simulate(seen, [], [(("DPL", 0), Rule("*", "fail", maximum=1.0))], batches=2000)

    assert half.refused == pytest.approx(0.5, abs=0.05)
    assert never.refused == 0
