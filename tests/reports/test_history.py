"""What a report of a model over time says: of every run, however it ended, and of its metrics."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.verdict import Attribution, Limit
from sagemaker_monitor.reports import ReportError
from sagemaker_monitor.reports.history import (
    HISTORY_FORMATS,
    HistoryInput,
    PastRun,
    PastVersion,
    render_history,
)
from sagemaker_monitor.reports.history.chart import HEIGHT, WIDTH, draw
from sagemaker_monitor.reports.history.content import MOST_CHARTS, history
from sagemaker_monitor.reports.history.runs import read_runs
from sagemaker_monitor.reports.history.series import QUIET, collect, most_telling
from sagemaker_monitor.reports.history.strip import draw_strip
from tests.reports.conftest import ARN, START, MakeFinding, MakeVerdict
from tests.reports.html_page import Page, check_accessible, check_self_contained

MakeRun = Callable[..., PastRun]
MakeHistory = Callable[..., HistoryInput]
HOSTILE = (
    "\"><script>alert(1)</script><img src=x onerror='y'>\u202e& {{ 7*7 }} | `a` [l](http://evil.example)"
)


@pytest.fixture
def make_run(make_verdict: MakeVerdict) -> MakeRun:
    """Return a function that makes the run *number*, one a day: a refused batch, but for changes."""

    def make(
        number: int,
        decision: str | None = "refused",
        status: str = "",
        pipeline: str = "monitor-batch",
        reason: str = "",
        unreadable: str = "",
        **changes: Any,
    ) -> PastRun:
        arn = f"{ARN}:pipeline/mortgage-{pipeline}-prod/execution/e{number:04}"
        verdict = decision and make_verdict(
            decision=decision,
            execution_arn=arn,
            pipeline=pipeline,
            **({"summary": f"{decision}: run {number}"} | changes),
        )
        status = status or ("Failed" if decision == "refused" else "Succeeded")
        started = START + timedelta(days=number)
        return PastRun(pipeline, arn, status, started, verdict or None, reason, unreadable)

    return make


@pytest.fixture
def make_history(make_run: MakeRun) -> MakeHistory:
    """Return a function that makes the input of a report: a pass and a refusal, but for changes."""

    def make(*runs: PastRun, **changes: Any) -> HistoryInput:
        parts: dict[str, Any] = {
            "model": "mortgage",
            "environment": "prod",
            "runs": runs or (make_run(1, "pass", findings=()), make_run(2)),
            "versions": (),
            "generated_at": START + timedelta(days=40),
        }
        return HistoryInput(**{**parts, **changes})

    return make


def test_the_last_verdict_comes_first(make_history: MakeHistory, make_run: MakeRun) -> None:
    """The newest run that left a conclusion heads the page; that later ones left none is said beside it."""
    report = history(
        make_history(make_run(1), make_run(2, "pass", findings=()), make_run(3, None, "Executing"))
    )

    assert (report.headline, report.tone) == ("Last monitoring verdict: pass", "unclear")
    assert report.gate.endswith("the gate is open; 1 later run has no conclusion")
    assert report.summary == "Run 2"
    assert [line.headline for line in report.runs] == ["Still running", "Pass", "Refused"]
    assert report.counts == (("passed", "1"), ("refused", "1"), ("still running", "1"))


def test_the_next_step_is_that_of_the_last_run(
    make_history: MakeHistory, make_run: MakeRun, make_finding: MakeFinding
) -> None:
    """Where inputs drifted the page sends people to the inputs, as the run's own page does, not to bias."""
    drifted = make_finding(
        monitor="data_quality", metric="baseline_drift_check", facet=None, facet_value=None, feature="income"
    )

    report = history(make_history(make_run(1, findings=(drifted,))))
    assert report.next_step.startswith("Look at the inputs that crossed")
    assert history(make_history(make_run(1))).next_step.startswith("Look at what crossed its limit")


def test_an_open_gate_without_gaps_after_it_is_open(make_history: MakeHistory, make_run: MakeRun) -> None:
    """The page is green exactly where the last run passed."""
    report = history(make_history(make_run(1, None, "Failed"), make_run(2, "pass", findings=())))

    assert (report.headline, report.tone) == ("Last monitoring verdict: pass", "open")
    assert history(make_history(make_run(1, None, "Failed"))).headline == "No verdict yet"


def test_a_refused_candidate_does_not_stand_for_the_version_in_use(
    make_history: MakeHistory, make_run: MakeRun
) -> None:
    """Monitoring heads the page where there is any; a candidate's verdict where there is none."""
    candidate = make_run(2, "refused", pipeline="register")
    report = history(make_history(make_run(1, "pass", findings=()), candidate))

    assert (report.headline, report.tone) == ("Last monitoring verdict: pass", "open")
    assert history(make_history(candidate)).headline == "Last verdict: refused"


def test_a_candidate_that_broke_is_no_gap_in_monitoring(
    make_history: MakeHistory, make_run: MakeRun, make_finding: MakeFinding
) -> None:
    """It is among the gaps, and neither breaks the line of the version in use nor the green."""
    quiet = make_finding(value=0.2, crossed=False, aws_violation=False)
    broken = [make_run(number, None, "Failed", pipeline="register") for number in (2, 4)]
    passed = [make_run(number, "pass", findings=(quiet,)) for number in (1, 3)]
    report = history(make_history(passed[0], broken[0], passed[1], broken[1]))

    (chart,) = report.chapters[0].charts
    assert (chart.line.count("M"), chart.line.count("L"), chart.gaps) == (1, 1, ())
    assert (report.tone, len(report.gaps)) == ("open", 2)


def test_gaps_are_shown_as_what_they_are(
    make_history: MakeHistory, make_run: MakeRun, make_verdict: MakeVerdict
) -> None:
    """Broken, running, unreadable, foreign and contradicted runs are no passes and are told apart."""
    later = {**make_verdict(), "schema_version": 99}
    report = history(
        make_history(
            make_run(1, None, "Failed", reason="Join failed: no label matches"),
            make_run(2, None, "Executing"),
            make_run(3, None, "Succeeded", unreadable="s3://b/v is not JSON"),
            PastRun("monitor-batch", "other", "Succeeded", START + timedelta(days=4), make_verdict()),
            make_run(5, "pass", "Failed", findings=()),
            PastRun("monitor-batch", "later", "Succeeded", START + timedelta(days=6), later),
        )
    )

    assert [(line.headline, line.reason[:40]) for line in report.gaps] == [
        ("Verdict not readable", "The verdict has schema_version 99; this "),
        ("Run broken", "The verdict is pass, but the execution e"),
        ("Verdict of another run", "The verdict that lies there is of arn:aw"),
        ("Verdict not readable", "S3://b/v is not JSON"),
        ("Still running", "It is Executing."),
        ("No verdict", "It ended Failed without a verdict: Join "),
    ]
    assert report.chapters == ()
    assert report.counts == (("left no conclusion", "5"), ("still running", "1"))


def test_a_metric_is_followed_over_the_runs(
    make_history: MakeHistory, make_run: MakeRun, make_finding: MakeFinding
) -> None:
    """Its drawing has every value with its limits, marks by outcome, and a table with the numbers."""
    quiet = {"crossed": False, "aws_violation": False}
    made = make_history(
        make_run(1, "pass", findings=(make_finding(value=0.2, **quiet),)),
        make_run(2, None, "Failed"),
        make_run(3, "refused", findings=(make_finding(value=0.41),)),
        make_run(4, "pass", pipeline="register", findings=(make_finding(value=0.1, **quiet),)),
    )

    (chapter,) = history(made).chapters
    (chart,) = chapter.charts
    assert (chapter.title, chart.title) == ("Bias", "DPPL, black = 1")
    assert [row.run for row in chart.rows] == ["1", "3", "4"]
    assert [row.value for row in chart.rows] == ["0.200", "0.410", "0.100"]
    assert [mark.tone for mark in chart.marks] == ["within", "refuses", "within"]
    assert [mark.candidate for mark in chart.marks] == [False, False, True]
    assert chart.words == "Last 0.410, allowed −0.180 to 0.366; refused in 1 of 3 runs."
    # The run between left nothing: the line is broken there, and a candidate is not on it.
    assert (chart.line.count("M"), chart.line.count("L")) == (2, 0)
    assert len(chart.gaps) == 1


def test_of_many_runs_only_what_matters_is_marked(
    make_history: MakeHistory, make_run: MakeRun, make_finding: MakeFinding
) -> None:
    """A year of runs is a line with its refusals, in the strip on top of the passes."""
    quiet = make_finding(value=0.2, crossed=False, aws_violation=False)
    runs = [make_run(number, "pass", findings=(quiet,)) for number in range(1, 200)]
    runs[100] = make_run(101)
    made = make_history(*runs)

    chart = history(made).chapters[0].charts[0]
    (lane,) = draw_strip([run.line for run in read_runs(made)]).lanes
    assert [mark.tone for mark in chart.marks] == ["refuses"]
    assert chart.line.count("L") == 198
    assert lane.marks[-1].kind == "refused"
    assert len({mark.path for mark in lane.marks}) == 2


def test_a_value_beyond_its_limit_is_drawn_beyond_it(
    make_history: MakeHistory, make_run: MakeRun, make_finding: MakeFinding
) -> None:
    """Higher values lie higher, a crossed limit lies between value and baseline, nothing leaves the frame."""
    made = make_history(*(make_run(n, findings=(make_finding(value=v),)) for n, v in ((1, 0.2), (2, 0.5))))
    (series,) = collect(read_runs(made))

    chart = draw(series, read_runs(made), name="", title="t")
    first, second = chart.marks
    limits = [float(y) for y in re.findall(r"M[\d.]+ ([\d.]+)h", chart.limits)]
    assert 0 < second.y < min(limits) < first.y < max(limits) < HEIGHT
    assert 0 < first.x < second.x < WIDTH


@pytest.mark.parametrize("value", [1.7e308, -1.7e308, float("inf"), float("-inf"), None])
def test_values_that_cannot_be_drawn_break_nothing(
    make_history: MakeHistory, make_run: MakeRun, make_finding: MakeFinding, value: float | None
) -> None:
    """A huge, infinite or missing value is in the table; the drawing has finite places."""
    findings = [
        (make_finding(value=v, limit=Limit("maximum", None, 0.3), crossed=True),) for v in (0.2, value)
    ]
    made = make_history(*(make_run(number, findings=each) for number, each in enumerate(findings, 1)))

    page = render_history(made, "html")
    assert not re.search(r"\b(nan|inf)\b", page)
    assert page.count('class="trend"') == 1


def test_what_refused_is_drawn_before_what_never_did(
    make_history: MakeHistory, make_run: MakeRun, make_finding: MakeFinding
) -> None:
    """Of many metrics those beyond a limit are drawn first, and quiet ones only fill up."""
    quiet = [
        make_finding(facet=f"q{place}", value=0.2 + place / 1000, crossed=False, aws_violation=False)
        for place in range(40)
    ]
    found = most_telling(collect(read_runs(make_history(make_run(1, findings=(*quiet, make_finding()))))), 24)

    assert len(found) == QUIET
    assert found[0].about == "black = 1"
    assert [each.about for each in found[1:3]] == ["q39 = 1", "q38 = 1"]


def test_the_baselines_version_is_marked_where_it_changes(
    make_history: MakeHistory, make_run: MakeRun, make_finding: MakeFinding
) -> None:
    """From a run on that was compared with another version, the drawing says with which."""
    from sagemaker_monitor.analysis.documents.verdict import Baseline

    versions = [Baseline(f"{ARN}:model-package/mortgage/{number}", 750, None, {}) for number in (1, 1, 2)]
    runs = [make_run(place, baseline=each) for place, each in enumerate(versions, 1)]

    ((chart, *_), *_) = [chapter.charts for chapter in history(make_history(*runs)).chapters]
    assert [version for _, version in chart.changes] == ["2"]


def test_versions_name_the_run_that_registered_them(make_history: MakeHistory, make_run: MakeRun) -> None:
    """Status, last change and reason are the registry's; the run is found by its ARN."""
    registered = make_run(1, "pass", pipeline="register", findings=())
    version = PastVersion(
        2,
        f"{ARN}:model-package/m/2",
        "Approved",
        START,
        START,
        "gate: pass",
        registered.execution_arn,
        "new line",
    )

    (line,) = history(make_history(registered, versions=(version,))).versions
    assert (line.number, line.approval, line.description, line.run) == (
        "2",
        "Approved",
        "Baseline accepted: new line. gate: pass",
        "1",
    )


def test_features_are_ranked_over_the_runs_of_the_version_in_use(
    make_history: MakeHistory, make_run: MakeRun
) -> None:
    """The last monitoring run's order, its baseline's, and the range of places; a candidate counts not."""

    def measured(income: float, debt: float) -> tuple[Attribution, ...]:
        return (Attribution("income", income, 0.3), Attribution("debt", debt, 0.1))

    report = history(
        make_history(
            make_run(1, attributions=measured(0.3, 0.1)),
            make_run(2, attributions=measured(0.1, 0.2)),
            make_run(3, pipeline="register", attributions=measured(0.9, 0.1)),
        )
    )
    assert [(x.feature, x.baseline, x.now, x.reach, x.moved) for x in report.ranking] == [
        ("debt", "2", "1", "1 to 2", True),
        ("income", "1", "2", "1 to 2", True),
    ]


def test_what_was_not_checked_is_counted(make_history: MakeHistory, make_run: MakeRun) -> None:
    """A subject that no run could tell is told once, with the number of runs."""
    report = history(make_history(make_run(1), make_run(2)))

    assert report.not_checked == (("bias/CDDPL/black", "no group variable is configured", "2"),)


@pytest.mark.parametrize("format", HISTORY_FORMATS)
def test_every_format_has_runs_and_versions(make_history: MakeHistory, format: str) -> None:
    """Page, Markdown and JSON tell the last verdict, every run and the versions."""
    version = PastVersion(7, "arn", "Rejected", START)
    text = render_history(make_history(versions=(version,)), format)  # type: ignore[arg-type]

    for told in ("efused", "un 2", "2026-03-03", "Rejected", "monitor-batch"):
        assert told in text.replace("\\", "")


def test_json_has_every_verdict_as_it_was(make_history: MakeHistory, make_run: MakeRun) -> None:
    """Whoever computes with it gets the documents, and the state each is in."""
    runs = (make_run(1), make_run(2, None, "Failed"))
    record = json.loads(render_history(make_history(*runs), "json"))

    assert [each["state"] for each in record["runs"]] == ["refused", "no-verdict"]
    assert record["runs"][0]["verdict"] == json.loads(json.dumps(runs[0].verdict))
    assert [each["gate"] for each in record["runs"]] == ["closed", "closed"]


def test_there_is_no_junit_of_a_model(make_history: MakeHistory) -> None:
    """Test cases belong to one run; the error names what there is."""
    with pytest.raises(ReportError, match="there are json, markdown, html"):
        render_history(make_history(), "junit")  # type: ignore[arg-type]


def test_a_model_without_runs_has_a_page(make_history: MakeHistory) -> None:
    """Where nothing ran since the bound, the page says so."""
    made = HistoryInput("mortgage", "prod", (), (), START, since=START)

    page = render_history(made, "html")
    assert "The model has not run since 2026-03-02" in page
    check_accessible(Page(page))
    assert render_history(made, "markdown").startswith("# No verdict yet")


def test_the_page_is_accessible_and_loads_nothing(make_history: MakeHistory) -> None:
    """Landmarks, headings, labelled drawings with a table behind each, and no request."""
    page = Page(render_history(make_history(), "html"))

    check_accessible(page)
    check_self_contained(page)
    drawings = [each for each in page.all("svg") if each.get("class") == "trend"]
    assert len(drawings) == len(page.all("details")) == len(page.all("summary")) > 0
    assert len(page.all("desc")) == len(drawings) + 1


def test_names_that_are_markup_stay_text(
    make_history: MakeHistory, make_run: MakeRun, make_finding: MakeFinding
) -> None:
    """Whatever a name, a reason or a description holds, it is read and not run."""
    finding = make_finding(metric=HOSTILE, facet=HOSTILE, facet_value=HOSTILE, rule=HOSTILE, message=HOSTILE)
    attributions = (Attribution(HOSTILE, 1.0, 0.5),)
    runs = (
        make_run(1, summary=HOSTILE, findings=(finding,), attributions=attributions),
        make_run(2, None, HOSTILE, reason=HOSTILE, unreadable=HOSTILE),
    )
    version = PastVersion(1, HOSTILE, HOSTILE, START, None, HOSTILE)
    made = make_history(
        *runs, model=HOSTILE, environment=HOSTILE, versions=(version,), details={HOSTILE: HOSTILE}
    )

    text = render_history(made, "html")
    page = Page(text)
    check_self_contained(page)
    assert page.all("img") == []
    assert "<script>alert(1)</script>" in "".join(page.words)
    assert "\u202e" not in text
    outside_code = re.sub(r"(?<!\\)`[^`]*`", "", render_history(made, "markdown"))
    assert not re.search(r"(?<!\\)[<\[]", outside_code)
    assert "http://" not in outside_code


def test_three_hundred_features_over_many_runs_stay_one_page(
    make_history: MakeHistory, make_run: MakeRun, make_finding: MakeFinding
) -> None:
    """30 runs of 300 drifting features fit, and the page says what it leaves out."""
    findings = tuple(
        make_finding(
            monitor="data_quality", metric="baseline_drift_check", feature=f"feature_{place:03}", facet=None
        )
        for place in range(300)
    )
    first = make_run(1, findings=findings)
    runs = [replace(first, started=START + timedelta(days=place)) for place in range(30)]

    page = render_history(make_history(*runs), "html")
    assert len(page) < 2_000_000
    assert page.count('class="trend"') == MOST_CHARTS
    assert "276 more metrics have no drawing" in page
