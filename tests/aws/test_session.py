"""Whom calls reach: the right account, the right endpoint, with the right credentials."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from sagemaker_monitor.aws import Aws, AwsError, WriteRefusedError, connect, session
from sagemaker_monitor.settings import Environment


def elsewhere(environment: Environment, url: str) -> Environment:
    """Return the environment with another endpoint, unvalidated as a bug would leave it."""
    return environment.model_copy(update={"endpoint_url": url})


class Listener:
    """An endpoint that answers nothing useful and remembers what it was sent."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        self.status = 400
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                listener.headers.append(dict(self.headers))
                self.send_response(listener.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A listener on loopback."""
    found = Listener()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.02,))
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1:4780", "http://example.com", "http://127.0.0.1.example.com:1"]
)
def test_local_refuses_an_endpoint_off_loopback(environment: Environment, url: str) -> None:
    """The environment `local` never sends anything to another machine."""
    with pytest.raises(WriteRefusedError, match="only on loopback"):
        connect(elsewhere(environment, url))


def test_only_local_may_have_an_endpoint(environment: Environment) -> None:
    """An endpoint in another environment is refused, however it came there."""
    with pytest.raises(WriteRefusedError, match="only 'local' and 'local-…' may have one"):
        connect(environment.model_copy(update={"name": "dev"}))


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER"])
def test_aws_refuses_a_redirected_process(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """An environment that is an account refuses endpoints from the process's environment, and names them."""
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    account = environment.model_copy(update={"name": "dev", "endpoint_url": None})

    with pytest.raises(WriteRefusedError, match=name):
        connect(account)


def test_real_credentials_never_reach_loopback(
    environment: Environment, listener: Listener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither credentials of the process nor of its profile are in what `local` sends."""
    (tmp_path / "credentials").write_text(
        "[bank]\naws_access_key_id = AKIAREALPROFILE\naws_secret_access_key = s\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "bank")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREALPROCESS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token-of-the-process")

    with pytest.raises(AwsError):
        connect(elsewhere(environment, listener.url)).call("sagemaker", "list_pipelines")

    sent = str(listener.headers)
    assert "Credential=local/" in sent
    assert "AKIA" not in sent
    assert "token-of-the-process" not in sent


def test_a_missing_profile_does_not_matter_to_local(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_PROFILE may name what is not there."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    assert connect(aws.environment).call("sts", "get_caller_identity")["Account"] == "000000000000"


def test_a_proxy_does_not_see_loopback(aws: Aws, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY is not used for the emulator."""
    monkeypatch.setenv("HTTP_PROXY", listener.url)
    monkeypatch.setenv("http_proxy", listener.url)

    connect(aws.environment).call("sagemaker", "list_pipelines")

    assert listener.headers == []


def test_the_first_write_verifies_the_account(aws: Aws) -> None:
    """With credentials of another account nothing is sent, and both accounts are named."""
    other = Aws(aws.environment.model_copy(update={"account": "999999999999"}))

    with pytest.raises(WriteRefusedError, match=r"belong to account 000000000000 .* is account 999999999999"):
        other.call("sagemaker", "create_model_package_group", ModelPackageGroupName="foreign")

    assert other.writes == []
    assert list(aws.pages("sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList")) == []


def test_reading_does_not_ask_for_the_account(aws: Aws) -> None:
    """Reads are not guarded: they change nothing."""
    other = Aws(aws.environment.model_copy(update={"account": "999999999999"}))

    assert other.call("sagemaker", "list_pipelines")["PipelineSummaries"] == []


def test_a_placeholder_account_refuses_writes(aws: Aws) -> None:
    """An account of AWS's documentation is never written to."""
    placeholder = Aws(aws.environment.model_copy(update={"account": "111122223333"}))

    with pytest.raises(WriteRefusedError, match="placeholder"):
        placeholder.call("s3", "put_object", Bucket=aws.environment.storage.bucket, Key="k", Body=b"")


def test_a_silent_emulator_is_named_with_what_to_do(environment: Environment) -> None:
    """Connection refused on `local` says which command starts the emulator."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"

    with pytest.raises(AwsError, match=f"does not answer at {url}: run sagemaker-monitor local up"):
        connect(elsewhere(environment, url)).call("sagemaker", "list_pipelines")


def test_missing_credentials_say_which_account_they_should_be_of(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without credentials, the message names the environment and its account."""
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    account = environment.model_copy(update={"name": "dev", "endpoint_url": None})

    with pytest.raises(AwsError, match=r"no usable AWS credentials for 'dev' \(account 000000000000\)"):
        connect(account).call("sagemaker", "list_pipelines")


def test_what_is_refused_is_not_sent_again(environment: Environment, listener: Listener) -> None:
    """A 4xx answer is final: only throttling, 5xx and broken connections are retried."""
    with pytest.raises(AwsError):
        connect(elsewhere(environment, listener.url)).call("sagemaker", "list_pipelines")

    assert len(listener.headers) == 1


def test_a_server_error_is_sent_again(environment: Environment, listener: Listener) -> None:
    """A 5xx answer is retried, and told when it stays."""
    listener.status = 503

    with pytest.raises(AwsError):
        connect(elsewhere(environment, listener.url)).call("sagemaker", "list_pipelines")

    assert len(listener.headers) == 2


def test_a_patient_one_asks_again_when_botocores_quota_is_used_up(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Busy and broken answers are asked again a bounded number of times; refusals, and silence, are not."""
    monkeypatch.setattr(session, "LONGEST_PAUSE", 0.0)
    aws = connect(environment, patient=True)
    answers: list[Exception | dict[str, str]] = []

    def once(service: str, operation: str, /, **request: object) -> dict[str, str]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    aws._once = once  # type: ignore[method-assign]
    busy = AwsError("busy", code="503", transient=True)
    answers += [busy, busy, {"yes": "1"}]
    assert aws.call("s3", "head_object") == {"yes": "1"}
    for error, left in (
        (AwsError("no", code="ValidationException"), 9),
        (AwsError("silence", transient=True), 9),
        (busy, 10 - session.TRIES),
    ):
        answers[:] = [error] * 10
        with pytest.raises(AwsError):
            aws.call("s3", "head_object")
        assert len(answers) == left
