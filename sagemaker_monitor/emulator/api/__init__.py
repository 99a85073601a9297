"""The SageMaker operations of our own, one module per noun.

A module has `OPERATIONS: dict[str, Handler]` and, where it needs them, the hooks `recover(context)`, called once
per region before the first request, and `shutdown(context)`, called once before the store closes.
"""

from __future__ import annotations

import importlib
from types import ModuleType

MODULES = (
    "executions",
    "model_package_groups",
    "model_packages",
    "models",
    "pipelines",
    "processing_jobs",
    "tags",
    "transform_jobs",
)


def load_modules() -> tuple[ModuleType, ...]:
    """Import and return the modules of every operation."""
    return tuple(importlib.import_module(f"{__name__}.{name}") for name in MODULES)
