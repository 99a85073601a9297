"""The part of the report about attributions: which features the model's answers rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.container.page.bars import bar
from sagemaker_monitor.analysis.container.page.bias import number
from sagemaker_monitor.analysis.container.page.markup import Html, el

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TITLE = "Explanations"
Attributions = tuple[str, "Mapping[str, float]", "float | None"]
"""A label, the global SHAP value of each feature, and the expected value if there is one."""


def section(labels: list[Attributions]) -> Html:
    """Return the section of all labels, the most important features first."""
    parts = [part for place, label in enumerate(labels, 1) for part in _label(place, *label)]
    return el(
        "section",
        el("h2", TITLE, id="explanations"),
        el(
            "p",
            "Kernel SHAP: how much each feature moves the model's answer away from its answer to the "
            "baseline, taken together over all rows.",
        ),
        *parts,
        aria_labelledby="explanations",
    )


def anchor(place: int) -> str:
    """Return the id of a label's heading."""
    return f"explanations-{place}"


def _label(place: int, label: str, values: Mapping[str, float], expected: float | None) -> Iterator[Html]:
    yield el("h3", f"Label {label}", id=anchor(place))
    yield el("p", "Expected value, the model's mean answer to the baseline: ", _expected(expected))
    # What counts is how far a feature moves the answer; a median of attributions may be below zero.
    ranked = sorted(values.items(), key=lambda each: (-abs(each[1]), each[0]))
    largest = abs(ranked[0][1]) if ranked else 0.0
    signed = any(value < 0 for value in values.values())
    columns = (
        el("th", "Feature", scope="col"),
        el("th", "Global SHAP value", scope="col", class_="value"),
        el("th", "Size", class_="bar wide", aria_hidden="true"),
    )
    rows = [
        el(
            "tr",
            el("th", feature, scope="row"),
            el("td", number(value), class_="value"),
            el("td", bar(value, largest=largest, signed=signed), class_="bar wide", aria_hidden="true"),
        )
        for feature, value in ranked
    ]
    caption = el("caption", f"{len(ranked)} features, largest first")
    yield el("table", caption, el("thead", el("tr", *columns)), el("tbody", *rows))


def _expected(value: float | None) -> str:
    return "not computed" if value is None else number(value)
