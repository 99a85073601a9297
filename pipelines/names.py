"""What pipelines, executions and their files are called."""

from __future__ import annotations

from sagemaker_monitor.settings.schema import Model

PIPELINES = ("register", "monitor-batch", "monitor-endpoint", "monitor-ground-truth")
"""Every pipeline, in the order a reader meets them. Not every model has each of the last two."""


def pipelines_of(model: Model, environment: str) -> tuple[str, ...]:
    """Return the pipelines that *model* has in *environment*.

    Without an endpoint there is none to watch, and without bias and model quality nothing waits for labels.
    The model's file may leave out others.
    """
    has_endpoint = model.endpoint_in(environment) is not None
    has_late = model.monitors.need_labels and (has_endpoint or model.late_captures == "batches")
    left_out = {
        *(() if has_endpoint else ("monitor-endpoint",)),
        *(() if has_late else ("monitor-ground-truth",)),
    }
    chosen = PIPELINES if model.pipelines is None else model.pipelines
    return tuple(name for name in PIPELINES if name in chosen and name not in left_out)


def pipeline_name(model: str, pipeline: str, environment: str) -> str:
    """Return the name under which *pipeline* of *model* is deployed to *environment*."""
    return f"{model}-{pipeline}-{environment}"


def execution_root(root: str, model: str, pipeline: str, execution_id: str) -> str:
    """Return the S3 URI below which one execution writes; *root* is the environment's storage root."""
    return f"{root}/{model}/{pipeline}/{execution_id}"


def promotion_folder(root: str, model: str, sha256: str) -> str:
    """Return the S3 URI below which a promotion's files lie, from the SHA-256 of its record."""
    return f"{root}/{model}/promoted/{sha256}"


def verdict_uri(root: str, model: str, pipeline: str, execution_id: str) -> str:
    """Return the S3 URI of an execution's verdict."""
    return f"{execution_root(root, model, pipeline, execution_id)}/decide/verdict.json"
