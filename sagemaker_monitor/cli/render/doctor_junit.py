"""What doctor found as JUnit XML, for builds that show such reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sagemaker_monitor.operations.doctor.finding import Finding
from sagemaker_monitor.reports.junit_xml import FAILURE, PASSED, SKIPPED, Case, Suite, write_suites
from sagemaker_monitor.settings import Environment


def findings_junit(environment: Environment, found: Sequence[Finding]) -> str:
    """Return one case a finding: a problem fails, what is not known is skipped, a warning is only told."""
    said = tuple(f"{_name(each)}: {each.seen}; {each.fix}" for each in found if each.status == "warning")
    suite = Suite("doctor", tuple(_case(each) for each in found), said=said)
    properties = {
        "environment": environment.name,
        "account": environment.account,
        "region": environment.region,
    }
    return write_suites([suite], package=environment.name, started=datetime.now(UTC), properties=properties)


def _case(finding: Finding) -> Case:
    outcome = {"problem": FAILURE, "not known": SKIPPED}.get(finding.status, PASSED)
    if outcome == PASSED:
        return Case(_name(finding))
    return Case(_name(finding), outcome, finding.status, finding.seen, finding.fix)


def _name(finding: Finding) -> str:
    return f"{finding.model} {finding.check}".strip()
