"""Whether the links of README and docs lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "benchmarks/**/*.md", "conf/**/*.md")
    for page in ROOT.glob(pattern)
)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_ELSEWHERE = re.compile(r"\]\[|^\[[^\]]+\]:|<(?:a|img) [^>]*>", re.MULTILINE)
_MAKE = re.compile(r"(?:^|`)make (?:-C \S+ )?([\w.][\w.-]*)", re.MULTILINE)
_TARGET = re.compile(r"^([a-z][\w.-]*):", re.MULTILINE)
_DECISION = re.compile(r"\[[^\]]*decision (\d+)\]\([^)]*?(\d{4})-[^)]*\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    """Every link of a page to a file is to one that there is, and one to a heading to a heading of it."""
    broken = []
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    for link in _LINK.findall(text):
        if re.match("[a-z]+:", link):
            continue
        name, _, heading = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (heading and heading not in _headings(target)):
            broken.append(link)

    assert broken == []
    assert _ELSEWHERE.findall(text) == [], "links that are not written inline are not checked"


def test_what_pages_make_can_be_made() -> None:
    """Every target of make that a page names is one of the Makefile by its name: a clone has no files yet."""
    targets = _TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8"))
    named = {(page.name, each) for page in PAGES for each in _MAKE.findall(page.read_text(encoding="utf-8"))}

    assert len(named) > 20
    assert [(page, each) for page, each in sorted(named) if each not in targets] == []


def test_pages_with_links_are_found() -> None:
    """The pages that are looked at have the README among them, and links."""
    assert ROOT / "README.md" in PAGES
    assert len(_LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))) > 20


def test_every_page_is_found_from_the_list_of_pages() -> None:
    """Each page below docs, or its folder, is linked from docs/README.md or from a page that this links."""
    start = ROOT / "docs" / "README.md"
    listed = {start} | _linked(start)
    found = listed.union(*(_linked(page) for page in listed if page.suffix == ".md"))

    lost = [page for page in ROOT.glob("docs/**/*.md") if page not in found and page.parent not in found]
    assert lost == []


def test_every_decision_has_a_number_of_its_own() -> None:
    """Decisions are numbered from 1 on without a gap, in names, headings, and wherever one is linked."""
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    headings = [page.read_text(encoding="utf-8").partition(".")[0] for page in decisions]
    said = {
        (int(number), int(name))
        for page in PAGES
        for number, name in _DECISION.findall(page.read_text(encoding="utf-8"))
    }

    assert [int(page.name[:4]) for page in decisions] == list(range(1, len(decisions) + 1))
    assert headings == [f"# {number}" for number in range(1, len(decisions) + 1)]
    assert len(said) > 20
    assert [each for each in said if each[0] != each[1]] == []


def _linked(page: Path) -> set[Path]:
    """Return what a page links of this repository: files and folders."""
    links = _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))
    names = [link.partition("#")[0] for link in links if not re.match("[a-z]+:", link)]
    return {(page.parent / name).resolve() for name in names if name}


def _headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found = _HEADING.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in found}
