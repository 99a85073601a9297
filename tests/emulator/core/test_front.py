"""Which service answers a request, and what is answered when none can."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from sagemaker_monitor.emulator.lifecycle import health
from sagemaker_monitor.emulator.sagemaker_api import SageMakerApi
from tests.emulator.conftest import RunningEmulator

ROLE = "arn:aws:iam::000000000000:role/execution"


@pytest.fixture
def connection(emulator: RunningEmulator) -> Iterator[http.client.HTTPConnection]:
    """Open one connection without any client's manners."""
    parts = urlsplit(emulator.url)
    opened = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    yield opened
    opened.close()


def _ask(connection: http.client.HTTPConnection, method: str, path: str, **headers: str) -> tuple[int, str]:
    body = headers.pop("body", None)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=body, headers=named)
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_the_caller_and_its_role_are_known_without_moto(emulator: RunningEmulator) -> None:
    """Identity, role and policy simulation are answered for the configured account."""
    iam = emulator.client("iam")
    assert emulator.client("sts").get_caller_identity()["Account"] == "000000000000"
    assert iam.get_role(RoleName="execution")["Role"]["Arn"] == ROLE
    simulated = iam.simulate_principal_policy(
        PolicySourceArn=ROLE, ActionNames=["s3:GetObject", "s3:PutObject"]
    )
    assert [each["EvalDecision"] for each in simulated["EvaluationResults"]] == ["allowed", "allowed"]


def test_a_role_that_was_made_here_is_judged_by_its_policies(emulator: RunningEmulator) -> None:
    """Inline and attached policies, wildcards, a denial, and a condition with and without its key."""
    iam = emulator.client("iam")
    role = iam.create_role(RoleName="judged", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    inline = [
        {"Effect": "Allow", "Action": "s3:*Object", "Resource": "arn:aws:s3:::bucket/data/*"},
        {"Effect": "Deny", "NotAction": ["s3:*", "iam:*"], "Resource": "*"},
    ]
    passing = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    attached = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": passing}
    iam.put_role_policy(
        RoleName="judged",
        PolicyName="own",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": inline}),
    )
    policy = iam.create_policy(
        PolicyName="passing",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": attached}),
    )
    iam.attach_role_policy(RoleName="judged", PolicyArn=policy["Policy"]["Arn"])
    given = {
        "ContextKeyName": "iam:PassedToService",
        "ContextKeyValues": ["sagemaker.amazonaws.com"],
        "ContextKeyType": "string",
    }

    def decided(action: str, resource: str, *context: dict[str, object]) -> tuple[str, list[str]]:
        (found,) = iam.simulate_principal_policy(
            PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource], ContextEntries=list(context)
        )["EvaluationResults"]
        return found["EvalDecision"], found["MissingContextValues"]

    assert decided("s3:GetObject", "arn:aws:s3:::bucket/data/a/b.csv") == ("allowed", [])
    assert decided("s3:GetObject", "arn:aws:s3:::bucket/other") == ("implicitDeny", [])
    assert decided("s3:ListBucket", "arn:aws:s3:::bucket") == ("implicitDeny", [])
    assert decided("sagemaker:CreateModel", "*") == ("explicitDeny", [])
    assert decided("iam:PassRole", role) == ("implicitDeny", ["iam:PassedToService"])
    assert decided("iam:PassRole", role, given) == ("allowed", [])


def test_other_services_are_moto(emulator: RunningEmulator) -> None:
    """Queues work, as the configured account; a role made there is the one that is found."""
    queue = emulator.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    emulator.client("sqs").send_message(QueueUrl=queue, MessageBody="hello")
    messages = emulator.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    emulator.client("iam").create_role(RoleName="made", AssumeRolePolicyDocument="{}", Path="/team/")

    assert "/000000000000/" in queue
    assert messages[0]["Body"] == "hello"
    assert emulator.client("iam").get_role(RoleName="made")["Role"]["Path"] == "/team/"
    assert emulator.client("iam").get_role(RoleName="other")["Role"]["Path"] == "/"


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        (
            "sagemaker",
            "create_device_fleet",
            {"DeviceFleetName": "e", "OutputConfig": {"S3OutputLocation": "s3://b/"}},
        ),
        ("sagemaker-runtime", "invoke_endpoint_async", {"EndpointName": "e", "InputLocation": "s3://b/k"}),
        ("dynamodb", "list_tables", {}),
        ("codebuild", "list_fleets", {}),
        (
            "iam",
            "generate_service_last_accessed_details",
            {"Arn": ROLE},
        ),
    ],
)
def test_what_is_not_done_is_refused_by_name(
    emulator: RunningEmulator, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    """Unknown operations are the client's error, in the client's protocol, and are not sent again."""
    with pytest.raises(ClientError) as caught:
        getattr(emulator.client(service), operation)(**arguments)

    response = caught.value.response
    assert response["Error"]["Code"] == "UnknownOperationException"
    assert len(response["Error"]["Message"]) < 300
    assert "does not" in response["Error"]["Message"] or "has no" in response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_operation_that_does_not_exist(connection: http.client.HTTPConnection) -> None:
    """A target that SageMaker does not have, and a body that is no JSON, are the client's errors."""
    unknown = _ask(connection, "POST", "/", X_Amz_Target="SageMaker.Nonsense", body="{}")
    broken = _ask(connection, "POST", "/", X_Amz_Target="SageMaker.ListModels", body="{")

    assert (unknown[0], json.loads(unknown[1])["__type"]) == (400, "UnknownOperationException")
    assert (broken[0], json.loads(broken[1])["__type"]) == (400, "SerializationException")


def test_a_defect_is_logged_and_answered_once(emulator: RunningEmulator, tmp_path: Path) -> None:
    """A handler that breaks gives InternalFailure, a status that clients do not retry, and a traceback."""
    module = ModuleType("broken")

    def broken(context: Any, request: Any) -> dict[str, Any]:
        raise ZeroDivisionError("in a handler")

    vars(module)["OPERATIONS"] = {"ListModels": broken, "DescribeModel": lambda *_: {"Foo": 1}}
    logged: list[str] = []
    api = SageMakerApi((module,), logged.append)
    answer = api.answer("ListModels", b"{}", emulator.context)
    malformed = api.answer("DescribeModel", b'{"ModelName": "m"}', emulator.context)

    assert (answer.status, json.loads(answer.body)["__type"]) == (501, "InternalFailure")
    assert "ZeroDivisionError: in a handler" in logged[0]
    assert (malformed.status, "MalformedResponseError" in logged[1]) == (501, True)


def test_health_says_who_is_there(emulator: RunningEmulator) -> None:
    """Service, version, state directory and account."""
    answer = health(emulator.url)

    assert answer is not None
    assert answer["service"] == "sagemaker-monitor emulator"
    assert (answer["state_dir"], answer["account"]) == (str(emulator.state_dir), "000000000000")


def test_web_pages_are_not_answered(connection: http.client.HTTPConnection) -> None:
    """Neither another name for this machine nor a page of another origin gets in."""
    assert _ask(connection, "GET", "/", Host="evil.example:80")[0] == 403
    assert _ask(connection, "POST", "/bucket?delete", Origin="https://evil.example", body="x")[0] == 403
    assert _ask(connection, "GET", "/", Host="localhost")[0] == 200


def test_the_log_has_no_secrets(
    emulator: RunningEmulator, connection: http.client.HTTPConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither signatures nor values of requests are written, also of those that are refused."""
    secret = "ZXhhbXBsZS1zZWNyZXQ"
    signed = f"AWS4-HMAC-SHA256 Credential=t/20260301/us-east-1/sagemaker/aws4_request, Signature={secret}"
    body = json.dumps({"ProcessingJobName": secret, "Environment": {"TOKEN": secret}, "Nonsense": secret})
    for target in ("CreateProcessingJob", "CreateDeviceFleet", "StopPipelineExecution"):
        headers = {"X_Amz_Target": f"SageMaker.{target}", "Authorization": signed}
        assert _ask(connection, "POST", "/", body=body, **headers)[0] == 400
    for_s3 = signed.replace("/sagemaker/", "/s3/")
    assert _ask(connection, "PUT", f"/none/{secret}?policy", Authorization=for_s3, body=body)[0] == 501
    with pytest.raises(ClientError):
        emulator.client("ssm").put_parameter(Name="p", Value=secret, Type="Nonsense")
    with pytest.raises(ClientError):
        emulator.client("sqs").receive_message(QueueUrl=f"{emulator.url}/1/{secret}")

    assert secret not in capfd.readouterr().err


def test_a_connection_is_kept_and_bodies_do_not_mix(connection: http.client.HTTPConnection) -> None:
    """Requests follow each other on one connection, also after a body that nobody read."""
    connection.connect()
    first = connection.sock
    for _ in range(3):
        assert _ask(connection, "PUT", "/nowhere/key", body="x" * 300_000)[0] == 404
        assert _ask(connection, "GET", "/")[0] == 200

    assert connection.sock is first


@pytest.mark.parametrize(
    "request_",
    [
        b"PUT /b/k HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
        b"PUT /b/k HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: abc\r\n\r\n",
        b"PUT /b/k HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /b/%ff HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"POST /b?delete HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\nConnection: close\r\n\r\n<a>",
    ],
)
def test_broken_requests_get_a_clients_error(emulator: RunningEmulator, request_: bytes) -> None:
    """Whatever comes over the wire is answered with a status of the 400s."""
    parts = urlsplit(emulator.url)
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=10) as raw:
        raw.sendall(request_)
        answer = raw.recv(65536)

    assert b" 4" in answer.split(b"\r\n", 1)[0] or b"Error code: 4" in answer


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 100\r\n\r\nonly this",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-5\r\nab\r\n0\r\n\r\n",
        b"x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD\r\nContent-Length: 8\r\n\r\n5\r\nab\r\n\r\n",
    ],
)
def test_a_body_that_breaks_off_is_not_stored(emulator: RunningEmulator, body: bytes) -> None:
    """An upload whose connection ends early, or whose framing is wrong, leaves nothing."""
    emulator.client("s3").create_bucket(Bucket="breaks")
    parts = urlsplit(emulator.url)
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=10) as raw:
        raw.sendall(b"PUT /breaks/key HTTP/1.1\r\nHost: 127.0.0.1\r\n" + body)
        raw.shutdown(socket.SHUT_WR)
        while raw.recv(65536):
            pass

    assert "Contents" not in emulator.client("s3").list_objects_v2(Bucket="breaks")
    assert not list((emulator.s3_root / ".incoming").iterdir())


def test_eight_clients_at_once(emulator: RunningEmulator) -> None:
    """Concurrent writers and readers get whole objects and versions without gaps or repeats."""
    from concurrent.futures import ThreadPoolExecutor

    s3, sagemaker = emulator.client("s3"), emulator.client("sagemaker")
    s3.create_bucket(Bucket="eight")
    specification = {
        "Containers": [{"Image": "image"}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }

    def work(number: int) -> list[str]:
        arns = []
        for turn in range(6):
            s3.put_object(Bucket="eight", Key="shared", Body=bytes([number]) * 200_000)
            found = s3.get_object(Bucket="eight", Key="shared")["Body"].read()
            assert len(found) == 200_000
            assert len(set(found)) == 1
            s3.put_object(Bucket="eight", Key=f"{number}/{turn}/x", Body=b"x")
            s3.delete_object(Bucket="eight", Key=f"{number}/{turn}/x")
            answer = sagemaker.create_model_package(
                ModelPackageGroupName="eight", InferenceSpecification=specification
            )
            arns.append(answer["ModelPackageArn"])
        return arns

    with ThreadPoolExecutor(8) as pool:
        arns = [arn for each in pool.map(work, range(8)) for arn in each]

    assert sorted(int(arn.rsplit("/", 1)[1]) for arn in arns) == list(range(1, 49))
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="eight")["Contents"]] == ["shared"]


def test_modules_recover_once_per_region(emulator: RunningEmulator) -> None:
    """At the start every region that has state is cleaned up, and the default one always."""
    emulator.context.s3.create_bucket("everywhere", "us-east-1")
    emulator.context.in_region("ap-south-1").store.put("model", "m", {})
    module = ModuleType("recovering")
    seen: list[str] = []
    vars(module).update(OPERATIONS={}, recover=lambda context: seen.append(context.store.region))
    SageMakerApi((module,), lambda _: None).recover(emulator.context)

    assert seen == ["ap-south-1", "us-east-1"]


def test_uploads_are_waved_through_at_once(emulator: RunningEmulator) -> None:
    """A client that asks before it sends a body gets the go-ahead before it sent anything."""
    emulator.client("s3").create_bucket(Bucket="waved")
    parts = urlsplit(emulator.url)
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=5) as raw:
        raw.sendall(
            b"PUT /waved/key HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        assert raw.recv(65536).startswith(b"HTTP/1.1 100 Continue")
        raw.sendall(b"ok")
        assert raw.recv(65536).startswith(b"HTTP/1.1 200 OK")

    assert (emulator.s3_root / "waved" / "key").read_bytes() == b"ok"
