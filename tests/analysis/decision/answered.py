"""Numbers and classes that models answered, with known truth, and what the checks leave of them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sagemaker_monitor.analysis.container import analyzer
from sagemaker_monitor.analysis.container.paths import Paths
from sagemaker_monitor.analysis.decision.evidence import CheckEvidence, Evidence
from sagemaker_monitor.analysis.decision.measured import Measured
from sagemaker_monitor.analysis.decision.model_report import read_model_report
from sagemaker_monitor.analysis.decision.sample import Sample, read_sample
from sagemaker_monitor.analysis.decision.spec import Spec, from_json
from tests.analysis.decision.scoring import FORMAT, NAMES, QUALITY, QUALITY_RULE, document, evidence

MULTICLASS, REGRESSION = "MulticlassClassification", "Regression"


@dataclass(frozen=True)
class Answered:
    """Predictions of a problem type and the labels that came for them, as cells."""

    problem_type: str
    predictions: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def text(self) -> str:
        """The scored/ file."""
        lines = (f"{one},{other}" for one, other in zip(self.predictions, self.labels, strict=True))
        return "\n".join(("prediction,label", *lines)) + "\n"

    @property
    def sample(self) -> Sample:
        """The rows as decide reads them."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            features = ",".join("0" for _ in NAMES)
            for name, text in {
                "labelled": "".join(f"{features},{label}\n" for label in self.labels),
                "scored": self.text,
            }.items():
                (root / name).mkdir()
                (root / name / "data.csv").write_text(text)
            return read_sample(root / "labelled", root / "scored", spec(self.problem_type))

    @property
    def measured(self) -> Measured:
        """What metrics follow from."""
        found = self.sample.scored
        assert found is not None
        return found

    def documents(self, baseline: Answered | None = None) -> dict[str, str]:
        """Return the analyzer's files by name, held against *baseline*'s."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "data").mkdir()
            (root / "data" / "data.csv").write_text(self.text)
            environment = {
                "analysis_type": "MODEL_QUALITY",
                "problem_type": self.problem_type,
                "inference_attribute": "prediction",
                "ground_truth_attribute": "label",
                "dataset_source": str(root / "data"),
                "dataset_format": FORMAT,
            }
            for kind, text in (baseline.documents() if baseline else {}).items():
                (root / kind).write_text(text)
                environment[f"baseline_{kind.removesuffix('.json')}"] = str(root / kind)
            return analyzer.run(Paths(root), environment)[0]


def regression(seed: int, rows: int, *, noise: float = 1.0, bias: float = 0.0, unit: float = 1.0) -> Answered:
    """Return numbers around 20 and predictions off by *noise* and *bias*, all in multiples of *unit*."""
    random = np.random.default_rng(seed)
    truth = random.gamma(4.0, 5.0, size=rows)
    said = truth + bias + noise * random.standard_t(5, size=rows)
    cells = (tuple(map(repr, (values * unit).tolist())) for values in (said, truth))
    return Answered(REGRESSION, *cells)


def multiclass(seed: int, rows: int, *, right: float = 0.8, classes: str = "abc") -> Answered:
    """Return classes of unequal size; a share *right* and some luck of the predictions is right."""
    random = np.random.default_rng(seed)
    sizes = np.arange(1, len(classes) + 1) / sum(range(1, len(classes) + 1))
    truth = random.choice(list(classes), size=rows, p=sizes)
    said = np.where(random.random(rows) < right, truth, random.choice(list(classes), size=rows))
    return Answered(MULTICLASS, tuple(said.tolist()), tuple(truth.tolist()))


def spec(problem_type: str, *rules: dict[str, Any], **gate: Any) -> Spec:
    """Return the specification of a model of *problem_type* whose predictions are held against labels."""
    given = document([QUALITY], list(rules or [QUALITY_RULE]), **gate)
    binary_only = ("favourable", "threshold")
    return from_json(
        {
            **{key: value for key, value in given.items() if key not in binary_only},
            "problem_type": problem_type,
            "prediction": {"label": 0, "values": 1},
        }
    )


def evidence_of(batch: Answered, baseline: Answered | None) -> Evidence:
    """Return the evidence of a run that held *batch* against *baseline*."""
    found, before = batch.documents(baseline), baseline.documents() if baseline else {}
    report = read_model_report(
        found["statistics.json"],
        before.get("statistics.json"),
        before.get("constraints.json"),
        found.get("constraint_violations.json"),
    )
    status = "compared" if baseline else "established"
    check = CheckEvidence(QUALITY["step"], QUALITY["check_type"], "model_quality", status, model=report)
    return evidence(check, batch=batch.sample, baseline=baseline.sample if baseline else None)
