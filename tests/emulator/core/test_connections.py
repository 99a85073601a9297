"""Many connections, slow ones, and clients that go away in the middle."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import resource
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.emulator.connections import MOST as CONNECTIONS
from sagemaker_monitor.emulator.connections import Connections, allow_files
from sagemaker_monitor.emulator.http_server import INTERIM, HttpServer
from tests.emulator.conftest import RunningEmulator

HEALTH = "/_sagemaker-monitor/health"
MOST = 8


def _answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    content = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(content)))])
    return [content]


def _no_tls(host: str) -> Any:
    raise ValueError("not here")


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[HttpServer]:
    """Run a server that echoes, holds eight connections, and is patient unless the test is marked hasty."""
    running = HttpServer("127.0.0.1", 0, _answer, _no_tls)
    running.connections = Connections(MOST, patience=getattr(request, "param", 60.0))
    thread = threading.Thread(target=running.serve_forever, args=(0.05,))
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


hasty = pytest.mark.parametrize("server", [0.5], indirect=True)


def _connect(server: HttpServer) -> socket.socket:
    return socket.create_connection(server.server_address[:2], timeout=10)


def _ask(connection: socket.socket, body: bytes = b"hello") -> bytes:
    connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.read()


def _threads() -> int:
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_connection_ends_whoever_still_holds_its_request(server: HttpServer) -> None:
    """A client that hangs up before its answer leaves no socket open, although its request is remembered."""
    asked: list[dict[str, Any]] = []
    answer = threading.Event()

    def remembered(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        asked.append(environ)
        assert answer.wait(10)
        return _answer(environ, start_response)

    server.application = remembered
    before = _threads()
    connection = _connect(server)
    connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
    _until(lambda: bool(asked))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    answer.set()
    _until(lambda: _threads() == before)

    assert asked[0][INTERIM].__self__.connection.fileno() == -1


def test_there_are_no_more_connections_than_allowed(server: HttpServer) -> None:
    """The ninth connection is answered, and ends the one that waited longest without asking."""
    before = _threads()
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(_connect(server)) for _ in range(MOST)]
        assert [_ask(each) for each in connections] == [b"hello"] * MOST
        _until(lambda: len(server.connections.waiting()) == MOST)
        waiting = server.connections.waiting()
        longest = min(waiting, key=lambda each: waiting[each]).getpeername()
        ninth = stack.enter_context(_connect(server))

        assert _ask(ninth) == b"hello"
        for each in connections:
            if each.getsockname() == longest:
                assert each.recv(1) == b""
            else:
                assert _ask(each) == b"hello"
        _until(lambda: _threads() == before + MOST)


def _drip(connection: socket.socket, seconds: float) -> float:
    """Send a byte of a head now and then; return after how many seconds the server had enough of it."""
    began = time.monotonic()
    with contextlib.suppress(ConnectionError):
        while time.monotonic() < began + seconds:
            connection.sendall(b"P")
            time.sleep(0.05)
    return time.monotonic() - began


@hasty
def test_who_sends_a_head_too_slowly_is_ended(server: HttpServer) -> None:
    """A client that sends a byte of a request's head at a time is cut off, however alive it looks."""
    with _connect(server) as slow:
        assert 0.4 < _drip(slow, 10) < 5


@hasty
def test_a_request_being_answered_is_not_ended(server: HttpServer) -> None:
    """A body that takes longer than a head may is taken whole."""
    with _connect(server) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n")
        for _ in range(4):
            time.sleep(0.2)
            slow.sendall(b"x")
        response = http.client.HTTPResponse(slow)
        response.begin()
        assert response.read() == b"xxxx"


def test_shutting_down_waits_for_nobody_who_asks_nothing(server: HttpServer) -> None:
    """A server with connections that are open and silent ends at once."""
    before = _threads()
    with _connect(server), _connect(server):
        _until(lambda: _threads() == before + 2)
        began = time.monotonic()
        server.shutdown()
        server.connections.end_all()
        assert time.monotonic() - began < 2
        _until(lambda: _threads() == before)


def test_a_hundred_silent_connections_cost_nobody_an_answer(emulator: RunningEmulator) -> None:
    """With 100 connections kept open and 20 stuck in a head clients are answered; threads end with them."""
    address = ("127.0.0.1", emulator.server.config.port)
    before = _threads()
    with contextlib.ExitStack() as stack:
        for number in range(120):
            connection = stack.enter_context(socket.create_connection(address, timeout=10))
            request = f"GET {HEALTH} HTTP/1.1\r\nHost: localhost\r\n".encode()
            connection.sendall(request + (b"\r\n" if number % 6 else b""))
            if number % 6:
                response = http.client.HTTPResponse(connection)
                response.begin()
                assert json.loads(response.read())["pid"] == os.getpid()
        assert _threads() >= before + 120
        assert emulator.client("sagemaker").list_models()["Models"] == []
    _until(lambda: _threads() <= before + 1)


def test_a_server_that_is_full_ends_all_the_same(server: HttpServer) -> None:
    """While the ninth waits for room beside eight requests that do not end, the server can be shut down."""
    before = _threads()
    with contextlib.ExitStack() as stack:
        for _ in range(MOST):
            stack.enter_context(_connect(server)).sendall(b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
        _until(lambda: _threads() == before + MOST and not server.connections.waiting())
        ninth = stack.enter_context(_connect(server))
        ninth.sendall(b"GET / HTTP/1.1\r\n\r\n")
        time.sleep(0.1)

        assert _threads() == before + MOST
        server.shutdown()
        _until(lambda: _threads() == before + MOST + 1)  # nobody is kept waiting any more


def test_there_are_file_handles_for_all_connections() -> None:
    """A process that may open 256 files allows itself more, and one that may open enough changes nothing."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        allow_files()
        first = resource.getrlimit(resource.RLIMIT_NOFILE)
        allow_files()
        assert first[0] > 2 * CONNECTIONS
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == first
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_who_goes_away_in_the_middle_leaves_nothing(emulator: RunningEmulator) -> None:
    """Bodies that break off and a reader that hangs up leave no object, file, handle or thread."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="broken")
    s3.put_object(Bucket="broken", Key="large", Body=b"x" * (8 << 20))
    address = ("127.0.0.1", emulator.server.config.port)
    files, threads = len(os.listdir("/proc/self/fd")), _threads()
    for head, body in (
        ("PUT /broken/half HTTP/1.1\r\nContent-Length: 9999999", b"x" * 300_000),
        ("POST / HTTP/1.1\r\nX-Amz-Target: SageMaker.CreateModel\r\nContent-Length: 99", b"{"),
        ("GET /broken/large HTTP/1.1", b""),
    ):
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(f"{head}\r\nHost: localhost\r\n\r\n".encode() + body)
            time.sleep(0.05)
    _until(lambda: _threads() == threads)

    assert [each["Key"] for each in s3.list_objects_v2(Bucket="broken")["Contents"]] == ["large"]
    assert list((Path(emulator.s3_root) / ".incoming").iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) == files
    assert emulator.client("sagemaker").list_models()["Models"] == []


def test_who_connects_while_a_server_ends_is_refused() -> None:
    """A job that ends while the emulator stops has metrics to put: it must not wait for an answer."""
    ending = HttpServer("127.0.0.1", 0, _answer, _no_tls)
    thread = threading.Thread(target=ending.serve_forever)
    thread.start()
    with _connect(ending) as connection:
        assert _ask(connection) == b"hello"
        ending.shutdown()
        thread.join()

        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(ending.server_address[:2], timeout=10)
        assert _ask(connection) == b"hello"  # who is there already still gets answers
    ending.server_close()
