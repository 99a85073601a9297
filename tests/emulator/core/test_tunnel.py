"""Clients that ask AWS by its own name, through HTTPS_PROXY and AWS_CA_BUNDLE."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from sagemaker_monitor.emulator.certificates import Certificates, authority_of
from sagemaker_monitor.emulator.client_environment import environment_of
from tests.emulator.conftest import REGION, RunningEmulator


@pytest.fixture
def client(emulator: RunningEmulator) -> Iterator[Any]:
    """Make clients that have the variables of `local env`, and are given an endpoint of AWS."""
    made = []
    variables = environment_of(emulator.url, REGION, emulator.state_dir)

    def make(service: str, host: str) -> Any:
        session: Any = boto3.Session()
        style = {"addressing_style": "virtual"} if service == "s3" else {}
        config = Config(
            proxies={"https": variables["HTTPS_PROXY"]}, s3=style, retries={"total_max_attempts": 1}
        )
        found = session.client(
            service,
            endpoint_url=f"https://{host}",
            region_name=REGION,
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            verify=variables["AWS_CA_BUNDLE"],
            config=config,
        )
        made.append(found)
        return found

    yield make
    for each in made:
        each.close()


def test_sts_by_its_own_name_is_the_emulator(client: Any) -> None:
    """The caller has assumed a role, which is what the SageMaker SDK asks for and runs jobs with."""
    caller = client("sts", f"sts.{REGION}.amazonaws.com").get_caller_identity()

    assert caller["Account"] == "000000000000"
    assert caller["Arn"] == ("arn:aws:sts::000000000000:assumed-role/AmazonSageMaker-ExecutionRole/SageMaker")


def test_buckets_that_are_hosts_are_the_same_buckets(client: Any, emulator: RunningEmulator) -> None:
    """A key written to https://<bucket>.s3.<region>.amazonaws.com is read by the plain endpoint."""
    emulator.client("s3").create_bucket(Bucket="a-bucket")
    s3 = client("s3", f"s3.{REGION}.amazonaws.com")
    for key in ("by/name", "and/another"):  # over one connection
        s3.put_object(Bucket="a-bucket", Key=key, Body=b"content")

    found = emulator.client("s3").get_object(Bucket="a-bucket", Key="by/name")
    assert found["Body"].read() == b"content"


def test_the_way_leads_nowhere_else(emulator: RunningEmulator) -> None:
    """Other hosts and other ports are refused before anything is sent."""
    parts = urlsplit(emulator.url)
    lookalike = "sts.amazonaws.com.example.com:443"
    for target in (
        "example.com:443",
        lookalike,
        "sts.amazonaws.com:22",
        "127.0.0.1:443",
        "[::1]:443",
        "nonsense",
    ):
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=5)
        connection.request("CONNECT", target)
        with contextlib.closing(connection), connection.getresponse() as response:
            assert response.status == 403
            assert "no way out" in response.reason


def test_who_does_not_trust_the_authority_is_not_served(emulator: RunningEmulator) -> None:
    """Without AWS_CA_BUNDLE the handshake fails, and the emulator goes on answering others."""
    parts = urlsplit(emulator.url)
    host = "sts.amazonaws.com"
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as plain:
        plain.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
        assert b" 200 " in plain.recv(4096)
        with pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    assert emulator.client("sts").get_caller_identity()["Account"] == "000000000000"


def test_a_shell_with_a_proxy_of_its_own_comes_here_too(
    emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy's variable in lower case, which would go first, is replaced; without one there is none."""
    for name in ("https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    plain = environment_of(emulator.url, REGION, emulator.state_dir)
    monkeypatch.setenv("https_proxy", "http://proxy.example.com:3128")
    behind = environment_of(emulator.url, REGION, emulator.state_dir)

    assert "https_proxy" not in plain
    assert behind == plain | {"https_proxy": emulator.url}
    bundle = Path(plain["REQUESTS_CA_BUNDLE"]).read_bytes()
    assert bundle.endswith(Path(plain["AWS_CA_BUNDLE"]).read_bytes())
    assert bundle.count(b"BEGIN CERTIFICATE") > 50


def test_the_authority_stays_and_its_key_is_its_owner_s(emulator: RunningEmulator) -> None:
    """A second process finds the same certificate; nobody else reads the key; only AWS's names are signed."""
    first = authority_of(emulator.state_dir).read_bytes()

    assert authority_of(emulator.state_dir).read_bytes() == first
    assert stat.S_IMODE((emulator.state_dir / "ca-key.pem").stat().st_mode) == 0o600
    certificates = Certificates(emulator.state_dir)
    for host in (
        "example.com",
        "amazonaws.com",
        "evilamazonaws.com",
        "-.amazonaws.com",
        "a..amazonaws.com",
        "",
    ):
        with pytest.raises(ValueError, match="no host of AWS"):
            certificates.context(host)
