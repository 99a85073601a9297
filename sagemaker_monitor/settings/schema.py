"""What may stand in conf/, in one place to import from."""

from __future__ import annotations

from sagemaker_monitor.settings.environment import (
    LOCAL_ACCOUNT,
    PLACEHOLDER_ACCOUNTS,
    Approval,
    CheckCompute,
    Compute,
    Environment,
    Network,
    Registry,
    Roles,
    ScriptCompute,
    Storage,
    TransformCompute,
)
from sagemaker_monitor.settings.fields import Column, Name, Section
from sagemaker_monitor.settings.model import (
    Action,
    Artifact,
    Baseline,
    Data,
    DataSchema,
    Gate,
    GroundTruth,
    Inventory,
    MinimumRows,
    Model,
    Prediction,
    Rule,
)
from sagemaker_monitor.settings.monitors import BiasMonitor, ExplainabilityMonitor, Facet, Monitors

__all__ = [
    "LOCAL_ACCOUNT",
    "PLACEHOLDER_ACCOUNTS",
    "Action",
    "Approval",
    "Artifact",
    "Baseline",
    "BiasMonitor",
    "CheckCompute",
    "Column",
    "Compute",
    "Data",
    "DataSchema",
    "Environment",
    "ExplainabilityMonitor",
    "Facet",
    "Gate",
    "GroundTruth",
    "Inventory",
    "MinimumRows",
    "Model",
    "Monitors",
    "Name",
    "Network",
    "Prediction",
    "Registry",
    "Roles",
    "Rule",
    "ScriptCompute",
    "Section",
    "Storage",
    "TransformCompute",
]
