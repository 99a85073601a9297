"""What may stand in conf/, in one place to import from."""

from __future__ import annotations

from sagemaker_monitor.settings.endpoint import Endpoint
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
from sagemaker_monitor.settings.gate import Action, Direction, Gate, MinimumRows, Rule, Waiver
from sagemaker_monitor.settings.model import (
    Artifact,
    Baseline,
    Data,
    DataSchema,
    GroundTruth,
    Inventory,
    Model,
    Prediction,
)
from sagemaker_monitor.settings.monitoring import MonitoringSchedule
from sagemaker_monitor.settings.monitors import (
    CUSTOM,
    BaselineMode,
    BiasMonitor,
    CustomMonitor,
    ExplainabilityMonitor,
    Facet,
    Monitors,
)

__all__ = [
    "CUSTOM",
    "LOCAL_ACCOUNT",
    "PLACEHOLDER_ACCOUNTS",
    "Action",
    "Approval",
    "Artifact",
    "Baseline",
    "BaselineMode",
    "BiasMonitor",
    "CheckCompute",
    "Column",
    "Compute",
    "CustomMonitor",
    "Data",
    "DataSchema",
    "Direction",
    "Endpoint",
    "Environment",
    "ExplainabilityMonitor",
    "Facet",
    "Gate",
    "GroundTruth",
    "Inventory",
    "MinimumRows",
    "Model",
    "MonitoringSchedule",
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
    "Waiver",
]
