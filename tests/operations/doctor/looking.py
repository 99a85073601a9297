"""What tests of doctor ask with: a context of the environment, and its findings by check."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.aws.dry_run import DryRun
from sagemaker_monitor.operations.doctor.context import Context, Subject
from sagemaker_monitor.operations.doctor.examine import examine
from sagemaker_monitor.operations.doctor.finding import Finding
from sagemaker_monitor.settings.loader import load_located, load_located_environment


def context(conf: Path, environment: str = "local", model: str = "mortgage") -> Context:
    """Return what the command makes of a configuration."""
    found = load_located_environment(environment, conf)
    models = (load_located(model, environment, conf)[0].value,)
    return Context(DryRun(connect(found.value)), found.document, models, "--env local")


def subject(
    conf: Path, data: str | None = None, labels: str | None = None, *, model: str = "mortgage"
) -> Subject:
    """Return a model as the command looks at it."""
    loaded = load_located(model, "local", conf)[0]
    return Subject(context(conf, model=model), loaded.value, loaded.document, data, labels)


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


_NUMBERS = itertools.count(1)


def make_role(
    aws: Aws, conf: Path, trusted: str = "sagemaker.amazonaws.com", **statement: object
) -> tuple[str, str]:
    """Create an execution role that *trusted* may assume, with one *statement*; return its name and ARN.

    IAM outlives an emulator of this process, so that each test has a role of its own.
    """
    name = f"execution-{next(_NUMBERS)}"
    trust = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
    policy = {"Version": "2012-10-17", "Statement": [trust]}
    role = aws.call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))["Role"]
    if statement:
        allow(aws, name, **statement)
    edit(conf, "role/sagemaker-monitor-execution", f"role/{name}")
    return name, str(role["Arn"])


def allow(aws: Aws, name: str, **statement: object) -> None:
    """Give a role a statement of its own."""
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "*", **statement}}
    policy = json.dumps(document)
    aws.call("iam", "put_role_policy", RoleName=name, PolicyName="own", PolicyDocument=policy)
