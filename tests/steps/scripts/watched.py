"""An execution that checked predictions and attributions, as SageMaker and S3 tell of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.analysis.decision.scoring import (
    QUALITY,
    QUALITY_RULE,
    RANKING,
    RANKING_RULE,
    Answers,
    Records,
    document,
)

VIOLATIONS = "constraint_violations.json"
RULES = [QUALITY_RULE, RANKING_RULE]


@dataclass
class Watched:
    """Steps, the approved version and objects by URI, to be changed."""

    batch: Answers
    baseline: Answers
    now: Records
    before: Records
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._quality()
        self._ranking()

    @property
    def version(self) -> dict[str, Any]:
        """The approved version's baselines."""
        return {
            "ModelQuality": {
                kind: {"S3Uri": f"s3://b/old/quality/{kind.lower()}.json"}
                for kind in ("Statistics", "Constraints")
            },
            "Explainability": {"Constraints": {"S3Uri": "s3://b/old/shap/analysis.json"}},
        }

    @property
    def document(self) -> dict[str, Any]:
        """spec.json."""
        return document([QUALITY, RANKING], RULES)

    def quality(self) -> dict[str, Any]:
        """Return the metadata of the model quality check."""
        metadata: dict[str, Any] = self.steps["ModelQuality"]["Metadata"]["QualityCheck"]
        return metadata

    def ranking(self) -> dict[str, Any]:
        """Return the metadata of the explainability check."""
        metadata: dict[str, Any] = self.steps["ModelExplainability"]["Metadata"]["ClarifyCheck"]
        return metadata

    def _quality(self) -> None:
        found, old = self.batch.documents(self.baseline), self.baseline.documents()
        self.objects.update({f"s3://b/new/quality/{name}": text for name, text in found.items()})
        self.objects.update({f"s3://b/old/quality/{name}": text for name, text in old.items()})
        metadata = {
            "CheckType": "MODEL_QUALITY",
            "CalculatedBaselineStatistics": "s3://b/new/quality/statistics.json",
            "CalculatedBaselineConstraints": "s3://b/new/quality/constraints.json",
            "BaselineUsedForDriftCheckStatistics": "s3://b/old/quality/statistics.json",
            "BaselineUsedForDriftCheckConstraints": "s3://b/old/quality/constraints.json",
            "ViolationReport": f"s3://b/new/quality/{VIOLATIONS}" if VIOLATIONS in found else "",
            "SkipCheck": False,
            "RegisterNewBaseline": False,
        }
        self.steps["ModelQuality"] = {"StepStatus": "Succeeded", "Metadata": {"QualityCheck": metadata}}

    def _ranking(self) -> None:
        from sagemaker_monitor.analysis.documents.violations import AttributionViolations
        from sagemaker_monitor.analysis.explainability import drift

        for side, of in (("new", self.now), ("old", self.before)):
            self.objects[f"s3://b/{side}/shap/analysis.json"] = of.analysis
            self.objects[f"s3://b/{side}/shap/explanations_shap/out.csv"] = of.local
        found = drift.violations(self.before.explanations, self.now.explanations)
        if found:
            self.objects[f"s3://b/new/shap/{VIOLATIONS}"] = AttributionViolations(found).to_json()
        metadata = {
            "CheckType": "MODEL_EXPLAINABILITY",
            "CalculatedBaselineConstraints": "s3://b/new/shap/analysis.json",
            "BaselineUsedForDriftCheckConstraints": "s3://b/old/shap/analysis.json",
            "ViolationReport": f"s3://b/new/shap/{VIOLATIONS}" if found else "",
            "SkipCheck": False,
            "RegisterNewBaseline": False,
        }
        self.steps["ModelExplainability"] = {
            "StepStatus": "Succeeded",
            "Metadata": {"ClarifyCheck": metadata},
        }


def joined(of: Answers) -> dict[str, str]:
    """Return the files of the join step, by folder."""
    return {"labelled": "".join(f"1,2,3,4,{label}\n" for label in of.labels), "scored": of.text}
