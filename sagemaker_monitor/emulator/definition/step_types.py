"""Which step types run here: whose request their Arguments are, and what they leave behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.model import Shape, ShapeResolver

from sagemaker_monitor.emulator.definition.shapes import operation_input, service_shape

_NAME = {"type": "string", "min": 1, "max": 64, "pattern": r"[A-Za-z0-9\-_]*"}
_ANYTHING = {"type": "structure", "members": {}, "document": True}
_ORDINARY_FIELDS = ("Name", "Type", "Arguments", "DependsOn", "DisplayName", "Description")

SERVICE_FAULT, THROTTLING = "Step.SERVICE_FAULT", "Step.THROTTLING"
INTERNAL, RESOURCE_LIMIT = "SageMaker.JOB_INTERNAL_ERROR", "SageMaker.RESOURCE_LIMIT"
# The documentation has the first name, the SDK the second.
CAPACITY = ("SageMaker.JOB_CAPACITY_ERROR", "SageMaker.CAPACITY_ERROR")
EXCEPTION_TYPES = (SERVICE_FAULT, THROTTLING, INTERNAL, *CAPACITY, RESOURCE_LIMIT)

# The structure of a definition, in the notation of botocore's service models.
_SHAPES: dict[str, Any] = {
    "Document": {
        "type": "structure",
        "required": ["Version", "Steps"],
        "members": {
            "Version": {"shape": "Version"},
            "Metadata": {"shape": "Anything"},
            "Parameters": {"shape": "Parameters"},
            "PipelineExperimentConfig": {"shape": "Experiment"},
            "Steps": {"shape": "Steps"},
        },
    },
    "Version": {"type": "string", "enum": ["2020-12-01"]},
    "Anything": _ANYTHING,
    "Experiment": {
        "type": "structure",
        "members": {"ExperimentName": {"shape": "Anything"}, "TrialName": {"shape": "Anything"}},
    },
    "Steps": {"type": "list", "member": {"shape": "Anything"}, "min": 1},
    "Branch": {"type": "list", "member": {"shape": "Anything"}},
    "Parameters": {"type": "list", "member": {"shape": "Parameter"}, "max": 200},
    "Parameter": {
        "type": "structure",
        "required": ["Name", "Type"],
        "members": {
            "Name": {"shape": "ParameterName"},
            "Type": {"shape": "ParameterType"},
            "DefaultValue": {"shape": "Anything"},
            "EnumValues": {"shape": "Texts"},
        },
    },
    "ParameterName": {**_NAME, "max": 256},
    "ParameterType": {"type": "string", "enum": ["String", "Integer", "Float", "Boolean"]},
    "Text": {"type": "string"},
    "Texts": {"type": "list", "member": {"shape": "Text"}},
    "Flag": {"type": "boolean"},
    "StepName": _NAME,
    "DisplayName": {"type": "string", "max": 256},
    "Description": {"type": "string", "max": 3072},
    "Dependencies": {"type": "list", "member": {"shape": "Dependency"}},
    "Dependency": {
        "type": "structure",
        "required": ["Step"],
        "members": {"Step": {"shape": "StepName"}, "Trigger": {"shape": "Trigger"}},
    },
    "Trigger": {"type": "string", "enum": ["Completed", "Failed", "Stopped", "Any"]},
    "CacheConfig": {
        "type": "structure",
        "required": ["Enabled"],
        "members": {"Enabled": {"shape": "Flag"}, "ExpireAfter": {"shape": "Text"}},
    },
    "RetryPolicies": {"type": "list", "member": {"shape": "RetryPolicy"}},
    "RetryPolicy": {
        "type": "structure",
        "required": ["ExceptionType"],
        "members": {
            "ExceptionType": {"shape": "ExceptionTypes"},
            "IntervalSeconds": {"shape": "Interval"},
            "BackoffRate": {"shape": "BackoffRate"},
            "MaxAttempts": {"shape": "Attempts"},
            "ExpireAfterMin": {"shape": "Minutes"},
        },
    },
    "ExceptionTypes": {"type": "list", "member": {"shape": "ExceptionType"}, "min": 1},
    "ExceptionType": {"type": "string", "enum": list(EXCEPTION_TYPES)},
    "Interval": {"type": "integer", "min": 0, "max": 43_200},
    "BackoffRate": {"type": "double", "min": 0},
    "Attempts": {"type": "integer", "min": 0, "max": 20},
    "Minutes": {"type": "integer", "min": 0, "max": 14_400},
    "PropertyFiles": {"type": "list", "member": {"shape": "PropertyFile"}, "max": 10},
    "PropertyFile": {
        "type": "structure",
        "required": ["PropertyFileName", "OutputName", "FilePath"],
        "members": {
            "PropertyFileName": {"shape": "Text"},
            "OutputName": {"shape": "Text"},
            "FilePath": {"shape": "Text"},
        },
    },
    "CheckType": {"type": "string", "enum": ["DATA_BIAS", "MODEL_BIAS", "MODEL_EXPLAINABILITY"]},
    "QualityCheckType": {"type": "string", "enum": ["DATA_QUALITY", "MODEL_QUALITY"]},
    "OptionText": {"type": "string", "max": 1024},
    "ConditionArguments": {
        "type": "structure",
        "required": ["Conditions"],
        "members": {
            "Conditions": {"shape": "Steps"},
            "IfSteps": {"shape": "Branch"},
            "ElseSteps": {"shape": "Branch"},
        },
    },
    "FailArguments": {
        "type": "structure",
        "members": {"ErrorMessage": {"shape": "FailMessage"}},
    },
    "FailMessage": {"type": "string", "max": 3072},
    "CheckProperties": {
        "type": "structure",
        "members": {
            "CalculatedBaselineConstraints": {"shape": "Text"},
            "BaselineUsedForDriftCheckConstraints": {"shape": "Text"},
        },
    },
    "QualityCheckProperties": {
        "type": "structure",
        "members": {
            "CalculatedBaselineConstraints": {"shape": "Text"},
            "CalculatedBaselineStatistics": {"shape": "Text"},
            "BaselineUsedForDriftCheckConstraints": {"shape": "Text"},
            "BaselineUsedForDriftCheckStatistics": {"shape": "Text"},
        },
    },
    "ConditionProperties": {"type": "structure", "members": {"Outcome": {"shape": "Text"}}},
    # What a queue or a function is given: names and single values, which are checked apart.
    "Inputs": {"type": "map", "key": {"shape": "InputName"}, "value": {"shape": "Anything"}, "max": 50},
    "InputName": {"type": "string", "min": 1, "max": 256},
    "Outputs": {"type": "list", "member": {"shape": "Output"}, "max": 50},
    "Output": {
        "type": "structure",
        "required": ["OutputName", "OutputType"],
        "members": {"OutputName": {"shape": "InputName"}, "OutputType": {"shape": "ParameterType"}},
    },
    "QueueUrl": {"type": "string", "min": 1, "max": 256},
    "FunctionArn": {"type": "string", "min": 1, "max": 256},
}
_CACHE = {"CacheConfig": "CacheConfig"}
_RETRY = {"RetryPolicies": "RetryPolicies"}
_JOB = {**_CACHE, **_RETRY}
OUTPUTS = "OutputParameters"
_CHECK = {
    **_CACHE,
    "ModelPackageGroupName": "OptionText",
    "SkipCheck": "Flag",
    "FailOnViolation": "Flag",
    "RegisterNewBaseline": "Flag",
    "SuppliedBaselineConstraints": "OptionText",
}


@dataclass(frozen=True, slots=True)
class StepType:
    """What a Type means: the request behind it, the member that is filled in, its properties."""

    arguments: str
    properties: str | None
    generated: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()


STEP_TYPES: dict[str, StepType] = {
    "Callback": StepType(
        "Inputs",
        None,
        fields={**_CACHE, "SqsQueueUrl": "QueueUrl", OUTPUTS: "Outputs"},
        required=("SqsQueueUrl",),
    ),
    "ClarifyCheck": StepType(
        "CreateProcessingJob",
        "CheckProperties",
        "ProcessingJobName",
        {**_CHECK, "CheckType": "CheckType", "ModelName": "OptionText"},
        ("CheckType",),
    ),
    "Condition": StepType("ConditionArguments", "ConditionProperties"),
    "Fail": StepType("FailArguments", None),
    "Lambda": StepType(
        "Inputs",
        None,
        fields={**_CACHE, "FunctionArn": "FunctionArn", OUTPUTS: "Outputs"},
        required=("FunctionArn",),
    ),
    "Model": StepType("CreateModel", "DescribeModelOutput", "ModelName", _RETRY),
    "Processing": StepType(
        "CreateProcessingJob",
        "DescribeProcessingJobResponse",
        "ProcessingJobName",
        {**_CACHE, **_RETRY, "PropertyFiles": "PropertyFiles"},
    ),
    "QualityCheck": StepType(
        "CreateProcessingJob",
        "QualityCheckProperties",
        "ProcessingJobName",
        {**_CHECK, "CheckType": "QualityCheckType", "SuppliedBaselineStatistics": "OptionText"},
        ("CheckType",),
    ),
    "RegisterModel": StepType("CreateModelPackage", "DescribeModelPackageOutput", fields=_RETRY),
    "Training": StepType("CreateTrainingJob", "DescribeTrainingJobResponse", "TrainingJobName", _JOB),
    "Transform": StepType("CreateTransformJob", "DescribeTransformJobResponse", "TransformJobName", _JOB),
}


def _own_shape(name: str) -> Shape:
    return ShapeResolver(_SHAPES).get_shape_by_name(name)


DOCUMENT = _own_shape("Document")


@cache
def step_shape(kind: str) -> Shape:
    """Return the shape of a whole step of type *kind*; its Arguments are checked apart."""
    step_type = STEP_TYPES[kind]
    members: dict[str, Any] = {name: {"shape": "Text"} for name in _ORDINARY_FIELDS}
    members |= {
        "Name": {"shape": "StepName"},
        "Arguments": {"shape": "Anything"},
        "DependsOn": {"shape": "Dependencies"},
        "DisplayName": {"shape": "DisplayName"},
        "Description": {"shape": "Description"},
    }
    # Options may be expressions: they are checked where expressions are understood.
    members |= {name: {"shape": "Anything"} for name in step_type.fields}
    step: dict[str, Any] = {
        "type": "structure",
        "required": ["Name", "Type", "Arguments", *step_type.required],
        "members": members,
    }
    shapes: dict[str, Any] = {**_SHAPES, "Step": step}
    return ShapeResolver(shapes).get_shape_by_name("Step")


@cache
def arguments_shape(kind: str) -> Shape:
    """Return the shape of the Arguments of a step of type *kind*: mostly a CreateX request."""
    name = STEP_TYPES[kind].arguments
    return _own_shape(name) if name in _SHAPES else operation_input(name)


@cache
def option_shape(kind: str, name: str) -> Shape:
    """Return the shape of the field *name* beside the Arguments."""
    return _own_shape(STEP_TYPES[kind].fields[name])


def outputs_shape(outputs: Mapping[str, str]) -> Shape:
    """Return the shape of the properties of a step that declares its *outputs*: types by name."""
    types = {"String": "string", "Integer": "integer", "Float": "float", "Boolean": "boolean"}
    shapes: dict[str, Any] = {kind: {"type": name} for kind, name in types.items()}
    declared = {name: {"shape": kind} for name, kind in outputs.items() if kind in types}
    shapes["Declared"] = {"type": "structure", "members": declared}
    shapes["Properties"] = {"type": "structure", "members": {OUTPUTS: {"shape": "Declared"}}}
    return ShapeResolver(shapes).get_shape_by_name("Properties")


@cache
def properties_shape(kind: str) -> Shape | None:
    """Return the shape whose members later steps can Get; None when the type has none."""
    name = STEP_TYPES[kind].properties
    if name is None:
        return None
    return _own_shape(name) if name in _SHAPES else service_shape(name)
