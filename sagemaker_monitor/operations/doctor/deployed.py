"""What is deployed of a model: whether all its pipelines are, and from which configuration."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.names import pipeline_name, pipelines_of
from sagemaker_monitor.aws.errors import NotFoundError
from sagemaker_monitor.operations.doctor.context import Subject
from sagemaker_monitor.operations.doctor.finding import Finding, ok, problem, warning
from sagemaker_monitor.operations.ledger import read_entry


def pipelines(subject: Subject) -> Iterator[Finding]:
    """Yield whether each pipeline of the model is deployed, with the environment's role."""
    model, environment = subject.model, subject.environment
    upsert = f"sagemaker-monitor upsert --model {model.model} {subject.again}"
    missing, found = [], []
    for pipeline in pipelines_of(model, environment.name):
        name = pipeline_name(model.model, pipeline, environment.name)
        try:
            described = subject.aws.call("sagemaker", "describe_pipeline", PipelineName=name)
        except NotFoundError:
            missing.append(name)
            continue
        found.append(name)
        if described.get("RoleArn") != environment.roles.execution:
            yield problem(
                f"{name} runs under {described.get('RoleArn')}, not {environment.roles.execution}", upsert
            )
    if missing:
        yield warning(f"not deployed: {', '.join(missing)}", upsert)
    if found:
        yield ok(f"deployed: {', '.join(found)}")


def pending(subject: Subject) -> Iterator[Finding]:
    """Yield from which revision the model was deployed last, and whether somebody is at it."""
    entry = read_entry(subject.aws, subject.model.model)
    if entry.work is not None:
        work = entry.work
        state = "is at work" if entry.is_busy else "was stopped before it was finished"
        yield warning(
            f"{work.what} by {work.by} since {work.since} {state}",
            "wait for it"
            if entry.is_busy
            else f"sagemaker-monitor upsert --model {subject.model.model} {subject.again}",
        )
    done, here = entry.done, subject.context.revision
    if done is None:
        return
    told = f"{done.what} of {done.at} by {done.by}, revision {done.revision or 'unknown'}"
    if done.revision and here and done.revision != here:
        yield warning(
            f"{told}; this configuration is {here}",
            f"sagemaker-monitor plan --model {subject.model.model} {subject.again} says what would change",
        )
    else:
        yield ok(told)
