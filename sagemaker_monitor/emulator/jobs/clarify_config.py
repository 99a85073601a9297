"""What a Clarify job's analysis configuration asks the emulator for: a model to serve, more data from S3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.jobs.staging import copy_to, local_path, select
from sagemaker_monitor.emulator.jobs.work import Work

_INPUT = "/opt/ml/processing/input"


def predictor_of(root: Path) -> dict[str, Any]:
    """Return the configuration's predictor, empty when it has none."""
    predictor = _config(root).get("predictor")
    return predictor if isinstance(predictor, dict) else {}


def stage_named(work: Work) -> None:
    """Put the objects that the configuration names by S3 URI below the container's inputs.

    Clarify's own container gets them from S3 itself; ours finds them at /opt/ml/processing/input/<name>.
    Raises JobFailed, with AWS's text, for a URI without objects.
    """
    for name, uri in _named(_config(work.root)):
        directory = local_path(work.root, f"{_INPUT}/{name}")
        if not directory.exists():
            copy_to(select(work.context, uri, work.record["RoleArn"]), directory, work.interruption.check)


def _named(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    methods = config.get("methods")
    shap = methods.get("shap") if isinstance(methods, dict) else None
    uris = {
        # The dataset is an input of its own, unless the configuration alone names it.
        "data": config.get("dataset_uri"),
        "facet_dataset": config.get("facet_dataset_uri"),
        "predicted_label_dataset": config.get("predicted_label_dataset_uri"),
        "shap_baseline": shap.get("baseline") if isinstance(shap, dict) else None,
    }
    for name, uri in uris.items():
        if isinstance(uri, str) and uri.startswith("s3://"):
            yield name, uri


def _config(root: Path) -> dict[str, Any]:
    # What is wrong with the configuration itself, the container says in its own words.
    try:
        config = json.loads((local_path(root, f"{_INPUT}/config") / "analysis_config.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}
