"""Long polls of SQS beside other requests."""

from __future__ import annotations

import threading
import time
import urllib.request
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.emulator.conftest import RunningEmulator


@pytest.fixture(scope="module")
def sqs(emulator: RunningEmulator) -> Any:
    """Return an SQS client."""
    return emulator.client("sqs")


@pytest.mark.parametrize(
    ("attributes", "members"), [({}, {"WaitTimeSeconds": 20}), ({"ReceiveMessageWaitTimeSeconds": "20"}, {})]
)
def test_who_waits_for_a_message_does_not_hold_up_who_sends_it(
    emulator: RunningEmulator, sqs: Any, attributes: dict[str, str], members: dict[str, int]
) -> None:
    """A message that is sent while a worker waits reaches it at once, whoever said how long it waits."""
    queue = sqs.create_queue(QueueName=f"waiting-{len(members)}", Attributes=attributes)["QueueUrl"]
    found: list[str] = []
    other = emulator.client("sqs")

    def work() -> None:
        found.extend(each["Body"] for each in other.receive_message(QueueUrl=queue, **members)["Messages"])

    worker = threading.Thread(target=work)
    worker.start()
    time.sleep(0.3)
    started = time.monotonic()
    sqs.send_message(QueueUrl=queue, MessageBody="late")
    worker.join(15)

    assert found == ["late"]
    assert time.monotonic() - started < 10


def test_a_long_poll_of_nothing_ends_with_its_time(sqs: Any) -> None:
    """It takes as long as was asked for, and has no messages; a longer one than SQS allows is refused."""
    queue = sqs.create_queue(QueueName="nothing")["QueueUrl"]
    started = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
    assert time.monotonic() - started >= 1
    for queue_url, seconds in ((queue, 21), (f"{queue}-gone", 20)):
        with pytest.raises(ClientError):
            sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=seconds)


def test_clients_of_the_query_protocol_wait_as_well(emulator: RunningEmulator, sqs: Any) -> None:
    """A message that is there is answered at once, in XML."""
    queue = sqs.create_queue(QueueName="query", Attributes={"ReceiveMessageWaitTimeSeconds": "20"})[
        "QueueUrl"
    ]
    sqs.send_message(QueueUrl=queue, MessageBody="there")
    body = f"Action=ReceiveMessage&Version=2012-11-05&QueueUrl={queue}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    signed = AWSRequest("POST", emulator.url, headers, body)
    SigV4Auth(Credentials("a", "b"), "sqs", "us-east-1").add_auth(signed)
    request = urllib.request.Request(emulator.url, body.encode(), dict(signed.headers.items()))
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert b"<Body>there</Body>" in answer.read()
