"""What lies below the environment's storage, the only place that a model's file names."""

from __future__ import annotations

from sagemaker_monitor.settings import Environment


def below(environment: Environment, uri: str) -> str | None:
    """Return *uri* relative to the environment's storage; None where it lies elsewhere."""
    root = f"{environment.storage.root}/"
    return uri.removeprefix(root) if uri.startswith(root) and uri != root else None
