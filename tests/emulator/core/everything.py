"""One request for everything that can be created, with every member that acts; and values of any shape."""

from __future__ import annotations

import json
from typing import Any

from sagemaker_monitor.emulator import wire
from sagemaker_monitor.emulator.members import KEPT

ROLE = "arn:aws:iam::000000000000:role/execution"
IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/does:1"
SCRIPT = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}
STOP = {"MaxRuntimeInSeconds": 600}
TAGS = [{"Key": "team", "Value": "risk"}]
S3_DATA = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/given"}}
DEFINITION = json.dumps(
    {
        "Version": "2020-12-01",
        "Steps": [{"Name": "Refuse", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}],
    }
)
CONTAINERS = {"Containers": [{"Image": IMAGE}], "SupportedContentTypes": ["text/csv"]}
STATISTICS = {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://data/statistics.json"}}

# The order is that in which they can be made; {name} is the name of what is made.
REQUESTS: dict[str, dict[str, Any]] = {
    "CreateModel": {
        "ModelName": "{name}",
        "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://data/model.tar.gz"},
        "InferenceExecutionConfig": {"Mode": "Serial"},
        "Tags": TAGS,
    },
    "CreateEndpointConfig": {
        "EndpointConfigName": "{name}",
        "ProductionVariants": [{"VariantName": "one", "ModelName": "{name}", "InstanceType": "ml.m5.large"}],
        "DataCaptureConfig": {
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": "s3://data/captures",
            "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
        },
        "Tags": TAGS,
    },
    "CreateEndpoint": {"EndpointName": "{name}", "EndpointConfigName": "{name}", "Tags": TAGS},
    "CreateModelPackageGroup": {
        "ModelPackageGroupName": "{name}",
        "ModelPackageGroupDescription": "of {name}",
        "Tags": TAGS,
    },
    "CreateModelPackage": {
        "ModelPackageGroupName": "{name}",
        "ModelPackageDescription": "of {name}",
        "InferenceSpecification": CONTAINERS,
        "ModelApprovalStatus": "Approved",
        "ModelMetrics": {"ModelQuality": STATISTICS},
        "DriftCheckBaselines": {"ModelDataQuality": STATISTICS},
        "CustomerMetadataProperties": {"a": "b"},
        "AdditionalInferenceSpecifications": [{"Name": "other", "Containers": [{"Image": IMAGE}]}],
        "ClientToken": "token-{name}",
        "Tags": TAGS,
    },
    "CreateProcessingJob": {
        "ProcessingJobName": "{name}",
        "ProcessingInputs": [
            {
                "InputName": "given",
                "S3Input": {
                    "S3Uri": "s3://data/given",
                    "LocalPath": "/opt/ml/processing/input",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "made",
                    "S3Output": {
                        "S3Uri": "s3://data/made",
                        "LocalPath": "/opt/ml/processing/output",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "AppSpecification": {"ImageUri": SCRIPT, "ContainerEntrypoint": ["python3", "-c", "pass"]},
        "Environment": {"A": "b"},
        "StoppingCondition": STOP,
        "Tags": TAGS,
    },
    "CreateTrainingJob": {
        "TrainingJobName": "{name}",
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "InputDataConfig": [{"ChannelName": "train", "DataSource": S3_DATA}],
        "OutputDataConfig": {"S3OutputPath": "s3://data/trained"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": STOP,
        "HyperParameters": {"rounds": "3"},
        "CheckpointConfig": {"S3Uri": "s3://data/checkpoints"},
        "TensorBoardOutputConfig": {"S3OutputPath": "s3://data/boards"},
        "Environment": {"A": "b"},
        "Tags": TAGS,
    },
    "CreateTransformJob": {
        "TransformJobName": "{name}",
        "ModelName": "{name}",
        "MaxPayloadInMB": 6,
        "MaxConcurrentTransforms": 2,
        "ModelClientConfig": {"InvocationsTimeoutInSeconds": 60, "InvocationsMaxRetries": 1},
        "BatchStrategy": "MultiRecord",
        "Environment": {"A": "b"},
        "TransformInput": {"DataSource": S3_DATA, "ContentType": "text/csv", "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": "s3://data/scored", "AssembleWith": "Line"},
        "DataProcessing": {"InputFilter": "$", "JoinSource": "None"},
        "DataCaptureConfig": {"DestinationS3Uri": "s3://data/captured"},
        "Tags": TAGS,
    },
    "CreatePipeline": {
        "PipelineName": "{name}",
        "PipelineDisplayName": "shown-{name}",
        "PipelineDescription": "of {name}",
        "PipelineDefinition": DEFINITION,
        "ClientRequestToken": "token-of-the-pipeline-called-{name}",
        "ParallelismConfiguration": {"MaxParallelExecutionSteps": 3},
        "Tags": TAGS,
    },
    **{
        f"Create{kind}JobDefinition": {
            "JobDefinitionName": "{name}",
            f"{kind}BaselineConfig": {"ConstraintsResource": {"S3Uri": "s3://data/constraints.json"}},
            f"{kind}AppSpecification": {"ImageUri": ANALYZER, **application},
            f"{kind}JobInput": {
                "EndpointInput": {"EndpointName": "{name}", "LocalPath": "/opt/ml/processing/input"},
                **truth,
            },
            f"{kind}JobOutputConfig": {
                "MonitoringOutputs": [
                    {"S3Output": {"S3Uri": "s3://data/reports", "LocalPath": "/opt/ml/processing/output"}}
                ]
            },
            "JobResources": {"ClusterConfig": CLUSTER},
            "StoppingCondition": STOP,
            "Tags": TAGS,
        }
        for kind, application, truth in (
            ("DataQuality", {}, {}),
            ("ModelQuality", {"ProblemType": "Regression"}, {"GroundTruthS3Input": {"S3Uri": "s3://data/t"}}),
            ("ModelBias", {"ConfigUri": "s3://data/c"}, {"GroundTruthS3Input": {"S3Uri": "s3://data/t"}}),
            ("ModelExplainability", {"ConfigUri": "s3://data/c"}, {}),
        )
    },
    "CreateMonitoringSchedule": {
        "MonitoringScheduleName": "{name}",
        "MonitoringScheduleConfig": {
            "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
            "MonitoringJobDefinitionName": "{name}",
            "MonitoringType": "DataQuality",
        },
        "Tags": TAGS,
    },
}


def full(operation: str, name: str) -> dict[str, Any]:
    """Return the request for something called *name*, with the members that are only kept."""
    model = wire.operation_model(operation)
    assert model is not None
    kept = {member: sample(model.input_shape.members[member]) for member in KEPT.get(operation, ())}
    return {**named(REQUESTS[operation], name), **kept}


def named(request: Any, name: str) -> Any:
    """Return a request of REQUESTS for something called *name*."""
    if isinstance(request, dict):
        return {key: named(value, name) for key, value in request.items()}
    if isinstance(request, list):
        return [named(value, name) for value in request]
    return request.replace("{name}", name) if isinstance(request, str) else request


_TEXTS = (
    "a",
    "text/csv",
    "1",
    "s3://data/given",
    "abcdefghij",
    "x" * 32,
    "us-east-1",
    "PT1H",
    ROLE,
    *(
        f"arn:aws:sagemaker:us-east-1:000000000000:{resource}"
        for resource in (
            *("pipeline/p/execution/e", "pipeline/p", "endpoint/e", "mlflow-tracking-server/m"),
            *("model-package/m/1", "model-package-group/m", "hub-content/h/Model/m/1.0.0"),
        )
    ),
    "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a",
    "arn:aws:s3:us-east-1:000000000000:accesspoint/a",
)


def sample(shape: Any) -> Any:
    """Return a value that *shape* allows: required members, and the shortest that is not empty."""
    kind = shape.type_name
    if kind == "structure":
        names = shape.required_members or list(shape.members)[:1]
        return {name: sample(shape.members[name]) for name in names}
    if kind == "list":
        return [sample(shape.member)] * max(1, shape.metadata.get("min", 1))
    if kind == "map":
        return {sample(shape.key): sample(shape.value)}
    if kind == "boolean":
        return True
    if kind == "string":
        texts = [*(shape.metadata.get("enum") or ()), *_TEXTS]
        return next(text for text in texts if not list(wire.problems(shape, text)))
    return max(1, shape.metadata.get("min", 1))
