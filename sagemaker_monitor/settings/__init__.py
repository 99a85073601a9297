"""What conf/ says, validated: environments, models, and what is wrong with them."""

from __future__ import annotations

from sagemaker_monitor.settings.environment import Environment
from sagemaker_monitor.settings.errors import ConfigError, Problem
from sagemaker_monitor.settings.loader import (
    Configuration,
    known_environments,
    known_models,
    load,
    load_all,
    load_environment,
    load_model,
)
from sagemaker_monitor.settings.model import Model
from sagemaker_monitor.settings.policy import load_policy

__all__ = [
    "ConfigError",
    "Configuration",
    "Environment",
    "Model",
    "Problem",
    "known_environments",
    "known_models",
    "load",
    "load_all",
    "load_environment",
    "load_model",
    "load_policy",
]
