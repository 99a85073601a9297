"""What tests of doctor ask with: a context of the environment, and its findings by check."""

from __future__ import annotations

import json
from pathlib import Path

from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.aws.dry_run import DryRun
from sagemaker_monitor.operations.doctor.context import Context, Subject
from sagemaker_monitor.operations.doctor.examine import examine
from sagemaker_monitor.operations.doctor.finding import Finding
from sagemaker_monitor.settings.loader import load_located, load_located_environment


def context(conf: Path, environment: str = "local") -> Context:
    """Return what the command makes of a configuration."""
    found = load_located_environment(environment, conf)
    models = tuple(load_located(name, environment, conf)[0].value for name in ("mortgage",))
    return Context(DryRun(connect(found.value)), found.document, models, "--env local")


def subject(
    conf: Path, data: str | None = None, labels: str | None = None, *, model: str = "mortgage"
) -> Subject:
    """Return a model as the command looks at it."""
    loaded = load_located(model, "local", conf)[0]
    return Subject(context(conf), loaded.value, loaded.document, data, labels)


def look(conf: Path, data: str | None = None, labels: str | None = None) -> dict[str, Finding]:
    """Return everything that is found of the environment and the model, the worst of each check."""
    seen = subject(conf, data, labels)
    order = ("ok", "not known", "warning", "problem")
    found: dict[str, Finding] = {}
    for each in examine(seen.context, [seen]):
        if each.check not in found or order.index(each.status) > order.index(found[each.check].status):
            found[each.check] = each
    assert seen.aws.writes == []
    return found


def edit(conf: Path, old: str, new: str, file: str = "environments/local.yaml") -> None:
    """Replace a text of the configuration that is there."""
    path = conf / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def make_role(aws: Aws, trusted: str = "sagemaker.amazonaws.com", *allowed: str) -> None:
    """Create the environment's execution role with what trusts it and what it may do, on everything."""
    name = aws.environment.roles.execution.rpartition("/")[2]
    trust = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
    aws.call(
        "iam",
        "create_role",
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    if allowed:
        policy = {"Effect": "Allow", "Action": list(allowed), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
        aws.call("iam", "put_role_policy", RoleName=name, PolicyName="own", PolicyDocument=document)
