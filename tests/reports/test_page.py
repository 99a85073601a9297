"""What the HTML page and the Markdown let through, and what a browser needs for them: nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from sagemaker_monitor.analysis.documents.statistics import FeatureStatistics, Statistics, Texts
from sagemaker_monitor.analysis.documents.verdict import Batch, Window
from sagemaker_monitor.reports import render
from sagemaker_monitor.reports.scale import WIDTH, scale
from tests.reports.conftest import MakeFinding, MakeInput, MakeVerdict, step

HOSTILE = (
    """"><script>alert(1)</script><img src=x onerror='y'>&amp; {{ 7*7 }} | `a` [l](http://evil.example) """
)
VOID = {"meta", "link", "br", "line", "rect", "circle", "wbr"}


class _Page(HTMLParser):
    """Elements and attributes of a page; fails where an element is not closed."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


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
    page = _Page(hostile["html"])

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
    page = _Page(hostile["html"])

    references = [
        value
        for _, attributes in page.elements
        for name, value in attributes.items()
        if name in ("src", "href", "action", "data", "poster", "srcset", "background", "xlink:href")
    ]
    assert references
    assert all(value and value.startswith(("#", "data:,")) for value in references)
    policy = [each["content"] for each in page.all("meta") if each.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    style = hostile["html"].split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_page_can_be_navigated_and_heard(make_input: MakeInput) -> None:
    """The page has a language, one h1, labelled drawings, captions, scopes, and targets for its links."""
    page = _Page(render(make_input(), "html"))

    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1
    assert len(page.all("table")) == len(page.all("caption"))
    assert all(each.get("scope") in ("col", "row") for each in page.all("th"))
    assert all(each.get("role") == "img" and each.get("aria-label") for each in page.all("svg"))
    regions = [each for each in page.all("div") if each.get("role") == "region"]
    assert regions
    assert all(each.get("aria-label") and each.get("tabindex") == "0" for each in regions)
    ids = [each["id"] for _, each in page.elements if "id" in each]
    assert len(ids) == len(set(ids))
    assert {(each["href"] or "")[1:] for each in page.all("a")} <= set(ids)


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
