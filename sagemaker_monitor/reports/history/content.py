"""What a report of a model over time says, in the order it says it, whatever it is written as."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sagemaker_monitor.reports import findings, tables
from sagemaker_monitor.reports.crossings import title
from sagemaker_monitor.reports.headlines import HEADLINES, NEXT, next_after
from sagemaker_monitor.reports.history.chart import Chart, draw
from sagemaker_monitor.reports.history.document import HistoryInput, PastVersion
from sagemaker_monitor.reports.history.rankings import RankLine, rank_lines
from sagemaker_monitor.reports.history.responsibility import (
    Accepted,
    accepted_checks,
    past_waivers,
)
from sagemaker_monitor.reports.history.runs import GAPS, Run, RunLine, read_runs, tally
from sagemaker_monitor.reports.history.series import CANDIDATES, Series, collect, most_telling
from sagemaker_monitor.reports.meanings import DRIFT, MEANINGS, MODEL, QUALITY
from sagemaker_monitor.reports.provenance import Facts, facts_of, inventory
from sagemaker_monitor.reports.waivers import WaiverLine
from sagemaker_monitor.reports.wording import clock, count, counted, number, text

MOST_CHARTS, MOST_POINTS = 24, 2400
"""Drawings on a page, and values in all of them together: more runs, fewer drawings."""
FEWEST_CHARTS = 6
MOST_SERIES = 300
MOST_NOT_CHECKED = 60
MOST_PEOPLE = 100
"""Waivers, and accepted checks, that are listed."""
NEXT_WITHOUT = "Look at the gaps below, repair what broke, then run again."
CHAPTERS = {
    "data_quality": "Inputs",
    "model_quality": "Model quality",
    "explainability": "Attributions",
    "bias": "Bias",
}


@dataclass(frozen=True)
class Chapter:
    """The drawings of one monitor."""

    title: str
    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class MetricLine:
    """One metric over all runs that measured it."""

    metric: str
    about: str
    runs: str
    last: str
    allowed: str
    reach: str
    refused: str
    warned: str
    outcome: str


@dataclass(frozen=True)
class VersionLine:
    """One version of the model, as the registry has it now."""

    number: str
    registered: str
    approval: str
    changed: str
    description: str
    run: str


@dataclass(frozen=True)
class History:
    """Everything the page of a model over time shows; every text is clean, none is escaped."""

    title: str
    model: str
    facts: tuple[str, ...]
    tone: str
    headline: str
    gate: str
    summary: str
    next_step: str
    period: str
    counts: tuple[tuple[str, str], ...]
    standing: tuple[RunLine, ...]
    runs: tuple[RunLine, ...]
    gaps: tuple[RunLine, ...]
    chapters: tuple[Chapter, ...]
    charts_left_out: int
    ranking: tuple[RankLine, ...]
    metrics: tuple[MetricLine, ...]
    metrics_left_out: int
    glossary: tuple[tuple[str, str, str], ...]
    waivers: tuple[WaiverLine, ...]
    accepted: tuple[Accepted, ...]
    versions: tuple[VersionLine, ...]
    versions_left_out: int
    not_checked: tuple[tuple[str, str, str], ...]
    not_checked_left_out: int
    provenance: tuple[Facts, ...]
    generated: str


def _next_step(last: RunLine | None, runs: Sequence[Run]) -> str:
    """Return what a person does after the *last* run with a conclusion, as that run's own page says."""
    if last is None:
        return NEXT_WITHOUT
    verdict = next((run.verdict for run in runs if run.line is last), None)
    if verdict is None:
        return NEXT[last.state]
    refusing = (each for each in verdict.findings if findings.outcome(each) == "refuses")
    return next_after(verdict, findings.most_telling_first(refusing))


def history(document: HistoryInput) -> History:
    """Return what the report of a model over time says."""
    runs = read_runs(document)
    lines = [run.line for run in runs]
    last = _last(lines)
    series = collect(runs)
    drawn = most_telling(series, _most_charts(len(runs)))
    told = sorted(series, key=lambda each: (-each.counted("refuses"), -each.counted("warns")))
    skipped = _not_checked(runs)
    return History(
        title=text(f"{document.model} · {document.environment} · over time", 200),
        model=text(document.model, 120),
        facts=inventory(document.details),
        tone=_tone(last, lines),
        headline=_headline(last),
        gate=_gate(last, lines),
        summary=last.reason if last else "There is nothing to judge the model by.",
        next_step=_next_step(last, runs),
        period=_period(document, lines),
        counts=tally(runs),
        standing=_standing(lines),
        runs=tuple(reversed(lines)),
        gaps=tuple(line for line in reversed(lines) if line.kind in GAPS),
        chapters=_chapters(drawn, runs),
        charts_left_out=len(series) - len(drawn),
        ranking=rank_lines(runs),
        metrics=tuple(map(_metric_line, told[:MOST_SERIES])),
        metrics_left_out=max(0, len(told) - MOST_SERIES),
        glossary=tables.glossary(
            (each.metric for each in drawn if not findings.of_custom(each.last.finding)), {}
        ),
        waivers=past_waivers(runs)[:MOST_PEOPLE],
        accepted=accepted_checks(runs)[:MOST_PEOPLE],
        versions=tuple(_version_line(each, lines) for each in document.versions),
        versions_left_out=document.versions_left_out,
        not_checked=skipped[:MOST_NOT_CHECKED],
        not_checked_left_out=max(0, len(skipped) - MOST_NOT_CHECKED),
        provenance=tuple(each for each in (facts_of("Model", document.details.items()),) if each.lines),
        generated=clock(document.generated_at),
    )


def _last(lines: Sequence[RunLine]) -> RunLine | None:
    """Return the newest run that left a conclusion: of the version in use, where any did."""
    concluded = [line for line in reversed(lines) if line.kind not in GAPS]
    return next((line for line in concluded if line.pipeline != CANDIDATES), next(iter(concluded), None))


def _headline(last: RunLine | None) -> str:
    if last is None:
        return "No verdict yet"
    what = "verdict" if last.pipeline == CANDIDATES else "monitoring verdict"
    return f"Last {what}: {last.headline[0].lower()}{last.headline[1:]}"


def _later(last: RunLine | None, lines: Sequence[RunLine]) -> int:
    """Return how many runs after the last conclusion left none; of monitoring, where that is."""
    later = [line for line in lines[last.number if last else 0 :] if line.kind in GAPS]
    if last is None or last.pipeline == CANDIDATES:
        return len(later)
    return sum(line.pipeline != CANDIDATES for line in later)


def _tone(last: RunLine | None, lines: Sequence[RunLine]) -> str:
    """Return the last conclusion's, but never that of an open gate where later runs left none."""
    if last is None or (last.tone == "open" and _later(last, lines)):
        return "unclear"
    return last.tone


def _gate(last: RunLine | None, lines: Sequence[RunLine]) -> str:
    later = _later(last, lines)
    have = "has" if later == 1 else "have"
    left = f"{counted(later, 'later run')} {have} no conclusion" if last else "no run left a conclusion"
    if last is None:
        return left
    version = f", version {last.version}" if last.version else ""
    told = f"{last.pipeline} of {last.started}{version}; {HEADLINES[last.state][1]}"
    return f"{told}; {left}" if later else told


def _period(document: HistoryInput, lines: Sequence[RunLine]) -> str:
    if not lines:
        since = f" since {clock(document.since)}" if document.since else ""
        return f"The model has not run{since}."
    told = f"{counted(len(lines), 'run')}, from {lines[0].started} to {lines[-1].started}."
    return f"{told} Older runs are not shown." if document.older else told


def _standing(lines: Sequence[RunLine]) -> tuple[RunLine, ...]:
    """Return the newest run of each pipeline, in the order in which they last ran."""
    newest: dict[str, RunLine] = {}
    for line in reversed(lines):
        newest.setdefault(line.pipeline, line)
    return tuple(newest.values())


def _most_charts(runs: int) -> int:
    return max(FEWEST_CHARTS, min(MOST_CHARTS, MOST_POINTS // max(1, runs)))


def _chapters(drawn: Sequence[Series], runs: Sequence[Run]) -> tuple[Chapter, ...]:
    chapters: dict[str, list[Chart]] = {}
    for each in drawn:
        chart = draw(each, runs, name=_name(each), title=_chart_title(each))
        known_as = CHAPTERS.get(each.monitor) or findings.table_of(each.last.finding)
        chapters.setdefault(known_as, []).append(chart)
    return tuple(Chapter(name, tuple(charts)) for name, charts in chapters.items())


def _name(each: Series) -> str:
    """Return what the metric is called in words; a team's own may mean anything, and titles name checks."""
    if findings.of_custom(each.last.finding):
        return ""
    known = MEANINGS.get(each.metric) or MODEL.get(each.metric)
    return known.name if known else ""


def _chart_title(each: Series) -> str:
    if findings.of_custom(each.last.finding):
        return title(each.last.finding)
    if each.metric == DRIFT:
        return f"{each.about}: distance from the baseline"
    if each.metric in QUALITY:
        return f"{each.about}: {QUALITY[each.metric].name.lower()}"
    return title(each.last.finding)


def _metric_line(each: Series) -> MetricLine:
    last = each.last
    values = [point.finding.value for point in each.points if point.finding.value is not None]
    refused, warned = each.counted("refuses"), each.counted("warns")
    low, high = (number(end(values), each.decimals) if values else "–" for end in (min, max))
    return MetricLine(
        metric=text(each.metric, 60),
        about=each.about,
        runs=count(len(each.points)),
        last=number(last.finding.value, each.decimals),
        allowed=findings.allowed(last.finding, each.decimals),
        reach=low if low == high else f"{low} to {high}",
        refused=count(refused) if refused else "",
        warned=count(warned) if warned else "",
        outcome=last.outcome,
    )


def _version_line(version: PastVersion, lines: Iterable[RunLine]) -> VersionLine:
    run = next((line for line in lines if line.execution_arn == version.execution_arn), None)
    return VersionLine(
        number=count(version.number),
        registered=clock(version.created),
        approval=text(version.approval, 60),
        changed=clock(version.changed) if version.changed else "–",
        description=_why(version),
        run=count(run.number) if run else "",
    )


def _why(version: PastVersion) -> str:
    """Return what the version's approval says, and why its baseline was accepted without a comparison."""
    accepted = f"Baseline accepted: {text(version.accept_reason)}" if version.accept_reason else ""
    return ". ".join(filter(None, (accepted, text(version.description))))


def _not_checked(runs: Iterable[Run]) -> tuple[tuple[str, str, str], ...]:
    """Return what was not checked and why, in how many runs; the most frequent first."""
    found: Counter[tuple[str, str]] = Counter()
    for run in runs:
        told = run.verdict.not_checked if run.verdict else ()
        found.update({(text(each.subject), text(each.why)) for each in told})
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return tuple((subject, why, count(times)) for (subject, why), times in ordered)
