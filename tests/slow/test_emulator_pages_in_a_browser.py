"""The emulator's pages in a real browser: nothing beside them is requested, nothing is wider than a phone."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from tests.emulator.conftest import RunningEmulator, emulator
from tests.emulator.pages.test_pages import HTML, ROOT, Asker, Read, asker
from tests.slow.browsers import WIDER_THAN, Browser, browser

__all__ = ["asker", "browser", "emulator"]

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
)
def test_every_page_fits_and_loads_nothing(
    emulator: RunningEmulator, asker: Asker, browser: Browser, width: int, scheme: str
) -> None:
    """At the width of a desk and of a phone nothing reaches beyond the page, and no more is asked for."""
    home = Read(asker.ask("GET", "/", Accept=HTML)[2])
    paths = {"/"} | {str(each["href"]) for each in home.all("a") if str(each["href"]).startswith(ROOT)}
    assert len(paths) > 8
    for path in sorted(paths):
        address = urljoin(emulator.url, path)
        browser.open(address, width, scheme)
        asked = [
            e["params"]["request"]["url"]
            for e in browser.events
            if e["method"] == "Network.requestWillBeSent"
        ]

        assert set(asked) <= {address, "data:,"}, path
        assert browser.value(WIDER_THAN.replace("WIDTH", str(width))) == [], path
        assert [e for e in browser.events if e["method"] == "Log.entryAdded"] == [], path
