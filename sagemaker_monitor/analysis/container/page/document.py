"""The report of a Clarify job as one page that needs nothing else: no script, no font, no request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.container.page import bias, explanations
from sagemaker_monitor.analysis.container.page.markup import Html, el, join, text
from sagemaker_monitor.analysis.container.page.style import STYLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sagemaker_monitor.analysis.container.page.explanations import Attributions
    from sagemaker_monitor.analysis.documents.analysis import Analysis

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_MOST = 12


@dataclass(frozen=True)
class Subject:
    """What was analysed: the data's rows, columns and files, and the configuration as it was read."""

    rows: int
    columns: int
    files: Sequence[str]
    config: Mapping[str, Any]

    @classmethod
    def read(cls, data: Path, config: Path, *, rows: int, columns: int) -> Subject:
        """Return the subject of a job whose files lie below *data*, described by the file *config*."""
        files = sorted(str(each.relative_to(data)) for each in data.rglob("*") if each.is_file())
        return cls(rows, columns, files, json.loads(config.read_text(encoding="utf-8")))


def page(title: str, subject: Subject, analysis: Analysis, explained: Sequence[Attributions] = ()) -> str:
    """Return the page; everything that comes from data or configuration is escaped, no row is shown."""
    sections = [bias.section(stage, found) for stage, found in analysis.sections]
    if explained:
        sections.append(explanations.section(list(explained)))
    if analysis.sections:
        sections.append(bias.glossary(analysis))
    head = join(
        [
            Html('<meta charset="utf-8">'),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{text(_POLICY)}">'),
            Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            el("title", title),
            Html(f"<style>{STYLE}</style>"),
        ]
    )
    body = join(
        [
            el("a", "Skip to the findings", href="#findings", class_="skip"),
            el("header", el("h1", title), el("p", _summary(subject), class_="soft"), _analysed(subject)),
            _contents(analysis, explained),
            el("main", *sections, id="findings"),
            el("footer", el("p", "The same numbers, in full, are in analysis.json beside this report.")),
        ]
    )
    document = el("html", el("head", head), el("body", body), lang="en")
    return f"<!DOCTYPE html>\n{document}\n"


def _summary(subject: Subject) -> str:
    source = subject.files[0] if len(subject.files) == 1 else _count(len(subject.files), "file")
    return f"{_count(subject.rows, 'row')} and {_count(subject.columns, 'column')} of {source}"


def _analysed(subject: Subject) -> Html:
    """Return what was analysed and how, as the configuration says it; no value of a row is repeated."""
    pairs = [
        ("Files", _some(subject.files)),
        *((name, value) for name, value in _settings(subject.config) if value),
    ]
    return el("dl", *(part for name, value in pairs for part in (el("dt", name), el("dd", value))))


def _settings(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    values = config.get("label_values_or_threshold") or ()
    yield "Format", str(config.get("dataset_type", ""))
    yield "Label", str(config.get("label", ""))
    yield "Favourable values or threshold", _some([str(each) for each in values])
    facets = (_facet(each) for each in config.get("facet") or ())
    yield "Facets", _some([each for each in facets if each])
    for name, key in (
        ("Group variable", "group_variable"),
        ("Predicted label", "predicted_label"),
        ("Probability threshold", "probability_threshold"),
        ("Record key", "joinsource_name_or_index"),
    ):
        yield name, str(config.get(key, ""))
    yield "Kept from the model", _some([str(each) for each in config.get("excluded_columns") or ()])
    yield "Model", str((config.get("predictor") or {}).get("model_name", ""))
    for name, options in (config.get("methods") or {}).items():
        if name != "report":
            yield f"Method {name}", _options(options)


def _facet(facet: Mapping[str, Any]) -> str:
    values = facet.get("value_or_threshold")
    name = str(facet.get("name_or_index", ""))
    return f"{name} ({', '.join(map(str, values))})" if values else name


def _options(options: object) -> str:
    """Return a method's options; a SHAP baseline is rows, of which only the number is told."""
    if not isinstance(options, dict):
        return ""
    parts = []
    for name, value in options.items():
        if name == "baseline" and isinstance(value, list):
            parts.append(f"baseline: {_count(len(value), 'row')}")
        elif isinstance(value, list):
            parts.append(f"{name}: {_some([str(each) for each in value])}")
        elif not isinstance(value, dict):
            parts.append(f"{name}: {value if isinstance(value, str) else json.dumps(value)}")
    return "; ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")


def _contents(analysis: Analysis, explained: Sequence[Attributions]) -> Html:
    """Return links to every part."""
    items = []
    for stage, section in analysis.sections:
        below = [
            (bias.anchor(stage, place), f"{facet}: {result.value_or_threshold}")
            for place, facet, result in bias.groups(section)
        ]
        items.append(_entry(stage, bias.TITLES[stage], below))
    if explained:
        labels = [
            (explanations.anchor(place), f"Label {label}") for place, (label, _, _) in enumerate(explained, 1)
        ]
        items.append(_entry("explanations", explanations.TITLE, labels))
    if analysis.sections:
        items.append(_entry("metrics", "What the metrics say", []))
    return el("nav", el("ul", *items), aria_label="Contents")


def _entry(where: str, words: str, below: Sequence[tuple[str, str]]) -> Html:
    parts = [el("li", el("a", each, href=f"#{anchor}")) for anchor, each in below]
    return el("li", el("a", words, href=f"#{where}"), *([el("ul", *parts)] if parts else []))
