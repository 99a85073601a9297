"""What doctor says of roles, of AWS's images and of quotas."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.iam.statement import Statement
from sagemaker_monitor.operations.doctor import images, notices, permissions, quotas, role
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.settings import Environment, Model
from tests.operations.doctor.looking import allow, context, edit, make_role, subject


def test_a_role_that_may_do_everything_but_one_thing(aws: Aws, conf: Path) -> None:
    """What is missing is told with the statement that would allow it, and on which resource."""
    name, arn = make_role(aws, conf, NotAction="iam:*")

    (found,) = permissions.role(context(conf))

    assert found.status == "problem"
    assert found.seen == f"{name} may not iam:PassRole on {arn}"
    assert '"Action": ["iam:PassRole"]' in found.fix
    assert '"iam:PassedToService": "sagemaker.amazonaws.com"' in found.fix


def test_a_role_that_may_do_nothing_and_one_that_may_do_all(aws: Aws, conf: Path) -> None:
    """Without a policy each statement is a problem; with one for all actions none is."""
    name, _ = make_role(aws, conf)
    nothing = list(permissions.role(context(conf)))
    allow(aws, name, Action="*")
    (everything,) = permissions.role(context(conf))

    assert len(nothing) > 15
    assert {found.status for found in nothing} == {"problem"}
    assert any("s3:GetObject" in found.seen for found in nothing)
    assert everything.status == "ok"


def test_many_models_are_not_asked_about_one_by_one(aws: Aws, conf: Path) -> None:
    """The number of simulations does not grow with the number of models."""
    resources = tuple(f"arn:aws:s3:::bucket/{number}/*" for number in range(500))
    _, arn = make_role(aws, conf)

    found = list(
        permissions.simulated(
            context(conf),
            arn,
            [Statement("Many", ("s3:GetObject",), (*resources, *(each.upper() for each in resources)))],
        )
    )

    assert 1 < len(found) <= permissions.MOST_ASKED


def test_a_role_whose_policies_ask_for_what_a_simulation_does_not_know(aws: Aws, conf: Path) -> None:
    """A condition on a key that is not given is not known, and no problem."""
    make_role(aws, conf, Action="*", Condition={"StringEquals": {"aws:PrincipalTag/team": "risk"}})

    found = list(permissions.role(context(conf)))

    assert {each.status for each in found} == {"not known"}
    assert "that depends on aws:PrincipalTag/team" in found[0].seen


def test_a_caller_that_may_not_pass_the_role(aws: Aws, conf: Path) -> None:
    """Whoever asks is simulated as well: upsert would fail, which concerns those who deploy."""
    name = "AmazonSageMaker-ExecutionRole"
    aws.call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument="{}")
    allow(aws, name, NotAction="iam:*")
    try:
        upsert, run = permissions.caller(context(conf))
    finally:
        aws.call("iam", "delete_role_policy", RoleName=name, PolicyName="own")
        aws.call("iam", "delete_role", RoleName=name)

    assert (upsert.status, run.status) == ("warning", "ok")
    assert upsert.seen.startswith(f"upsert would fail: {name} may not iam:PassRole on ")


def test_the_role_of_schedules(aws: Aws, conf: Path) -> None:
    """It is looked at where it is configured: Scheduler assumes it, and starts pipelines with it."""
    name, arn = make_role(aws, conf, "sagemaker.amazonaws.com", Action="sagemaker:Describe*")
    execution = "arn:aws:iam::000000000000:role/sagemaker-monitor-execution"
    edit(conf, f"execution: {arn}", f"execution: {execution}\n  scheduler: {arn}")

    exists, found = list(role.exists(context(conf))), list(role.trust(context(conf)))
    jobs, schedules = permissions.role(context(conf))

    assert [each.status for each in exists] == ["ok", "ok"]
    assert [each.status for each in found] == ["ok", "problem"]
    assert found[1].seen == f"the trust policy of {name} does not let scheduler.amazonaws.com assume it"
    assert (jobs.status, schedules.status) == ("ok", "problem")
    assert schedules.seen.startswith(f"{name} may not sagemaker:StartPipelineExecution on ")


def test_a_topic_that_nobody_may_publish_to(aws: Aws, conf: Path) -> None:
    """First it is not there; then EventBridge may not publish; the fixes are a command and a statement."""
    arn = "arn:aws:sns:eu-west-1:000000000000:refusals"
    edit(conf, "account:", f"notify: {{sns: '{arn}'}}\naccount:")
    with pytest.raises(UsageError, match="sns create-topic --name refusals"):
        list(notices.topic(context(conf)))
    aws.call("sns", "create_topic", Name="refusals")
    try:
        (closed,) = notices.topic(context(conf))
        statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
        policy = json.dumps({"Statement": [{**statement, "Action": "sns:Publish", "Resource": arn}]})
        aws.call("sns", "set_topic_attributes", TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
        (open_,) = notices.topic(context(conf))
    finally:
        aws.call("sns", "delete_topic", TopicArn=arn)

    assert (closed.status, closed.fix.startswith('add {"Effect": "Allow"')) == ("problem", True)
    assert (open_.status, open_.seen) == ("ok", f"EventBridge may publish to {arn}")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version: "1.7-1"', 'version: "1.6-1"', "AWS has no image of xgboost 1.6-1; it has "),
        (
            'framework: xgboost\n  version: "1.7-1"',
            "framework: scikit-learn\n  entry_point: i.py\n  version: 1.3-1",
            "AWS has no image of sklearn 1.3-1; it has ",
        ),
    ],
)
def test_a_version_that_aws_does_not_have(conf: Path, aws: Aws, old: str, new: str, said: str) -> None:
    """The versions that there are are named, and the line to correct."""
    edit(conf, old, new, "models/mortgage.yaml")

    (found,) = images.of_region(subject(conf))

    assert found.seen.startswith(said)
    assert "artifact.version (" in found.fix


def test_a_region_without_the_images(conf: Path, aws: Aws) -> None:
    """The region is named."""
    edit(conf, "region: eu-west-1", "region: xx-north-9", "environments/base.yaml")

    (found,) = images.of_region(subject(conf))

    assert (found.status, found.seen) == ("problem", "AWS has no image of xgboost 1.7-1 in xx-north-9")


def test_quotas(environment: Environment, model: Model) -> None:
    """One that lets no job start is a problem, one that lets some wait a warning."""
    wanted = quotas.needs(environment, (model,))
    names = [need.quota for need in wanted]

    found = list(quotas.judged(wanted, dict(zip(names, (0, 5, 2, 2), strict=True))))

    assert names == [
        "ml.m5.large for transform job usage",
        "ml.t3.medium for processing job usage",
        "ml.m5.large for processing job usage",
        "ml.m5.large for endpoint usage",
    ]
    assert [each.status for each in found] == ["problem", "warning", "ok"]
    assert "is 0, and one job takes 1" in found[0].seen
    assert "is 2, and a run takes up to 5 at once" in found[1].seen
    assert found[2].seen == "ml.t3.medium for processing job usage 5; ml.m5.large for endpoint usage 2"
