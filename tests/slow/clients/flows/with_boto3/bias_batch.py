"""A batch bias monitor of the churn model, by API calls alone."""

import csv
import json
import sys
from pathlib import Path

from account import CLARIFY, CLUSTER, ROLE, Account
from stopwatch import Stopwatch

watch = Stopwatch()
data, bucket = Path(sys.argv[1]), sys.argv[2]
aws = Account(bucket)
sagemaker = aws.sagemaker
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:0.90-1-cpu-py3"
validation = data / "churn" / "validation-dataset-with-header.csv"
with validation.open(newline="") as file:
    headers = next(csv.reader(file))
BIAS = {
    "label": "Churn",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "Account Length", "value_or_threshold": [100]}],
}

model = aws.upload(data / "churn" / "xgb-churn-prediction-model.tar.gz", "model.tar.gz")
baseline_data = aws.upload(validation, f"data/{validation.name}")
window = aws.upload(data / "churn" / "test-dataset-input-cols.csv", "window/test-dataset-input-cols.csv")
sagemaker.create_model(
    ModelName="churn-batch",
    ExecutionRoleArn=ROLE,
    PrimaryContainer={"Image": XGBOOST, "ModelDataUrl": model},
)
watch.lap("model")

sagemaker.create_transform_job(
    TransformJobName="churn-batch",
    ModelName="churn-batch",
    TransformInput={
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": window}},
        "ContentType": "text/csv",
        "SplitType": "Line",
    },
    TransformOutput={"S3OutputPath": aws.uri("scored"), "Accept": "text/csv", "AssembleWith": "Line"},
    TransformResources={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
    DataProcessing={"JoinSource": "Input"},
    DataCaptureConfig={"DestinationS3Uri": aws.uri("capture"), "GenerateInferenceId": True},
)
sagemaker.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName="churn-batch")
(manifest,) = [json.loads(aws.read(key)) for key in aws.keys("capture/output/")]
scored = aws.read(manifest[0]["prefix"].split(f"{bucket}/")[1] + manifest[1])
watch.lap("transform")

baseline = aws.analyse(
    "churn-batch-baseline",
    baseline_data,
    {
        "dataset_type": "text/csv",
        "headers": headers,
        **BIAS,
        "methods": {
            "report": {"name": "report", "title": "Analysis Report"},
            "pre_training_bias": {"methods": "all"},
            "post_training_bias": {"methods": "all"},
        },
        "predictor": {
            "model_name": "churn-batch",
            "instance_type": "ml.m5.xlarge",
            "initial_instance_count": 1,
            "accept_type": "text/csv",
            "content_type": "text/csv",
            "probability": 0,
        },
        "probability_threshold": 0.8,
    },
)
watch.lap("baseline")

recorded = json.loads((data / "recorded/churn_bias_batch_csv/reconstructed_ground_truth.json").read_text())
pairs = zip(scored.splitlines(), recorded["labels"], strict=True)
truth = aws.label([(row.split(",")[-2], str(label)) for row, label in pairs])
aws.write("monitor/analysis_config.json", {"headers": [*headers[1:], headers[0]], **BIAS})
sagemaker.create_model_bias_job_definition(
    JobDefinitionName="churn-batch",
    ModelBiasBaselineConfig={
        "ConstraintsResource": {"S3Uri": aws.uri("churn-batch-baseline/results/analysis.json")}
    },
    ModelBiasAppSpecification={"ImageUri": CLARIFY, "ConfigUri": aws.uri("monitor/analysis_config.json")},
    ModelBiasJobInput={
        "BatchTransformInput": {
            "DataCapturedDestinationS3Uri": aws.uri("capture"),
            "DatasetFormat": {"Csv": {"Header": False}},
            "LocalPath": "/opt/ml/processing/transform",
            "ProbabilityAttribute": "0",
            "ProbabilityThresholdAttribute": 0.8,
            "StartTimeOffset": "-PT6H",
            "EndTimeOffset": "-PT0H",
        },
        "GroundTruthS3Input": {"S3Uri": truth},
    },
    ModelBiasJobOutputConfig=aws.reports(),
    JobResources=CLUSTER,
    RoleArn=ROLE,
    StoppingCondition={"MaxRuntimeInSeconds": 1800},
)
aws.schedule("churn-batch", "churn-batch", "ModelBias")
found = aws.ended("churn-batch", "constraint_violations.json")
watch.lap("schedule")

sagemaker.delete_model_bias_job_definition(JobDefinitionName="churn-batch")
sagemaker.delete_model(ModelName="churn-batch")
watch.lap("clean-up")
print(json.dumps({"baseline": baseline, **found, "laps": watch.laps}))
