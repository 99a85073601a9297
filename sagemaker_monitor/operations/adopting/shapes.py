"""Whether a document is what its name says, as far as adopt looks into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any], bool]


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _mappings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, Mapping) for each in value)


def _facets(value: Any) -> bool:
    return _mapping(value) or _mappings(value)


def _methods(value: Any) -> bool:
    return _mapping(value) and all(isinstance(each, Mapping) for each in value.values())


def _bias(value: Any) -> bool:
    facets = value.get("facets", {}) if isinstance(value, Mapping) else None
    return isinstance(facets, Mapping) and all(map(_mappings, facets.values()))


def _monitoring(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("distribution_constraints") or {}, Mapping)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_CONFIG: Mapping[str, tuple[Check, str]] = {
    "headers": (_texts, "a list of texts"),
    "label": (lambda value: isinstance(value, str | int), "a text or a number"),
    "facet": (_facets, "a list of objects"),
    "methods": (_methods, "an object of objects"),
    "predictor": (_mapping, "an object"),
    "probability_threshold": (_number, "a number"),
    "group_variable": (lambda value: isinstance(value, str | int), "a text or a number"),
}
_BASELINE: Mapping[str, tuple[Check, str]] = {
    "features": (_mappings, "a list of objects"),
    "monitoring_config": (_monitoring, "an object of objects and values"),
    "pre_training_bias_metrics": (_bias, "an object with facets"),
    "post_training_bias_metrics": (_bias, "an object with facets"),
}


def wrong_with_config(content: Any) -> str | None:
    """Return what keeps *content* from being read as an analysis configuration; None for nothing."""
    return _wrong(content, _CONFIG)


def wrong_with_baseline(content: Any) -> str | None:
    """Return what keeps *content* from being read as a baseline; None for nothing."""
    return _wrong(content, _BASELINE)


def _wrong(content: Any, checks: Mapping[str, tuple[Check, str]]) -> str | None:
    if not isinstance(content, Mapping):
        return "it is no JSON object"
    for key, (check, what) in checks.items():
        if content.get(key) is not None and not check(content[key]):
            return f"{key} is not {what}"
    return None
