"""What a report says of waivers, warnings that are counted, accepted checks and documents behind findings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.verdict import Check, ConfiguredWaiver, Waiver
from sagemaker_monitor.reports import render
from sagemaker_monitor.reports.content import content
from sagemaker_monitor.reports.history import HistoryInput, PastRun
from sagemaker_monitor.reports.history.content import history
from tests.reports.conftest import EXECUTION, PAGES, START, MakeFinding, MakeInput, MakeVerdict

SIGNED = ("bias/DPPL/black", "31 applicants in Q3", "model-risk-committee", "2026-03-31")
OLD = ("bias/DI/old", "a pilot", "head of lending", "2025-12-31")
IDLE = ("bias/RD/*", "not needed", "nobody", "2026-12-31")


@pytest.fixture
def waived(make_verdict: MakeVerdict, make_finding: MakeFinding) -> dict[str, Any]:
    """A verdict that passes by a waiver, with an expired one and one that covered nothing."""
    match, reason, by, until = SIGNED
    return make_verdict(
        decision="pass",
        summary="pass: 1 finding is waived",
        findings=(
            make_finding(waiver=Waiver(match, reason, by, until)),
            make_finding(metric="RD", action="warn"),
        ),
        waivers=(
            ConfiguredWaiver(*IDLE, "unused", 0),
            ConfiguredWaiver(*SIGNED, "applied", 1),
            ConfiguredWaiver(*OLD, "expired", 2),
        ),
    )


def test_a_waived_limit_is_neither_a_refusal_nor_within(
    make_input: MakeInput, waived: dict[str, Any]
) -> None:
    """It is neither a refusal nor within, has the waiver that covers it, and is counted."""
    report = content(make_input(verdict=waived))

    (line,) = report.waived
    assert (line.metric, line.about, line.match, line.approved_by, line.expires) == (
        "DPPL",
        "black = 1",
        "bias/DPPL/black",
        "model-risk-committee",
        "2026-03-31",
    )
    assert (report.crossings, [each.metric for each in report.warnings]) == ((), ["RD"])
    assert dict(report.counts)["waived"] == "1"
    assert report.tone == "open"


def test_waivers_are_listed_by_who_and_why(make_input: MakeInput, waived: dict[str, Any]) -> None:
    """Expired ones come first, and one that covered nothing says so."""
    lines = content(make_input(verdict=waived)).waivers

    assert [(each.match, each.status, each.covered) for each in lines] == [
        ("bias/DI/old", "expired", "2"),
        ("bias/DPPL/black", "applied", "1"),
        ("bias/RD/*", "covered nothing", "0"),
    ]
    assert lines[1].reason == "31 applicants in Q3"


@pytest.mark.parametrize("format", PAGES)
def test_every_format_has_the_waivers(make_input: MakeInput, waived: dict[str, Any], format: str) -> None:
    """Approver, reason and last day are told wherever the run is."""
    text = render(make_input(verdict=waived), format)  # type: ignore[arg-type]

    for told in ("model-risk-committee", "31 applicants in Q3", "2026-03-31", "head of lending"):
        assert told in text


def test_junit_skips_what_is_waived(make_input: MakeInput, waived: dict[str, Any]) -> None:
    """A build shows it as neither passed nor failed, with who let it pass."""
    text = render(make_input(verdict=waived), "junit")

    assert (
        '<skipped message="waived by model-risk-committee through 2026-03-31: 31 applicants in Q3">' in text
    )
    assert "<failure" not in text


def test_junit_tells_every_waiver_and_acceptance(
    make_input: MakeInput, make_verdict: MakeVerdict, waived: dict[str, Any]
) -> None:
    """Beside the verdict a build has who let what pass, what expired and covered nothing, and why."""
    text = render(make_input(verdict=waived), "junit")

    assert "waiver of bias/DI/old, expired: by head of lending through 2025-12-31, a pilot" in text
    assert "waiver of bias/RD/*, covered nothing: by nobody through 2026-12-31, not needed" in text
    check = Check("DataBias", "DATA_BIAS", "established", None, None, None, 0, "accept", "new product line")
    text = render(make_input(verdict=make_verdict(checks=(check,))), "junit")
    assert "DataBias: its baseline was accepted without comparing: new product line" in text


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        (None, ""),
        (3, "1 warning; the policy lets at most 3 pass."),
        (0, "1 warning; the policy lets at most 0 pass, so that they refuse together."),
    ],
)
def test_warnings_are_counted_against_their_limit(
    make_input: MakeInput, make_verdict: MakeVerdict, limit: int | None, told: str
) -> None:
    """Where the policy limits them, the page says how many there are of how many."""
    assert content(make_input(verdict=make_verdict(maximum_warnings=limit))).warnings_told == told


def test_an_accepted_check_says_why(make_input: MakeInput, make_verdict: MakeVerdict) -> None:
    """A check that was not compared because somebody accepted it has its mode and the reason."""
    check = Check("DataBias", "DATA_BIAS", "established", None, None, None, 0, "accept", "new product line")
    (line,) = content(make_input(verdict=make_verdict(checks=(check,)))).checks

    assert (line.mode, line.reason) == ("accept", "accepted: new product line")


def test_a_crossed_limit_names_the_document_it_was_read_from(
    make_input: MakeInput, make_verdict: MakeVerdict, make_finding: MakeFinding
) -> None:
    """Who doubts a value finds where it stands."""
    verdict = make_verdict(findings=(make_finding(evidence_uri="s3://b/bias/analysis.json"),))

    assert "Read from <code>s3://b/bias/analysis.json</code>" in render(make_input(verdict=verdict), "html")


def test_what_the_verdict_itself_leaves_out_is_told(make_input: MakeInput, make_verdict: MakeVerdict) -> None:
    """Findings that a verdict has no room for count among those that the page does not show."""
    report = content(make_input(verdict=make_verdict(findings_left_out=9_000, not_checked_left_out=5)))

    assert (report.findings_left_out, report.not_checked_left_out) == (9_000, 5)
    assert "9,000 more findings are not shown here; the checks' own documents" in render(
        make_input(verdict=make_verdict(findings_left_out=9_000)), "markdown"
    )


def test_waivers_and_acceptances_are_followed_over_the_runs(
    make_verdict: MakeVerdict, waived: dict[str, Any]
) -> None:
    """A waiver has its last status and the runs it was applied in; an acceptance its run and reason."""
    check = Check("DataBias", "DATA_BIAS", "established", None, None, None, 0, "accept", "new product line")
    expired = make_verdict(waivers=(ConfiguredWaiver(*SIGNED, "expired", 1),), checks=(check,))
    runs = [
        PastRun("monitor-batch", EXECUTION, "Succeeded", START + timedelta(days=day), verdict)
        for day, verdict in enumerate((waived, waived, expired))
    ]

    report = history(HistoryInput("mortgage", "prod", runs, (), START))
    lines = {each.match: (each.status, each.covered) for each in report.waivers}
    assert lines["bias/DPPL/black"] == ("expired", "2")
    assert lines["bias/RD/*"] == ("covered nothing", "0")
    assert [(each.run, each.step, each.reason) for each in report.accepted] == [
        ("3", "DataBias", "new product line")
    ]


def test_markdown_fits_into_a_comment(
    make_input: MakeInput, make_verdict: MakeVerdict, make_finding: MakeFinding
) -> None:
    """However long names and texts are, it stays below GitHub's limit and names what it leaves out."""
    long = "n" * 400
    findings = tuple(
        make_finding(facet=f"{place}{long}", feature=None, metric=long, message=long, monitor="bias")
        for place in range(250)
    )
    drifted = tuple(
        replace(each, facet=None, facet_value=None, monitor="data_quality", feature=f"{place}{long}")
        for place, each in enumerate(findings)
    )
    text = render(make_input(verdict=make_verdict(findings=(*drifted, *findings))), "markdown")

    assert 10_000 < len(text) < 65_536
    assert "Too long to be shown here: All findings. The HTML page has it." in text
    assert "efused" in text[:200]
    assert text.rstrip().endswith("by sagemaker-monitor.")
