"""CloudWatch alarms of a model: which of its metrics is watched, and from where on it alarms."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sagemaker_monitor.settings import fields
from sagemaker_monitor.settings.fields import Name, Number, Section


class Alarm(Section):
    """A CloudWatch alarm on one metric: of a monitoring schedule, or of what a pipeline's verdict measured.

    It tells, and gates nothing: what a run is refused for says the gate. Where the environment has notify,
    its topic is told.
    """

    match: Annotated[
        str,
        Field(
            pattern=fields.MATCH,
            description="What is watched, as a rule of the gate names one thing, without wildcards:"
            " data_quality/baseline_drift_check/income, model_quality/recall, bias/DPPL/female or"
            " explainability/ndcg.",
        ),
    ]
    schedule: Annotated[
        Name | None,
        Field(description="The monitoring schedule that measures it, one of monitoring_schedules."),
    ] = None
    pipeline: Annotated[
        Literal["register", "monitor-batch", "monitor-endpoint", "monitor-ground-truth"] | None,
        Field(description="Or the pipeline whose verdict measures it."),
    ] = None
    above: Annotated[Number | None, Field(description="It alarms while the last value is above this.")] = None
    below: Annotated[Number | None, Field(description="Or while the last value is below this.")] = None


def alarm_name(model: str, alarm: str, environment: str) -> str:
    """Return the name under which *alarm* is deployed to *environment*."""
    return f"{model}-{alarm}-{environment}"
