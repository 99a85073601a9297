"""Drafts of configurations, without AWS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sagemaker_monitor.aws import connect
from sagemaker_monitor.operations.adopting.columns import write_prediction, write_schema
from sagemaker_monitor.operations.adopting.draft import Choices, Draft
from sagemaker_monitor.operations.adopting.reader import Reader
from sagemaker_monitor.operations.adopting.sources import Config, Sources
from sagemaker_monitor.operations.adopting.watched import write_monitors
from sagemaker_monitor.settings import load_environment

CONF = Path(__file__).parents[3] / "conf"
LOCAL = load_environment("local", CONF)
BIAS: dict[str, Any] = {
    "headers": ["Churn", "Age", "Sex"],
    "label": "Churn",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "Sex", "value_or_threshold": [0]}],
}
SHAP: dict[str, Any] = {
    "headers": ["Age", "Sex"],
    "label": None,
    "methods": {"shap": {"baseline": [{"features": [39, 1]}], "num_samples": 80, "agg_method": "mean_sq"}},
    "predictor": {"content_type": "application/jsonlines", "label": "score"},
}


def config(content: dict[str, Any], **changes: Any) -> Config:
    """Return a configuration, some keys of it changed; None removes one."""
    whole = {key: value for key, value in {**content, **changes}.items() if value is not None}
    return Config("job definition d", "s3://b/d/analysis_config.json", whole)


def drafted(sources: Sources, *kinds: str, framework: str = "xgboost", **choices: Any) -> Draft:
    """Return the draft of a model's columns and monitors."""
    draft = Draft()
    write_schema(draft, sources, Choices("churn", **choices))
    write_prediction(draft, sources, framework)
    write_monitors(draft, Reader(connect(LOCAL)), sources, kinds)
    return draft
