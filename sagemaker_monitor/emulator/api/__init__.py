"""The SageMaker operations of our own, one module per noun.

A module has `OPERATIONS: dict[str, Handler]` and, where it needs them, the hooks `recover(context)`, called
once per region before the first request, and `shutdown(context)`, called once before the store closes.
"""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

MODULES = (
    "callbacks",
    "endpoint_configs",
    "endpoints",
    "executions",
    "job_definitions",
    "model_package_groups",
    "model_packages",
    "models",
    "monitoring_alerts",
    "monitoring_schedules",
    "pipelines",
    "processing_jobs",
    "reruns",
    "tags",
    "training_jobs",
    "transform_jobs",
)


def load_modules() -> tuple[ModuleType, ...]:
    """Import and return the modules of every operation; a module that is not there answers nothing."""
    names = [f"{__name__}.{name}" for name in MODULES]
    return tuple(
        importlib.import_module(name) for name in names if importlib.util.find_spec(name) is not None
    )
