"""What every test may use: where recorded results lie, and no network but loopback."""

from __future__ import annotations

import functools
import gc
import os
import signal
import socket
from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.session
import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
LONGEST = "test_loop.py"
pytest_plugins = ["tests.parity.plugin"]
# An example that takes 0.2 s says something of a busy machine, not of the code.
settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-definitions", action="store_true", help="rewrite the golden definitions")


def pytest_configure() -> None:
    """Look for garbage after 20,000 new objects, not 700: a fifth of the time of tests that call AWS."""
    gc.set_threshold(20_000, 10, 10)


def pytest_collection_finish() -> None:
    """Leave out of each look what was imported to collect the tests; it stays to the end."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest file: the worker that gets it last would run alone."""
    items.sort(key=lambda item: item.path.name != LONGEST)


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    """The folder of results recorded from AWS; the test is skipped where it is not given."""
    folder = os.environ.get("RECORDED_DATA")
    if not folder:
        pytest.skip("RECORDED_DATA is not set: it names the folder of results recorded from AWS")
    return Path(folder)


@pytest.fixture(scope="session", autouse=True)
def only_loopback() -> Any:
    """Refuse every connection that leaves this machine."""
    real_connect = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(
            ("127.", "::1")
        ):
            raise AssertionError(f"a test tried to connect to {address[0]}")
        real_connect(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign]
    yield
    socket.socket.connect = real_connect  # type: ignore[method-assign]


class _Folders(list[str]):
    """Folders of models; boto3 adds its own with each session."""

    def append(self, folder: str) -> None:
        """Add *folder* unless it is there."""
        if folder not in self:
            super().append(folder)


@pytest.fixture(scope="session", autouse=True)
def models_read_once() -> Any:
    """Read botocore's models of services once, not for each session: they are megabytes of JSON."""
    real = botocore.loaders.create_loader

    @functools.cache
    def shared(folders: str | None = None) -> Any:
        loader: Any = real(folders)
        loader._search_paths = _Folders(loader.search_paths)
        return loader

    for module in (botocore.loaders, botocore.session):
        module.create_loader = shared  # type: ignore[attr-defined]
    yield
    for module in (botocore.loaders, botocore.session):
        module.create_loader = real  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def no_credentials() -> Any:
    """Run without the credentials and endpoints of whoever runs the tests."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("AWS_") and name != "AWS_CA_BUNDLE"
    }
    for name in kept:
        del os.environ[name]
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    yield
    os.environ.update(kept)


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let commands that tests start be interrupted, also where the tests themselves run in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
