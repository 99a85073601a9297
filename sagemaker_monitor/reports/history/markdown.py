"""The report of a model over time as Markdown: short enough for a ticket."""

from __future__ import annotations

from collections.abc import Iterator

from sagemaker_monitor.reports.history.content import History
from sagemaker_monitor.reports.markdown_text import bounded, code, escape, left_out, table

MOST_RUNS, MOST_METRICS, MOST_VERSIONS = 50, 40, 20


def as_markdown(report: History) -> str:
    """Return the report, short enough for a comment; whatever comes from data is escaped."""
    parts = (_metrics, _waivers, _versions, _runs, _provenance)
    written = f"Written {report.generated} by sagemaker-monitor."
    return bounded(list(_verdict(report)), [list(part(report)) for part in parts], written)


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
        for x in report.runs
    )
    header = ("Run", "Started", "Pipeline", "Outcome", "Version", "Rows", "What was found")
    yield from table(header, rows, MOST_RUNS)


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
        for x in beyond
    )
    header = ("Metric", "Of", "Last", "Allowed", "Lowest to highest", "Refused", "Warned", "Runs")
    yield from table(header, rows, MOST_METRICS)


def _waivers(report: History) -> Iterator[str]:
    if report.waivers:
        yield "## Waivers"
        yield ""
        header = ("Covers", "Status", "Approved by", "Last day", "Applied in runs", "Reason")
        rows = (
            [code(x.match), x.status, escape(x.approved_by), escape(x.expires), x.covered, escape(x.reason)]
            for x in report.waivers
        )
        yield from table(header, rows)
    if report.accepted:
        yield "## Accepted without a comparison"
        yield ""
        accepted = ([x.run, escape(x.step), escape(x.reason)] for x in report.accepted)
        yield from table(("Run", "Check", "Reason"), accepted)


def _versions(report: History) -> Iterator[str]:
    if report.versions:
        yield "## Versions"
        yield ""
        rows = (
            [x.number, x.registered, escape(x.approval), x.changed, escape(x.description)]
            for x in report.versions
        )
        yield from table(("Version", "Registered", "Status", "Last change", "Why"), rows, MOST_VERSIONS)
        yield from left_out(report.versions_left_out, "versions", "the registry has them")


def _provenance(report: History) -> Iterator[str]:
    lines = [line for facts in report.provenance for line in facts.lines]
    if lines:
        yield "## Provenance"
        yield ""
        yield from table(("", ""), ([escape(name), code(value)] for name, value in lines))
