"""Which steps' ends a rule is about, by what SageMaker's events say."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_monitor.emulator.events.pattern import matches
from sagemaker_monitor.operations.resources.notices import event_pattern
from sagemaker_monitor.settings import Environment
from sagemaker_monitor.settings.notify import TOLD, rule_name

ENVIRONMENT = Environment.model_validate(
    {
        "schema_version": 1,
        "name": "prod",
        "account": "444455556666",
        "region": "eu-west-1",
        "roles": {"execution": "arn:aws:iam::444455556666:role/monitor"},
        "storage": {"bucket": "bank-ml-prod"},
    }
)
NAMES = ("Mortgage-register-prod", "Mortgage-monitor-batch-prod")
PIPELINE = "arn:aws:sagemaker:eu-west-1:444455556666:pipeline/mortgage-register-prod"


def event(step: str, reason: str, **changes: Any) -> dict[str, Any]:
    """Return the event of a step that failed, with the fields of SageMaker's documentation."""
    detail = {
        "stepName": step,
        "failureReason": reason,
        "currentStepStatus": "Failed",
        "previousStepStatus": "Executing",
        "pipelineArn": PIPELINE,
        "pipelineExecutionArn": f"{PIPELINE}/execution/p4jn9xou8a8s",
    }
    return {
        "source": "aws.sagemaker",
        "detail-type": "SageMaker Model Building Pipeline Execution Step Status Change",
        "detail": {**detail, **changes},
    }


ENDS = {
    "refused": event("Refuse", "refused: DPPL is 0.31"),
    "inconclusive": event("Refuse", "inconclusive: 31 rows"),
    "labels-missing": event("RefuseWithoutLabels", "labels-missing: 600 rows"),
    "window-empty": event("RefuseWithoutCaptures", "window-empty: nothing"),
    "no-evidence": event("Refuse", "no-evidence: ModelBias: no report"),
    "broken": event("Join", "AlgorithmError: refused: by chance the same words"),
}


@pytest.mark.parametrize(
    "told",
    [TOLD, ("refused",), ("broken",), ("refused", "broken"), ("no-evidence", "labels-missing"), TOLD[:-1]],
)
def test_a_rule_is_about_the_ends_that_are_chosen(told: tuple[str, ...]) -> None:
    """And about no others."""
    pattern = event_pattern(ENVIRONMENT, NAMES, told)
    assert {name for name, each in ENDS.items() if matches(pattern, each)} == set(told)


def test_a_rule_is_about_failed_steps_of_the_models_pipelines_alone() -> None:
    """Whatever case SageMaker writes names in; a longer name that begins alike is another pipeline."""
    pattern = event_pattern(ENVIRONMENT, NAMES, TOLD)
    assert matches(pattern, ENDS["refused"])
    assert not matches(pattern, event("Refuse", "refused: x", currentStepStatus="Stopped"))
    assert not matches(pattern, event("Refuse", "refused: x", pipelineArn=f"{PIPELINE}-2"))


def test_a_rules_name_fits() -> None:
    """EventBridge takes 64 characters; longer names end with their hash and stay different."""
    long = "a" * 63
    assert rule_name("mortgage", "prod") == "mortgage-notify-prod"
    assert rule_name(long, "prod").endswith("-notify-prod")
    assert {len(rule_name(long, "prod")), len(rule_name(long, long))} == {64}
    assert rule_name(f"{long}b", "prod") != rule_name(f"{long}c", "prod")
