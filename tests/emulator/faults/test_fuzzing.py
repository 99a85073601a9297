"""Whatever is sent, the emulator answers in the client's terms: never a 500, a hang, a traceback, a crash."""

from __future__ import annotations

import socket
import time
from collections import Counter

import pytest

from sagemaker_monitor.emulator.lifecycle import health
from tests.emulator.conftest import RunningEmulator
from tests.emulator.faults.strange import Strange, Strangers
from tests.emulator.jobs.conftest import ROLE, processing_request

SEED = 20260301
PIPELINE = (
    '{"Version": "2020-12-01", "Steps": [{"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}]}'
)
_ALLOWED_501 = b"<Code>NotImplemented</Code>"


class Wire:
    """One connection at a time, for bytes that no client's library would send."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def send(self, request: Strange) -> tuple[int, bytes]:
        """Return status and body of the answer; 0 where the connection was closed without one."""
        lines = [f"{request.method} {request.path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}"]
        lines += [
            f"{name}: {value}" for name, value in request.headers.items() if name.lower() != "content-length"
        ]
        lines.append(f"Content-Length: {len(request.body)}")
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        return self.raw(head + request.body, alone=request.method == "HEAD")

    def raw(self, content: bytes, *, alone: bool = True, cut: bool = False) -> tuple[int, bytes]:
        """Send bytes and return status and body; *alone* wants no body, *cut* hangs up."""
        with socket.create_connection(("127.0.0.1", self._port), timeout=60) as connection:
            try:
                connection.sendall(content)
                if cut:
                    connection.shutdown(socket.SHUT_WR)
            except ConnectionError:
                pass  # it has answered and hung up already
            return self._answer(connection, alone=alone)

    def _answer(self, connection: socket.socket, *, alone: bool) -> tuple[int, bytes]:
        read = bytearray()
        while True:
            head, found, body = bytes(read).partition(b"\r\n\r\n")
            if found:
                status = int(head.split(b" ", 2)[1])
                length = _length(head)
                if status == 100:
                    del read[: len(head) + 4]
                    continue
                if alone or status in (204, 304) or (length is not None and len(body) >= length):
                    return status, body
                if length is None and body.endswith(b"0\r\n\r\n"):
                    return status, body
            try:
                more = connection.recv(1 << 16)
            except ConnectionError:
                more = b""
            if not more:
                return (int(head.split(b" ", 2)[1]), body) if found else (0, b"")
            read += more


def _length(head: bytes) -> int | None:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return None


@pytest.fixture(scope="module")
def wire(emulator: RunningEmulator) -> Wire:
    """An emulator with a few things to ask about."""
    s3, sagemaker = emulator.client("s3"), emulator.client("sagemaker")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="in/a.csv", Body=b"1,2\n")
    sagemaker.create_model(ModelName="tiny", PrimaryContainer={"Image": "i"}, ExecutionRoleArn=ROLE)
    sagemaker.create_pipeline(
        PipelineName="watch",
        PipelineDefinition=PIPELINE,
        ClientRequestToken="x" * 32,
        RoleArn=ROLE,
    )
    sagemaker.create_processing_job(**processing_request(code="print('logged')"))
    emulator.context.jobs.wait(emulator.context, "processing-job", "job")
    return Wire(emulator.server.config.port)


def _fuzz(emulator: RunningEmulator, wire: Wire, seed: int, number: int) -> Counter[int]:
    """Send *number* strange requests; return how often each status came."""
    answered = tuple(sorted(emulator.server._sagemaker.operations))
    strangers = Strangers(seed, answered, others=number > 500)
    statuses: Counter[int] = Counter()
    for count in range(number):
        request = strangers.next()
        began = time.monotonic()
        status, body = wire.send(request)
        took = time.monotonic() - began
        told = f"{count} of seed {seed}: {request!r:.1500} gave {status} {body!r:.500} after {took:.1f} s"
        assert status < 500 or (status == 501 and (_ALLOWED_501 in body or request.method == "HEAD")), told
        assert b"InternalFailure" not in body, told
        assert b"Traceback" not in body, told
        assert took < 25, told
        statuses[status] += 1
    assert health(emulator.url) is not None
    return statuses


def test_strange_requests_get_a_clients_error(
    emulator: RunningEmulator, wire: Wire, capfd: pytest.CaptureFixture[str]
) -> None:
    """Five hundred requests of one seed, made from the services' models and spoilt, break nothing."""
    statuses = _fuzz(emulator, wire, SEED, 500)

    assert "Traceback" not in capfd.readouterr().err
    assert statuses[400] > 150
    assert statuses[200] > 10
    assert emulator.client("s3").get_object(Bucket="data", Key="in/a.csv")["Body"].read() == b"1,2\n"


def test_broken_bytes_break_nothing(
    emulator: RunningEmulator, wire: Wire, capfd: pytest.CaptureFixture[str]
) -> None:
    """Uploads with bytes changed, cut and repeated are refused or stored, and nothing is half written."""
    _break(wire, SEED, 300)

    assert "Traceback" not in capfd.readouterr().err
    assert not list((emulator.s3_root / ".incoming").iterdir())


def _break(wire: Wire, seed: int, number: int) -> None:
    strangers = Strangers(seed, ("ListModels",))
    for _ in range(number):
        content = strangers.bytes()
        status, body = wire.raw(content, cut=True)
        assert status < 500 or _ALLOWED_501 in body or b"Unsupported method" in body, (content, status, body)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_many_strange_requests(
    emulator: RunningEmulator, wire: Wire, capfd: pytest.CaptureFixture[str], seed: int
) -> None:
    """The same with three thousand requests of each of four other seeds."""
    _fuzz(emulator, wire, seed, 3000)
    _break(wire, seed, 1000)

    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_very_many_strange_requests(
    emulator: RunningEmulator, wire: Wire, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same with a hundred thousand requests of a seed that is new each time, and told when one breaks."""
    seed = int(time.time())
    _fuzz(emulator, wire, seed, 100_000)
    _break(wire, seed, 20_000)

    assert "Traceback" not in capfd.readouterr().err
