"""What IAM allows: to the execution role what jobs do with it, and to the caller what commands call."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.bundle import Bundle, PipelineDefinition
from pipelines.names import pipeline_name, pipelines_of
from sagemaker_monitor.aws.errors import AccessDeniedError, NotFoundError
from sagemaker_monitor.aws.iam.commands import COMMANDS
from sagemaker_monitor.aws.iam.grants import statements_of
from sagemaker_monitor.aws.iam.roles import statements
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.iam.statement import Statement
from sagemaker_monitor.aws.permissions import DENIED_EXPLICITLY
from sagemaker_monitor.operations.doctor.context import Context
from sagemaker_monitor.operations.doctor.expected import thinned
from sagemaker_monitor.operations.doctor.finding import Finding, not_known, ok, problem, warning
from sagemaker_monitor.operations.doctor.role import described, service_roles
from sagemaker_monitor.operations.policy.scoping import scope_of
from sagemaker_monitor.settings import Model
from steps.spec import checks_of

ASKED = ("upsert", "run")
"""Commands whose calls the caller is asked for."""
MOST_ASKED = 8
"""Resources of a statement that are asked about: with many models, those of some of them."""


@dataclass(frozen=True)
class Denied:
    """Actions of a statement that are denied on a resource, explicitly or because nothing allows them."""

    statement: Statement
    actions: tuple[str, ...]
    explicitly: bool
    unknown: tuple[str, ...]
    """Keys of conditions whose values a request has and a simulation does not."""

    @property
    def fix(self) -> str:
        """The statement that would allow it."""
        if self.explicitly:
            return DENIED_EXPLICITLY
        asked = replace(self.statement, actions=self.actions)
        return f"allow {json.dumps(asked.to_json())}"


def role(context: Context) -> Iterator[Finding]:
    """Yield whether the roles of jobs and of schedules may do what is done with them."""
    about = scope(context)
    for key, arn in service_roles(context).items():
        try:
            described(context, arn)
        except NotFoundError:
            continue  # told where it is looked for
        name, wanted = arn.rpartition("/")[2], statements(about, key)
        denied = list(simulated(context, arn, wanted))
        for each in denied:
            yield _told(each, f"{name} may not", problem)
        if not denied:
            count = sum(len(each.actions) for each in wanted)
            yield ok(f"{name} may do all of {count} actions in {len(wanted)} statements ({_judged(context)})")


def caller(context: Context) -> Iterator[Finding]:
    """Yield whether these credentials may do what upsert and run call, passing the role included."""
    arn = _identity(context)
    if arn is None:
        yield not_known("what these credentials may do: they are those of no role and no user")
        return
    about = scope(context)
    for command in ASKED:
        denied = list(simulated(context, arn, statements_of(COMMANDS[command], about)))
        for each in denied:
            yield _told(each, f"{command} would fail: {arn.rpartition('/')[2]} may not", warning)
        if not denied:
            yield ok(f"{arn.rpartition('/')[2]} may do what {command} calls ({_judged(context)})")


def _judged(context: Context) -> str:
    """Return what a simulation says nothing about."""
    if context.aws.is_local:
        return "by the emulator, which allows everything to a role that was not made in it"
    return "by the identity's policies; those of buckets and keys are not simulated"


def _told(denied: Denied, who: str, how: Any) -> Finding:
    seen = f"{who} {', '.join(denied.actions)} on {', '.join(denied.statement.resources)}"
    if denied.unknown:
        return not_known(
            f"whether {seen.replace(' may not', ' may', 1)}: that depends on {', '.join(denied.unknown)}"
        )
    found: Finding = how(seen, denied.fix)
    return found


def simulated(context: Context, arn: str, wanted: Sequence[Statement]) -> Iterator[Denied]:
    """Yield what *arn* is denied of *wanted*, by IAM's simulation. Raises AwsError."""
    for each in wanted:
        # SageMaker's names are in a statement twice, as they are written and in lower case.
        names = list({name.lower(): name for name in reversed(each.resources)}.values())[::-1]
        for spelled in thinned(names, MOST_ASKED):
            # Of a pattern one name is asked that it stands for.
            asked = spelled if spelled == "*" else spelled.replace("*", "example")
            answer = context.aws.call(
                "iam",
                "simulate_principal_policy",
                PolicySourceArn=arn,
                ActionNames=list(each.actions),
                ResourceArns=[asked],
                ContextEntries=_context(each),
            )
            results = [one for one in answer["EvaluationResults"] if one["EvalDecision"] != "allowed"]
            missing = [one for one in results if one.get("MissingContextValues")]
            for some in (missing, [one for one in results if one not in missing]):
                if some:
                    yield Denied(
                        replace(each, resources=(spelled,)),
                        tuple(one["EvalActionName"] for one in some),
                        any(one["EvalDecision"] == "explicitDeny" for one in some),
                        tuple(sorted({key for one in some for key in one.get("MissingContextValues", ())})),
                    )


def _context(statement: Statement) -> list[dict[str, Any]]:
    """Return a request's values of the keys on which the statement has a condition."""
    entries = []
    for test, keys in statement.condition.items():
        for key, value in keys.items():
            values = [value] if isinstance(value, str) else list(value)
            kind = "boolean" if test == "Bool" else "stringList" if test.startswith("For") else "string"
            entries.append(
                {
                    "ContextKeyName": key,
                    "ContextKeyValues": [one.replace("*", "example") for one in values[:1]],
                    "ContextKeyType": kind,
                }
            )
    return entries


def _identity(context: Context) -> str | None:
    """Return the ARN of the role or user that asks; None of one that IAM simulates nothing for."""
    arn = str(context.aws.call("sts", "get_caller_identity").get("Arn", ""))
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind == "assumed-role":
        found: str = described(context, f"role/{name.partition('/')[0]}")["Arn"]
        return found
    return arn if kind == "user" else None


def scope(context: Context) -> Scope:
    """Return what is asked about: the models, their configured data, and the images of what is deployed."""
    environment, models = context.environment, context.models
    reads = [
        environment.storage.resolve(uri)
        for model in models
        for uri in (model.data.baseline, model.artifact.model_data)
    ]
    bundles = ((model, _deployed(context, model)) for model in models)
    found = scope_of(environment, bundles, reads=[*reads, *context.reads])
    asks = any(check.asks_model for model in models for check in checks_of(model, "register"))
    return replace(found, asks_models=asks)


def _deployed(context: Context, model: Model) -> Bundle:
    """Return the model's deployed definitions in the shape of a bundle; those that are not are left out."""
    environment = context.environment.name
    pipelines = []
    for pipeline in pipelines_of(model, environment):
        name = pipeline_name(model.model, pipeline, environment)
        try:
            described = context.aws.call("sagemaker", "describe_pipeline", PipelineName=name)
        except (NotFoundError, AccessDeniedError):
            continue  # its images are not asked about
        pipelines.append(PipelineDefinition(name, pipeline, described.get("PipelineDefinition", "{}")))
    return Bundle(model.model, environment, "", "", tuple(pipelines), ())
