"""What pipelines, executions and their files are called."""

from __future__ import annotations

PIPELINES = ("register", "monitor-batch", "monitor-ground-truth")
"""Every pipeline, in the order a reader meets them. A model without bias has no monitor-ground-truth."""


def pipeline_name(model: str, pipeline: str, environment: str) -> str:
    """Return the name under which *pipeline* of *model* is deployed to *environment*."""
    return f"{model}-{pipeline}-{environment}"


def execution_root(root: str, model: str, pipeline: str, execution_id: str) -> str:
    """Return the S3 URI below which one execution writes; *root* is the environment's storage root."""
    return f"{root}/{model}/{pipeline}/{execution_id}"


def verdict_uri(root: str, model: str, pipeline: str, execution_id: str) -> str:
    """Return the S3 URI of an execution's verdict."""
    return f"{execution_root(root, model, pipeline, execution_id)}/decide/verdict.json"
