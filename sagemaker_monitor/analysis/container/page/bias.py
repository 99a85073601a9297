"""The part of the report about bias: who, which metric, how large, which way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.bias.meanings import MEANINGS
from sagemaker_monitor.analysis.container.page.bars import bar
from sagemaker_monitor.analysis.container.page.markup import Html, el, join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_monitor.analysis.documents.analysis import (
        Analysis,
        BiasSection,
        FacetResult,
        MetricResult,
    )

TITLES = {"pre_training": "Bias before training", "post_training": "Bias after training"}
_INTRODUCTIONS = {
    "pre_training": "What the data itself says: outcomes as they were observed, whatever a model does.",
    "post_training": "What the model makes of it: its predictions against the observed outcomes.",
}
_READING = "A reading tells which way a value points, not whether it is more than chance or matters."
MOST_GROUPS = 100
"""Groups of one facet that are on the page: a browser shows them, and 10,000 would be 100 MB."""
_EQUAL = 1e-12
"""Differences below this are rounding, not bias."""


def section(stage: str, found: BiasSection) -> Html:
    """Return the section of one stage, a table for each group."""
    title = TITLES[stage]
    favourable = f"{found.label} = {found.label_value_or_threshold}"
    tables = [_table(stage, place, facet, result) for place, facet, result in groups(found)]
    left_out = [
        el(
            "p",
            f"{facet} has {len(results):,} groups: the first {MOST_GROUPS} are here, all in analysis.json.",
        )
        for facet, results in found.facets.items()
        if len(results) > MOST_GROUPS
    ]
    return el(
        "section",
        el("h2", title, id=stage),
        el("p", _INTRODUCTIONS[stage], " ", _READING),
        el("p", "Counted as favourable: ", el("strong", favourable)),
        *left_out,
        *tables,
        aria_labelledby=stage,
    )


def groups(section: BiasSection) -> Iterator[tuple[int, str, FacetResult]]:
    """Yield the first sensitive groups of each facet with a number, and the facet they belong to."""
    pairs = [(facet, result) for facet, results in section.facets.items() for result in results[:MOST_GROUPS]]
    for place, (facet, result) in enumerate(pairs, 1):
        yield place, facet, result


def anchor(stage: str, place: int) -> str:
    """Return the id of a group's heading."""
    return f"{stage}-{place}"


def glossary(analysis: Analysis) -> Html:
    """Return what each metric of *analysis* says, in plain words."""
    found: dict[str, MetricResult] = {}
    for _, section in analysis.sections:
        for _, _, result in groups(section):
            found.update((each.name, each) for each in result.metrics)
    entries = []
    for name, metric in sorted(found.items()):
        meaning = MEANINGS.get(name)
        entries.append(el("dt", el("span", name, class_="short"), id=f"metric-{name}"))
        entries.append(el("dd", f"{meaning.name}: {meaning.words}." if meaning else metric.description))
    return el(
        "section",
        el("h2", "What the metrics say", id="metrics"),
        el(
            "p",
            "The group is everybody who has the facet's value, or lies in its interval; outside is everybody "
            "else. A value tells how large a difference is in these rows, not why it is there.",
        ),
        el("dl", *entries),
        aria_labelledby="metrics",
    )


def _table(stage: str, place: int, facet: str, result: FacetResult) -> Html:
    columns = (
        el("th", "Metric", scope="col"),
        el("th", "Value", scope="col", class_="value"),
        el("th", "Size", class_="bar", aria_hidden="true"),
        el("th", "Reading", scope="col"),
    )
    return join(
        [
            el("h3", f"{facet}: {result.value_or_threshold}", id=anchor(stage, place)),
            el("table", el("thead", el("tr", *columns)), el("tbody", *map(_row, result.metrics))),
        ]
    )


def _row(metric: MetricResult) -> Html:
    meaning = MEANINGS.get(metric.name)
    name = el("a", metric.name, href=f"#metric-{metric.name}", class_="short")
    title = el("th", name, f" {meaning.name if meaning else metric.description}", scope="row")
    if metric.value is None or math.isnan(metric.value):
        why = f"not computed: {metric.error}" if metric.error else "not computed"
        return el("tr", title, el("td", why, class_="none", colspan="3"))
    words, kind = reading(metric.name, metric.value)
    neutral = meaning.neutral if meaning else 0.0
    size = bar(metric.value - neutral, largest=1.0, signed=True)
    return el(
        "tr",
        title,
        el("td", number(metric.value), class_="value"),
        el("td", size, class_=f"bar {kind}".strip(), aria_hidden="true"),
        el("td", words, class_=kind),
    )


def reading(name: str, value: float) -> tuple[str, str]:
    """Return in words which way a metric points, and `against`, `favour` or nothing."""
    meaning = MEANINGS.get(name)
    if meaning is None:
        return "", ""
    away = value - meaning.neutral
    if abs(away) < _EQUAL:
        return "no difference", ""
    if meaning.against == 0:
        return "no direction", ""
    return ("against the group", "against") if away * meaning.against > 0 else ("for the group", "favour")


def number(value: float) -> Html:
    """Return a number in four digits, with all of them for machines and for who hovers."""
    if math.isinf(value):
        return el("span", "∞" if value > 0 else "−∞", title="infinite")
    shown = f"{value:.4g}" if value and abs(value) < 0.001 else f"{value:.4f}"
    return el("data", shown.replace("-", "−"), value=repr(value), title=repr(value))
