"""The report as Markdown, for a pull request or a ticket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sagemaker_monitor.reports.content import Report
from sagemaker_monitor.reports.crossings import Crossing
from sagemaker_monitor.reports.markdown_text import MOST_ROWS, bounded, code, escape, left_out, table
from sagemaker_monitor.reports.wording import counted

MOST_CROSSINGS = 20


def as_markdown(report: Report) -> str:
    """Return the report; whatever comes from data is escaped, so that it stays text.

    It has at most MOST_CHARACTERS: of what does not fit, whole sections are left out from the end.
    """
    parts = (
        _crossed,
        _waivers,
        _trust,
        _run,
        _provenance,
        _ranking,
        _not_checked,
        _findings,
        _violations,
        _measured,
    )
    written = f"Written {report.generated} by sagemaker-monitor."
    return bounded(list(_verdict(report)), [list(part(report)) for part in parts], written)


def _verdict(report: Report) -> Iterator[str]:
    yield f"# {escape(report.headline)}: {escape(report.title)}"
    yield ""
    yield f"**{escape(report.summary)}** ({escape(report.gate)})"
    yield ""
    yield f"Next: {escape(report.next_step)}"
    yield ""


def _crossed(report: Report) -> Iterator[str]:
    parts = (
        ("What crossed its limit", report.crossings, report.crossings_left_out, "crossed limits"),
        ("Warnings", report.warnings, report.warnings_left_out, "warnings"),
    )
    for title, crossings, missing, noun in parts:
        if not crossings:
            continue
        yield f"## {title}"
        yield ""
        header = ("Metric", "Of", "Value", "Baseline", "Allowed", "Compared with the baseline")
        rows = (
            [escape(x.metric), escape(x.group), x.value, x.baseline, x.allowed, x.moved] for x in crossings
        )
        yield from table(header, rows, MOST_CROSSINGS)
        yield from left_out(missing, noun)
        yield from _in_words(crossings[:MOST_CROSSINGS])


def _in_words(crossings: Sequence[Crossing]) -> Iterator[str]:
    """Yield what is said about inputs and rankings that crossed, and where inputs' values lie."""
    lines = [
        f"- {escape(x.title)}: {escape(' '.join((x.message + '.', *(x.drawing.words if x.drawing else ()))))}"
        for x in crossings
        if x.inputs or not x.compared
    ]
    yield from lines
    if lines:
        yield ""


def _trust(report: Report) -> Iterator[str]:
    if report.sizes or report.people or report.needed:
        yield "## How many people stand behind this"
        yield ""
        yield from (f"- {escape(line)}" for line in report.sizes)
        yield ""
        if report.people:
            rows = ([escape(each.group), each.inside, each.outside] for each in report.people)
            yield from table(("Group", "Inside (favourable)", "Outside (favourable)"), rows)
    if report.needed:
        rows = ([escape(x.subject), escape(x.sample), x.rows] for x in report.needed)
        yield from table(("Too few rows to tell", "Whose rows", "How many would do"), rows)
    if report.calibration or report.power:
        yield "## How far to trust this"
        yield ""
        yield from (f"- {escape(line)}" for line in report.calibration)
        yield ""
    if report.power:
        header = ("Declared shift of", "By", "Caught", "Wanted", "Result", "Rows that would do", "Why")
        rows = (
            [escape(x.subject), x.by, x.caught, x.wanted, x.result, x.rows, escape(x.why)]
            for x in report.power
        )
        yield from table(header, rows)


def _ranking(report: Report) -> Iterator[str]:
    ranking = report.ranking
    if not ranking.lines:
        return
    yield "## What the model rests on"
    yield ""
    header = ("Feature", "Place then", "Place now", "Baseline", "Now")
    rows = (
        [escape(x.feature), x.then or "–", f"**{x.now}**" if x.moved else x.now, x.baseline, x.value]
        for x in ranking.lines
    )
    yield from table(header, rows)
    yield from left_out(ranking.left_out, "features")


def _waivers(report: Report) -> Iterator[str]:
    if not report.waivers and not report.waived:
        return
    yield "## Waivers"
    yield ""
    if report.waivers:
        header = ("Covers", "Status", "Approved by", "Last day", "Crossed limits", "Reason")
        rows = (
            [code(x.match), x.status, escape(x.approved_by), escape(x.expires), x.covered, escape(x.reason)]
            for x in report.waivers
        )
        yield from table(header, rows)
    if report.waived:
        header = ("Waived metric", "Of", "Value", "Allowed", "By the waiver of", "Last day")
        rows = (
            [escape(x.metric), escape(x.about), x.value, x.allowed, escape(x.approved_by), escape(x.expires)]
            for x in report.waived
        )
        yield from table(header, rows)
        yield from left_out(report.waived_left_out, "waived limits")


def _findings(report: Report) -> Iterator[str]:
    if not report.inputs and not report.groups:
        return
    yield "## All findings"
    yield ""
    yield from left_out(report.findings_left_out, "findings", "the checks' own documents have all of them")
    if report.inputs:
        yield "### Inputs"
        yield ""
        inputs = (
            (
                escape(x.feature),
                escape(x.check),
                f"{x.measure} {x.value}" if x.known else x.value,
                x.allowed,
                x.outcome,
                "violation" if x.aws else "",
                escape(x.message),
            )
            for x in report.inputs
        )
        yield from table(
            ("Feature", "Check", "Value", "Allowed", "Result", "AWS's rule", "AWS's words"), inputs
        )
    for group in report.groups[:MOST_ROWS]:
        yield f"### {escape(group.name)}"
        yield ""
        header = ("Metric", "Value", "Baseline", "Allowed", "Result", "AWS's rule")
        yield from table(
            header,
            (
                [escape(x.metric), x.value, x.baseline, x.allowed, x.outcome, "violation" if x.aws else ""]
                for x in group.lines
            ),
        )
    yield from left_out(len(report.groups) - MOST_ROWS, "groups")


def _violations(report: Report) -> Iterator[str]:
    if not report.violations:
        return
    yield "## Violations in the checks' own words"
    yield ""
    for each in report.violations:
        yield f"### {escape(each.step)}: {counted(each.count, 'violation')}"
        yield ""
        rows = ([escape(x.subject), escape(x.rule), escape(x.words)] for x in each.lines)
        yield from table(("Of", "Rule", "In the check's words"), rows)
        yield from left_out(each.left_out, "violations", "the check's own document has all of them")
        yield f"All of them: {code(each.uri)}"
        yield ""


def _measured(report: Report) -> Iterator[str]:
    if report.measured:
        yield "## What was measured"
        yield ""
        rows = ([escape(x.group), escape(x.metric), x.value, escape(x.note)] for x in report.measured)
        yield from table(("Group", "Metric", "Value", "Why there is none"), rows)


def _not_checked(report: Report) -> Iterator[str]:
    if report.not_checked:
        yield "## Not checked"
        yield ""
        yield from table(("Subject", "Why"), ([escape(s), escape(why)] for s, why in report.not_checked))
        yield from left_out(report.not_checked_left_out, "subjects")


def _run(report: Report) -> Iterator[str]:
    yield "## The run"
    yield ""
    if report.checks:
        rows = (
            [escape(x.step), x.mode, escape(x.status), x.aws_violations, escape(x.reason)]
            for x in report.checks
        )
        yield from table(("Check", "Mode", "Status", "AWS violations", "Reason"), rows)
    if report.steps:
        rows = ([escape(x.name), escape(x.status), x.took, escape(x.reason)] for x in report.steps)
        yield from table(("Step", "Status", "Took", "Reason"), rows)
        yield from left_out(report.steps_left_out, "steps")


def _provenance(report: Report) -> Iterator[str]:
    yield "## Provenance"
    yield ""
    lines = [line for facts in report.provenance for line in facts.lines]
    yield from table(("", ""), ([escape(name), code(value)] for name, value in lines))
