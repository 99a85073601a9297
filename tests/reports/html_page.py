"""How tests read an HTML page: its elements, what a screen reader needs of them, and its colours."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise

VOID = {"meta", "link", "br", "line", "rect", "circle", "path", "wbr"}


class Page(HTMLParser):
    """Elements and attributes of a page; fails where an element is not closed."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.hidden: list[bool] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.drawings: list[dict[str, str | None]] = []
        """The svg elements that are not inside of what is hidden from screen readers."""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "svg" and not any(self.hidden):
            self.drawings.append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)
            self.hidden.append(dict(attrs).get("aria-hidden") == "true")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.hidden.pop()

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


REFERENCES = ("src", "href", "action", "data", "poster", "srcset", "background", "xlink:href")


def check_self_contained(page: Page) -> None:
    """Check that no element refers outside the page, nothing is run, and every request is forbidden."""
    references = [value for _, each in page.elements for name, value in each.items() if name in REFERENCES]
    assert references
    assert all(value and value.startswith(("#", "data:,")) for value in references)
    for tag in ("script", "iframe", "object", "embed", "form"):
        assert page.all(tag) == []
    assert not [1 for _, each in page.elements for name in each if name.startswith("on")]
    policy = [each["content"] for each in page.all("meta") if each.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def check_accessible(page: Page) -> None:
    """Check language, landmarks, heading order, labelled drawings, captions, scopes, ids and their links."""
    assert page.all("html") == [{"lang": "en"}]
    assert [len(page.all(tag)) for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    assert all(each.get("aria-label") for each in page.all("nav"))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert len(page.all("table")) == len(page.all("caption"))
    assert all(each.get("scope") in ("col", "row") for each in page.all("th"))
    ids = [each["id"] for _, each in page.elements if "id" in each]
    assert len(ids) == len(set(ids))
    assert {(each["href"] or "")[1:] for each in page.all("a")} <= set(ids)
    for each in page.drawings:
        labels = (each.get("aria-labelledby") or "").split()
        assert set(labels) <= set(ids)
        named = labels or each.get("aria-label")
        assert each.get("aria-hidden") == "true" or (each.get("role") == "img" and named)
    regions = [each for each in page.all("div") if each.get("role") == "region"]
    assert len(regions) == len(page.all("table"))
    assert all(each.get("aria-label") and each.get("tabindex") == "0" for each in regions)


def palettes() -> dict[str, dict[str, str]]:
    """Return the colours of the page by scheme: light, dark and print; what one leaves out, light has."""
    parts = files("sagemaker_monitor.look") / "base.css", files("sagemaker_monitor.reports") / "page.css"
    style = "".join(part.read_text(encoding="utf-8") for part in parts)
    light, dark, paper = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", part)) for part in _roots(style))
    return {"light": light, "dark": light | dark, "print": light | paper}


def _roots(style: str) -> list[str]:
    found = [part for part in re.findall(r":root \{(.*?)\}", style, re.DOTALL) if "#" in part]
    assert len(found) == 3
    return found


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, as WCAG 2 defines it."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
