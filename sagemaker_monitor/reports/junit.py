"""The report as JUnit XML: a test suite per check, so that a build shows what passed, failed and broke."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sagemaker_monitor.analysis.documents.verdict import Check, Finding, NotChecked, Verdict
from sagemaker_monitor.reports import findings, steps
from sagemaker_monitor.reports.document import ReportInput
from sagemaker_monitor.reports.headlines import BROKEN_STATES, HEADLINES, next_step, summary_of
from sagemaker_monitor.reports.junit_xml import ERROR, FAILURE, PASSED, SKIPPED, Case, Suite, write_suites
from sagemaker_monitor.reports.standing import STILL_RUNNING, Standing, standing
from sagemaker_monitor.reports.waivers import waiver_lines
from sagemaker_monitor.reports.wording import count, moment, number, text

MOST_CASES = 500
"""CodeBuild keeps at most so many test case results of a report."""
_KEPT_FIRST = (ERROR, FAILURE, SKIPPED, PASSED)


def as_junit(document: ReportInput) -> str:
    """Return the report as JUnit XML, which ends with a newline; at most MOST_CASES test cases."""
    found = standing(document)
    lines = steps.step_lines(document.steps)
    suites = [_verdict_suite(found, document)]
    if found.verdict is not None:
        suites += _check_suites(found.verdict, document)
    if found.verdict is None or found.state != found.verdict.decision:
        suites.append(Suite("Steps", tuple(map(_step_case, lines))))
    return write_suites(
        _bounded(suites),
        package=found.verdict.model if found.verdict else "sagemaker-monitor",
        started=moment(document.execution.get("CreationTime")) or document.generated_at,
        properties=_properties(found, document),
    )


def _verdict_suite(found: Standing, document: ReportInput) -> Suite:
    """Return the suite of the decision, so that every closed gate has a case that says so."""
    headline, gate = HEADLINES[found.state]
    summary = summary_of(found, document, steps.step_lines(document.steps))
    message = f"{headline}: {summary}"
    case = Case("the gate is open", message=message, kind=found.state, words=next_step(found, document, ()))
    beside = _beside(found.verdict)
    if found.gate == "open":
        opened = f"{headline}, {gate}: {summary}"
        return Suite("Verdict", (replace(case, message=""),), said=(opened, *beside))
    broken = found.state in BROKEN_STATES
    outcome = SKIPPED if found.state == STILL_RUNNING else ERROR if broken else FAILURE
    return Suite("Verdict", (replace(case, outcome=outcome),), said=(message, *beside))


def _beside(verdict: Verdict | None) -> tuple[str, ...]:
    """Return what people took responsibility for: the policy's waivers, and accepted baselines."""
    waived = (
        f"waiver of {each.match}, {each.status}: by {each.approved_by} through {each.expires}, {each.reason}"
        for each in waiver_lines(verdict)
    )
    accepted = (
        f"{text(each.step)}: its baseline was accepted without comparing: {text(each.accept_reason)}"
        for each in (verdict.checks if verdict else ())
        if each.accept_reason
    )
    return (*waived, *accepted)


def _check_suites(verdict: Verdict, document: ReportInput) -> list[Suite]:
    """Return a suite per expected check, and one of what was not checked."""
    seconds = {line.name: line.seconds for line in steps.step_lines(document.steps)}
    known = {check.step for check in verdict.checks}
    by_check: dict[str, list[Finding]] = {check.step: [] for check in verdict.checks}
    for finding in verdict.findings:
        by_check.setdefault(finding.check, []).append(finding)
    checks: Mapping[str, Check] = {check.step: check for check in verdict.checks}
    suites = []
    for step, found in by_check.items():
        own = [_check_case(checks[step])] if step in checks else []
        said = tuple(f"warns: {text(each.message)}" for each in found if findings.outcome(each) == "warns")
        cases = (*own, *map(_finding_case, found))
        suites.append(Suite(step, cases, seconds.get(step, 0.0), said[:MOST_CASES]))
    rest = tuple(_skipped(each) for each in verdict.not_checked if each.subject not in known)
    return [*suites, Suite("Not checked", rest)] if rest else suites


def _check_case(check: Check) -> Case:
    reason = text(check.reason or "")
    if check.status in ("compared", "established"):
        return Case(f"{check.step} reported")
    return Case(f"{check.step} reported", ERROR, check.status, reason or check.status)


def _finding_case(finding: Finding) -> Case:
    name = f"{finding.metric}, {findings.about(finding)}"
    outcome = findings.outcome(finding)
    decimals = findings.decimals_of(finding)
    if outcome == "no value":
        return Case(name, SKIPPED, "no value", text(finding.message) or "it has no value")
    if outcome == "waived" and finding.waiver is not None:
        waiver = finding.waiver
        told = f"waived by {waiver.approved_by} through {waiver.expires}: {waiver.reason}"
        return Case(name, SKIPPED, "waived", text(told), text(finding.message))
    if outcome != "refuses":
        return Case(name)
    lines = (
        ("value", number(finding.value, decimals)),
        ("baseline", number(finding.baseline, decimals)),
        ("allowed", findings.allowed(finding, decimals)),
        ("limit", finding.limit.kind if finding.limit else ""),
        ("rule", finding.rule or ""),
        ("AWS's own rule", "violated" if findings.by_aws(finding) else ""),
        ("read from", finding.evidence_uri or ""),
    )
    words = "\n".join(f"{key}: {value}" for key, value in lines if value)
    return Case(name, FAILURE, "refused", text(finding.message), words)


def _skipped(each: NotChecked) -> Case:
    return Case(each.subject, SKIPPED, "not checked", text(each.why))


def _step_case(line: steps.StepLine) -> Case:
    if line.status == "Succeeded":
        return Case(line.name)
    if line.status in steps.ENDED:
        return Case(line.name, ERROR, line.status, line.reason or "it gives no reason")
    return Case(line.name, SKIPPED, line.status, f"it is {line.status}")


def _properties(found: Standing, document: ReportInput) -> dict[str, str]:
    verdict = found.verdict
    known = (
        ("execution", document.execution.get("PipelineExecutionArn") or (verdict and verdict.execution_arn)),
        ("model_package", verdict and verdict.model_package_arn),
        ("bundle_sha256", verdict and verdict.bundle_sha256),
        ("verdict_uri", document.verdict_uri),
    )
    return {name: text(value) for name, value in known if value}


def _bounded(suites: Iterable[Suite]) -> list[Suite]:
    """Return the suites with at most MOST_CASES cases in all: what did not pass is kept first."""
    suites = list(suites)
    places = [(which, place) for which, suite in enumerate(suites) for place in range(len(suite.cases))]
    places.sort(key=lambda at: (at[1] > 0, _KEPT_FIRST.index(suites[at[0]].cases[at[1]].outcome)))
    kept = set(places[:MOST_CASES])
    bounded = []
    for which, suite in enumerate(suites):
        cases = tuple(case for place, case in enumerate(suite.cases) if (which, place) in kept)
        left_out = len(suite.cases) - len(cases)
        told = (f"{count(left_out)} more test cases are left out; the verdict has all of them",)
        bounded.append(replace(suite, cases=cases, said=suite.said + (told if left_out else ())))
    return bounded
