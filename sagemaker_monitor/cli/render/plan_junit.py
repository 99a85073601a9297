"""Plans as JUnit XML: what was changed by hand, and what could not be planned, where builds show failures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sagemaker_monitor.cli.render.plan import actions, difference_line, drift_lines
from sagemaker_monitor.operations.fleet import Outcome
from sagemaker_monitor.operations.plan import Plan
from sagemaker_monitor.reports.junit_xml import ERROR, FAILURE, Case, Suite, write_suites
from sagemaker_monitor.settings import Environment


def plans_junit(
    environment: Environment, revision: str, outcomes: Sequence[Outcome[Plan]], unconfigured: Sequence[str]
) -> str:
    """Return one case a model: a change that is pending passes, one by hand does not."""
    cases = [*(_case(outcome) for outcome in outcomes), *(_left_over(name) for name in unconfigured)]
    said = [line for outcome in outcomes if outcome.value is not None for line in _said(outcome.value)]
    properties = {
        "environment": environment.name,
        "account": environment.account,
        "region": environment.region,
        "revision": revision or "unknown",
    }
    suite = Suite("plan", tuple(cases), said=tuple(said))
    return write_suites([suite], package=environment.name, started=datetime.now(UTC), properties=properties)


def _case(outcome: Outcome[Plan]) -> Case:
    if outcome.value is None:
        return Case(outcome.model, ERROR, "not planned", str(outcome.error))
    drift = list(drift_lines(outcome.value))
    if not drift:
        return Case(outcome.model)
    message = f"{len(outcome.value.drift)} changed by hand since the last upsert"
    return Case(outcome.model, FAILURE, "changed by hand", message, "\n".join(drift))


def _left_over(model: str) -> Case:
    return Case(
        model, FAILURE, "no longer configured", "deployed, and no longer configured: destroy removes it"
    )


def _said(plan: Plan) -> Iterator[str]:
    yield f"{plan.model}: {'; '.join(actions(plan.pending)) or 'nothing to change'}"
    for difference in plan.differences:
        yield f"  {difference_line(difference)}"
