"""The specification that the join and decide scripts read: what is expected, written before anything runs."""

from __future__ import annotations

from typing import Any

from sagemaker_monitor.settings.schema import Facet, Model, Rule

CHECKS: tuple[dict[str, str], ...] = (
    {"step": "DataBias", "check_type": "DATA_BIAS", "monitor": "bias"},
    {"step": "ModelBias", "check_type": "MODEL_BIAS", "monitor": "bias"},
)
"""The check steps of a bias monitor: step name, Clarify's check type, and the monitor it belongs to."""


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
        "favourable": schema.favourable,
        "threshold": schema.prediction.threshold,
        "facets": [_facet(facet) for facet in bias.facets] if bias else [],
        "group_variable": bias.group_variable if bias else None,
        "minimum_overlap": ground_truth.minimum_overlap if ground_truth else 1.0,
        "checks": list(CHECKS) if bias else [],
        "gate": {
            "false_refusals": gate.false_refusals,
            "minimum_rows": gate.minimum_rows.model_dump(),
            "when_too_few": gate.when_too_few,
            "rules": [_rule(rule) for rule in gate.rules],
        },
    }


def _facet(facet: Facet) -> dict[str, Any]:
    if facet.threshold is not None:
        return {"name": facet.name, "threshold": facet.threshold}
    return {"name": facet.name, "values": list(facet.values)}


def _rule(rule: Rule) -> dict[str, Any]:
    return rule.model_dump(exclude_none=True, mode="json")
