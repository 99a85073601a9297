"""The tables of findings: those of the inputs by feature, those of the model and of people by group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sagemaker_monitor.analysis.documents.verdict import Finding
from sagemaker_monitor.reports.findings import (
    about,
    allowed,
    by_aws,
    caught,
    decimals_of,
    drawn,
    most_telling_first,
    moved,
    of_custom,
    of_inputs,
    of_model,
    outcome,
    table_of,
)
from sagemaker_monitor.reports.meanings import DRIFT, MEANINGS, MODEL, QUALITY
from sagemaker_monitor.reports.scale import Scale
from sagemaker_monitor.reports.wording import count, number, text

MAX_FINDINGS = 500


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
    scale: Scale | None


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
    scale: Scale | None


@dataclass(frozen=True)
class Group:
    """The findings about one group of people."""

    name: str
    lines: tuple[Line, ...]


def select(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings that fit on a page, in their order: those that crossed go first."""
    if len(findings) <= MAX_FINDINGS:
        return tuple(findings)
    ranks = {"refuses": 0, "waived": 1, "warns": 2, "ignored": 3}
    places = sorted(range(len(findings)), key=lambda place: (ranks.get(outcome(findings[place]), 4), place))
    return tuple(findings[place] for place in sorted(places[:MAX_FINDINGS]))


def grouped(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Return the model's groups, then one per facet and value; findings about inputs are in none."""
    groups: dict[str, list[Line]] = {}
    for finding in sorted((each for each in findings if not of_inputs(each)), key=lambda e: not of_model(e)):
        groups.setdefault(table_of(finding), []).append(_line(finding))
    return tuple(Group(name, tuple(lines)) for name, lines in groups.items())


def input_lines(findings: Iterable[Finding]) -> tuple[InputLine, ...]:
    """Return the rows of the table of inputs: what crossed first, from the largest drift down."""
    about_inputs = [each for each in findings if of_inputs(each)]
    crossed = most_telling_first(each for each in about_inputs if each.crossed)
    held = [each for each in about_inputs if not each.crossed]
    return tuple(_input_line(each) for each in (*crossed, *held))


def _input_line(finding: Finding) -> InputLine:
    decimals = decimals_of(finding)
    known = QUALITY.get(finding.metric)
    return InputLine(
        feature=about(finding),
        check=text(finding.metric, 60),
        measure=known.measure if known else "value",
        known=finding.value is not None,
        value=number(finding.value, decimals),
        allowed=allowed(finding, decimals),
        caught=caught(finding, decimals),
        outcome=outcome(finding),
        aws=by_aws(finding),
        message="" if finding.metric == DRIFT else text(finding.message),
        scale=drawn(finding),
    )


def _line(finding: Finding) -> Line:
    decimals = decimals_of(finding)
    subject = f", {text(finding.feature, 60)}" if of_custom(finding) and finding.feature else ""
    return Line(
        metric=f"{text(finding.metric, 60)}{subject}",
        value=number(finding.value, decimals),
        baseline=number(finding.baseline, decimals),
        allowed=allowed(finding, decimals),
        caught=caught(finding, decimals),
        outcome=outcome(finding),
        aws=by_aws(finding),
        moved=moved(finding),
        scale=drawn(finding),
    )


def tally(findings: Sequence[Finding]) -> tuple[tuple[str, str], ...]:
    """Return how many findings refuse, warn, are waived, within, and violations by AWS's own rule."""
    outcomes = [outcome(finding) for finding in findings]
    aws = sum(map(by_aws, findings))
    return (
        ("refuse", count(outcomes.count("refuses"))),
        ("warn", count(outcomes.count("warns"))),
        *((("waived", count(waived)),) if (waived := outcomes.count("waived")) else ()),
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
