"""The specification that the join and decide scripts read: what is expected, written before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.settings.schema import DataSchema, Facet, Model, Rule

MONITORING_STEP = "BatchMonitor-monitoring"
"""What MonitorBatchTransformStep calls its check when it is named BatchMonitor."""


@dataclass(frozen=True)
class Check:
    """One kind of check: its name, which prefixes its parameters, SageMaker's check type, and its monitor."""

    name: str
    check_type: str
    monitor: str
    has_statistics: bool = False

    def step(self, pipeline: str) -> str:
        """Return the name of the step that makes this check in *pipeline*."""
        if self.check_type == "DATA_QUALITY" and pipeline == "monitor-batch":
            return MONITORING_STEP
        return self.name


DATA_QUALITY = Check("DataQuality", "DATA_QUALITY", "data_quality", has_statistics=True)
EXPLAINABILITY = Check("ModelExplainability", "MODEL_EXPLAINABILITY", "explainability")
MODEL_QUALITY = Check("ModelQuality", "MODEL_QUALITY", "model_quality", has_statistics=True)
DATA_BIAS = Check("DataBias", "DATA_BIAS", "bias")
MODEL_BIAS = Check("ModelBias", "MODEL_BIAS", "bias")
OF_INPUTS = (DATA_QUALITY, EXPLAINABILITY)
"""Checks of what is scored, for which nobody waits for a label."""
OF_OUTCOMES = (MODEL_QUALITY, DATA_BIAS, MODEL_BIAS)
"""Checks that need labels."""


def checks_of(model: Model, pipeline: str) -> tuple[Check, ...]:
    """Return the checks that *pipeline* of *model* makes."""
    # Inputs were checked when their batch arrived; the labels have come since.
    made = OF_OUTCOMES if pipeline == "monitor-ground-truth" else OF_INPUTS + OF_OUTCOMES
    return tuple(check for check in made if check.monitor in model.monitors.configured)


def script_spec(model: Model, environment: str, pipeline: str) -> dict[str, Any]:
    """Return the specification of *model* as a document; schema_version 1."""
    schema, gate, bias = model.data_schema, model.gate, model.monitors.bias
    ground_truth = model.data.ground_truth
    return {
        "schema_version": 1,
        "model": model.model,
        "pipeline": pipeline,
        "environment": environment,
        "columns": {
            "record_key": schema.record_key,
            "features": list(schema.features),
            "facet_columns": list(schema.facet_columns),
            "label": schema.label,
        },
        "problem_type": schema.problem_type,
        **_answer(schema),
        "facets": [_facet(facet) for facet in bias.facets] if bias else [],
        "group_variable": bias.group_variable if bias else None,
        "minimum_overlap": ground_truth.minimum_overlap if ground_truth else 1.0,
        "monitors": list(model.monitors.configured),
        "checks": [
            {
                "step": check.step(pipeline),
                "check_type": check.check_type,
                "monitor": check.monitor,
                **({"engine": "own"} if check.monitor in model.monitors.own else {}),
            }
            for check in checks_of(model, pipeline)
        ],
        "gate": {
            "false_refusals": gate.false_refusals,
            "minimum_rows": gate.minimum_rows.model_dump(),
            "when_too_few": gate.when_too_few,
            "maximum_warnings": gate.maximum_warnings,
            "waivers": [waiver.model_dump(mode="json") for waiver in gate.waivers],
            "rules": [_rule(rule) for rule in gate.rules],
        },
    }


def _answer(schema: DataSchema) -> dict[str, Any]:
    """Return how the model's answer is held against a label."""
    prediction = schema.prediction
    if not schema.is_binary:
        return {"prediction": {"label": prediction.label, "values": prediction.values}}
    return {
        "prediction": {"probability": prediction.probability, "values": prediction.values},
        "favourable": schema.favourable,
        "threshold": prediction.threshold,
    }


def _facet(facet: Facet) -> dict[str, Any]:
    if facet.threshold is not None:
        return {"name": facet.name, "threshold": facet.threshold}
    return {"name": facet.name, "values": list(facet.values)}


def _rule(rule: Rule) -> dict[str, Any]:
    return rule.model_dump(exclude_none=True, mode="json")
