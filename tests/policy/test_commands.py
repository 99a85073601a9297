"""`policy` prints what roles need, from a bundle and the configuration alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.aws.iam.roles import ROLES
from sagemaker_monitor.cli.main import main
from sagemaker_monitor.cli.policy import NAMES
from sagemaker_monitor.operations.policy.scoping import scope_of
from sagemaker_monitor.settings import Environment, load_environment, load_model
from tests.policy.deployed import prod_bundle
from tests.policy.evaluator import Need, allowing

CONF = Path(__file__).parents[2] / "conf"
ROLE = "arn:aws:iam::111122223333:role/codebuild-monitor"
ROOT = "s3://example-ml-monitoring-prod/sagemaker-monitor"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The example's bundle on disk."""
    folder = tmp_path_factory.mktemp("bundle")
    prod_bundle().write(folder)
    return str(folder)


class Policy:
    """The command in `prod`, and what it said."""

    def __init__(self, bundle: str, capsys: pytest.CaptureFixture[str], conf: Path = CONF) -> None:
        self.bundle, self.capsys, self.conf = bundle, capsys, conf
        self.out = self.err = ""

    def __call__(self, *arguments: str, bundle: bool = True) -> int:
        """Run the command and return its exit code."""
        given = ("--bundle", self.bundle) if bundle else ()
        code = main(["policy", "--env", "prod", "--conf-dir", str(self.conf), *given, *arguments])
        self.out, self.err = self.capsys.readouterr()
        return code

    @property
    def document(self) -> dict[str, Any]:
        """What it printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@pytest.fixture
def policy(bundle: str, capsys: pytest.CaptureFixture[str]) -> Policy:
    """The command."""
    return Policy(bundle, capsys)


def with_deploying_role(tmp_path: Path) -> Path:
    """Return a configuration whose prod has roles.deploy, in a path, with an external id."""
    conf = tmp_path / "conf"
    shutil.copytree(CONF, conf)
    file = conf / "environments" / "prod.yaml"
    role = "  deploy: arn:aws:iam::444455556666:role/ml/monitor-deploy\n  external_id: bank-17\n"
    file.write_text(file.read_text().replace("roles:\n", f"roles:\n{role}"))
    return conf


def test_the_scope_is_what_the_pipelines_run_and_read() -> None:
    """Images, data that is configured, labels, the endpoint, and that a check asks the model."""
    environment, model = load_environment("prod", CONF), load_model("mortgage", CONF)
    found = scope_of(environment, [(model, prod_bundle())], reads=["s3://lake/x/"])

    names = [image.rpartition("/")[2].partition(":")[0] for image in found.images]
    assert names == [
        *("sagemaker-clarify-processing", "sagemaker-scikit-learn", "sagemaker-xgboost"),
        "sagemaker-model-monitor-analyzer",
    ]
    assert found.locations == (
        f"{ROOT}/data/mortgage/batches/",
        f"{ROOT}/data/mortgage/validation.csv",
        f"{ROOT}/models/mortgage/model.tar.gz",
        "s3://lake/x/",
    )
    assert (found.labels, found.endpoints) == ((f"{ROOT}/labels/mortgage/",), ("mortgage-prod",))
    assert (found.asks_models, found.other_buckets) == (True, ("lake",))


@pytest.mark.parametrize("role", NAMES)
def test_a_policy_is_printed_for_each_role(policy: Policy, role: str) -> None:
    """JSON of IAM's version, for an account that nobody has: nothing is sent."""
    assert policy("--role", role) == 0
    assert policy.document["Version"] == "2012-10-17"
    assert {statement["Effect"] for statement in policy.document["Statement"]} == {"Allow"}


def test_the_roles_of_the_command_are_those_there_are() -> None:
    """Help names them without reading tables."""
    assert set(NAMES) == set(ROLES)


def test_jobs_may_pull_the_images_of_the_pipelines_alone(policy: Policy) -> None:
    """By the accounts and repositories that the definitions name."""
    policy("--role", "execution")
    pull = "ecr:BatchGetImage"
    begin = "arn:aws:ecr:eu-west-1"

    assert allowing(policy.document, Need(pull, f"{begin}:141502667606:repository/sagemaker-xgboost"))
    assert not allowing(policy.document, Need(pull, f"{begin}:141502667606:repository/sagemaker-tensorflow"))
    assert not allowing(policy.document, Need(pull, f"{begin}:444455556666:repository/sagemaker-xgboost"))


def test_any_model_is_every_name_of_the_environment(policy: Policy) -> None:
    """A later model needs no other policy, and other environments none of it."""
    assert policy("--role", "deploy", "--any-model") == 0
    begin = "arn:aws:sagemaker:eu-west-1:444455556666:pipeline"
    create = "sagemaker:CreatePipeline"

    assert allowing(policy.document, Need(create, f"{begin}/fraud-register-prod")) == ["Pipelines"]
    assert allowing(policy.document, Need(create, f"{begin}/fraud-register-dev")) == []


def test_jobs_of_any_model_still_cannot_write_assets(policy: Policy) -> None:
    """Results are told by the folders that models have."""
    assert policy("--role", "execution", "--any-model") == 0
    root = ROOT.replace("s3://", "arn:aws:s3:::")

    assert allowing(policy.document, Need("s3:PutObject", f"{root}/fraud/register/x/verdict.json"))
    for path in (f"assets/{'a' * 64}/decide.py", "deployments/prod/fraud.json", "uploads/x/batch.csv"):
        assert not allowing(policy.document, Need("s3:PutObject", f"{root}/{path}"))


def test_places_that_runs_are_given_are_read(policy: Policy) -> None:
    """--read adds them, with their bucket."""
    assert policy("--role", "execution", "--read", "s3://lake/batches/") == 0

    assert allowing(policy.document, Need("s3:GetObject", "arn:aws:s3:::lake/batches/1.csv"))
    assert not allowing(policy.document, Need("s3:GetObject", "arn:aws:s3:::lake/secrets"))
    assert allowing(policy.document, Need("s3:ListBucket", "arn:aws:s3:::lake"))


def test_where_an_endpoint_captures_is_asked_for(policy: Policy) -> None:
    """Only it can tell where the configuration is silent; who reads no captures is told nothing."""
    assert policy("--role", "execution") == 0
    assert "where mortgage-prod captures only the endpoint itself can tell" in policy.err

    for arguments in (("--role", "execution", "--read", "s3://lake/captures/"), ("--role", "deploy")):
        assert policy(*arguments) == 0
        assert policy.err == ""


def test_sagemaker_assumes_the_execution_role_for_its_account(policy: Policy) -> None:
    """The trust policy of the role of jobs."""
    assert policy("--role", "execution", "--trust") == 0
    (statement,) = policy.document["Statement"]

    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": "444455556666"}},
    }


def test_builds_or_who_is_named_assume_the_others(policy: Policy, tmp_path: Path) -> None:
    """CodeBuild by default; a role, with the external id that is configured."""
    assert policy("--role", "reader", "--trust") == 0
    assert policy.document["Statement"][0]["Principal"] == {"Service": "codebuild.amazonaws.com"}

    named = Policy(policy.bundle, policy.capsys, with_deploying_role(tmp_path))
    assert named("--role", "deploy", "--trust", "--principal", ROLE) == 0
    (statement,) = named.document["Statement"]
    assert statement["Principal"] == {"AWS": [ROLE]}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "bank-17"}}


def test_a_configured_deploying_role_makes_every_call(policy: Policy, tmp_path: Path) -> None:
    """So it is allowed what runs and opens, too; without one, what deploys is not."""
    start = Need(
        "sagemaker:StartPipelineExecution",
        "arn:aws:sagemaker:eu-west-1:444455556666:pipeline/mortgage-register-prod",
    )
    assert policy("--role", "deploy") == 0
    assert not allowing(policy.document, start)

    configured = Policy(policy.bundle, policy.capsys, with_deploying_role(tmp_path))
    assert configured("--role", "deploy") == 0
    assert allowing(configured.document, start)


def test_a_folder_gets_every_role_and_the_commands_that_make_them(policy: Policy, tmp_path: Path) -> None:
    """Two files a role; commands name the configured roles, their paths, and the files."""
    made = Policy(policy.bundle, policy.capsys, with_deploying_role(tmp_path))
    folder = tmp_path / "iam"
    assert made("-o", str(folder), "--role", "deploy", "--role", "execution") == 0

    assert sorted(path.name for path in folder.iterdir()) == [
        *("deploy-trust.json", "deploy.json", "execution-trust.json", "execution.json")
    ]
    assert made.out.splitlines() == [
        "aws iam create-role --role-name monitor-deploy --path /ml/"
        f" --assume-role-policy-document file://{folder}/deploy-trust.json",
        "aws iam put-role-policy --role-name monitor-deploy --policy-name sagemaker-monitor-prod-deploy"
        f" --policy-document file://{folder}/deploy.json",
        "aws iam create-role --role-name sagemaker-monitor-execution"
        f" --assume-role-policy-document file://{folder}/execution-trust.json",
        "aws iam put-role-policy --role-name sagemaker-monitor-execution --policy-name"
        f" sagemaker-monitor-prod-execution --policy-document file://{folder}/execution.json",
    ]
    assert json.loads((folder / "execution.json").read_text())["Version"] == "2012-10-17"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            (),
            "which role? --role deploy, reader, operator, approver, examiner, execution, scheduler",
        ),
        (("--role", "admin"), "'admin' is not one of 'deploy', 'reader'"),
        (("--role", "deploy", "--role", "reader", "--trust"), "a trust policy is one role's"),
        (("--role", "execution", "--trust", "--principal", ROLE), "assumed by a service"),
        (("--role", "deploy", "--trust", "--principal", "me"), "'me' is no role, user or account"),
        (("--role", "deploy", "--principal", ROLE), "give --trust, or -o"),
        (("--trust", "-o", "x"), "-o writes trust policies as well"),
        (("--role", "deploy", "--read", "/data"), "'/data' is no S3 URI"),
        (("--role", "deploy", "--read", "s3://lake/*"), "is no S3 URI"),
        (("--role", "deploy", "--model", "mortgage", "--any-model"), "give --model or --any-model"),
    ],
)
def test_what_cannot_be_meant_is_refused(policy: Policy, arguments: tuple[str, ...], said: str) -> None:
    """With exit code 2, what is wrong and what to give."""
    assert policy(*arguments) == 2
    assert said in policy.err
    assert policy.out == ""


def test_without_a_model_nothing_is_guessed(policy: Policy, tmp_path: Path) -> None:
    """What roles need is what pipelines do."""
    shutil.copytree(CONF / "environments", tmp_path / "conf" / "environments")
    empty = Policy(policy.bundle, policy.capsys, tmp_path / "conf")

    assert empty("--role", "deploy", bundle=False) == 2
    assert "there is no model in" in empty.err


def test_an_environment_without_an_execution_role_is_bad_configuration(
    policy: Policy, tmp_path: Path
) -> None:
    """As everywhere: its file and key are named."""
    conf = tmp_path / "conf"
    shutil.copytree(CONF, conf)
    file = conf / "environments" / "prod.yaml"
    text = file.read_text()
    line = next(each for each in text.splitlines() if each.startswith("  execution:"))
    file.write_text(text.replace(line, "  {}"))
    broken = Policy(policy.bundle, policy.capsys, conf)

    assert broken("--role", "deploy") == 2
    assert "execution" in broken.err


def test_a_policy_too_long_for_a_role_says_what_to_do(prod: Environment) -> None:
    """Beyond IAM's limit of inline policies: fewer models, patterns, or several managed policies."""
    from sagemaker_monitor.aws.iam.scope import Scope
    from sagemaker_monitor.aws.iam.statement import PolicyError
    from sagemaker_monitor.operations.policy.documents import commands, inline_policy, role_documents

    scope = Scope(prod, tuple(f"model-of-team-{number}" for number in range(30)))
    with pytest.raises(PolicyError, match="IAM takes 10240 of a role's inline policies: give --any-model"):
        inline_policy(scope, ("deploy",))
    made = role_documents(scope, "deploy")
    lines = list(commands(scope, Path("iam"), made))

    assert len(made.policies) > 1
    assert "aws iam create-policy --policy-name sagemaker-monitor-prod-deploy-1" in lines[1]
    assert lines[2].endswith(
        "--role-name sagemaker-monitor-prod-deploy --policy-arn"
        " arn:aws:iam::444455556666:policy/sagemaker-monitor-prod-deploy-1"
    )
    with pytest.raises(PolicyError, match=r"needs \d+ managed policies, and IAM attaches 10"):
        role_documents(Scope(prod, tuple(f"model-of-team-{n}" for n in range(900))), "deploy")


@pytest.fixture
def prod() -> Environment:
    """The environment."""
    return load_environment("prod", CONF)
