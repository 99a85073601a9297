"""analysis.json: what Clarify found out about bias and attributions, and the baseline of later runs.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.documents.indented import indented
from sagemaker_monitor.analysis.documents.strict import DocumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

    Number = float | str | None
    """A JSON number, "Infinity", "-Infinity", or null."""

VERSION = "1.0"
KERNEL_SHAP = "kernel_shap"
_EXPLANATIONS = "explanations"
_SECTIONS = (("post_training", "post_training_bias_metrics"), ("pre_training", "pre_training_bias_metrics"))


@dataclass(frozen=True)
class MetricResult:
    """One metric's value, which may be infinite, or None with the reason why there is none."""

    name: str
    description: str
    value: float | None
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the metric's JSON object."""
        result = {"name": self.name, "description": self.description, "value": to_number(self.value)}
        return result if self.error is None else {**result, "error": self.error}


@dataclass(frozen=True)
class FacetResult:
    """The metrics of one sensitive group: a value, several, or an interval."""

    value_or_threshold: str
    metrics: tuple[MetricResult, ...]

    def metric(self, name: str) -> MetricResult | None:
        """Return the metric called *name*, or None."""
        return next((each for each in self.metrics if each.name == name), None)


@dataclass(frozen=True)
class BiasSection:
    """The bias metrics of one stage: facets by name, each with one result per sensitive group."""

    label: str
    facets: Mapping[str, tuple[FacetResult, ...]]
    label_value_or_threshold: str

    def to_dict(self) -> dict[str, Any]:
        """Return the section's JSON object."""
        return {
            "label": self.label,
            "facets": {
                name: [
                    {
                        "value_or_threshold": each.value_or_threshold,
                        "metrics": [metric.to_dict() for metric in each.metrics],
                    }
                    for each in results
                ]
                for name, results in self.facets.items()
            },
            "label_value_or_threshold": self.label_value_or_threshold,
        }


@dataclass(frozen=True)
class Explanation:
    """How one output of the model is explained: features' global SHAP values and the expected value.

    A value that is no finite number is None.
    """

    global_shap_values: Mapping[str, float | None]
    expected_value: float | None

    @property
    def numbers(self) -> dict[str, float]:
        """The global SHAP values that are numbers."""
        return {name: value for name, value in self.global_shap_values.items() if value is not None}

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation's JSON object, features in their order."""
        values = {name: _finite(value) for name, value in self.global_shap_values.items()}
        return {"global_shap_values": values, "expected_value": _finite(self.expected_value)}


@dataclass(frozen=True)
class Explanations:
    """What Kernel SHAP found for each of the model's outputs: label0 and so on, or their headers."""

    kernel_shap: Mapping[str, Explanation]

    def to_dict(self) -> dict[str, Any]:
        """Return the section's JSON object."""
        return {KERNEL_SHAP: {label: each.to_dict() for label, each in self.kernel_shap.items()}}


@dataclass(frozen=True)
class Analysis:
    """The bias sections and the explanations of one analysis; other parts of the document are not kept."""

    post_training: BiasSection | None = None
    pre_training: BiasSection | None = None
    version: str = VERSION
    explanations: Explanations | None = None

    @property
    def sections(self) -> tuple[tuple[str, BiasSection], ...]:
        """The stages that were analysed and their sections, before training first."""
        stages = (("pre_training", self.pre_training), ("post_training", self.post_training))
        return tuple((stage, section) for stage, section in stages if section is not None)

    def to_json(self) -> str:
        """Return the document as Clarify writes it."""
        document: dict[str, Any] = {"version": self.version}
        if self.explanations is not None:
            document[_EXPLANATIONS] = self.explanations.to_dict()
        for stage, key in _SECTIONS:
            section = getattr(self, stage)
            if section is not None:
                document[key] = section.to_dict()
        return indented(document)

    @classmethod
    def from_json(cls, text: str) -> Analysis:
        """Read the document; raises DocumentError with the place that is wrong."""
        document = read_object(text, "analysis.json")
        sections = {stage: _section(document[key], key) for stage, key in _SECTIONS if key in document}
        explanations = _explanations(document[_EXPLANATIONS]) if _EXPLANATIONS in document else None
        return cls(version=str(document.get("version", VERSION)), explanations=explanations, **sections)


def to_number(value: float | None) -> Number:
    """Return *value* as it stands in a document: infinities are texts, NaN is null."""
    if value is None or math.isnan(value):
        return None
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def from_number(value: object, where: str) -> float | None:
    """Return the number that *value* stands for; raises DocumentError naming *where*."""
    if value is None:
        return None
    if value in ("Infinity", "-Infinity") or (
        isinstance(value, (int, float)) and not isinstance(value, bool)
    ):
        return float(value)
    raise DocumentError(f"{where}: a metric's value is a number, 'Infinity', '-Infinity' or null")


def read_object(text: str, name: str) -> dict[str, Any]:
    """Return the JSON object *text*; raises DocumentError naming the document."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise DocumentError(f"{name} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise DocumentError(f"{name} is not a JSON object")
    return document


def _section(section: Any, where: str) -> BiasSection:
    try:
        facets = {
            str(name): tuple(
                _facet(each, f"{where}.facets.{name}[{index}]") for index, each in enumerate(results)
            )
            for name, results in section["facets"].items()
        }
        return BiasSection(
            str(section.get("label", "")), facets, str(section.get("label_value_or_threshold", ""))
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise DocumentError(f"{where} is not a section of bias metrics: {error!r}") from error


def _facet(result: Any, where: str) -> FacetResult:
    metrics = tuple(
        MetricResult(
            str(each["name"]),
            str(each.get("description", "")),
            from_number(each["value"], f"{where}.{each['name']}"),
            each.get("error"),
        )
        for each in result["metrics"]
    )
    return FacetResult(str(result["value_or_threshold"]), metrics)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _explanations(section: Any) -> Explanations | None:
    """Return what Kernel SHAP found; None when only other methods explained."""
    if not isinstance(section, dict):
        raise DocumentError(f"{_EXPLANATIONS} is {type(section).__name__}; it must be an object")
    found = section.get(KERNEL_SHAP)
    if found is None:
        return None
    where = f"{_EXPLANATIONS}.{KERNEL_SHAP}"
    if not isinstance(found, dict):
        raise DocumentError(f"{where} is {type(found).__name__}; it must be an object")
    return Explanations({label: _explanation(each, f"{where}.{label}") for label, each in found.items()})


def _explanation(document: Any, where: str) -> Explanation:
    values = document.get("global_shap_values") if isinstance(document, dict) else None
    if not isinstance(values, dict):
        raise DocumentError(f"{where} has no object 'global_shap_values'")
    numbers = {
        name: _number_or_none(value, f"{where}.global_shap_values.{name}") for name, value in values.items()
    }
    expected = _number_or_none(document.get("expected_value"), f"{where}.expected_value")
    return Explanation(numbers, expected)


def _number_or_none(value: Any, where: str) -> float | None:
    """Return *value*, None for null and for the NaN and Infinity that Python's JSON may hold."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise DocumentError(f"{where} is {str(value)[:40]!r}; it must be a number or null")
    return _finite(None if value is None else float(value))
