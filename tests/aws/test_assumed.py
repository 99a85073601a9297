"""With whose credentials calls are made: those of the environment's deploying role, assumed anew in time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from sagemaker_monitor.aws import Aws, AwsError, WriteRefusedError, connect
from sagemaker_monitor.aws.assumed import session_name
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.settings import Environment

DEPLOY = "arn:aws:iam::000000000000:role/monitor-deploy"
CI = "arn:aws:sts::111122223333:assumed-role/codebuild-monitor/AWSCodeBuild-1"
NAMESPACE = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'


def with_role(environment: Environment, role: str = DEPLOY, **changes: str) -> Environment:
    """Return the environment with a role to assume."""
    roles = environment.roles.model_copy(update={"deploy": role, **changes})
    return environment.model_copy(update={"roles": roles})


class SecurityTokens:
    """An STS that gives sessions of a chosen length, or refuses with a code, and remembers who asked what."""

    def __init__(self) -> None:
        self.lasts = timedelta(hours=1)
        self.refusal: tuple[str, str] | None = None
        self.asked: list[dict[str, str]] = []
        self.keys: list[str] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                status, content = service.answer(query, self.headers["Authorization"])
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, query: dict[str, str], authorization: str) -> tuple[int, bytes]:
        """Return status and content for a query."""
        self.asked.append(query)
        self.keys.append(authorization.partition("Credential=")[2].partition("/")[0])
        if query["Action"] != "AssumeRole":
            fields = f"<Arn>{DEPLOY}</Arn><UserId>U</UserId><Account>000000000000</Account>"
        elif self.refusal:
            code, text = self.refusal
            error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error>"
            return 403, f"<ErrorResponse {NAMESPACE}>{error}</ErrorResponse>".encode()
        else:
            number = sum(each["Action"] == "AssumeRole" for each in self.asked)
            ends = f"{datetime.now(UTC) + self.lasts:%Y-%m-%dT%H:%M:%SZ}"
            fields = (
                f"<Credentials><AccessKeyId>ASIASESSION{number}</AccessKeyId><SecretAccessKey>s"
                f"</SecretAccessKey><SessionToken>t</SessionToken><Expiration>{ends}</Expiration>"
                f"</Credentials><AssumedRoleUser><Arn>{DEPLOY}</Arn><AssumedRoleId>A:b</AssumedRoleId>"
                "</AssumedRoleUser>"
            )
        name = query["Action"]
        return (
            200,
            f"<{name}Response {NAMESPACE}><{name}Result>{fields}</{name}Result></{name}Response>".encode(),
        )


@pytest.fixture
def tokens() -> Iterator[SecurityTokens]:
    """An STS on loopback."""
    found = SecurityTokens()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.02,))
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


@pytest.fixture
def asking(environment: Environment, tokens: SecurityTokens) -> Environment:
    """An environment whose role is assumed at that STS."""
    return with_role(environment.model_copy(update={"endpoint_url": tokens.url}))


def test_calls_are_made_by_a_session_of_the_role(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account check, and so the ledger, sees the role and a session that says which build it is."""
    monkeypatch.setenv("CODEBUILD_BUILD_ID", "deploy prod:b1e6661e")
    monkeypatch.setenv("CODEBUILD_BUILD_NUMBER", "17")
    assumed = connect(with_role(aws.environment))

    assumed.call("sagemaker", "create_model_package_group", ModelPackageGroupName="theirs")

    expected = "arn:aws:sts::000000000000:assumed-role/monitor-deploy/sagemaker-monitor-deploy-prod-17"
    assert assumed.caller == expected


def test_a_role_of_another_account_writes_nothing(aws: Aws) -> None:
    """The account is checked of the identity that was assumed, not of the one that assumed it."""
    foreign = connect(with_role(aws.environment, "arn:aws:iam::999999999999:role/monitor-deploy"))

    with pytest.raises(WriteRefusedError, match=r"belong to account 999999999999 .*assumed-role/monitor-dep"):
        foreign.call("sagemaker", "create_model_package_group", ModelPackageGroupName="theirs")

    assert list(aws.pages("sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList")) == []


def test_one_session_serves_many_calls(asking: Environment, tokens: SecurityTokens) -> None:
    """The role is assumed when the first call needs it, in the environment's region, and not before each."""
    aws = connect(asking)
    assert tokens.asked == []

    for _ in range(3):
        aws.call("sts", "get_caller_identity")

    assert [each["Action"] for each in tokens.asked] == ["AssumeRole", *["GetCallerIdentity"] * 3]
    assert tokens.keys == ["local", *["ASIASESSION1"] * 3]
    assert tokens.asked[0]["RoleArn"] == DEPLOY
    assert "ExternalId" not in tokens.asked[0]


def test_the_role_is_assumed_again_before_its_session_ends(
    asking: Environment, tokens: SecurityTokens
) -> None:
    """An upsert that lasts longer than a session goes on with the next one."""
    tokens.lasts = timedelta(minutes=5)  # botocore renews what ends within ten minutes
    aws = connect(asking)

    for _ in range(2):
        aws.call("sts", "get_caller_identity")

    assert tokens.keys == ["local", "ASIASESSION1", "local", "ASIASESSION2"]


def test_an_external_id_is_sent(asking: Environment, tokens: SecurityTokens) -> None:
    """What the trust policy asks for is given."""
    connect(with_role(asking, external_id="bank-17")).call("sts", "get_caller_identity")

    assert tokens.asked[0]["ExternalId"] == "bank-17"


def test_a_trust_that_does_not_allow_it_is_told_with_the_statement(
    asking: Environment, tokens: SecurityTokens
) -> None:
    """The error says who may not assume which role, and what its trust policy and the caller need."""
    said = f"User: {CI} is not authorized to perform: sts:AssumeRole on resource: {DEPLOY}"
    tokens.refusal = ("AccessDenied", said)

    with pytest.raises(AccessDeniedError) as caught:
        connect(with_role(asking, external_id="bank-17")).call("sagemaker", "list_pipelines")

    told = str(caught.value)
    assert f"{CI} may not assume {DEPLOY} (roles.deploy of 'local'), or there is no such role" in told
    assert '"Principal": {"AWS": "arn:aws:iam::111122223333:role/codebuild-monitor"}' in told
    assert '"Condition": {"StringEquals": {"sts:ExternalId": "bank-17"}}' in told
    assert f'"Action": "sts:AssumeRole", "Resource": "{DEPLOY}"' in told


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ExpiredToken", r"credentials have expired \(sts:AssumeRole\): log in again"),
        ("InvalidClientTokenId", r"does not accept these credentials \(sts:AssumeRole\)"),
        ("RegionDisabledException", "sts:AssumeRole: RegionDisabledException"),
    ],
)
def test_what_sts_refuses_is_told_as_its_own(
    asking: Environment, tokens: SecurityTokens, code: str, said: str
) -> None:
    """The call that could not be made for want of a session is not blamed for it."""
    tokens.refusal = (code, "no")

    with pytest.raises(AwsError, match=said):
        connect(asking).call("sagemaker", "list_pipelines")


def test_without_credentials_to_assume_with_the_role_is_named(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever has logged in nowhere is told what the credentials are for."""
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    account = with_role(environment.model_copy(update={"name": "dev", "endpoint_url": None}))

    with pytest.raises(AwsError, match=f"no usable AWS credentials for 'dev' .*that may assume {DEPLOY}"):
        connect(account).call("sagemaker", "list_pipelines")


def test_a_session_has_a_name_that_sts_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a build the session is the person's; its name is cut to what is allowed."""
    monkeypatch.setenv("LOGNAME", "jörg müller/" + "x" * 80)

    name = session_name()

    assert name.startswith("sagemaker-monitor-j-rg-m-ller-xxx")
    assert len(name) == 64
