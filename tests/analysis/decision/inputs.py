"""Inputs with known distributions, and what the analyzer leaves of them, for the tests of the gate."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sagemaker_monitor.analysis.container import analyzer
from sagemaker_monitor.analysis.container.paths import Paths
from sagemaker_monitor.analysis.decision.evidence import (
    BaselineVersion,
    CheckEvidence,
    Evidence,
    Run,
    read_quality,
)
from sagemaker_monitor.analysis.decision.spec import Spec, from_json
from sagemaker_monitor.analysis.decision.table import Table, read_table
from tests.analysis.decision.cases import spec_document

STEP = "BatchMonitor-monitoring"
NAMES = ("income", "debt", "term", "region")
CALIBRATED = {"match": "data_quality/baseline_drift_check/*", "tolerance": "calibrated", "action": "fail"}
FORMAT = '{"csv": {"header": true, "output_columns_position": "START"}}'


@dataclass(frozen=True)
class Inputs:
    """A features/ folder's one file, as text."""

    text: str

    @cached_property
    def table(self) -> Table:
        """The rows as decide reads them."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "data.csv").write_text(self.text)
            return read_table(Path(folder))

    def documents(self, baseline: Inputs | None = None) -> dict[str, str]:
        """Return the analyzer's files by name, held against *baseline*'s."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "data").mkdir()
            (root / "data" / "data.csv").write_text(self.text)
            environment = {"dataset_source": str(root / "data"), "dataset_format": FORMAT}
            for kind, text in (baseline.documents() if baseline else {}).items():
                (root / kind).write_text(text)
                environment[f"baseline_{kind.removesuffix('.json')}"] = str(root / kind)
            return analyzer.run(Paths(root), environment)[0]


def columns(
    seed: int, rows: int, *, richer: float = 1.0, debt: float = 1.0, missing: float = 0.0
) -> dict[str, list[str]]:
    """Return income and debt, which go together, term and region; a share of incomes is *missing*."""
    random = np.random.default_rng(seed)
    wealth = random.normal(size=rows)
    income = np.round(np.exp(4 + 0.5 * wealth) * richer, 2)
    owed = np.round(np.exp(3 + 0.4 * wealth + 0.3 * random.normal(size=rows)) * debt, 2)
    return {
        "income": [
            "" if gone else f"{value:.2f}"
            for gone, value in zip(random.random(rows) < missing, income, strict=True)
        ],
        "debt": [f"{value:.2f}" for value in owed],
        "term": [str(value) for value in random.choice([120, 180, 360], rows, p=[0.1, 0.2, 0.7])],
        "region": list(random.choice(["north", "south", "west"], rows, p=[0.5, 0.3, 0.2])),
    }


def inputs(found: dict[str, list[str]]) -> Inputs:
    """Return the columns as a file."""
    lines = [",".join(found), *(",".join(cells) for cells in zip(*found.values(), strict=True))]
    return Inputs("\n".join(lines) + "\n")


def quality_document(
    *, bias: bool = False, rules: Sequence[dict[str, Any]] = (), **gate: Any
) -> dict[str, Any]:
    """Return spec.json of a model whose inputs are checked, and its predictions too with *bias*."""
    document = spec_document(rules=[*(rules or [CALIBRATED])], **gate)
    document["columns"]["features"] = list(NAMES)
    check = {"step": STEP, "check_type": "DATA_QUALITY", "monitor": "data_quality"}
    if not bias:
        document.update(facets=[], checks=[])
    document["checks"] = [check, *document["checks"]]
    return document


def quality_spec(**gate: Any) -> Spec:
    """Return that specification."""
    return from_json(quality_document(**gate))


def quality_check(batch: Inputs, baseline: Inputs | None) -> CheckEvidence:
    """Return what the check leaves; without *baseline* it establishes one."""
    found, before = batch.documents(baseline), baseline.documents() if baseline else {}
    report = read_quality(
        found.get("constraint_violations.json"),
        found.get("statistics.json"),
        before.get("statistics.json"),
        before.get("constraints.json"),
    )
    status = "compared" if baseline else "established"
    return CheckEvidence(STEP, "DATA_QUALITY", "data_quality", status, quality=report)


def quality_evidence(batch: Inputs, baseline: Inputs | None) -> Evidence:
    """Return the evidence of a run that checked nothing but its inputs."""
    version = None
    if baseline:
        version = BaselineVersion("arn:version/1", "s3://b/old/join", None, None, baseline.table, None)
    return Evidence(
        run=Run("arn:execution/1", "arn:version/1", "0" * 64, "2026-01-01T00:00:00Z", None),
        labels=None,
        checks=(quality_check(batch, baseline),),
        batch=None,
        baseline=version,
        features=batch.table,
    )


def with_inputs(found: Evidence, of_inputs: Evidence) -> Evidence:
    """Return the evidence of bias checks together with that of the inputs."""
    version = found.baseline
    if version and of_inputs.baseline:
        version = replace(version, features=of_inputs.baseline.features)
    checks = (*of_inputs.checks, *found.checks)
    return replace(found, checks=checks, baseline=version, features=of_inputs.features)
