"""How likely a declared shift is caught: what is shifted, what is simulated, and what the verdict says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sagemaker_monitor.analysis.decision.conclude import conclude
from sagemaker_monitor.analysis.decision.power import Effort, rows_needed
from sagemaker_monitor.analysis.decision.power_bias import BiasPower
from sagemaker_monitor.analysis.decision.power_drift import DriftPower
from sagemaker_monitor.analysis.decision.power_model import ModelPower, influences
from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.scored import Scored
from sagemaker_monitor.analysis.decision.shifts import UnreachableError, tilted, typical
from sagemaker_monitor.analysis.documents.verdict_json import from_json, to_json
from tests.analysis.decision.cases import evidence, people, spec
from tests.analysis.decision.inputs import columns, inputs, quality_evidence, quality_spec
from tests.analysis.decision.scoring import QUALITY_RULE, answers

BASELINE = people(1, 1500)
QUICK = Effort(splits=499, batches=400)
DRIFT = "data_quality/baseline_drift_check"


def drawn(seed: int, weights: Any, rows: int) -> Any:
    """Return *rows* places drawn by *weights*."""
    return np.random.default_rng(seed).choice(len(weights), rows, p=weights / weights.sum())


def test_a_tilt_moves_the_metric_and_nothing_outside_the_facet() -> None:
    """DPPL is moved exactly; who is in the facet, and what the others get, stays as it was."""
    power = BiasPower(spec(), BASELINE)
    weights = power.shifted(("DPPL", 0), 0.1)
    value = power.seen.values(weights, [("DPPL", 0)])[0]
    inside = power.seen.inside[0]

    assert value == pytest.approx(power.value("bias/DPPL/black") + 0.1, abs=1e-9)
    assert weights[~inside].tolist() == pytest.approx(power.weights[~inside].tolist())
    assert weights[inside].sum() == pytest.approx(power.weights[inside].sum())
    # The least change in Kullback and Leibler's sense keeps odds within those predicted alike.
    ratio = weights / power.weights
    assert np.ptp(ratio[inside & power.seen.predicted]) < 1e-9
    assert np.ptp(ratio[inside & ~power.seen.predicted]) < 1e-9


@pytest.mark.parametrize("metric", ["recall", "precision", "accuracy", "auc", "f1", "true_negative_rate"])
def test_a_tilt_makes_a_metric_of_model_quality_as_much_worse_as_declared(metric: str) -> None:
    """Every metric is moved exactly, and both classes stay as frequent as they were."""
    power = ModelPower(quality_spec(rules=[QUALITY_RULE]), answers(1, 500).sample.scored)
    subject = power.subjects[f"model_quality/{metric}"]
    weights = power.shifted(subject, -0.05)
    found = power.measured.metrics(weights[None, :])[metric][0]

    assert found == pytest.approx(subject.base - 0.05, abs=1e-9)
    assert weights[power.measured.positive].sum() == pytest.approx(power.measured.positive.sum())


def test_the_influence_of_a_row_on_auc_is_what_one_more_of_it_does() -> None:
    """The closed form agrees with trying."""
    scored = answers(3, 60).sample.scored
    assert isinstance(scored, Scored)
    weights = np.ones(60)
    tried = []
    for row in range(60):
        more = weights.copy()
        more[row] += 1e-6
        tried.append((scored.area(more[None, :])[0] - scored.area(weights[None, :])[0]) / 1e-6)
    known = influences(scored, "auc", weights)
    for side in (scored.positive, ~scored.positive):
        ours, theirs = known[side] - known[side].mean(), np.array(tried)[side]
        slope = (ours * theirs).sum() / (ours**2).sum()
        assert theirs == pytest.approx(slope * ours, abs=1e-7)


@pytest.mark.parametrize("feature", ["income", "term", "region"])
def test_a_shifted_feature_has_the_declared_distance(feature: str) -> None:
    """Numbers with many values and with few, and texts: the weighed rows have that distance."""
    power = DriftPower(quality_spec(), inputs(columns(1, 700, missing=0.1)).table)
    found = power.features[f"{DRIFT}/{feature}"]
    weights = power.shifted(found, 0.12)
    kept = found.codes < len(found.counts)
    shares = np.bincount(found.codes[kept], weights=weights[kept]) / weights[kept].sum()
    before = found.counts / found.present
    gap = np.cumsum(shares) - np.cumsum(before) if found.numeric else shares - before

    assert np.abs(gap).max() == pytest.approx(0.12, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "by", "why"),
    [("bias/DPPL/black", 0.9, "do not reach that far"), ("bias/CI/black", 1.9, "do not reach that far")],
)
def test_what_the_rows_cannot_show_is_said(name: str, by: float, why: str) -> None:
    """A shift farther than any weighing of the baseline's rows goes has no power, and a reason."""
    with pytest.raises(UnreachableError, match=why):
        BiasPower(spec(), BASELINE).caught(name, by, 300, QUICK)


def test_a_metric_at_its_turning_point_is_not_moved() -> None:
    """Where no kind of row has an influence there is no direction to tilt in."""
    with pytest.raises(UnreachableError, match="no weighing"):
        tilted(np.ones(3), np.zeros(3), np.zeros(3, dtype=np.int64), lambda weights: 1.0, 2.0)


def test_a_typical_sample_has_every_kind_by_its_share() -> None:
    """Counts add up and are the expected ones, rounded."""
    found = typical(np.array([1.0, 2.0, 7.0]), 100)

    assert found.tolist() == [10, 20, 70]
    assert typical(np.array([1.0, 1.0, 1.0]), 100).sum() == 100


def test_more_rows_catch_more_and_the_same_seed_the_same() -> None:
    """Power grows with the batch, and is the same number each time."""
    power = BiasPower(spec(), BASELINE)
    found = [power.caught("bias/DPPL/black", 0.15, rows, QUICK) for rows in (100, 400, 1600)]

    assert found[0] < found[1] < found[2]
    assert power.caught("bias/DPPL/black", 0.15, 400, QUICK) == found[1]


def test_the_rows_that_would_do_have_the_power_that_was_asked_for() -> None:
    """At the number of rows that is told the shift is caught as often as wanted; at two thirds it is not."""
    power = BiasPower(spec(), BASELINE)
    now = power.caught("bias/DPPL/black", 0.15, 200, QUICK)
    rows = rows_needed(power, "bias/DPPL/black", 0.15, 0.8, QUICK, start=200, caught=now)

    assert rows is not None
    assert power.caught("bias/DPPL/black", 0.15, rows, QUICK) >= 0.78
    assert power.caught("bias/DPPL/black", 0.15, 2 * rows // 3, QUICK) < 0.8


def test_no_rows_would_do_where_a_floor_lies_below_the_shift() -> None:
    """Recall that falls by 0.05 and stays above its floor is never refused, however large the batch."""
    rule = {"match": "model_quality/recall", "minimum": 0.5, "action": "fail"}
    power = ModelPower(quality_spec(rules=[rule]), answers(1, 400).sample.scored)
    caught = power.caught("model_quality/recall", -0.05, 400, QUICK)

    assert caught < 0.1
    assert rows_needed(power, "model_quality/recall", -0.05, 0.9, QUICK, start=400, caught=caught) is None


def test_a_metric_that_improves_is_not_a_shift_to_catch() -> None:
    """Only worse is refused, and the simulation says so."""
    power = ModelPower(quality_spec(rules=[QUALITY_RULE]), answers(1, 400).sample.scored)
    with pytest.raises(UnreachableError, match="worse where it is lower"):
        power.caught("model_quality/recall", 0.05, 400, QUICK)


def declared(*, required: bool, by: float = 0.2, match: str = "bias/DPPL/*") -> list[dict[str, Any]]:
    """Return gate.detect of spec.json."""
    return [{"match": match, "by": by, "power": 0.9, "required": required}]


def test_the_verdict_says_how_likely_a_declared_shift_is_caught() -> None:
    """A batch that passes names the shift that it would rarely catch, and the rows it takes."""
    rules = [{"match": "bias/DPPL/*", "tolerance": "calibrated", "action": "fail"}]
    found = spec(rules=rules, detect=declared(required=False))
    verdict = conclude(found, evidence(people(2, 300), BASELINE))
    power = verdict.power[0]

    assert verdict.decision == "pass"
    assert power.subject == "bias/DPPL/black"
    assert power.caught is not None
    assert 0 < power.caught < 0.9
    assert power.rows_needed is not None
    assert power.rows_needed > 300
    assert f"90% take about {power.rows_needed} rows" in verdict.summary
    assert from_json(to_json(verdict)) == verdict


def test_a_batch_that_would_miss_what_it_must_catch_is_inconclusive() -> None:
    """With required the same batch is inconclusive for want of rows; one of the size that was told passes."""
    rules = [{"match": "bias/DPPL/*", "tolerance": "calibrated", "action": "fail"}]
    found = spec(rules=rules, detect=declared(required=True))
    small = conclude(found, evidence(people(2, 300), BASELINE))
    needed = small.power[0].rows_needed
    assert needed is not None
    large = conclude(found, evidence(people(2, 2 * needed), BASELINE))

    assert small.decision == "inconclusive"
    assert "bias/DPPL/black moved by +0.2 would be caught in" in small.summary
    assert large.decision == "pass"


def test_a_shift_of_what_has_no_value_is_told_with_its_reason() -> None:
    """Metrics by group without a group variable cannot be moved; required, the run is inconclusive."""
    found = spec(detect=declared(required=True, match="bias/CDDPL/black"))
    verdict = conclude(found, evidence(people(2, 300), BASELINE))

    assert verdict.power[0].caught is None
    assert verdict.power[0].why == "it does not follow from the baseline's rows"
    assert verdict.decision == "inconclusive"


def test_drift_of_declared_distance_is_caught_beside_labels_or_without() -> None:
    """Inputs alone have power too; a distance ten times what chance does is always caught."""
    batch, before = inputs(columns(2, 300)), inputs(columns(1, 600))
    found = quality_spec(detect=declared(required=False, by=0.5, match=f"{DRIFT}/income"))
    verdict = conclude(found, quality_evidence(batch, before))

    assert verdict.power[0].caught == 1.0
    assert verdict.power[0].rows_needed is not None
    assert verdict.power[0].rows_needed < 100


@pytest.mark.slow
@pytest.mark.parametrize("rows", [200, 400, 800])
def test_what_is_told_is_what_happens_to_batches_that_shifted(
    rows: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The gate refuses as many of 200 shifted batches as was told, within what chance does."""
    found = spec(rules=[{"match": "bias/DPPL/*", "tolerance": "calibrated", "action": "fail"}])
    power = BiasPower(found, BASELINE)
    weights = power.shifted(("DPPL", 0), 0.15)
    kinds = 4 * power.seen.inside[0] + 2 * power.seen.observed + power.seen.predicted
    told = power.caught("bias/DPPL/black", 0.15, rows, Effort())
    refused = 0
    for seed in range(200):
        cells = kinds[drawn(seed, weights, rows)]
        batch = Sample((cells // 4 == 1)[None, :], cells // 2 % 2 == 1, cells % 2 == 1)
        refused += conclude(found, evidence(batch, BASELINE)).decision == "refused"
    with capsys.disabled():
        print(f"\n{rows} rows: told {told:.1%}, refused {refused / 200:.1%}")

    assert abs(refused / 200 - told) < 1.96 * np.sqrt(told * (1 - told) / 200) + 0.02


def test_the_number_of_batches_is_what_effort_says() -> None:
    """Shares are multiples of one batch."""
    found = BiasPower(spec(), BASELINE).caught("bias/DPPL/black", 0.15, 200, replace(QUICK, batches=40))

    assert round(found * 40) == pytest.approx(found * 40)
