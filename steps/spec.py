"""The specification that the join and decide scripts read: what is expected, written before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sagemaker_monitor.analysis.documents.custom import CHECK_TYPE
from sagemaker_monitor.settings.schedule_checks import late_window
from sagemaker_monitor.settings.schema import CUSTOM, CustomMonitor, DataSchema, Facet, Model, Rule

MONITOR_BATCH, MONITOR_ENDPOINT, MONITOR_GROUND_TRUTH = (
    "monitor-batch",
    "monitor-endpoint",
    "monitor-ground-truth",
)
MONITORING_STEP = "BatchMonitor-monitoring"
"""What MonitorBatchTransformStep calls its check when it is named BatchMonitor."""

ASKING = ("MODEL_BIAS", "MODEL_EXPLAINABILITY")
"""Types of checks for which Clarify asks the model."""


@dataclass(frozen=True)
class Check:
    """One kind of check: its name, which prefixes its parameters, SageMaker's check type, and its monitor.

    *custom* is the monitor where a team brought it.
    """

    name: str
    check_type: str
    monitor: str
    has_statistics: bool = False
    custom: CustomMonitor | None = None

    @property
    def asks_model(self) -> bool:
        """Whether Clarify asks the model for it, behind an endpoint that it starts."""
        return self.check_type in ASKING

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
    # Inputs were checked when they arrived; the labels have come since.
    if pipeline == MONITOR_GROUND_TRUTH:
        return of_outcomes(model)
    return of_inputs(model) + of_outcomes(model)


def of_inputs(model: Model) -> tuple[Check, ...]:
    """Return the checks of *model* that wait for no label."""
    return _configured(OF_INPUTS, model) + _of_teams(model, needs_labels=False)


def of_outcomes(model: Model) -> tuple[Check, ...]:
    """Return the checks of *model* that need labels."""
    return _configured(OF_OUTCOMES, model) + _of_teams(model, needs_labels=True)


def _configured(checks: tuple[Check, ...], model: Model) -> tuple[Check, ...]:
    return tuple(check for check in checks if check.monitor in model.monitors.configured)


def _of_teams(model: Model, *, needs_labels: bool) -> tuple[Check, ...]:
    return tuple(
        custom_check(name, monitor)
        for name, monitor in model.monitors.custom.items()
        if monitor.needs_labels == needs_labels
    )


def custom_check(name: str, monitor: CustomMonitor) -> Check:
    """Return the check of a team's own monitor *name*: text_drift is made by the step CustomTextDrift."""
    words = "".join(word.capitalize() for word in name.split("_"))
    return Check(f"Custom{words}", f"{CHECK_TYPE}{name}", f"{CUSTOM}{name}", True, monitor)


def script_spec(
    model: Model, environment: str, pipeline: str, checks: tuple[Check, ...] | None = None
) -> dict[str, Any]:
    """Return the specification of *model* as a document; schema_version 1.

    Expected are *checks*, by default all that *pipeline* makes.
    """
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
        **_endpoint(model, pipeline),
        **_scheduled(model, pipeline),
        **_rows_for_teams(model),
        "checks": [
            {
                "step": check.step(pipeline),
                "check_type": check.check_type,
                "monitor": check.monitor,
                **({"engine": "own"} if check.monitor in model.monitors.own else {}),
                **({"needs_labels": check.custom.needs_labels} if check.custom else {}),
            }
            for check in (checks_of(model, pipeline) if checks is None else checks)
        ],
        **_alarms(model, pipeline),
        "gate": {
            "false_refusals": gate.false_refusals,
            "minimum_rows": gate.minimum_rows.model_dump(),
            "when_too_few": gate.when_too_few,
            "maximum_warnings": gate.maximum_warnings,
            "waivers": [waiver.model_dump(mode="json") for waiver in gate.waivers],
            "detect": [shift.model_dump(mode="json") for shift in gate.detect],
            "rules": [_rule(rule) for rule in gate.rules],
        },
    }


def is_scheduled(model: Model, pipeline: str) -> bool:
    """Return whether *pipeline* of *model* can be started with nothing but a scheduled time."""
    return any(name == pipeline for name, _ in model.schedules.each())


def _scheduled(model: Model, pipeline: str) -> dict[str, Any]:
    """Return what a run learns from its scheduled time, where *pipeline* has a schedule; offsets in hours."""
    batch = model.schedules.monitor_batch
    if batch and pipeline == MONITOR_BATCH:
        return {"scheduled_batch": {"batch": batch.batch or "", "offset": _hours(batch.offset)}}
    late = late_window(model) if is_scheduled(model, pipeline) else None
    if late is None or pipeline != MONITOR_GROUND_TRUTH or reads_endpoint(model, pipeline):
        return {}
    return {"window": [_hours(offset) for offset in late]}


def _hours(offset: timedelta) -> int:
    return int(offset.total_seconds()) // 3600


def _alarms(model: Model, pipeline: str) -> dict[str, Any]:
    """Return what alarms watch of *pipeline*, where any does."""
    matches = sorted({alarm.match for alarm in model.alarms.values() if alarm.pipeline == pipeline})
    return {"alarms": matches} if matches else {}


def reads_endpoint(model: Model, pipeline: str) -> bool:
    """Return whether *pipeline* of *model* judges what a real-time endpoint captured."""
    return pipeline == MONITOR_ENDPOINT or (
        pipeline == MONITOR_GROUND_TRUTH and model.late_captures == "endpoint"
    )


def _endpoint(model: Model, pipeline: str) -> dict[str, Any]:
    """Return what an endpoint's captures look like, where *pipeline* reads them."""
    endpoint = model.endpoint
    if endpoint is None or not reads_endpoint(model, pipeline):
        return {}
    late = late_window(model) if pipeline == MONITOR_GROUND_TRUTH else None
    offsets = late or (endpoint.window.start, endpoint.window.end)
    of_teams = any(monitor.input != "features" for monitor in model.monitors.custom.values())
    return {
        "endpoint": {
            "variants": list(endpoint.variants),
            "window": [_hours(offset) for offset in offsets],
            "request_type": endpoint.requests.content_type,
            "features": endpoint.requests.features,
            "record_key": endpoint.requests.record_key,
            "answer_type": endpoint.answer_type,
            "prediction": endpoint.answers.prediction,
            "needs_answers": model.monitors.need_labels or of_teams,
            "maximum_unusable": endpoint.maximum_unusable,
        }
    }


def _rows_for_teams(model: Model) -> dict[str, Any]:
    """Return which folders the join writes for monitors of teams' own, where it writes any."""
    folders = rows_for_teams(model)
    return {"rows_for_teams": folders} if folders else {}


def rows_for_teams(model: Model) -> list[str]:
    """Return the folders of rows that monitors of teams' own read, beside those of other monitors."""
    read = {monitor.input for monitor in model.monitors.custom.values()}
    return sorted(read - {"features"})


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
