"""What a pipeline definition says: its JSON as frozen values, and everything that is wrong with it."""

from __future__ import annotations

from sagemaker_monitor.emulator.definition.document import (
    Definition,
    Dependency,
    Parameter,
    PropertyFile,
    Step,
    parse,
)
from sagemaker_monitor.emulator.definition.expressions import (
    ExpressionError,
    Reference,
    is_expression,
    parse_path,
    parse_reference,
)
from sagemaker_monitor.emulator.definition.findings import Finding, render

__all__ = [
    "Definition",
    "Dependency",
    "ExpressionError",
    "Finding",
    "Parameter",
    "PropertyFile",
    "Reference",
    "Step",
    "is_expression",
    "parse",
    "parse_path",
    "parse_reference",
    "render",
]
