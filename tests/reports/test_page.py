"""What the HTML page and the Markdown let through, and what a browser needs for them: nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from sagemaker_monitor.analysis.documents.statistics import FeatureStatistics, Statistics, Texts
from sagemaker_monitor.analysis.documents.verdict import Batch, Window
from sagemaker_monitor.reports import render
from sagemaker_monitor.reports.scale import WIDTH, scale
from tests.reports.conftest import MakeFinding, MakeInput, MakeVerdict, step
from tests.reports.html_page import Page, check_accessible, check_self_contained, contrast, palettes

HOSTILE = (
    """"><script>alert(1)</script><img src=x onerror='y'>&amp; {{ 7*7 }} | `a` [l](http://evil.example) """
)


@pytest.fixture
def hostile(make_verdict: MakeVerdict, make_finding: MakeFinding, make_input: MakeInput) -> dict[str, str]:
    """Both pages of a run whose every name is markup."""
    finding = make_finding(metric=HOSTILE, facet=HOSTILE, facet_value=HOSTILE, message=HOSTILE, rule=HOSTILE)
    drifted = make_finding(
        metric="baseline_drift_check", facet=None, facet_value=None, feature=HOSTILE, message=HOSTILE
    )
    verdict = make_verdict(
        summary=HOSTILE,
        model=HOSTILE,
        execution_arn=HOSTILE,
        batch=Batch(600, 590, 0.983, (), Window(HOSTILE, HOSTILE)),
        findings=(finding, make_finding(rule=HOSTILE), drifted, replace(drifted, metric=HOSTILE)),
    )
    categories = FeatureStatistics(HOSTILE, "String", 2, 0, None, Texts(2, {HOSTILE: 1, "a": 1}))
    statistics = json.loads(Statistics(2, (categories,)).to_json())
    metric = {"name": HOSTILE, "description": HOSTILE, "value": HOSTILE, "error": HOSTILE}
    facets = {HOSTILE: [{"value_or_threshold": HOSTILE, "metrics": [metric]}]}
    document = make_input(
        verdict=verdict,
        steps=[step(HOSTILE, 0, HOSTILE, HOSTILE)],
        analyses={HOSTILE: {"pre_training_bias_metrics": {"facets": facets}}, "": {"x": []}},
        details={HOSTILE: HOSTILE},
        statistics={"baseline": statistics, "batch": statistics},
    )
    return {"html": render(document, "html"), "markdown": render(document, "markdown")}


def test_markup_in_names_stays_text(hostile: dict[str, str]) -> None:
    """A name that is markup becomes no element and no attribute, and is readable as it was."""
    page = Page(hostile["html"])

    assert page.all("script") == page.all("img") == []
    assert not [1 for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert [each for each in page.all("svg") if each["class"] == "chart"]
    assert "<script>alert(1)</script>" in "".join(page.words)
    assert "{{ 7*7 }}" in "".join(page.words)


def test_markup_in_names_stays_text_in_markdown(hostile: dict[str, str]) -> None:
    """No HTML, link, cell border or code span of a name survives unescaped."""
    page = hostile["markdown"]

    outside_code = re.sub(r"(?<!\\)`[^`]*`", "", page)
    assert not re.search(r"(?<!\\)<", outside_code)
    assert not re.search(r"(?<!\\)\[", outside_code)
    assert "http://" not in outside_code
    widths = [
        len(re.findall(r"(?<!\\)\|", line))
        for line in page.splitlines()
        if line.startswith("|") and "---" not in line
    ]
    assert set(widths) <= {3, 4, 5, 6, 7, 8}


def test_invisible_characters_are_shown_as_such(make_input: MakeInput, make_verdict: MakeVerdict) -> None:
    """A name cannot turn the reading direction or hide control characters."""
    page = render(make_input(verdict=make_verdict(model="a\u202egnp\u200b\x07b")), "html")

    assert not re.search("[\u202a-\u202e\u200b\x07]", page)
    assert "a�gnp��b" in page


def test_page_loads_nothing(hostile: dict[str, str]) -> None:
    """No element refers outside the page, and the page forbids itself every request."""
    page = Page(hostile["html"])

    check_self_contained(page)
    style = hostile["html"].split("<style>")[1].split("</style>")[0]
    assert not re.search(r"url\(|@import|animation|transition", style)


def test_page_can_be_navigated_and_heard(make_input: MakeInput) -> None:
    """Landmarks, heading order, labels, captions, scopes and targets are as a screen reader needs them."""
    check_accessible(Page(render(make_input(), "html")))


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_every_text_has_contrast(scheme: str) -> None:
    """Text on what it stands on has a contrast of at least 4.5:1, in each of the page's three palettes."""
    colours = palettes()[scheme]
    pairs = [
        (text, back) for text in ("ink", "soft", "open", "closed", "unclear") for back in ("page", "card")
    ]
    pairs += [(tone, f"{tone}-back") for tone in ("open", "closed", "unclear")]
    pairs += [(text, "closed-back") for text in ("ink", "soft")]

    found = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in found.items() if ratio < 4.5} == {}


def test_page_is_the_same_for_the_same_documents(make_input: MakeInput) -> None:
    """Nothing in a page depends on when or where it is written."""
    assert render(make_input(), "html") == render(make_input(), "html")


def test_drawing_keeps_everything_inside() -> None:
    """Value, baseline, limits and neutral are in their order and within the drawing."""
    drawn = scale(value=0.52, baseline=0.23, low=-0.23, high=0.42, neutral=0.0)

    assert drawn is not None
    places = [0, drawn.low, drawn.neutral, drawn.baseline, drawn.high, drawn.value, WIDTH]
    assert places == sorted(places, key=lambda place: place or 0)
    assert drawn.band_start == drawn.low
    assert drawn.band_start + drawn.band_width == pytest.approx(drawn.high)


def test_drawing_of_a_one_sided_limit_reaches_the_edge() -> None:
    """Where there is no lower limit, the allowed band begins at the drawing's edge."""
    drawn = scale(value=0.5, baseline=None, low=None, high=0.4, neutral=None)

    assert drawn is not None
    assert drawn.band_start == 0
    assert drawn.band_start + drawn.band_width == drawn.high


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        (None, 0.0, 1.0),
        (float("inf"), 0.0, 1.0),
        (0.5, None, None),
        (0.5, None, float("inf")),
        (0.5, 0.5, 0.5),
    ],
)
def test_nothing_is_drawn_where_there_is_nothing_to_draw(
    value: float | None, low: float | None, high: float | None
) -> None:
    """Without a finite value, a finite limit, or any distance between the two there is no drawing."""
    assert scale(value=value, baseline=None, low=low, high=high, neutral=None) is None


def test_huge_values_are_drawn() -> None:
    """The difference of two huge values does not overflow the drawing."""
    drawn = scale(value=1.7e308, baseline=0.0, low=-1.7e308, high=1.0, neutral=0.0)

    assert drawn is not None
    assert 0 < (drawn.low or 0) < drawn.value < WIDTH
