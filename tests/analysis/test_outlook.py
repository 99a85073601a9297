"""What a policy refuses and sees by the number of rows, before any batch has arrived."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sagemaker_monitor.analysis.decision.attributions import Attributions, aggregate
from sagemaker_monitor.analysis.decision.conclude import conclude
from sagemaker_monitor.analysis.decision.detecting import simulators
from sagemaker_monitor.analysis.decision.power import Effort
from sagemaker_monitor.analysis.decision.spec import Rule, Shift, Spec
from sagemaker_monitor.analysis.outlook import AtRows, Rows, outlook, towards
from tests.analysis.decision.cases import evidence, people, spec
from tests.analysis.decision.inputs import columns, inputs, quality_spec
from tests.analysis.decision.scoring import QUALITY_RULE, answers

QUICK = Effort(splits=499, batches=300)
BASELINE = people(1, 900)


def looked(found: Spec, known: Rows, *sizes: int) -> list[AtRows]:
    """Return the outlook, with little effort."""
    made = simulators(found, known.sample, known.features, predicted=known.predicted)
    return list(outlook(found, known, made, sizes, QUICK))


def test_more_rows_detect_smaller_changes_and_the_promise_is_kept() -> None:
    """Honest refusals stay below what was promised at every size, and what is detected shrinks."""
    small, large = looked(spec(), Rows(sample=BASELINE), 150, 1200)
    found = [
        towards("bias/DPPL/black", each.monitors["bias"].bounds["bias/DPPL/black"]) for each in (small, large)
    ]

    assert 0 < small.refuses <= 0.05
    assert 0 < large.refuses <= 0.05
    assert found[0] is not None
    assert found[1] is not None
    assert abs(found[1]) < abs(found[0])


def test_limits_are_those_of_a_verdict_on_a_typical_batch() -> None:
    """A verdict on the baseline's own rows, as a batch of that size, has the limits that were foretold."""
    rules = [{"match": "bias/DPPL/*", "tolerance": "calibrated", "action": "fail"}]
    (foretold,) = looked(spec(rules=rules), Rows(sample=BASELINE), BASELINE.rows)
    verdict = conclude(spec(rules=rules), evidence(BASELINE, BASELINE))
    limit = next(each.limit for each in verdict.findings if each.metric == "DPPL")

    assert limit is not None
    assert foretold.monitors["bias"].bounds["bias/DPPL/black"].limit == limit
    assert verdict.calibration is not None
    assert foretold.monitors["bias"].refuses == verdict.calibration.refuses_honest


def test_without_predictions_nothing_is_told_of_them() -> None:
    """Observed labels alone give the metrics of the data, and none of the model."""
    (found,) = looked(spec(), Rows(sample=BASELINE, predicted=False), 300)

    assert {name.split("/")[1] for name in found.monitors["bias"].bounds} >= {"DPL", "CI"}
    assert not {name.split("/")[1] for name in found.monitors["bias"].bounds} & {"DPPL", "DI", "RD"}


def test_inputs_model_quality_and_attributions_have_their_own_lines() -> None:
    """Each monitor whose rows are there is simulated, and its refusals stay below its part."""
    found = quality_spec(
        rules=[{"match": "data_quality/*", "tolerance": "calibrated", "action": "fail"}, QUALITY_RULE]
    )
    ranking = Rule("explainability/ndcg", "fail", tolerance="calibrated")
    found = replace(found, gate=replace(found.gate, rules=(*found.gate.rules, ranking)))
    records = np.random.default_rng(1).normal(size=(200, 4)) * np.array([1.06, 1.02, 1.0, 0.97])
    values = dict(zip("abcd", aggregate("mean_abs", records).tolist(), strict=True))
    known = Rows(
        sample=answers(1, 200).sample,
        features=inputs(columns(1, 200)).table,
        attributions=Attributions(values, records),
    )
    (at,) = looked(replace(found, monitors=None), known, 100)

    assert set(at.monitors) == {"data_quality", "model_quality", "explainability"}
    assert all(0 <= each.refuses <= each.promised + 1e-9 for each in at.monitors.values())
    ranked = at.monitors["explainability"].bounds["explainability/ndcg"].limit.low
    assert ranked is not None
    assert 0.9 < ranked < 1.0


def test_minimum_rows_of_the_policy_are_told_beside_what_could_be_seen() -> None:
    """A size that would be inconclusive says so, and what it would see is told all the same."""
    small, enough = looked(spec(), Rows(sample=BASELINE), 60, 400)

    assert small.few == ("minimum_rows.total is 100",)
    assert small.monitors["bias"].bounds
    assert enough.few == ()


def test_a_declared_change_is_told_at_every_size() -> None:
    """Power grows with the rows, and the rows that would do are the same in each column."""
    shift = Shift("bias/DPPL/*", 0.25, 0.8)
    found = spec(rules=[{"match": "bias/DPPL/*", "tolerance": "calibrated", "action": "fail"}])
    found = replace(found, gate=replace(found.gate, detect=(shift,)))
    powers = [each.powers[0] for each in looked(found, Rows(sample=BASELINE), 100, 400, 1000)]

    assert [each.rows for each in powers] == [100, 400, 1000]
    caught = [each.caught or 0.0 for each in powers]
    assert caught == sorted(caught)
    assert len({each.rows_needed for each in powers}) == 1
    assert powers[0].rows_needed == pytest.approx(500, abs=450)
