"""How a verdict's findings are told: what crossed, and the rest, by group of people and by feature."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sagemaker_monitor.analysis.documents.verdict import Finding
from sagemaker_monitor.reports.distributions import Distributions, Drawing
from sagemaker_monitor.reports.meanings import DRIFT, MEANINGS, MODEL, QUALITY, direction, worsened
from sagemaker_monitor.reports.scale import Scale, scale
from sagemaker_monitor.reports.wording import count, digits, number, sentence, text

MAX_FINDINGS = 500
MAX_CROSSINGS = 40

LIMIT_KINDS = {
    "calibrated": "what chance explains",
    "tolerance": "baseline and tolerance",
    "between": "fixed",
    "minimum": "fixed",
    "maximum": "fixed",
    "aws": "no larger than the baseline",
}
COLUMN_CHECKS = ("missing_column_check", "extra_column_check")
ABOUT_MODELS = {"model_quality": "model quality", "explainability": "attributions"}
"""What findings about the model as a whole are about, by their monitor."""
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
    aws: bool
    neutral: str
    neutral_word: str
    scale: Scale | None
    drawing: Drawing | None
    inputs: bool
    compared: bool
    known: bool
    limited: bool


@dataclass(frozen=True)
class InputLine:
    """One row of the table of inputs."""

    feature: str
    check: str
    measure: str
    known: bool
    value: str
    allowed: str
    caught: str
    outcome: str
    aws: bool
    message: str


@dataclass(frozen=True)
class Line:
    """One row of a group's table."""

    metric: str
    value: str
    baseline: str
    allowed: str
    caught: str
    outcome: str
    aws: bool
    moved: str


@dataclass(frozen=True)
class Group:
    """The findings about one group of people."""

    name: str
    lines: tuple[Line, ...]


def group_name(facet: str, value: str) -> str:
    """Return a facet and its value as one name, such as `black = 1` or `age (30, 75]`."""
    joint = " " if value[:1] in "([" else " = "
    return text(f"{facet}{joint}{value}" if value else facet, 120)


def of_inputs(finding: Finding) -> bool:
    """Return whether *finding* is about the inputs, not about the model or a group of people."""
    return finding.facet is None and not of_model(finding)


def of_model(finding: Finding) -> bool:
    """Return whether *finding* is about the model as a whole: its quality, or what it rests on."""
    return finding.monitor in ABOUT_MODELS


def about(finding: Finding) -> str:
    """Return what a finding is about: the model, a group of people, a feature, or the columns."""
    if of_model(finding):
        return ABOUT_MODELS[finding.monitor]
    if finding.facet is not None:
        return group_name(finding.facet, finding.facet_value or "")
    return text(finding.feature, 120) if finding.feature is not None else "columns"


def title(finding: Finding) -> str:
    """Return what a crossed finding is headed with."""
    meaning = QUALITY.get(finding.metric)
    if meaning is None or not of_inputs(finding):
        return f"{text(finding.metric, 60)}, {about(finding)}"
    return meaning.title if finding.feature is None else f"{about(finding)}: {meaning.title}"


def outcome(finding: Finding) -> str:
    """Return what *finding* means: refuses, warns, ignored, within, no value or no limit."""
    if finding.value is None and not (of_inputs(finding) and finding.crossed):
        return "no value"
    if finding.limit is None:
        return "no limit"
    if not finding.crossed:
        return "within"
    return {"fail": "refuses", "warn": "warns"}.get(finding.action, "ignored")


def allowed(finding: Finding, decimals: int) -> str:
    """Return the values that the finding's limit lets pass, as far as the metric can take them."""
    low, high = _limits(finding)
    if low is None and high is None:
        return "–"
    if high is None:
        return f"≥ {number(low, decimals)}"
    return (
        f"≤ {number(high, decimals)}"
        if low is None
        else f"{number(low, decimals)} to {number(high, decimals)}"
    )


def most_telling_first(crossed: Iterable[Finding]) -> list[Finding]:
    """Return what crossed: wrong columns, other facts about inputs, the largest drift first, bias, quality.

    That the model decides otherwise comes last: it tells why, and that something is wrong the others tell.
    """

    def place(finding: Finding) -> tuple[int, float]:
        if not of_inputs(finding):
            if not of_model(finding):
                return 3, 0.0
            known = finding.metric in MODEL
            return 4, float(list(MODEL).index(finding.metric) if known else len(MODEL))
        if finding.metric in COLUMN_CHECKS:
            return 0, 0.0
        if finding.metric != DRIFT:
            return 1, 0.0
        high = finding.limit.high if finding.limit else None
        return 2, -(finding.value or 0.0) / high if high else -math.inf

    return sorted(crossed, key=place)


def crossing(finding: Finding, distributions: Distributions) -> Crossing:
    """Return how a crossed *finding* is told; a feature's with its distributions where they are known."""
    low, high = _limits(finding)
    decimals = _digits(finding)
    inputs = of_inputs(finding)
    meaning = MEANINGS.get(finding.metric)
    known = QUALITY.get(finding.metric) if inputs else None
    said = MODEL.get(finding.metric) if of_model(finding) else known or meaning
    neutral = _neutral(finding)
    drawn = finding.feature is not None and finding.metric in (DRIFT, "categorical_values_check")
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
        moved=_moved(finding),
        words=said.words if said else "",
        message=sentence(text(finding.message)) if inputs else text(finding.message),
        rule=text(finding.rule or "", 120),
        aws=finding.aws_violation,
        neutral="" if neutral is None else number(neutral, 0),
        neutral_word="equal" if finding.facet is not None else "same",
        scale=scale(
            value=finding.value,
            baseline=finding.baseline,
            low=low,
            high=high,
            neutral=neutral,
        ),
        drawing=distributions.drawing(finding.feature or "") if drawn else None,
        inputs=inputs,
        compared=not inputs and (finding.facet is not None or finding.baseline is not None),
        known=finding.value is not None,
        limited=low is not None or high is not None,
    )


def _kind(finding: Finding) -> str:
    if finding.limit is None:
        return ""
    if finding.limit.kind == "aws" and finding.monitor in AWS_LIMITS:
        return AWS_LIMITS[finding.monitor]
    if finding.limit.kind == "tolerance" and finding.monitor == "explainability":
        return "the same ranking and tolerance"
    return LIMIT_KINDS.get(finding.limit.kind, finding.limit.kind)


def select(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings that fit on a page, in their order: those that crossed go first."""
    if len(findings) <= MAX_FINDINGS:
        return tuple(findings)
    ranks = {"refuses": 0, "warns": 1, "ignored": 2}
    places = sorted(range(len(findings)), key=lambda place: (ranks.get(outcome(findings[place]), 3), place))
    return tuple(findings[place] for place in sorted(places[:MAX_FINDINGS]))


def grouped(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Return the model's groups, then one per facet and value; findings about inputs are in none."""
    groups: dict[str, list[Line]] = {}
    for finding in sorted((each for each in findings if not of_inputs(each)), key=lambda e: not of_model(e)):
        groups.setdefault(about(finding), []).append(_line(finding))
    models = set(ABOUT_MODELS.values())
    return tuple(
        Group(sentence(name) if name in models else name, tuple(lines)) for name, lines in groups.items()
    )


def input_lines(findings: Iterable[Finding]) -> tuple[InputLine, ...]:
    """Return the rows of the table of inputs: what crossed first, from the largest drift down."""
    about_inputs = [each for each in findings if of_inputs(each)]
    crossed = most_telling_first(each for each in about_inputs if each.crossed)
    held = [each for each in about_inputs if not each.crossed]
    return tuple(_input_line(each) for each in (*crossed, *held))


def _input_line(finding: Finding) -> InputLine:
    decimals = _digits(finding)
    known = QUALITY.get(finding.metric)
    return InputLine(
        feature=about(finding),
        check=text(finding.metric, 60),
        measure=known.measure if known else "value",
        known=finding.value is not None,
        value=number(finding.value, decimals),
        allowed=allowed(finding, decimals),
        caught=_caught(finding, decimals),
        outcome=outcome(finding),
        aws=finding.aws_violation,
        message="" if finding.metric == DRIFT else text(finding.message),
    )


def tally(findings: Sequence[Finding]) -> tuple[tuple[str, str], ...]:
    """Return how many findings refuse, warn, are within, and are violations by AWS's own rule."""
    outcomes = [outcome(finding) for finding in findings]
    aws = sum(finding.aws_violation for finding in findings)
    return (
        ("refuse", count(outcomes.count("refuses"))),
        ("warn", count(outcomes.count("warns"))),
        ("within limits", count(outcomes.count("within"))),
        ("flagged by AWS's rule", count(aws)),
    )


AWS_RULES = {
    "bias": "for bias, that no metric may be larger in magnitude than in the baseline",
    "model_quality": "for model quality, that no metric may be any worse than the baseline's",
    "explainability": "for attributions, that the nDCG must be at least 0.9",
}


def aws_rules(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return AWS's own rule in words for each monitor that has *findings*."""
    watched = {each.monitor for each in findings}
    return tuple(words for monitor, words in AWS_RULES.items() if monitor in watched)


def glossary(metrics: Iterable[str], descriptions: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """Return metric, name and meaning of each of *metrics* once; *descriptions* name those we do not know."""
    lines = []
    for metric in dict.fromkeys(metrics):
        meaning = MEANINGS.get(metric) or QUALITY.get(metric) or MODEL.get(metric)
        if meaning:
            lines.append((metric, meaning.name, meaning.words))
        elif descriptions.get(metric):
            lines.append((text(metric, 60), text(descriptions[metric], 200), ""))
    return tuple(lines)


def _line(finding: Finding) -> Line:
    decimals = _digits(finding)
    return Line(
        metric=text(finding.metric, 60),
        value=number(finding.value, decimals),
        baseline=number(finding.baseline, decimals),
        allowed=allowed(finding, decimals),
        caught=_caught(finding, decimals),
        outcome=outcome(finding),
        aws=finding.aws_violation,
        moved=_moved(finding),
    )


def _moved(finding: Finding) -> str:
    """Return in words how the metric moved from its baseline."""
    if of_model(finding):
        return worsened(finding)
    return direction(finding.metric, finding.value, finding.baseline)


def _neutral(finding: Finding) -> float | None:
    """Return the value that says that nothing is different; None where there is none."""
    if finding.monitor == "explainability":
        return 1.0
    if of_model(finding):
        return None
    meaning = MEANINGS.get(finding.metric)
    return 0.0 if finding.metric == DRIFT else meaning.neutral if meaning else None


def _digits(finding: Finding) -> int:
    # A ranking's limit is close to 1, which is the same ranking.
    same = [1.0] if finding.monitor == "explainability" else []
    return digits([finding.value, finding.baseline, *_limits(finding), *same])


def _limits(finding: Finding) -> tuple[float | None, float | None]:
    limit = finding.limit
    return (_reachable(finding, limit.low), limit.high) if limit else (None, None)


def _reachable(finding: Finding, low: float | None) -> float | None:
    """Return *low*, or None where the metric can never be below it."""
    meaning = MEANINGS.get(finding.metric)
    return None if low is not None and low <= 0 and meaning and meaning.unsigned else low


def _caught(finding: Finding, decimals: int) -> str:
    limit = finding.limit
    if limit is None:
        return ""
    sides = (("<", _reachable(finding, limit.detects_low)), (">", limit.detects_high))
    return " or ".join(
        f"{sign} {number(side, decimals)}" for sign, side in sides if side is not None and math.isfinite(side)
    )
