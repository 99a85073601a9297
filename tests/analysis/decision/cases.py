"""Small populations, specifications and evidence for the tests of the gate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from sagemaker_monitor.analysis.bias.metrics import METRICS
from sagemaker_monitor.analysis.decision import calibration
from sagemaker_monitor.analysis.decision.evidence import (
    BaselineVersion,
    CheckEvidence,
    Evidence,
    Labels,
    Run,
    Value,
)
from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.spec import Spec, from_json

STAGES = {"DATA_BIAS": "pre_training", "MODEL_BIAS": "post_training"}


def people(seed: int, rows: int, *, bias: float = 0.0, inside: float = 0.3) -> Sample:
    """Return *rows* people, a share *inside* the one facet, whose chance is *bias* lower."""
    random = np.random.default_rng(seed)
    member = random.random(rows) < inside
    chance = np.where(member, 0.7 - bias, 0.7)
    observed = random.random(rows) < chance
    predicted = np.where(random.random(rows) < 0.8, observed, random.random(rows) < chance)
    return Sample(member[None, :], observed, predicted)


def spec_document(**gate: Any) -> dict[str, Any]:
    """Return spec.json of a model with the facet `black` and both bias checks."""
    policy = {
        "false_refusals": 0.05,
        "minimum_rows": {"total": 100, "per_facet": 20, "per_facet_and_label": 3},
        "when_too_few": "inconclusive",
        "rules": [{"match": "bias/*", "tolerance": "calibrated", "action": "fail"}],
    }
    return {
        "schema_version": 1,
        "model": "mortgage",
        "pipeline": "monitor-batch",
        "environment": "local",
        "columns": {
            "record_key": "id",
            "features": ["income"],
            "facet_columns": ["black"],
            "label": "approve",
        },
        "favourable": 1,
        "threshold": 0.5,
        "facets": [{"name": "black", "values": [1]}],
        "group_variable": None,
        "minimum_overlap": 0.9,
        "checks": [
            {"step": "DataBias", "check_type": "DATA_BIAS", "monitor": "bias"},
            {"step": "ModelBias", "check_type": "MODEL_BIAS", "monitor": "bias"},
        ],
        "gate": {**policy, **gate},
    }


def spec(**gate: Any) -> Spec:
    """Return the specification with these parts of the policy replaced."""
    return from_json(spec_document(**gate))


def values(sample: Sample, check_type: str) -> tuple[Value, ...]:
    """Return the metrics a check would report for *sample*; those by group have no value."""
    stage = STAGES[check_type]
    seen = calibration.patterns(sample, sample)
    found = []
    for name, metric in sorted(METRICS.items()):
        if metric.stage != stage:
            continue
        if metric.grouped:
            found.append(Value(name, "black", "1", None, "Group variable is empty or not provided"))
            continue
        value = float(seen.values(seen.baseline.astype(float), [(name, 0)])[0])
        known = None if np.isnan(value) else value
        found.append(Value(name, "black", "1", known, None if known is not None else "no such rows"))
    if stage == "post_training":
        found.append(Value("FT", "black", "1", 0.1, None))
    return tuple(found)


def check(check_type: str, batch: Sample, baseline: Sample | None) -> CheckEvidence:
    """Return what a check of *batch* leaves; without *baseline* it establishes one."""
    step = {"DATA_BIAS": "DataBias", "MODEL_BIAS": "ModelBias"}[check_type]
    now = values(batch, check_type)
    before = () if baseline is None else values(baseline, check_type)
    held = {value.metric: value.value for value in before}
    grown = frozenset(
        (value.facet, value.metric)
        for value in now
        if value.value is not None
        and (base := held.get(value.metric)) is not None
        and abs(value.value) > abs(base)
    )
    status = "established" if baseline is None else "compared"
    return CheckEvidence(
        step,
        check_type,
        "bias",
        status,
        report_uri=f"s3://bucket/{step}/analysis.json",
        baseline_uri=None if baseline is None else f"s3://bucket/old/{step}/analysis.json",
        current=now,
        baseline=before,
        violated=grown,
    )


def evidence(batch: Sample, baseline: Sample | None, **labels: Any) -> Evidence:
    """Return the evidence of a run whose two checks compared *batch* with *baseline*."""
    known = Labels("labels-complete", batch.rows, batch.rows, 1.0, 0.9, 0, 0)
    version = (
        None if baseline is None else BaselineVersion("arn:version/1", "s3://bucket/join", baseline, None)
    )
    return Evidence(
        run=Run("arn:execution/1", "arn:version/1", "0" * 64, "2026-01-01T00:00:00Z", None),
        labels=replace(known, **labels),
        checks=tuple(check(kind, batch, baseline) for kind in STAGES),
        batch=batch,
        baseline=version,
    )
