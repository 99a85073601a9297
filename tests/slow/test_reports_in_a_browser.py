"""Reports in a real browser: nothing is requested, nothing overflows, the keyboard reaches what scrolls."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.verdict import Attribution, ConfiguredWaiver, Needed, Power
from sagemaker_monitor.reports import render
from sagemaker_monitor.reports.history import HistoryInput, PastRun, PastVersion, render_history
from tests.reports.conftest import EXECUTION, START, make_finding, make_input, make_verdict

__all__ = ["make_finding", "make_input", "make_verdict"]

pytestmark = pytest.mark.slow

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
LONG = "a_very_long_name_that_has_no_place_to_break" * 6 + " <b>שלום</b>"


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

    def open(self, page: Path, width: int, scheme: str = "light", medium: str = "screen") -> None:
        """Show *page* at this width, and wait until it has loaded."""
        self.events.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=True
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", media=medium, features=[feature])
        self.call("Page.navigate", url=page.as_uri())
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


@pytest.fixture
def pages(tmp_path: Path, make_input: Any, make_verdict: Any, make_finding: Any) -> list[Path]:
    """The page of a run and of a model over time, with everything in them and names that do not break."""
    waiver = ConfiguredWaiver(LONG, LONG, LONG, "2027-03-31", "expired", 2)
    input_finding = make_finding(
        monitor="data_quality",
        metric="data_type_check",
        facet=None,
        facet_value=None,
        feature=LONG,
        message=LONG,
    )
    verdict = make_verdict(
        summary=LONG,
        findings=(make_finding(facet=LONG), make_finding(metric=LONG, action="warn"), input_finding),
        waivers=(waiver,),
        attributions=(Attribution(LONG, 0.3, 0.2), Attribution("b", 0.1, 0.25)),
        needed=(Needed(LONG, LONG, 1_000_000), Needed("b", "baseline", None)),
        power=(
            Power(LONG, -0.15, 0.9, 0.4, 600, 1_000_000, True),
            Power("b", 0.1, 0.9, None, 600, None, False, LONG),
        ),
    )
    violated = {"feature_name": LONG, "constraint_check_type": LONG, "description": LONG}
    one = make_input(
        verdict=verdict,
        verdict_uri=f"s3://b/{LONG}",
        details={"Inventory": LONG, "Owner": LONG},
        violations={LONG: (f"s3://b/{LONG}", {"violations": [violated] * 40})},
    )
    runs = [
        PastRun("monitor-batch", EXECUTION, "Failed", START + timedelta(days=day), verdict)
        for day in range(30)
    ]
    runs.append(replace(runs[0], verdict=None, started=START + timedelta(days=31), reason=LONG))
    versions = (PastVersion(1, LONG, "Approved", START, START, LONG),)
    texts = {
        "run.html": render(one, "html"),
        "model.html": render_history(HistoryInput(LONG, "prod", runs, versions, START), "html"),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [tmp_path / name for name in texts]


@pytest.mark.parametrize(
    ("width", "scheme", "medium"),
    [
        (390, "light", "screen"),
        (390, "dark", "screen"),
        (1280, "light", "screen"),
        (1280, "dark", "screen"),
        # A4 without its margins, in CSS's pixels.
        (695, "light", "print"),
    ],
)
def test_pages_fit_and_ask_for_nothing(
    browser: Browser, pages: list[Path], width: int, scheme: str, medium: str
) -> None:
    """On a phone and a desk, light, dark and on paper: no sideways scrolling, no request, no complaint."""
    for page in pages:
        browser.open(page, width, scheme, medium)

        assert browser.value(WIDER_THAN.replace("WIDTH", str(width))) == []
        assert browser.value("document.documentElement.scrollWidth") <= width
        asked = [
            event["params"]["request"]["url"]
            for event in browser.events
            if event["method"] == "Network.requestWillBeSent"
        ]
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        complaints = [
            e for e in browser.events if e["method"] in ("Log.entryAdded", "Runtime.exceptionThrown")
        ]
        assert complaints == []


def test_the_keyboard_reaches_every_link_table_and_number(browser: Browser, pages: list[Path]) -> None:
    """Tab goes through all links, tables that scroll and folded numbers, each with a visible ring."""
    stops = "[...document.querySelectorAll('a, summary, [tabindex=\"0\"]')]"
    # Tables of folded numbers are not reached until they are unfolded.
    shown = f"{stops}.filter(each => each.tagName == 'SUMMARY' || !each.closest('details'))"
    for page in pages:
        browser.open(page, 1280)
        wanted = browser.value(f"{shown}.length")
        seen = set()
        for _ in range(wanted):
            for kind in ("keyDown", "keyUp"):
                browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", windowsVirtualKeyCode=9)
            place = browser.value(f"{shown}.indexOf(document.activeElement)")
            seen.add((place, browser.value("getComputedStyle(document.activeElement).outlineStyle")))

        assert seen == {(place, "solid") for place in range(wanted)}
