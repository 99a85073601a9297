"""constraints.json of data quality: what a baseline requires of later data, and how that is evaluated.

Runs under Python 3.8 with numpy.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Dict, Mapping, Optional, Tuple

from sagemaker_monitor.analysis.documents import jackson
from sagemaker_monitor.analysis.documents.lenient import Node, load
from sagemaker_monitor.analysis.documents.statistics import TYPES
from sagemaker_monitor.analysis.documents.strict import DocumentError

NAME = "constraints.json"
SIMPLE, ROBUST = "Simple", "Robust"
L_INFINITY, CHI_SQUARED = "LInfinity", "ChiSquared"
DRIFT_METHODS = (L_INFINITY, CHI_SQUARED)
_METHODS = {SIMPLE: SIMPLE, ROBUST: ROBUST, "linf_simple": SIMPLE, "linf_robust": ROBUST}
_SWITCH = {"Enabled": True, "Disabled": False}
# The documentation, the SDK since 2021, and the SDK before, which nests it in the constraints.
_OVERRIDES = ("monitoringConfigOverrides", "monitoring_config_overrides")
_NESTED = ("string_constraints", "num_constraints")


@dataclass(frozen=True)
class MonitoringConfig:
    """How constraints are evaluated; the defaults are those of the constraints that the analyzer suggests."""

    evaluate_constraints: bool = True
    emit_metrics: bool = True
    datatype_check_threshold: float = 1.0
    domain_content_threshold: float = 1.0
    perform_comparison: bool = True
    comparison_threshold: float = 0.1
    comparison_method: str = ROBUST
    categorical_comparison_threshold: Optional[float] = None
    categorical_drift_method: Optional[str] = None

    @property
    def categorical_threshold(self) -> float:
        """Return the threshold of categorical features, which is the common one unless it is given."""
        own = self.categorical_comparison_threshold
        return self.comparison_threshold if own is None else own

    def overridden(self, overrides: Mapping[str, Any], where: str) -> MonitoringConfig:
        """Return this configuration with what *overrides*, as in the document, says otherwise.

        Understands the distribution_constraints of 2019 too. Raises DocumentError.
        """
        node = Node(overrides, where)
        found: Dict[str, Any] = {}
        for key in ("evaluate_constraints", "emit_metrics"):
            if node.has(key):
                found[key] = _switch(node, key)
        distribution = (
            node.child("distribution_constraints") if node.has("distribution_constraints") else None
        )
        if distribution is not None:
            found.update(_comparison(distribution))
        for key in ("datatype_check_threshold", "domain_content_threshold"):
            if node.has(key):
                found[key] = node.number(key)
        return replace(self, **found)

    def to_dict(self) -> Dict[str, Any]:
        """Return the JSON object."""
        distribution: Dict[str, Any] = {
            "perform_comparison": _enabled(self.perform_comparison),
            "comparison_threshold": self.comparison_threshold,
            "comparison_method": self.comparison_method,
        }
        for key in ("categorical_comparison_threshold", "categorical_drift_method"):
            if getattr(self, key) is not None:
                distribution[key] = getattr(self, key)
        return {
            "evaluate_constraints": _enabled(self.evaluate_constraints),
            "emit_metrics": _enabled(self.emit_metrics),
            "datatype_check_threshold": self.datatype_check_threshold,
            "domain_content_threshold": self.domain_content_threshold,
            "distribution_constraints": distribution,
        }


@dataclass(frozen=True)
class FeatureConstraints:
    """What is required of one feature; non-negativity is told and never checked."""

    name: str
    inferred_type: str
    completeness: Optional[float]
    is_non_negative: Optional[bool] = None
    domains: Optional[Tuple[str, ...]] = None
    config: MonitoringConfig = MonitoringConfig()


@dataclass(frozen=True)
class Constraints:
    """The features in the order of the baseline's columns, each with the configuration that holds for it."""

    features: Tuple[FeatureConstraints, ...]
    config: MonitoringConfig = MonitoringConfig()
    version: float = 0.0

    def to_json(self) -> str:
        """Return the document as the analyzer suggests it: without overrides for single features."""
        return jackson.render(
            {
                "version": self.version,
                "features": [_feature(each) for each in self.features],
                "monitoring_config": self.config.to_dict(),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Constraints:
        """Read the document, with overrides in every spelling that is in use. Raises DocumentError."""
        document = load(text, NAME)
        if not document.has("features"):
            raise DocumentError(f"{NAME} has no 'features'; give the constraints of a data quality baseline")
        if document.has("dataset"):
            raise DocumentError(
                f"{NAME} has 'dataset': these are statistics; give the constraints beside them"
            )
        config = MonitoringConfig()
        if document.has("monitoring_config"):
            where = f"{NAME}.monitoring_config"
            config = config.overridden(document.document("monitoring_config"), where)
        features = tuple(_read_feature(each, config) for each in document.children("features"))
        return cls(features, config, document.double("version") if document.has("version") else 0.0)


def _feature(feature: FeatureConstraints) -> Dict[str, Any]:
    result: Dict[str, Any] = {"name": feature.name, "inferred_type": feature.inferred_type}
    if feature.completeness is not None:
        result["completeness"] = feature.completeness
    if feature.is_non_negative is not None:
        result["num_constraints"] = {"is_non_negative": feature.is_non_negative}
    if feature.domains is not None:
        result["string_constraints"] = {"domains": feature.domains}
    return result


def _read_feature(node: Node, config: MonitoringConfig) -> FeatureConstraints:
    nested = {key: node.child(key) for key in _NESTED if node.has(key)}
    for place in (*nested.values(), node):
        for key in _OVERRIDES:
            if place.has(key):
                config = config.overridden(place.document(key), f"{place.where}.{key}")
    numbers, texts = nested.get("num_constraints"), nested.get("string_constraints")
    return FeatureConstraints(
        name=node.text("name"),
        inferred_type=node.one_of("inferred_type", TYPES),
        completeness=node.number("completeness") if node.has("completeness") else None,
        is_non_negative=numbers.flag("is_non_negative")
        if numbers is not None and numbers.has("is_non_negative")
        else None,
        domains=tuple(_text(each) for each in texts.items("domains"))
        if texts is not None and texts.has("domains")
        else None,
        config=config,
    )


def _text(value: Any) -> str:
    """Return a value of a domain as a cell has it: who edits constraints may write numbers as numbers."""
    return value if isinstance(value, str) else json.dumps(value)


def _comparison(node: Node) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    if node.has("enable_comparisons"):
        found["perform_comparison"] = node.flag("enable_comparisons")
    if node.has("min_domain_mass"):
        found["domain_content_threshold"] = node.number("min_domain_mass")
    if node.has("perform_comparison"):
        found["perform_comparison"] = _switch(node, "perform_comparison")
    for key in ("comparison_threshold", "categorical_comparison_threshold"):
        if node.has(key):
            found[key] = node.number(key)
    if node.has("comparison_method"):
        found["comparison_method"] = _METHODS[node.one_of("comparison_method", tuple(_METHODS))]
    if node.has("categorical_drift_method"):
        found["categorical_drift_method"] = node.one_of("categorical_drift_method", DRIFT_METHODS)
    return found


def _switch(node: Node, key: str) -> bool:
    return _SWITCH[node.one_of(key, tuple(_SWITCH))]


def _enabled(value: bool) -> str:
    return "Enabled" if value else "Disabled"
