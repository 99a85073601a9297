"""Whether statements say what IAM reads, of kinds of resources that actions know, within IAM's limits."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from sagemaker_monitor.aws.iam.allowing import allowed_by_policies
from sagemaker_monitor.aws.iam.commands import COMMANDS
from sagemaker_monitor.aws.iam.jobs import execution_grants
from sagemaker_monitor.aws.iam.keys import key_grants
from sagemaker_monitor.aws.iam.places import Place
from sagemaker_monitor.aws.iam.roles import EXECUTION, ROLES, statements
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.iam.statement import MANAGED_LIMIT, PolicyError, Statement, document, parts, size
from sagemaker_monitor.settings import Environment, load_environment
from tests.policy.evaluator import Need, allowing

CONF = Path(__file__).parents[2] / "conf"
REFERENCE = json.loads((Path(__file__).parent / "authorization.json").read_text())
TEAMS = ("deploy", "operator", "approver")


@pytest.fixture(scope="module")
def prod() -> Environment:
    """An environment with a key and a network."""
    return load_environment("prod", CONF)


@pytest.fixture(scope="module")
def full(prod: Environment) -> Scope:
    """What has everything that a statement can be about."""
    image = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"
    return Scope(
        prod,
        ("mortgage", "Churn"),
        images=(image,),
        locations=("s3://lake/batches/",),
        labels=("s3://example-ml-monitoring-prod/sagemaker-monitor/labels/mortgage/",),
        endpoints=("mortgage-prod",),
    )


def kinds(arn: str) -> set[str]:
    """Return the kinds of resources that an ARN, or a pattern, is of: a * at its end is any text."""
    ends = ("", *((":log-stream:s", "/execution/e") if arn.endswith("*") else ()))
    return {
        kind
        for kind, pattern in REFERENCE["resources"].items()
        for end in ends
        if re.fullmatch(re.sub(r"\\\$\\{\w+\\}", "[^:]*", re.escape(pattern)), f"{arn}{end}")
    }


@pytest.mark.parametrize("role", ROLES)
def test_each_statement_names_resources_that_its_actions_know(full: Scope, role: str) -> None:
    """As AWS's reference has it: what knows no resource is on *, and nothing else is."""
    for statement in statements(full, role):
        for action in statement.actions:
            known = {f"{action.partition(':')[0]}:{kind}" for kind in REFERENCE["actions"][action]}
            if known:
                assert known & set(chain.from_iterable(map(kinds, statement.resources))), (statement, action)
            else:
                assert statement.resources == ("*",), (statement, action)
        if statement.resources != ("*",):
            for arn in statement.resources:
                assert kinds(arn), arn


@pytest.mark.parametrize("role", ROLES)
def test_sids_are_names_that_iam_takes_once(full: Scope, role: str) -> None:
    """Letters and digits, each once in a policy."""
    sids = [statement.sid for statement in statements(full, role)]

    assert len(set(sids)) == len(sids)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in sids)


def test_what_is_wider_than_what_is_used_says_why(full: Scope) -> None:
    """Places on * and on all of the account's resources of a kind have a reason."""
    grants = [*COMMANDS.values(), execution_grants(full), key_grants({}, jobs=True)]
    places: set[Place] = set(chain.from_iterable(grants))
    wide = {place for place in places if any(re.search(r"(^|[/:])\*$", arn) for arn in place.resources(full))}

    beside = {place.sid for place in wide if not place.why}
    # Below a folder or a name of their own, * is what is meant.
    assert beside == {
        *("DeployedFiles", "LongDefinitions", "Ledger", "Uploads", "Results", "Executions", "ModelVersions"),
        *("ClarifyConfigs", "WriteLogs", "ConfiguredData", "Labels"),
    }


def test_a_role_that_does_several_things_is_allowed_all_of_them(full: Scope) -> None:
    """One policy of three roles allows what each of theirs does, and no more."""

    def pairs(*roles: str) -> set[tuple[str, str, str]]:
        found = statements(full, *roles)
        return {(s.sid, action, arn) for s in found for action in s.actions for arn in s.resources}

    assert pairs(*TEAMS) == set.union(*(pairs(role) for role in TEAMS))


def test_a_name_with_capitals_is_allowed_in_both_spellings(full: Scope) -> None:
    """SageMaker writes names of pipelines in lower case into ARNs, and IAM tells cases apart."""
    policy = document(statements(full, "deploy"))
    begin = "arn:aws:sagemaker:eu-west-1:444455556666:pipeline"

    for name in ("Churn-register-prod", "churn-register-prod"):
        assert allowing(policy, Need("sagemaker:UpdatePipeline", f"{begin}/{name}")) == ["Pipelines"]
    assert allowing(policy, Need("sagemaker:UpdatePipeline", f"{begin}/churn-register-dev")) == []


def test_what_deploys_cannot_run_open_or_become_anything_else(full: Scope) -> None:
    """Duties are apart: starting, approving, and passing another role are other roles' or nobody's."""
    policy = document(statements(full, "deploy"))
    begin = "arn:aws:sagemaker:eu-west-1:444455556666"
    to_sagemaker = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    execution = full.environment.roles.execution

    assert not allowing(policy, Need("sagemaker:StartPipelineExecution", f"{begin}:pipeline/mortgage-x-prod"))
    assert not allowing(policy, Need("sagemaker:UpdateModelPackage", f"{begin}:model-package/mortgage/1"))
    assert allowing(policy, Need("iam:PassRole", execution, to_sagemaker))
    assert not allowing(policy, Need("iam:PassRole", execution.replace("-execution", "-admin"), to_sagemaker))
    assert not allowing(policy, Need("iam:PassRole", execution, {"iam:PassedToService": "ec2.amazonaws.com"}))


def test_jobs_cannot_change_what_was_deployed_or_another_models_results(full: Scope) -> None:
    """The execution role reads assets, writes its models' results alone, and sees no ledger."""
    policy = document(statements(full, EXECUTION))
    root = "arn:aws:s3:::example-ml-monitoring-prod/sagemaker-monitor"

    assert allowing(policy, Need("s3:GetObject", f"{root}/assets/a/decide.py"))
    assert allowing(policy, Need("s3:PutObject", f"{root}/mortgage/register/x/decide/verdict.json"))
    for path in ("assets/a/decide.py", "deployments/prod/mortgage.json", "fraud/register/x/verdict.json"):
        assert not allowing(policy, Need("s3:PutObject", f"{root}/{path}"))
    assert not allowing(policy, Need("s3:GetObject", f"{root}/deployments/prod/mortgage.json"))


@pytest.mark.parametrize(
    ("uri", "keys"),
    [
        ("s3://lake", ("lake/*",)),
        ("s3://lake/", ("lake/*",)),
        ("s3://lake/batches/", ("lake/batches", "lake/batches/*")),
        ("s3://lake/data.csv", ("lake/data.csv*",)),
    ],
)
def test_a_location_is_a_folder_or_what_begins_so(full: Scope, uri: str, keys: tuple[str, ...]) -> None:
    """As S3 takes a prefix; and never another bucket or folder whose name begins alike."""
    assert full.objects([uri]) == tuple(f"arn:aws:s3:::{key}" for key in keys)


@pytest.mark.parametrize(
    ("key", "resource", "alias"),
    [
        ("alias/ml-monitoring", "arn:aws:kms:eu-west-1:444455556666:key/*", "alias/ml-monitoring"),
        ("12345678-1234-1234-1234-123456789012", "…", None),
        ("arn:aws:kms:eu-west-1:1:key/abc", "arn:aws:kms:eu-west-1:1:key/abc", None),
        ("arn:aws:kms:eu-west-1:1:alias/of/them", "arn:aws:kms:eu-west-1:1:key/*", "alias/of/them"),
    ],
)
def test_a_key_is_named_as_iam_knows_it(
    prod: Environment, key: str, resource: str, alias: str | None
) -> None:
    """By its ARN, or as any key that bears the alias; only through S3, or as a grant to AWS."""
    storage = prod.storage.model_copy(update={"kms_key": key})
    found = {s.sid: s for s in statements(Scope(prod.model_copy(update={"storage": storage})), EXECUTION)}
    expected = resource.replace("…", f"arn:aws:kms:eu-west-1:444455556666:key/{key}")
    condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}} if alias else {}

    assert {found[sid].resources for sid in ("StorageKey", "JobKey", "VolumeKey")} == {(expected,)}
    assert found["StorageKey"].condition == {
        "StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"},
        **condition,
    }
    assert found["VolumeKey"].condition == {"Bool": {"kms:GrantIsForAWSResource": "true"}, **condition}


def test_without_key_network_or_shadow_endpoint_nothing_is_said_of_them(prod: Environment) -> None:
    """What an environment and its models do not have makes no statement."""
    storage = prod.storage.model_copy(update={"kms_key": None})
    bare = prod.model_copy(update={"storage": storage, "network": None})
    found = {s.sid for s in statements(Scope(bare, ("m",), asks_models=False), EXECUTION)}

    assert not found & {
        *("StorageKey", "JobKey", "VolumeKey", "NetworkInterfaces", "LookAtNetwork"),
        *("ClarifyShadowEndpoints", "ClarifyConfigs", "WatchedEndpoints", "Images", "ConfiguredData"),
    }


@pytest.mark.parametrize(
    ("region", "begin"), [("cn-north-1", "arn:aws-cn:"), ("us-gov-west-1", "arn:aws-us-gov:")]
)
def test_other_partitions_have_arns_of_their_own(prod: Environment, region: str, begin: str) -> None:
    """China's and the government's."""
    network_free = prod.model_copy(update={"region": region})
    arns = [
        arn
        for statement in statements(Scope(network_free, ("m",)), "deploy")
        for arn in statement.resources
        if arn not in ("*", prod.roles.execution)
    ]

    assert [arn for arn in arns if not arn.startswith(begin)] == []


def test_versions_of_a_central_registry_are_of_its_account(prod: Environment) -> None:
    """Its groups are its keeper's to make and delete; versions are read and written there."""
    registry = prod.registry.model_copy(update={"account": "777788889999"})
    central = Scope(prod.model_copy(update={"registry": registry}), ("mortgage",))
    arn = "arn:aws:sagemaker:eu-west-1:777788889999:model-package/mortgage/3"
    deploy, approver = (document(statements(central, role)) for role in ("deploy", "approver"))

    assert allowing(approver, Need("sagemaker:UpdateModelPackage", arn)) == ["ModelVersions"]
    assert not allowing(approver, Need("sagemaker:UpdateModelPackage", arn.replace("777788889999", "4" * 12)))
    assert "ModelPackageGroups" not in {statement["Sid"] for statement in deploy["Statement"]}


def test_the_scheduler_starts_pipelines_of_the_models_and_no_more(full: Scope) -> None:
    """It has one action on them, and its dead-letter queue where one is configured."""
    queue = "arn:aws:sqs:eu-west-1:444455556666:missed"
    environment = full.environment
    scheduler = environment.scheduler.model_copy(update={"dead_letter_queue": queue})
    told = replace(full, environment=environment.model_copy(update={"scheduler": scheduler}))

    assert [s.actions for s in statements(full, "scheduler")] == [("sagemaker:StartPipelineExecution",)]
    assert [(s.actions, s.resources) for s in statements(told, "scheduler")][1] == (
        ("sqs:SendMessage",),
        (queue,),
    )


def test_schedules_that_others_made_are_allowed_by_their_names(full: Scope) -> None:
    """With the job definitions that they keep, and those that upsert makes for them."""
    adopting = replace(full, adopted=("churn-batch",), kept=("their-definition",))
    policy = document(statements(adopting, "deploy"))
    begin = "arn:aws:sagemaker:eu-west-1:444455556666"
    describe = "sagemaker:DescribeModelBiasJobDefinition"

    for name in ("their-definition", "churn-batch-0123456789"):
        assert allowing(policy, Need(describe, f"{begin}:model-bias-job-definition/{name}"))
    update = "sagemaker:UpdateMonitoringSchedule"
    assert allowing(policy, Need(update, f"{begin}:monitoring-schedule/churn-batch"))
    assert not allowing(policy, Need(update, f"{begin}:monitoring-schedule/another"))


def test_many_models_are_divided_into_policies_that_iam_takes(prod: Environment) -> None:
    """Each within the limit, with Sids that are names, and together what one would allow."""
    scope = Scope(prod, tuple(f"model-of-team-{number}" for number in range(200)))
    whole = statements(scope, "deploy")
    found = parts(whole)

    def pairs(given: tuple[Statement, ...]) -> set[tuple[str, str]]:
        return {(action, arn) for s in given for action in s.actions for arn in s.resources}

    assert size(whole) > 10 * 1024
    assert all(size(part) <= MANAGED_LIMIT for part in found)
    assert pairs(tuple(chain.from_iterable(found))) == pairs(whole)
    sids = [statement.sid for part in found for statement in part]
    assert len(set(sids)) == len(sids)


def test_a_statement_that_cannot_be_divided_is_an_error(prod: Environment) -> None:
    """One resource that is longer than a policy."""
    with pytest.raises(PolicyError, match=r"statement Long has 7\d+ characters, and IAM takes 6144"):
        parts([Statement("Long", ("s3:GetObject",), (f"arn:aws:s3:::{'x' * 7000}",))])


def test_a_statement_to_add_is_one_of_the_policies(prod: Environment) -> None:
    """What a refused call is told to add is narrower than the role's policy, and allows the call."""
    arn = "arn:aws:sagemaker:eu-west-1:444455556666:pipeline/mortgage-register-prod"
    found = allowed_by_policies(prod, "sagemaker:StartPipelineExecution", arn)

    assert found is not None
    assert found.roles == ("operator",)
    need = Need("sagemaker:StartPipelineExecution", arn)
    assert allowing(document([found.statement]), need) == ["Pipelines"]
    assert allowing(document(statements(Scope(prod), "operator")), need) == ["Pipelines"]
    assert allowed_by_policies(prod, "sagemaker:StartPipelineExecution", arn.replace("-prod", "-dev")) is None
    assert allowed_by_policies(prod, "sagemaker:CreateNotebookInstance", arn) is None
