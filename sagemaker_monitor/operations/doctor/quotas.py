"""Quotas: whether the account may run as many instances as a run takes at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sagemaker_monitor.operations.doctor.context import Context
from sagemaker_monitor.operations.doctor.finding import Finding, not_known, ok, problem, warning
from sagemaker_monitor.settings import Environment, Model
from steps.spec import checks_of


@dataclass(frozen=True)
class Need:
    """Instances of one type for one use: how many one job takes, and how many a run takes at once."""

    quota: str
    one: int
    together: int


def quotas(context: Context) -> Iterator[Finding]:
    """Yield whether the quotas of the configured instance types hold what runs need."""
    wanted = needs(context.environment, context.models)
    if not wanted:
        return
    if context.aws.is_local:
        yield not_known("the emulator has no quotas")
        return
    names = {need.quota for need in wanted}
    values: dict[str, float] = {}
    # What was raised for the account comes first; for what was not, AWS's default counts.
    for operation in ("list_service_quotas", "list_aws_default_service_quotas"):
        for quota in context.aws.pages("service-quotas", operation, "Quotas", ServiceCode="sagemaker"):
            if quota["QuotaName"] in names:
                values.setdefault(quota["QuotaName"], float(quota["Value"]))
        if names <= set(values):
            break
    yield from judged(wanted, values)


def judged(wanted: tuple[Need, ...], values: Mapping[str, float]) -> Iterator[Finding]:
    """Yield what quotas *values* mean for what is *wanted*."""
    enough = []
    for need in wanted:
        value = values.get(need.quota)
        request = f"request an increase of {need.quota!r} (SageMaker) to {need.together}"
        if value is None:
            yield not_known(f"the account has no quota called {need.quota!r}", "is the instance type right?")
        elif value < need.one:
            yield problem(
                f"{need.quota!r} is {value:g}, and one job takes {need.one}: it would not start", request
            )
        elif value < need.together:
            yield warning(
                f"{need.quota!r} is {value:g}, and a run takes up to {need.together} at once: some of its "
                "jobs may fail for lack of instances",
                f"{request}, or give compute.max_parallel_steps",
            )
        else:
            enough.append(f"{need.quota} {value:g}")
    if enough:
        yield ok("; ".join(enough))


def needs(environment: Environment, models: tuple[Model, ...]) -> tuple[Need, ...]:
    """Return what the most demanding of the models needs; one run at a time."""
    compute = environment.compute
    most: dict[str, Need] = {}
    for model in models:
        checks = checks_of(model, "register")
        at_once = min(len(checks), compute.max_parallel_steps or len(checks))
        asking = sum(check.asks_model for check in checks)
        count = compute.checks.instance_count  # of each endpoint; a check's own job has one
        wanted = [
            Need(
                f"{compute.transform.instance_type} for transform job usage",
                compute.transform.instance_count,
                compute.transform.instance_count,
            ),
            Need(f"{compute.scripts.instance_type} for processing job usage", 1, 1),
            Need(f"{compute.checks.instance_type} for processing job usage", 1, at_once),
        ]
        if asking:
            endpoints = min(asking, at_once)
            wanted.append(
                Need(f"{compute.checks.instance_type} for endpoint usage", count, endpoints * count)
            )
        for need in wanted:
            known = most.get(need.quota, need)
            most[need.quota] = Need(need.quota, max(known.one, need.one), max(known.together, need.together))
    return tuple(most.values())
