"""Feature attribution drift: AWS's rule and text, and what cannot be compared."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.analysis.documents.analysis import Explanation, Explanations
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.explainability.drift import ndcg, violations

TRAINING = {"SAT score": 0.70, "GPA": 0.50, "Class rank": 0.05}
LIVE = {"SAT score": 0.10, "GPA": 0.20, "Class rank": 0.70}
VALUES = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=30)


def explained(values: dict[str, float | None], label: str = "label0") -> Explanations:
    """Return explanations of one output."""
    return Explanations({label: Explanation(dict(values), 0.5)})


def test_the_documented_example_drifts() -> None:
    """AWS's college admission example has an nDCG of 0.69, and the violation says so in recorded words."""
    (found,) = violations(explained(TRAINING), explained(LIVE))

    score = (0.05 + 0.5 / math.log2(3) + 0.7 / 2) / (0.7 + 0.5 / math.log2(3) + 0.05 / 2)
    prefix, suffix = "Feature attribution drift ", " exceeds threshold 0.9"
    assert (found.label, found.metric_name) == ("label0", "shap")
    assert found.constraint_check_type == "feature_attribution_drift_check"
    assert found.description.startswith(prefix)
    assert found.description.endswith(suffix)
    value = float(found.description.removeprefix(prefix).removesuffix(suffix))
    assert value == pytest.approx(score, abs=1e-15)
    assert round(value, 2) == 0.69


def test_magnitudes_of_the_live_values_do_not_matter() -> None:
    """The same order passes whatever the values, the expected value and the order of keys are."""
    live = {"Class rank": 1e-9, "GPA": 2e-9, "SAT score": 3e-9}

    assert violations(explained(TRAINING), Explanations({"label0": Explanation(live, 99.0)})) == ()


def test_the_threshold_is_exclusive_and_fixed() -> None:
    """Swapping two features passes down to an nDCG of 0.9, and fails just below."""
    # (x + 1 / log2 3) / (1 + x / log2 3) is the nDCG when the values are 1 and x.
    c = 1 / math.log2(3)
    limit = (0.9 - c) / (1 - 0.9 * c)
    swapped = explained({"a": 1.0, "b": 2.0})

    assert violations(explained({"a": 1.0, "b": limit + 1e-9}), swapped) == ()
    assert len(violations(explained({"a": 1.0, "b": limit - 1e-9}), swapped)) == 1


def test_each_label_is_compared_on_its_own() -> None:
    """Of two outputs only the one whose ranking changed is reported."""
    baseline = Explanations({"no": Explanation(TRAINING, 0.1), "yes": Explanation(TRAINING, 0.9)})
    current = Explanations({"yes": Explanation(LIVE, 0.9), "no": Explanation(TRAINING, 0.1)})

    assert [each.label for each in violations(baseline, current)] == ["yes"]


def test_negative_values_count_by_their_magnitude() -> None:
    """Medians may be negative: a feature that pulls down strongly is an important one."""
    baseline = {"a": -0.9, "b": 0.1, "c": 0.01}

    assert violations(explained(baseline), explained({"a": 0.8, "b": -0.2, "c": 0.0})) == ()
    assert len(violations(explained(baseline), explained({"a": 0.0, "b": -0.2, "c": 0.3}))) == 1


@settings(deadline=None)
@given(values=VALUES, data=st.data())
def test_ndcg_is_a_share_of_the_best_order(values: list[float], data: st.DataObject) -> None:
    """It is 1 for the baseline itself, least for the reversed order, and what the sum by hand gives."""
    baseline, current = np.array(values), np.array(data.draw(st.permutations(values)))

    found = ndcg(baseline, current)
    order = sorted(range(len(values)), key=lambda each: (-current[each], each))
    gain = sum(values[each] / math.log2(rank + 2) for rank, each in enumerate(order))
    best = sum(each / math.log2(rank + 2) for rank, each in enumerate(sorted(values, reverse=True)))

    assert found == pytest.approx(gain / best, rel=1e-12)
    assert ndcg(baseline, -baseline) - 1e-12 <= found <= 1 + 1e-12
    assert ndcg(baseline, baseline) == 1.0
    assert ndcg(baseline, 7 * baseline) == 1.0


AB, NONE = {"a": 1.0, "b": 2.0}, {"a": None, "b": 1.0}
BAD = [
    (
        explained(AB),
        explained({"a": 1.0, "c": 2.0}),
        "other features .*: b; only now: c; make a new baseline",
    ),
    (explained(AB, "yes"), explained(AB), "other labels .* in the baseline: yes; only now: label0"),
    (Explanations({}), Explanations({}), "other labels .* 0 in the baseline and 0 now"),
    (explained({"a": 0.0, "b": 0.0}), explained(AB), "no attribution other than 0"),
    (explained(NONE), explained(AB), "the baseline's .* no number for 'a'"),
    (explained(AB), explained(NONE), "the current .* no number for 'a'"),
]


@pytest.mark.parametrize(("baseline", "current", "message"), BAD)
def test_what_cannot_be_ranked_is_refused(
    baseline: Explanations, current: Explanations, message: str
) -> None:
    """Other features or labels, nothing but zeros and missing numbers are errors that say what to do."""
    with pytest.raises(AnalysisError, match=message):
        violations(baseline, current)
