"""Chromium for tests: pages are opened in it as somebody would see them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--remote-debugging-pipe",
)
WIDER_THAN = """
    [...document.querySelectorAll('main *')]
      .filter(each => !each.closest('svg, .hidden'))
      .filter(each => matchMedia('print').matches || !each.closest('.table') || each.matches('.table'))
      .filter(each => each.getBoundingClientRect().right > WIDTH + 1)
      .map(each => each.tagName + '.' + each.className + ' ' + each.textContent.slice(0, 40))
"""
"""What reaches beyond the page; on a screen tables scroll by themselves, on paper nothing does."""


class Browser:
    """Chromium, spoken to over a pipe: no port, no network."""

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM is not None
        read_here, write_there = os.pipe()
        read_there, write_here = os.pipe()
        # Chromium reads commands from descriptor 3 and answers on 4.
        onto = f"os.dup2({read_there}, 3); os.dup2({write_there}, 4)"
        start = f"import os, sys; {onto}; os.execv(sys.argv[1], sys.argv[1:])"
        self._process = subprocess.Popen(
            [sys.executable, "-c", start, CHROMIUM, *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(read_there, write_there),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_there)
        os.close(write_there)
        self._out, self._in = os.fdopen(write_here, "wb", 0), os.fdopen(read_here, "rb")
        self._number, self._session = 0, ""
        self.events: list[dict[str, Any]] = []

    def attach(self) -> None:
        """Open a tab and listen to what it does."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and return its result; events that come before it are kept."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def open(self, page: str, width: int, scheme: str = "light", medium: str = "screen") -> None:
        """Show the page at this address, at this width, and wait until it has loaded."""
        self.events.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=True
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", media=medium, features=[feature])
        self.call("Page.navigate", url=page)
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._receive()

    def value(self, expression: str) -> Any:
        """Return what a script's expression gives on the page."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"]["value"]

    def close(self) -> None:
        """End the browser."""
        self._process.terminate()
        self._process.wait(20)
        self._out.close()
        self._in.close()

    def _receive(self) -> dict[str, Any]:
        read = bytearray()
        while (byte := self._in.read(1)) != b"\0":
            assert byte, "the browser has ended"
            read += byte
        message: dict[str, Any] = json.loads(read)
        if "method" in message:
            self.events.append(message)
        return message


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for these tests; skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on the PATH")
    found = Browser(tmp_path_factory.mktemp("profile"))
    try:
        found.attach()
        yield found
    finally:
        found.close()
