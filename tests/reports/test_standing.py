"""When a verdict is believed, and what a report says of one that is not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from sagemaker_monitor.reports import FORMATS, render, why_not_readable
from sagemaker_monitor.reports.content import content
from tests.reports.conftest import EXECUTION, START, MakeInput, MakeVerdict, step


def execution(status: str, **more: Any) -> dict[str, Any]:
    """Return DescribePipelineExecution's answer."""
    return {"PipelineExecutionArn": EXECUTION, "PipelineExecutionStatus": status, **more}


def test_an_execution_that_goes_on_is_not_called_broken(make_input: MakeInput) -> None:
    """While it runs the page says how far it is, and no format calls the gate open."""
    steps = [step("ScoreBatch", 1), step("ModelBias", 2, "Executing")]
    made = make_input(verdict=None, steps=steps, execution=execution("Executing"))

    report = content(made)
    assert (report.tone, report.headline) == ("unclear", "Still running")
    assert report.summary == "1 step has ended so far; running now: ModelBias."
    assert report.title == "mortgage-monitor-batch-prod · k3q9c2d8"
    assert json.loads(render(made, "json"))["state"] == "running"


def test_a_verdict_before_the_end_is_told_as_such(make_input: MakeInput, make_verdict: MakeVerdict) -> None:
    """Decide may have written it while a version is still being registered: open is not said yet."""
    made = make_input(
        verdict=make_verdict(decision="pass", summary="pass: all held"), execution=execution("Executing")
    )

    report = content(made)
    assert (report.tone, report.headline) == ("unclear", "Still running")
    assert report.summary.endswith("Its verdict so far: pass: all held")
    assert json.loads(render(made, "json"))["gate"] == "closed"


@pytest.mark.parametrize("status", ["Failed", "Stopped", "CompletedWithFailures"])
def test_an_open_verdict_of_a_run_that_broke_is_not_open(
    make_input: MakeInput, make_verdict: MakeVerdict, status: str
) -> None:
    """A pass after which a step broke is no pass; the findings are still shown."""
    steps = [step("Register", 5, "Failed", "access denied")]
    made = make_input(verdict=make_verdict(decision="pass"), steps=steps, execution=execution(status))

    report = content(made)
    assert (report.tone, report.headline) == ("closed", "Run broken")
    assert f"the execution ended {status}. Register failed: access denied" in report.summary
    assert report.groups


def test_a_stopped_run_has_nothing_to_repair(make_input: MakeInput) -> None:
    """Whoever stopped a run that had decided nothing is told to start another, not to look for a fault."""
    made = make_input(verdict=None, steps=[step("Join", 1, "Stopped")], execution=execution("Stopped"))

    report = content(made)
    assert (report.headline, report.summary) == ("No verdict", "It was stopped.")
    assert report.next_step.startswith("It was stopped before it decided: start a new run")
    assert "start a new run" in render(made, "junit")


@pytest.mark.parametrize(
    ("created", "told"),
    [
        ("2026-03-02T06:04:00Z", "2026-03-02T06:04:00Z"),
        ("2025-03-02T06:04:00Z", "2025-03-02T06:04:00Z, before it started: the clocks disagree"),
        ("2027-03-02T06:04:00Z", "2027-03-02T06:04:00Z, after it ended: the clocks disagree"),
    ],
)
def test_clocks_that_disagree_are_told(
    make_input: MakeInput, make_verdict: MakeVerdict, created: str, told: str
) -> None:
    """A verdict whose own time lies outside of its execution is told as that."""
    times = {"CreationTime": START, "LastModifiedTime": START + timedelta(minutes=4)}
    made = make_input(verdict=make_verdict(created=created), execution=execution("Failed", **times))

    lines = dict(line for facts in content(made).provenance for line in facts.lines)
    assert lines["Verdict written"] == told


def test_a_refusal_is_believed_although_its_execution_failed(make_input: MakeInput) -> None:
    """Refusing is how such an execution ends."""
    assert content(make_input(execution=execution("Failed"))).headline == "Refused"


def test_a_verdict_of_another_run_is_not_shown(make_input: MakeInput, make_verdict: MakeVerdict) -> None:
    """A file that was copied there says nothing about this run."""
    made = make_input(verdict=make_verdict(execution_arn="other"), execution=execution("Succeeded"))

    report = content(made)
    assert (report.headline, report.summary) == (
        "Verdict of another run",
        "The verdict that lies there is of other",
    )
    assert report.groups == ()


def test_only_a_verdict_that_is_there_can_be_unreadable(
    make_input: MakeInput, make_verdict: MakeVerdict
) -> None:
    """A run without one is told as that; one that is no JSON, or of a later release, says why."""
    later = make_input(verdict={**make_verdict(), "schema_version": 99})

    assert why_not_readable(make_input()) is None
    assert why_not_readable(make_input(verdict=None)) is None
    assert why_not_readable(make_input(verdict=None, unreadable={"verdict": "no JSON"})) == "no JSON"
    assert "schema_version 99" in (why_not_readable(later) or "")


def test_a_run_that_never_started_a_step_says_so(make_input: MakeInput) -> None:
    """Without verdict and steps the execution's own reason is all there is."""
    reason = "the role cannot be assumed"
    made = make_input(verdict=None, steps=[], execution=execution("Failed", FailureReason=reason))

    assert content(made).summary == reason
    assert content(make_input(verdict=None, steps=[])).summary == "No step of it ever started."


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("decision", ["window-empty", "no-evidence", "labels-missing"])
def test_a_run_without_checks_has_a_report(
    make_input: MakeInput, make_verdict: MakeVerdict, decision: str, format: str
) -> None:
    """Where nothing was checked there are the decision, the steps and the provenance, and no more."""
    verdict = make_verdict(
        decision=decision,
        summary=f"{decision}: nothing to check",
        batch=None,
        baseline=None,
        calibration=None,
        checks=(),
        findings=(),
        not_checked=(),
    )
    made = make_input(verdict=verdict, execution=execution("Failed"))

    assert "othing to check" in render(made, format)  # type: ignore[arg-type]
    report = content(made)
    assert (report.tone != "open", report.checks, report.groups, report.people) == (True, (), (), ())
