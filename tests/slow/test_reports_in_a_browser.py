"""Reports in a real browser: nothing is requested, nothing overflows, the keyboard reaches what scrolls."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.verdict import Attribution, ConfiguredWaiver, Needed, Power
from sagemaker_monitor.reports import render
from sagemaker_monitor.reports.history import HistoryInput, PastRun, PastVersion, render_history
from tests.reports.conftest import EXECUTION, START, make_finding, make_input, make_verdict
from tests.slow.browsers import WIDER_THAN, Browser, browser

__all__ = ["browser", "make_finding", "make_input", "make_verdict"]

pytestmark = pytest.mark.slow

LONG = "a_very_long_name_that_has_no_place_to_break" * 6 + " <b>שלום</b>"


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
        browser.open(page.as_uri(), width, scheme, medium)

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
        browser.open(page.as_uri(), 1280)
        wanted = browser.value(f"{shown}.length")
        seen = set()
        for _ in range(wanted):
            for kind in ("keyDown", "keyUp"):
                browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", windowsVirtualKeyCode=9)
            place = browser.value(f"{shown}.indexOf(document.activeElement)")
            seen.add((place, browser.value("getComputedStyle(document.activeElement).outlineStyle")))

        assert seen == {(place, "solid") for place in range(wanted)}
