"""The report of a model over time as Markdown: short enough for a ticket."""

from __future__ import annotations

from collections.abc import Iterator

from sagemaker_monitor.reports.history.content import History
from sagemaker_monitor.reports.markdown import code, escape, left_out, table

MOST_RUNS, MOST_METRICS, MOST_VERSIONS = 50, 40, 20


def as_markdown(report: History) -> str:
    """Return the report; whatever comes from data is escaped, so that it stays text."""
    return "\n".join([*_verdict(report), *_runs(report), *_metrics(report), *_rest(report)]) + "\n"


def _verdict(report: History) -> Iterator[str]:
    yield f"# {escape(report.headline)} ({escape(report.title)})"
    yield ""
    yield f"**{escape(report.summary)}** ({escape(report.gate)})"
    yield ""
    yield f"Next: {escape(report.next_step)}"
    yield ""
    told = ", ".join(f"{number} {words}" for words, number in report.counts)
    yield f"{escape(report.period)}{' ' + told + '.' if told else ''}"
    yield ""


def _runs(report: History) -> Iterator[str]:
    if not report.runs:
        return
    yield "## Runs"
    yield ""
    rows = (
        [
            str(x.number),
            x.started,
            escape(x.pipeline),
            escape(x.headline),
            x.version or "–",
            x.rows,
            escape(x.reason),
        ]
        for x in report.runs[:MOST_RUNS]
    )
    yield from table(("Run", "Started", "Pipeline", "Outcome", "Version", "Rows", "What was found"), rows)
    yield from left_out(len(report.runs) - MOST_RUNS, "runs")


def _metrics(report: History) -> Iterator[str]:
    beyond = [x for x in report.metrics if x.refused or x.warned]
    if not beyond:
        return
    yield "## Metrics that were beyond a limit"
    yield ""
    rows = (
        [
            escape(x.metric),
            escape(x.about),
            x.last,
            x.allowed,
            x.reach,
            x.refused or "–",
            x.warned or "–",
            x.runs,
        ]
        for x in beyond[:MOST_METRICS]
    )
    header = ("Metric", "Of", "Last", "Allowed", "Lowest to highest", "Refused", "Warned", "Runs")
    yield from table(header, rows)
    yield from left_out(len(beyond) - MOST_METRICS, "metrics")


def _rest(report: History) -> Iterator[str]:
    if report.versions:
        yield "## Versions"
        yield ""
        rows = (
            [x.number, x.registered, escape(x.approval), x.changed, escape(x.description)]
            for x in report.versions[:MOST_VERSIONS]
        )
        yield from table(("Version", "Registered", "Status", "Last change", "Why"), rows)
        yield from left_out(len(report.versions) - MOST_VERSIONS + report.versions_left_out, "versions")
    lines = [line for facts in report.provenance for line in facts.lines]
    if lines:
        yield "## Provenance"
        yield ""
        yield from table(("", ""), ([escape(name), code(value)] for name, value in lines))
    yield f"Written {report.generated} by sagemaker-monitor."
