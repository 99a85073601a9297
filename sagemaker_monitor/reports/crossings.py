"""How a finding that crossed its limit is told: what it is, how far, and what that means."""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker_monitor.analysis.documents.verdict import Finding
from sagemaker_monitor.reports.distributions import Distributions, Drawing
from sagemaker_monitor.reports.findings import (
    about,
    allowed,
    by_aws,
    decimals_of,
    drawn,
    limits_of,
    moved,
    neutral,
    of_custom,
    of_inputs,
    of_model,
    outcome,
)
from sagemaker_monitor.reports.meanings import DRIFT, MEANINGS, MODEL, QUALITY
from sagemaker_monitor.reports.scale import Scale
from sagemaker_monitor.reports.wording import number, sentence, text

LIMIT_KINDS = {
    "calibrated": "what chance explains",
    "tolerance": "baseline and tolerance",
    "between": "fixed",
    "minimum": "fixed",
    "maximum": "fixed",
    "aws": "no larger than the baseline",
}
AWS_LIMITS = {
    "model_quality": "no worse than the baseline's constraint",
    "explainability": "AWS's own rule",
    "data_quality": "AWS's own rule",
}


@dataclass(frozen=True)
class Crossing:
    """One metric outside its limit: *measure* says what the value is, *drawing* where a feature's lie."""

    title: str
    metric: str
    name: str
    measure: str
    group: str
    outcome: str
    value: str
    baseline: str
    allowed: str
    kind: str
    moved: str
    words: str
    message: str
    rule: str
    evidence: str
    aws: bool
    neutral: str
    neutral_word: str
    scale: Scale | None
    drawing: Drawing | None
    inputs: bool
    compared: bool
    known: bool
    limited: bool


def title(finding: Finding) -> str:
    """Return what a crossed finding is headed with."""
    meaning = QUALITY.get(finding.metric)
    if meaning is None or not of_inputs(finding):
        return f"{text(finding.metric, 60)}, {about(finding)}"
    return meaning.title if finding.feature is None else f"{about(finding)}: {meaning.title}"


def crossing(finding: Finding, distributions: Distributions) -> Crossing:
    """Return how a crossed *finding* is told; a feature's with its distributions where they are known."""
    low, high = limits_of(finding)
    decimals = decimals_of(finding)
    same = neutral(finding)
    inputs = of_inputs(finding)
    meaning = MEANINGS.get(finding.metric)
    known = QUALITY.get(finding.metric) if inputs else None
    said = MODEL.get(finding.metric) if of_model(finding) else known or meaning
    if of_custom(finding):
        said = None
    has_values = finding.feature is not None and finding.metric in (DRIFT, "categorical_values_check")
    return Crossing(
        title=title(finding),
        metric=text(finding.metric, 60),
        name=said.name if said else "",
        measure=known.measure if known else "value",
        group=about(finding),
        outcome=outcome(finding),
        value=number(finding.value, decimals),
        baseline=number(finding.baseline, decimals),
        allowed=allowed(finding, decimals),
        kind=_kind(finding),
        moved=moved(finding),
        words=said.words if said else "",
        message=sentence(text(finding.message)) if inputs else text(finding.message),
        rule=text(finding.rule or "", 120),
        evidence=text(finding.evidence_uri or "", 1024),
        aws=by_aws(finding),
        neutral="" if same is None else number(same, 0),
        neutral_word="equal" if finding.facet is not None else "same",
        scale=drawn(finding),
        drawing=distributions.drawing(finding.feature or "") if has_values else None,
        inputs=inputs,
        compared=not inputs and (finding.facet is not None or finding.baseline is not None),
        known=finding.value is not None,
        limited=low is not None or high is not None,
    )


def _kind(finding: Finding) -> str:
    if finding.limit is None:
        return ""
    if finding.limit.kind == "aws" and of_custom(finding):
        return "what the monitor itself reports as a violation"
    if finding.limit.kind == "aws" and finding.monitor in AWS_LIMITS:
        return AWS_LIMITS[finding.monitor]
    if finding.limit.kind == "tolerance" and finding.monitor == "explainability":
        return "the same ranking and tolerance"
    return LIMIT_KINDS.get(finding.limit.kind, finding.limit.kind)
