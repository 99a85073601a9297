"""What decide is told beforehand, and each monitor's part of the error rate."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_monitor.analysis.decision.spec import BINARY, ExpectedCheck, from_json
from sagemaker_monitor.analysis.documents.strict import DocumentError
from tests.analysis.decision.cases import spec_document

CALIBRATED = [
    {"match": f"{monitor}/*", "tolerance": "calibrated", "action": action}
    for monitor, action in (
        ("data_quality", "fail"),
        ("model_quality", "fail"),
        ("bias", "fail"),
        ("explainability", "warn"),
    )
]


def document(**changes: Any) -> dict[str, Any]:
    """Return spec.json with a rule for each monitor."""
    return {**spec_document(rules=CALIBRATED), **changes}


@pytest.mark.parametrize(
    ("monitors", "part"),
    [
        (["bias"], 0.05),
        (["data_quality", "bias"], 0.025),
        (["data_quality", "model_quality", "bias", "explainability"], 0.05 / 3),
        (["explainability"], 0.05),
    ],
)
def test_the_models_monitors_share_the_error_rate(monitors: list[str], part: float) -> None:
    """A rule about a monitor that the model does not have takes no part, and neither does a warning."""
    assert from_json(document(monitors=monitors)).false_refusals == pytest.approx(part)


def test_a_rule_for_everything_is_one_for_each_monitor() -> None:
    """A wildcard in place of the monitor's name gives every monitor of the model its part."""
    everything = [{"match": "*", "tolerance": "calibrated", "action": "fail"}]
    found = {**spec_document(rules=everything), "monitors": ["model_quality", "explainability"]}

    assert from_json(found).false_refusals == 0.025


def test_files_of_earlier_versions_are_read() -> None:
    """Without the list of monitors the rules alone tell the parts, as before."""
    earlier = from_json(document())

    assert (earlier.monitors, earlier.problem_type) == (None, "BinaryClassification")
    assert earlier.false_refusals == pytest.approx(0.05 / 3)


def test_what_only_the_join_needs_is_left_alone() -> None:
    """The place of the probability in an answer is in the same file."""
    assert from_json(document(prediction={"probability": 1, "values": 3})).problem_type == BINARY


@pytest.mark.parametrize("problem_type", ["Regression", "MulticlassClassification"])
def test_only_binary_models_have_a_good_outcome(problem_type: str) -> None:
    """Other problem types have neither favourable label nor threshold, and must not be given one."""
    given = document(prediction={"label": 0, "values": 1}, problem_type=problem_type)
    left = {key: value for key, value in given.items() if key not in ("favourable", "threshold")}
    found = from_json(left)

    assert (found.problem_type, found.favourable, found.threshold) == (problem_type, None, None)
    with pytest.raises(DocumentError, match="unknown keys: favourable, threshold"):
        from_json(given)
    with pytest.raises(DocumentError, match="problem_type"):
        from_json({**left, "problem_type": "Ranking"})


@pytest.mark.parametrize(
    ("monitors", "said"), [(["drift"], "it may have bias, data_quality"), ("bias", "a list of texts")]
)
def test_unknown_monitors_are_refused(monitors: object, said: str) -> None:
    """A monitor that this version does not know must not silently take no part."""
    with pytest.raises(DocumentError, match=said):
        from_json(document(monitors=monitors))


@pytest.mark.parametrize(
    ("monitor", "needs"),
    [("bias", True), ("model_quality", True), ("data_quality", False), ("explainability", False)],
)
def test_predictions_against_labels_need_labels(monitor: str, needs: bool) -> None:
    """Bias and model quality wait for labels; inputs and attributions do not."""
    assert ExpectedCheck("Step", "TYPE", monitor).needs_labels is needs
