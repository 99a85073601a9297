"""A run as the reports get it: verdict, steps, analyses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.verdict import (
    Baseline,
    Batch,
    Calibration,
    Check,
    FacetRows,
    Finding,
    Limit,
    NotChecked,
    Side,
    Verdict,
)
from sagemaker_monitor.analysis.documents.verdict_json import to_json
from sagemaker_monitor.reports import ReportInput

PAGES = ("json", "markdown", "html")
"""The formats that tell everything; junit tells what passed and what did not."""
START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
ARN = "arn:aws:sagemaker:eu-west-1:444455556666"
EXECUTION = f"{ARN}:pipeline/mortgage-monitor-batch-prod/execution/k3q9c2d8"

MakeFinding = Callable[..., Finding]
MakeVerdict = Callable[..., dict[str, Any]]
MakeInput = Callable[..., ReportInput]


@pytest.fixture
def make_finding() -> MakeFinding:
    """Return a function that makes a finding: DPPL of black beyond a calibrated limit, but for changes."""
    template = Finding(
        check="ModelBias",
        monitor="bias",
        metric="DPPL",
        facet="black",
        facet_value="1",
        value=0.4,
        baseline=0.18,
        limit=Limit("calibrated", -0.18, 0.366, -0.3, 0.45),
        rule="bias/DPPL/*",
        action="fail",
        crossed=True,
        aws_violation=True,
        message="DPPL for black is 0.40, at most 0.37 is explained by chance",
    )
    return lambda **changes: replace(template, **changes)


@pytest.fixture
def make_verdict(make_finding: MakeFinding) -> MakeVerdict:
    """Return a function that makes verdict.json: a refused batch, but for changes; it counts its warnings."""
    template = Verdict(
        decision="refused",
        summary="refused: DPPL for black is 0.40",
        model="mortgage",
        pipeline="monitor-batch",
        environment="prod",
        execution_arn=EXECUTION,
        model_package_arn=f"{ARN}:model-package/mortgage/3",
        bundle_sha256="5f0c" * 16,
        created="2026-03-02T06:04:00Z",
        batch=Batch(600, 590, 0.983, (FacetRows("black", "1", Side(63, 43), Side(527, 474)),)),
        baseline=Baseline(
            f"{ARN}:model-package/mortgage/2", 750, "s3://b/join", {"ModelBias": "s3://b/a.json"}
        ),
        calibration=Calibration("permutation", 0.05, 9999, 12, 0.0495),
        checks=(Check("ModelBias", "MODEL_BIAS", "compared", None, "s3://b/r.json", "s3://b/v.json", 1),),
        findings=(
            make_finding(),
            make_finding(metric="RD", action="warn", message="RD moved"),
            make_finding(metric="AD", value=0.1, crossed=False, aws_violation=False),
        ),
        not_checked=(NotChecked("bias/CDDPL/black", "no group variable is configured"),),
    )

    def make(**changes: Any) -> dict[str, Any]:
        made = replace(template, **changes)
        # An open gate beside a finding that refuses is no verdict.
        kept = [each for each in made.findings if made.gate == "closed" or each.severity != "refuse"]
        warnings = sum(each.severity == "warn" for each in kept)
        return to_json(replace(made, findings=tuple(kept), warnings=warnings))

    return make


@pytest.fixture
def make_input(make_verdict: MakeVerdict) -> MakeInput:
    """Return a function that makes a report's input; keyword arguments replace its parts."""

    def make(**changes: Any) -> ReportInput:
        parts: dict[str, Any] = {
            "verdict": make_verdict(),
            "steps": [step("Refuse", 6, "Failed", "refused: DPPL"), step("ScoreBatch", 0)],
            "analyses": {},
            "generated_at": START + timedelta(minutes=5),
        }
        return ReportInput(**{**parts, **changes})

    return make


def step(name: str, second: int = 0, status: str = "Succeeded", reason: str | None = None) -> dict[str, Any]:
    """Return a record of ListPipelineExecutionSteps that took 1.5 s."""
    record: dict[str, Any] = {
        "StepName": name,
        "StartTime": START + timedelta(seconds=second),
        "EndTime": START + timedelta(seconds=second + 1.5),
        "StepStatus": status,
        "Metadata": {"ProcessingJob": {"Arn": f"{ARN}:processing-job/x"}},
    }
    return record if reason is None else {**record, "FailureReason": reason}
