"""Model servers as processes."""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import signal
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import xgboost

from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.pool import Launch, ModelServers
from sagemaker_monitor.emulator.s3.directory import StoredObject


def stored(path: Path, content: bytes, member: str = "xgboost-model") -> Launch:
    """An XGBoost model whose model.tar.gz has one member."""
    archive = path / "model.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        info = tarfile.TarInfo(member)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    found = StoredObject("b", "model.tar.gz", archive, archive.stat().st_size, f"etag-{len(content)}", 0.0)
    return Launch(found, "xgboost")


@pytest.fixture
def servers() -> Iterator[ModelServers]:
    """A pool, shut down afterwards."""
    pool = ModelServers()
    yield pool
    pool.shutdown()


def request(endpoint: str, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    """Send one request to the server of *endpoint*."""
    parts = urlsplit(endpoint)
    with contextlib.closing(
        http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    ) as connection:
        connection.request(method, path, body, {"Content-Type": "text/csv"})
        response = connection.getresponse()
        return response.status, response.read()


def never() -> None:
    """Nobody interrupts."""


def test_a_server_speaks_the_hosting_contract(
    tmp_path: Path, servers: ModelServers, booster: xgboost.Booster
) -> None:
    """/ping answers, /invocations predicts, an empty request is 204, a bad one 4xx with text, others 404."""
    artifact = stored(tmp_path, bytes(booster.save_raw("json")))
    with servers.lease(artifact, tmp_path / "servers", never) as endpoint:
        assert request(endpoint, "GET", "/ping") == (200, b"")
        status, answer = request(endpoint, "POST", "/invocations", b"1,2,3\n4,5,6\n")
        assert (status, len(answer.split(b","))) == (200, 2)
        assert request(endpoint, "POST", "/invocations")[0] == 204
        status, answer = request(endpoint, "POST", "/invocations", b"1,2\n")
        assert status == 400
        assert b"line 1 has 2 values" in answer
        assert request(endpoint, "POST", "/models", b"1")[0] == 404


def test_one_server_is_shared_and_stopped_when_idle(tmp_path: Path, booster: xgboost.Booster) -> None:
    """Jobs at the same time get the same server; when the last is done it ends, and its files go."""
    pool = ModelServers(idle_seconds=0.2)
    artifact = stored(tmp_path, bytes(booster.save_raw("json")))
    directory = tmp_path / "servers"
    endpoints = []
    barrier = threading.Barrier(2)

    def use() -> None:
        with pool.lease(artifact, directory, never) as endpoint:
            endpoints.append(endpoint)
            barrier.wait(30)

    threads = [threading.Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(endpoints)) == 1
    deadline = time.monotonic() + 10
    while list(directory.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(directory.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        request(endpoints[0], "GET", "/ping")


def test_a_server_that_died_is_replaced(
    tmp_path: Path, servers: ModelServers, booster: xgboost.Booster
) -> None:
    """A lease after the server was killed gets a new one that answers."""
    artifact = stored(tmp_path, bytes(booster.save_raw("json")))
    with servers.lease(artifact, tmp_path / "servers", never) as first:
        process = next(iter(servers._servers.values())).process
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    with servers.lease(artifact, tmp_path / "servers", never) as second:
        assert second != first
        assert request(second, "GET", "/ping")[0] == 200


def test_what_is_no_model_is_reported(tmp_path: Path, servers: ModelServers) -> None:
    """The server's own words reach whoever asked, and nothing is left behind."""
    with (
        pytest.raises(
            ArtifactError, match=r"s3://b/model\.tar\.gz cannot be served: 'notes.txt' is no XGBoost model"
        ),
        servers.lease(stored(tmp_path, b"hello", "notes.txt"), tmp_path / "servers", never),
    ):
        pass

    assert list((tmp_path / "servers").iterdir()) == []
