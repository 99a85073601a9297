"""What a report says about a run, whatever it is written as."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from sagemaker_monitor.analysis.documents.verdict import DECISIONS, Limit
from sagemaker_monitor.reports import FORMATS, ReportError, render
from sagemaker_monitor.reports.content import content
from sagemaker_monitor.reports.headlines import HEADLINES, NEXT
from sagemaker_monitor.reports.tables import MAX_FINDINGS
from tests.reports.conftest import PAGES, MakeFinding, MakeInput, MakeVerdict, step


@pytest.mark.parametrize("format", PAGES)
def test_verdict_comes_first_and_every_part_is_there(make_input: MakeInput, format: str) -> None:
    """Each format tells decision, reason, metric, people, calibration, gaps, provenance and steps."""
    page = render(make_input(), format)  # type: ignore[arg-type]

    for told in (
        "efused",
        "DPPL for black is 0.40",
        "black",
        "no group variable is configured",
        "ScoreBatch",
    ):
        assert told in page
    for provenance in ("execution/k3q9c2d8", "5f0c5f0c", "s3://b/join"):
        assert provenance in page
    assert page.lower().index("refused") < page.index("ScoreBatch")


def test_every_decision_has_a_headline_and_a_next_step() -> None:
    """No decision of a verdict is without its words."""
    assert set(HEADLINES) == set(NEXT)
    assert set(HEADLINES) > set(DECISIONS)


@pytest.mark.parametrize(
    ("decision", "tone"),
    [
        ("pass", "open"),
        ("baseline-established", "open"),
        ("refused", "closed"),
        ("no-evidence", "closed"),
        ("inconclusive", "unclear"),
        ("labels-missing", "unclear"),
    ],
)
def test_only_an_open_gate_looks_open(
    make_input: MakeInput, make_verdict: MakeVerdict, decision: str, tone: str
) -> None:
    """The page is green exactly where the gate is open."""
    assert content(make_input(verdict=make_verdict(decision=decision))).tone == tone


def test_summary_does_not_repeat_the_headline(make_input: MakeInput, make_verdict: MakeVerdict) -> None:
    """The decision in front of the verdict's sentence is left to the headline; another colon stays."""
    told = content(make_input(verdict=make_verdict(summary="labels: none", decision="pass")))

    assert content(make_input()).summary == "DPPL for black is 0.40"
    assert told.summary == "Labels: none"


def test_refusals_warnings_and_the_rest_are_apart(make_input: MakeInput) -> None:
    """What refuses, what warns, and what is within its limit are told as what they are."""
    report = content(make_input())

    assert [each.metric for each in report.crossings] == ["DPPL"]
    assert [each.metric for each in report.warnings] == ["RD"]
    assert [line.outcome for group in report.groups for line in group.lines] == ["refuses", "warns", "within"]
    assert dict(report.counts) == {
        "refuse": "1",
        "warn": "1",
        "within limits": "1",
        "flagged by AWS's rule": "2",
    }


def test_crossing_says_value_baseline_limit_and_direction(make_input: MakeInput) -> None:
    """A crossed limit names metric, group, numbers, what the metric means and which way it moved."""
    (crossing,) = content(make_input()).crossings

    assert (crossing.value, crossing.baseline, crossing.allowed) == ("0.400", "0.180", "−0.180 to 0.366")
    assert crossing.group == "black = 1"
    assert crossing.moved == "further against the group"
    assert "share the model decides favourably" in crossing.words
    assert crossing.kind == "what chance explains"


@pytest.mark.parametrize(
    ("metric", "limit", "allowed"),
    [
        ("DPPL", Limit("minimum", 0.8, None), "≥ 0.800"),
        ("DPPL", Limit("maximum", None, 0.25), "≤ 0.250"),
        ("DPPL", Limit("between", -0.1, 0.25), "−0.100 to 0.250"),
        ("KL", Limit("calibrated", -0.2, 0.25), "≤ 0.250"),
        ("DI", Limit("calibrated", 0.61, 1.2), "0.610 to 1.200"),
        ("DPPL", None, "–"),
    ],
)
def test_limits_are_written_as_far_as_the_metric_reaches(
    make_input: MakeInput,
    make_verdict: MakeVerdict,
    make_finding: MakeFinding,
    metric: str,
    limit: Limit | None,
    allowed: str,
) -> None:
    """One-sided limits have one side, and a divergence no lower limit below zero."""
    verdict = make_verdict(findings=(make_finding(metric=metric, limit=limit, crossed=limit is not None),))

    assert content(make_input(verdict=verdict)).groups[0].lines[0].allowed == allowed


def test_numbers_that_differ_look_different(
    make_input: MakeInput, make_verdict: MakeVerdict, make_finding: MakeFinding
) -> None:
    """A value just above its limit has enough digits to be seen above it."""
    finding = make_finding(value=0.36604, limit=Limit("maximum", None, 0.366))

    line = content(make_input(verdict=make_verdict(findings=(finding,)))).groups[0].lines[0]
    assert (line.value, line.allowed) == ("0.36604", "≤ 0.36600")


def test_unknown_metric_and_infinite_value_are_told(
    make_input: MakeInput, make_verdict: MakeVerdict, make_finding: MakeFinding
) -> None:
    """A metric without known words, without a value, or infinite, still has its line in every format."""
    findings = (
        make_finding(metric="NEW", value=float("inf")),
        make_finding(metric="NEWER", value=None, crossed=False),
    )
    document = make_input(verdict=make_verdict(findings=findings))

    report = content(document)
    assert [line.value for line in report.groups[0].lines] == ["∞", "–"]
    assert report.crossings[0].scale is None
    for format in FORMATS:
        assert "NEWER" in render(document, format)


def test_analysis_names_metrics_that_have_no_words_here(
    make_input: MakeInput, make_verdict: MakeVerdict, make_finding: MakeFinding
) -> None:
    """The description in analysis.json stands in for a metric that this program does not know."""
    metric = {"name": "NEW", "description": "Newest Metric (NEW)", "value": 1}
    facets = {"black": [{"value_or_threshold": "1", "metrics": [metric]}]}
    document = make_input(
        verdict=make_verdict(findings=(make_finding(metric="NEW"),)),
        analyses={"ModelBias": {"version": "1.0", "post_training_bias_metrics": {"facets": facets}}},
    )

    assert content(document).glossary == (("NEW", "Newest Metric (NEW)", ""),)


def test_established_baseline_shows_what_was_measured(
    make_input: MakeInput, make_verdict: MakeVerdict
) -> None:
    """Where nothing was compared, the analyses' metrics stand instead of findings, errors included."""
    metrics = [
        {"name": "DPL", "description": "d", "value": 0.21},
        {"name": "CDDL", "description": "d", "value": None, "error": "Group variable is empty"},
        {"name": "TE", "description": "d", "value": "-Infinity"},
    ]
    facets = {"age": [{"value_or_threshold": "(30, 75]", "metrics": metrics}]}
    document = make_input(
        verdict=make_verdict(decision="baseline-established", findings=()),
        analyses={"DataBias": {"pre_training_bias_metrics": {"facets": facets}}},
    )

    told = [(each.group, each.metric, each.value, each.note) for each in content(document).measured]
    assert told == [
        ("age (30, 75]", "DPL", "0.210", ""),
        ("age (30, 75]", "CDDL", "–", "Group variable is empty"),
        ("age (30, 75]", "TE", "−∞", ""),
    ]


@pytest.mark.parametrize(
    "analysis", [[], {"pre_training_bias_metrics": []}, {"pre_training_bias_metrics": None}]
)
def test_unreadable_analysis_is_named_and_not_fatal(make_input: MakeInput, analysis: object) -> None:
    """An analysis that is none becomes a line under "not checked"."""
    report = content(make_input(analyses={"DataBias": analysis}))

    assert ("DataBias", "its analysis.json is not one that this program reads") in report.not_checked


def test_calibration_says_how_often_an_honest_batch_is_refused(make_input: MakeInput) -> None:
    """The error rate, the batch's size and the number of limits are in words."""
    first, second = content(make_input()).calibration

    assert "590 labelled rows would be refused in about 5.0 % of cases" in first
    assert "12 limits calibrated so that together they refuse at most 5.0 %" in second


def test_people_stand_behind_each_facet(make_input: MakeInput) -> None:
    """Each side of a facet has its number of people and the share observed favourable."""
    (people,) = content(make_input()).people

    assert (people.group, people.inside, people.outside) == ("black = 1", "63 (68 %)", "527 (90 %)")


@pytest.mark.long
def test_ten_thousand_findings_stay_one_page(
    make_input: MakeInput, make_verdict: MakeVerdict, make_finding: MakeFinding
) -> None:
    """The page shows what crossed first, says how many it leaves out, and JSON has all of them."""
    quiet = [make_finding(facet=f"f{i % 50}", crossed=False) for i in range(9_999)]
    document = make_input(verdict=make_verdict(findings=(*quiet, make_finding(facet="loud"))))

    report = content(document)
    assert sum(len(group.lines) for group in report.groups) == MAX_FINDINGS
    assert report.groups[-1].name == "loud = 1"
    assert "9,500 more findings are not shown here" in render(document, "html")
    assert "9,500 more findings are not shown here" in render(document, "markdown")
    assert len(render(document, "html")) < 700_000
    assert len(json.loads(render(document, "json"))["verdict"]["findings"]) == 10_000


def test_run_without_a_verdict_is_closed_and_says_what_failed(make_input: MakeInput) -> None:
    """A run that broke before deciding names its first failed step."""
    steps = [step("Join", 4, "Failed", "no label matches"), step("ScoreBatch", 1)]
    document = make_input(verdict=None, steps=steps)

    report = content(document)
    assert (report.tone, report.headline) == ("closed", "No verdict")
    assert report.summary == "Join failed: no label matches"
    assert json.loads(render(document, "json"))["gate"] == "closed"


def test_steps_are_in_the_order_they_started(make_input: MakeInput) -> None:
    """Records come newest first from AWS, in any time zone or as text; one without a start goes last."""
    east = datetime(2026, 3, 2, 6, 0, 1, tzinfo=UTC).astimezone(timezone(timedelta(hours=9)))
    steps = [
        {"StepName": "Waiting", "StepStatus": "Starting"},
        {**step("Third"), "StartTime": "2026-03-02T06:00:02Z", "EndTime": "2026-03-02T07:02:02Z"},
        {**step("Second"), "StartTime": east},
        step("First"),
    ]

    lines = content(make_input(steps=steps)).steps
    assert [line.name for line in lines] == ["First", "Second", "Third", "Waiting"]
    assert [line.took for line in lines] == ["1.5 s", "0.5 s", "1 h 02 min", "–"]


@pytest.mark.parametrize("format", FORMATS)
def test_another_schema_version_is_told_and_closed(
    make_input: MakeInput, make_verdict: MakeVerdict, format: str
) -> None:
    """A verdict of another schema version is not believed: each format names both versions, and the steps."""
    verdict = {**make_verdict(decision="pass"), "schema_version": 99}

    page = render(make_input(verdict=verdict), format)  # type: ignore[arg-type]
    assert "schema_version 99; this program reads 1" in page.replace("\\_", "_")
    assert "ScoreBatch" in page
    assert "Pass" not in page


def test_damaged_verdict_is_told_with_its_place(make_input: MakeInput, make_verdict: MakeVerdict) -> None:
    """A verdict with a value of the wrong type is not believed; the page names where."""
    verdict = make_verdict(decision="pass")
    verdict["findings"][1]["metric"] = 7

    report = content(make_input(verdict=verdict))
    assert (report.tone, report.headline) == ("closed", "Verdict not readable")
    assert "findings[1].metric" in report.summary


def test_unknown_format_is_refused(make_input: MakeInput) -> None:
    """The error names the formats there are."""
    with pytest.raises(ReportError, match="no report format 'pdf'; there are json, markdown, html, junit"):
        render(make_input(), "pdf")  # type: ignore[arg-type]


def test_json_is_complete_and_has_no_datetimes(make_input: MakeInput, make_verdict: MakeVerdict) -> None:
    """The JSON report has the whole verdict as it was, the steps, and times as ISO 8601 in UTC."""
    record = json.loads(render(make_input(details={"Inventory": "MR-1"}), "json"))

    assert record["verdict"] == json.loads(json.dumps(make_verdict()))
    assert record["generated_at"] == "2026-03-02T06:05:00+00:00"
    assert record["steps"][0]["failure_reason"] == "refused: DPPL"
    assert (record["decision"], record["gate"], record["details"]) == (
        "refused",
        "closed",
        {"Inventory": "MR-1"},
    )


def test_json_refuses_what_json_cannot_say(make_input: MakeInput) -> None:
    """A NaN in a document is an error, not a file that no reader accepts."""
    with pytest.raises(ReportError, match="cannot be written as JSON"):
        render(make_input(analyses={"ModelBias": {"value": float("nan")}}), "json")
