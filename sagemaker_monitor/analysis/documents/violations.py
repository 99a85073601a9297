"""constraint_violations.json: which metrics or features left what the baseline allows.

Runs under Python 3.8 with numpy.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Sequence

from sagemaker_monitor.analysis.documents import jackson
from sagemaker_monitor.analysis.documents.analysis import VERSION, read_object
from sagemaker_monitor.analysis.documents.lenient import load
from sagemaker_monitor.analysis.documents.strict import DocumentError

BIAS_DRIFT_CHECK = "bias_drift_check"
ATTRIBUTION_DRIFT_CHECK = "feature_attribution_drift_check"
REPORTED_NAMES = {
    "true_positive_rate": "truePositiveRate",
    "true_negative_rate": "trueNegativeRate",
    "false_positive_rate": "falsePositiveRate",
    "false_negative_rate": "falseNegativeRate",
    "weighted_recall": "weightedRecall",
    "weighted_precision": "weightedPrecision",
    "weighted_f0_5": "weightedF0_5",
    "weighted_f1": "weightedF1",
    "weighted_f2": "weightedF2",
}
"""What violations of model quality call the metrics whose names have several words."""

_CONSTRAINTS = {reported: name for name, reported in REPORTED_NAMES.items()}


@dataclass(frozen=True)
class BiasViolation:
    """One metric of one facet that violates its constraint; the fields are in the document's order."""

    facet: str
    facet_value: str
    metric_name: str
    constraint_check_type: str
    description: str


@dataclass(frozen=True)
class BiasViolations:
    """The violations of one check; without any there is no document."""

    violations: tuple[BiasViolation, ...]
    version: str = VERSION

    def to_json(self) -> str:
        """Return the document as Clarify writes it."""
        return clarify_document(self.violations, self.version)

    @classmethod
    def from_json(cls, text: str) -> BiasViolations:
        """Read the document; raises DocumentError with what is wrong."""
        found, version = _read(text, tuple(BiasViolation.__dataclass_fields__), "a bias check")
        return cls(tuple(BiasViolation(**each) for each in found), version)


@dataclass(frozen=True)
class AttributionViolation:
    """One output whose features' ranking drifted; the fields are in the document's order."""

    label: str
    metric_name: str
    constraint_check_type: str
    description: str


@dataclass(frozen=True)
class AttributionViolations:
    """The violations of one explainability check; without any there is no document."""

    violations: tuple[AttributionViolation, ...]
    version: str = VERSION

    def to_json(self) -> str:
        """Return the document as Clarify writes it."""
        return clarify_document(self.violations, self.version)

    @classmethod
    def from_json(cls, text: str) -> AttributionViolations:
        """Read the document; raises DocumentError with what is wrong."""
        found, version = _read(
            text, tuple(AttributionViolation.__dataclass_fields__), "an explainability check"
        )
        return cls(tuple(AttributionViolation(**each) for each in found), version)


def clarify_document(
    violations: Sequence[BiasViolation | AttributionViolation], version: str = VERSION
) -> str:
    """Return the document of one Clarify job's *violations*, at least one, of one or both kinds."""
    return json.dumps({"version": version, "violations": [asdict(each) for each in violations]}, indent=4)


def _read(text: str, keys: tuple[str, ...], check: str) -> tuple[list[dict[str, str]], str]:
    """Return the texts at *keys* of each violation, and the document's version."""
    document = read_object(text, "constraint_violations.json")
    try:
        violations = [{key: str(each[key]) for key in keys} for each in document["violations"]]
    except (KeyError, TypeError) as error:
        raise DocumentError(f"constraint_violations.json is not one of {check}: {error!r}") from error
    return violations, str(document.get("version", VERSION))


@dataclass(frozen=True)
class QualityViolation:
    """One constraint of data quality that the data does not meet; the fields are in the document's order."""

    feature_name: str
    constraint_check_type: str
    description: str


@dataclass(frozen=True)
class QualityViolations:
    """The violations of one data quality check; without any there is no document."""

    violations: tuple[QualityViolation, ...]

    def to_json(self) -> str:
        """Return the document as the analyzer writes it."""
        return jackson.render({"violations": [asdict(each) for each in self.violations]})

    @classmethod
    def from_json(cls, text: str) -> QualityViolations:
        """Read the document; raises DocumentError with what is wrong."""
        keys = tuple(QualityViolation.__dataclass_fields__)
        found = load(text, "constraint_violations.json").children("violations")
        return cls(tuple(QualityViolation(**{key: each.text(key) for key in keys}) for each in found))


@dataclass(frozen=True)
class ModelViolation:
    """One metric of a model that is beyond its threshold; the fields are in the document's order."""

    constraint_check_type: str
    description: str
    metric_name: str

    @property
    def constraint(self) -> str:
        """Return the metric's name in constraints and statistics: true_positive_rate for truePositiveRate."""
        return _CONSTRAINTS.get(self.metric_name, self.metric_name)


@dataclass(frozen=True)
class ModelViolations:
    """The violations of one model quality check; without any there is no document."""

    violations: tuple[ModelViolation, ...]

    def to_json(self) -> str:
        """Return the document as the analyzer writes it."""
        return jackson.render({"violations": [asdict(each) for each in self.violations]})

    @classmethod
    def from_json(cls, text: str) -> ModelViolations:
        """Read the document; raises DocumentError with what is wrong."""
        keys = tuple(ModelViolation.__dataclass_fields__)
        found = load(text, "constraint_violations.json").children("violations")
        return cls(tuple(ModelViolation(**{key: each.text(key) for key in keys}) for each in found))
