"""A registry of another account: named by ARN everywhere, and made by whoever keeps it."""

from __future__ import annotations

import json

import pytest

from pipelines.catalog import build_bundle
from sagemaker_monitor.aws import Aws, AwsError, connect
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.gating import evidence_of
from sagemaker_monitor.operations.resources.central_groups import group_policy
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.registry import gate
from sagemaker_monitor.registry.rejection import weigh
from sagemaker_monitor.registry.versions import find_version, group_of
from sagemaker_monitor.settings import Environment, Model

from .deployed import bundle_of
from .emulated import make_verdict, put_verdict, register_version

CENTRAL = "arn:aws:sagemaker:eu-west-1:777788889999:model-package-group/mortgage"


def with_registry(environment: Environment, account: str) -> Environment:
    """Return the environment with a central registry."""
    registry = environment.registry.model_copy(update={"account": account})
    return environment.model_copy(update={"registry": registry})


def test_the_group_is_named_by_arn_in_what_is_built(environment: Environment, model: Model) -> None:
    """RegisterModel and every check get the group's ARN as the parameter's default."""
    bundle = build_bundle(model, with_registry(environment, "777788889999"))

    for pipeline in bundle.pipelines:
        parameters = json.loads(pipeline.definition)["Parameters"]
        defaults = {each["Name"]: each.get("DefaultValue") for each in parameters}
        assert defaults["ModelPackageGroupName"] == CENTRAL


def test_upsert_says_who_makes_the_group_and_with_which_policy(aws: Aws, model: Model) -> None:
    """What is another account's cannot be made: nothing is written, and the policy is in the message."""
    environment = with_registry(aws.environment, "777788889999")
    central = connect(environment)

    with pytest.raises(UsageError) as caught:
        list(upsert(central, bundle_of(environment), model))

    told = str(caught.value)
    assert f"{CENTRAL} does not exist, or may not be used from 000000000000" in told
    assert "whoever keeps account 777788889999 (registry.account) makes the group 'mortgage'" in told
    assert json.dumps(group_policy(environment, CENTRAL), separators=(",", ":")) in told
    assert central.writes == []


def test_the_policy_lets_the_roles_do_what_they_call(environment: Environment) -> None:
    """It names the environment's roles, the group, and its versions; nobody else and nothing else."""
    policy = group_policy(environment, CENTRAL)

    resources = [each["Resource"] for each in policy["Statement"]]
    assert resources == [CENTRAL, CENTRAL.replace("-group", "") + "/*"]
    for each in policy["Statement"]:
        assert each["Principal"] == {"AWS": [environment.roles.execution]}
        assert all(action.startswith("sagemaker:") and "*" not in action for action in each["Action"])


def test_a_group_of_another_account_is_not_the_emulator_s(aws: Aws) -> None:
    """One emulator holds one account: an ARN of another one is refused, and not taken for the group here."""
    aws.call("sagemaker", "create_model_package_group", ModelPackageGroupName="mortgage")

    for operation in ("describe_model_package_group", "list_model_packages"):
        with pytest.raises(AwsError, match="is no group of account 000000000000 in eu-west-1"):
            aws.call("sagemaker", operation, ModelPackageGroupName=CENTRAL)


@pytest.mark.long
def test_everything_that_asks_a_registry_takes_its_groups_by_arn(aws: Aws, model: Model) -> None:
    """Register, gate, status and a rejection work the same where requests name the group by its ARN."""
    put_verdict(aws, make_verdict(aws.environment, register_version(aws)))
    central = connect(with_registry(aws.environment, aws.environment.account))

    evidence = evidence_of(central, model, None)
    opening = gate.apply(central, evidence, "Approved")

    assert opening.opened, opening.message
    version = find_version(central, central.environment.model_package_group("mortgage"), 1)
    assert group_of(central, version) == "mortgage"
    assert "the only approved version" in weigh(central, version).message
