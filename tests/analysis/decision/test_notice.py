"""What a closed gate's Fail step says: one line that a message can carry."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sagemaker_monitor.analysis.decision.notice import MOST, notice
from sagemaker_monitor.analysis.documents.verdict import Finding, Limit, Verdict


def finding(metric: str, facet: str, value: float, message: str) -> Finding:
    """Return a finding that refuses."""
    return Finding(
        check="ModelBias",
        monitor="bias",
        metric=metric,
        facet=facet,
        facet_value="1",
        value=value,
        baseline=0.1,
        limit=Limit("fixed", None, 0.2),
        rule=None,
        action="fail",
        crossed=True,
        aws_violation=True,
        message=message,
    )


VERDICT = Verdict(
    decision="refused",
    summary="refused: DPPL of black is 0.31, above 0.2; and 1 more finding",
    model="mortgage",
    pipeline="monitor-batch",
    environment="local",
    execution_arn="arn",
    model_package_arn=None,
    bundle_sha256="",
    created="",
    batch=None,
    baseline=None,
    calibration=None,
    checks=(),
    findings=(
        finding("DPPL", "black", 0.31, "DPPL of black is 0.31, above 0.2"),
        finding("DI", "male", 0.71234567, "DI of male is 0.7123"),
    ),
    not_checked=(),
)


def test_a_refusal_names_what_is_told_best_and_each_further_finding_with_its_value() -> None:
    """The first in words, as the summary has it; the others as a rule would select them."""
    assert notice(VERDICT) == (
        "refused: DPPL of black is 0.31, above 0.2; and 1 more finding: bias/DI/male = 0.7123"
    )


@pytest.mark.parametrize(
    ("decision", "summary", "expected"),
    [
        ("no-evidence", "no evidence: ModelBias: no report", "no-evidence: ModelBias: no report"),
        ("labels-missing", "labels missing: 600 rows", "labels-missing: 600 rows"),
        ("window-empty", "window empty: nothing was captured", "window-empty: nothing was captured"),
        ("inconclusive", "inconclusive: 31 rows", "inconclusive: 31 rows"),
    ],
)
def test_it_begins_with_the_decision_as_rules_of_events_match_it(
    decision: str, summary: str, expected: str
) -> None:
    """Whatever words the summary has for it; findings are named of refusals alone."""
    assert notice(replace(VERDICT, decision=decision, summary=summary)) == expected


def test_it_can_stand_inside_of_quotes_and_is_short() -> None:
    """EventBridge escapes nothing, and a step's reason ends at 1024 characters."""
    said = notice(replace(VERDICT, summary=f'refused: column "a\\b"\nis\x00{"long " * 500}'))

    assert json.loads(f'"{said}"') == said
    assert said.startswith("refused: column 'a/b' is long")
    assert len(said) == MOST
