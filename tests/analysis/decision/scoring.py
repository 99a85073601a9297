"""Scored rows and attributions with known truth, and what the checks leave of them: for tests of the gate."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from sagemaker_monitor.analysis.container import analyzer
from sagemaker_monitor.analysis.container.paths import Paths
from sagemaker_monitor.analysis.decision.attributions import (
    AttributionReport,
    Attributions,
    read_global,
    read_local,
)
from sagemaker_monitor.analysis.decision.evidence import (
    BaselineVersion,
    CheckEvidence,
    Evidence,
    Labels,
    Run,
)
from sagemaker_monitor.analysis.decision.model_report import read_model_report
from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.scored import Scored
from sagemaker_monitor.analysis.decision.spec import Spec, from_json
from sagemaker_monitor.analysis.documents.analysis import Analysis, Explanation, Explanations
from sagemaker_monitor.analysis.explainability import drift
from tests.analysis.decision.cases import spec_document

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

NAMES = ("income", "debt", "term", "region_x")
FORMAT = '{"csv": {"header": true, "output_columns_position": "START"}}'
QUALITY_RULE = {"match": "model_quality/*", "tolerance": "calibrated", "action": "fail"}
RANKING_RULE = {"match": "explainability/ndcg", "tolerance": "calibrated", "action": "fail"}
QUALITY = {"step": "ModelQuality", "check_type": "MODEL_QUALITY", "monitor": "model_quality"}
RANKING = {"step": "ModelExplainability", "check_type": "MODEL_EXPLAINABILITY", "monitor": "explainability"}


@dataclass(frozen=True)
class Answers:
    """Scores of a model and the labels that came for them."""

    scores: Array
    labels: NDArray[np.int64]

    @property
    def text(self) -> str:
        """The scored/ file."""
        lines = (f"{score!r},{label}" for score, label in zip(self.scores.tolist(), self.labels, strict=True))
        return "\n".join(("prediction,label", *lines)) + "\n"

    @property
    def sample(self) -> Sample:
        """The rows as decide reads them; nobody is in the facet."""
        positive, predicted = self.labels == 1, self.scores > 0.5
        scored = Scored(positive, predicted, self.scores)
        return Sample(np.zeros((0, len(positive)), dtype=bool), positive, predicted, None, scored)

    def documents(self, baseline: Answers | None = None) -> dict[str, str]:
        """Return the analyzer's files by name, held against *baseline*'s."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "data").mkdir()
            (root / "data" / "data.csv").write_text(self.text)
            environment = {
                "analysis_type": "MODEL_QUALITY",
                "problem_type": "BinaryClassification",
                "probability_attribute": "prediction",
                "ground_truth_attribute": "label",
                "probability_threshold_attribute": "0.5",
                "dataset_source": str(root / "data"),
                "dataset_format": FORMAT,
            }
            for kind, text in (baseline.documents() if baseline else {}).items():
                (root / kind).write_text(text)
                environment[f"baseline_{kind.removesuffix('.json')}"] = str(root / kind)
            return analyzer.run(Paths(root), environment)[0]


def answers(seed: int, rows: int, *, noise: float = 0.0, skill: float = 1.6) -> Answers:
    """Return answers of a model of some *skill*; a share *noise* of the labels is drawn anew."""
    random = np.random.default_rng(seed)
    labels = (random.random(rows) < 0.7).astype(np.int64)
    scores = 1 / (1 + np.exp(-(skill * (2 * labels - 1) * 0.6 + random.normal(size=rows) + 0.4)))
    drawn = random.random(rows) < noise
    return Answers(np.round(scores, 6), np.where(drawn, random.random(rows) < 0.7, labels).astype(np.int64))


def quality_check(batch: Answers, baseline: Answers | None) -> CheckEvidence:
    """Return what the check leaves; without *baseline* it establishes one."""
    found, before = batch.documents(baseline), baseline.documents() if baseline else {}
    report = read_model_report(
        found["statistics.json"],
        before.get("statistics.json"),
        before.get("constraints.json"),
        found.get("constraint_violations.json"),
    )
    status = "compared" if baseline else "established"
    return CheckEvidence(QUALITY["step"], QUALITY["check_type"], "model_quality", status, model=report)


@dataclass(frozen=True)
class Records:
    """The attributions of single records, shape (records, features)."""

    values: Array

    @cached_property
    def means(self) -> dict[str, float]:
        """The global attributions."""
        return dict(zip(NAMES, np.abs(self.values).mean(axis=0).tolist(), strict=True))

    @property
    def analysis(self) -> str:
        """Clarify's report."""
        return Analysis(explanations=self.explanations).to_json()

    @property
    def explanations(self) -> Explanations:
        """The report's section."""
        return Explanations({"label0": Explanation(dict(self.means), 0.5)})

    @property
    def local(self) -> str:
        """The file beside the report."""
        columns = {f"{name}_label0": self.values[:, place] for place, name in enumerate(NAMES)}
        return pl.DataFrame(columns).write_csv()

    def violations(self, baseline: Records) -> int:
        """Return how many violations Clarify finds."""
        return len(drift.violations(baseline.explanations, self.explanations))

    def read(self, problem: str | None = None) -> Attributions:
        """Return what decide reads; with a *problem* the records could not be had."""
        if problem:
            return Attributions(read_global(self.analysis), None, problem)
        return Attributions(read_global(self.analysis), read_local(self.local, NAMES))


def records(seed: int, rows: int, weights: tuple[float, ...] = (0.3, 0.2, 0.1, 0.05)) -> Records:
    """Return attributions whose sizes scatter around *weights*."""
    random = np.random.default_rng(seed)
    return Records(random.normal(size=(rows, len(weights))) * np.array(weights))


def ranking_check(batch: Records, baseline: Records | None, **problems: str | None) -> CheckEvidence:
    """Return what the check leaves; *problems* say why the records of `now` or `before` are missing."""
    report = AttributionReport(
        batch.read(problems.get("now")),
        baseline.read(problems.get("before")) if baseline else None,
        batch.violations(baseline) if baseline else 0,
        drift.ndcg_of(
            "label0", baseline.explanations.kernel_shap["label0"], batch.explanations.kernel_shap["label0"]
        )
        if baseline and batch.violations(baseline)
        else None,
    )
    status = "compared" if baseline else "established"
    return CheckEvidence(RANKING["step"], RANKING["check_type"], "explainability", status, explained=report)


def document(checks: list[dict[str, str]], rules: list[dict[str, Any]], **gate: Any) -> dict[str, Any]:
    """Return spec.json of a model with *checks* and no facets."""
    found = spec_document(rules=rules, **gate)
    monitors = list(dict.fromkeys(each["monitor"] for each in checks))
    found.update(facets=[], checks=[dict(each) for each in checks], monitors=monitors)
    found["columns"] = {**found["columns"], "features": list(NAMES), "facet_columns": []}
    return found


def quality_spec(*rules: dict[str, Any], **gate: Any) -> Spec:
    """Return the specification of a model whose predictions are held against labels."""
    return from_json(document([QUALITY], list(rules or [QUALITY_RULE]), **gate))


def ranking_spec(*rules: dict[str, Any], **gate: Any) -> Spec:
    """Return the specification of a model whose attributions are watched."""
    return from_json(document([RANKING], list(rules or [RANKING_RULE]), **gate))


def evidence(*checks: CheckEvidence, batch: Sample | None = None, baseline: Sample | None = None) -> Evidence:
    """Return the evidence of a run with *checks*; *batch* are its labelled rows."""
    rows = batch.rows if batch else 0
    labels = Labels("labels-complete", rows, rows, 1.0, 0.9, 0, 0) if batch else None
    compared = any(check.status == "compared" for check in checks)
    version = BaselineVersion("arn:version/1", "s3://b/old/join", baseline, None) if compared else None
    return Evidence(
        run=Run("arn:execution/1", "arn:version/1", "0" * 64, "2026-01-01T00:00:00Z", None),
        labels=labels,
        checks=checks,
        batch=batch,
        baseline=version,
    )


def quality_evidence(batch: Answers, baseline: Answers | None) -> Evidence:
    """Return the evidence of a run that held *batch* against *baseline*."""
    return evidence(
        quality_check(batch, baseline), batch=batch.sample, baseline=baseline.sample if baseline else None
    )


def ranking_evidence(batch: Records, baseline: Records | None, **problems: str | None) -> Evidence:
    """Return the evidence of a run that compared the attributions of *batch* with *baseline*'s."""
    return evidence(ranking_check(batch, baseline, **problems))


def together(first: Evidence, second: Evidence) -> Evidence:
    """Return the evidence of both runs as one; rows are the first one's."""
    return replace(first, checks=(*first.checks, *second.checks), baseline=first.baseline or second.baseline)
