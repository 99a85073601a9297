"""Data-quality and model-quality monitors of the churn model on an endpoint, by API calls alone."""

import json
import random
import sys
from pathlib import Path

from account import CLUSTER, ROLE, Account
from stopwatch import Stopwatch

watch = Stopwatch()
data, bucket = Path(sys.argv[1]) / "churn", sys.argv[2]
aws = Account(bucket)
sagemaker = aws.sagemaker
DATA, MODEL = "churn-data", "churn-model"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:0.90-1-cpu-py3"
ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
REQUESTS = {DATA: 1977, MODEL: 1892}


def suggest(name, dataset, **environment):
    """Run a baseline job as the SDK's monitors do; return its documents."""
    uri = aws.upload(dataset, f"{name}/data/{dataset.name}")
    aws.process(
        name,
        ANALYZER,
        {"baseline_dataset_input": (uri, "/opt/ml/processing/input/baseline_dataset_input")},
        "monitoring_output",
        {
            "dataset_format": json.dumps({"csv": {"header": True, "output_columns_position": "START"}}),
            "dataset_source": "/opt/ml/processing/input/baseline_dataset_input",
            "output_path": "/opt/ml/processing/output",
            "publish_cloudwatch_metrics": "Disabled",
            **environment,
        },
    )
    files = ("statistics.json", "constraints.json")
    return {each.partition(".")[0]: json.loads(aws.read(f"{name}/results/{each}")) for each in files}


model = aws.upload(data / "xgb-churn-prediction-model.tar.gz", "model.tar.gz")
rows = (data / "test-dataset-input-cols.csv").read_text().splitlines()
for name in REQUESTS:
    aws.endpoint(name, XGBOOST, model)
watch.lap("endpoints")

for number in range(REQUESTS[DATA]):
    aws.ask(DATA, "text/csv", rows[number % 300])
for number in range(REQUESTS[MODEL]):
    aws.ask(MODEL, "text/csv", rows[number % len(rows)], InferenceId=str(number % len(rows)))
labels = [random.Random(number).random() < 0.7 for number in range(len(rows))]
truth = aws.label((number, str(int(label))) for number, label in enumerate(labels))
watch.lap("traffic")

baselines = {
    DATA: suggest(f"{DATA}-baseline", data / "training-dataset-with-header.csv"),
    MODEL: suggest(
        f"{MODEL}-baseline",
        data / "validation_with_predictions.csv",
        analysis_type="MODEL_QUALITY",
        problem_type="BinaryClassification",
        inference_attribute="prediction",
        probability_attribute="probability",
        ground_truth_attribute="label",
    ),
}
watch.lap("baselines")


def seen(name, **attributes):
    endpoint = {"EndpointName": name, "LocalPath": "/opt/ml/processing/input_data"}
    return {"EndpointInput": {**endpoint, "S3InputMode": "File", **attributes}}


def resource(name, kind):
    return {f"{kind.title()}Resource": {"S3Uri": aws.uri(f"{name}-baseline/results/{kind}.json")}}


common = {"JobResources": CLUSTER, "RoleArn": ROLE, "StoppingCondition": {"MaxRuntimeInSeconds": 1800}}
sagemaker.create_data_quality_job_definition(
    JobDefinitionName=DATA,
    DataQualityBaselineConfig={**resource(DATA, "constraints"), **resource(DATA, "statistics")},
    DataQualityAppSpecification={"ImageUri": ANALYZER},
    DataQualityJobInput=seen(DATA),
    DataQualityJobOutputConfig=aws.reports(),
    **common,
)
sagemaker.create_model_quality_job_definition(
    JobDefinitionName=MODEL,
    ModelQualityBaselineConfig=resource(MODEL, "constraints"),
    ModelQualityAppSpecification={"ImageUri": ANALYZER, "ProblemType": "BinaryClassification"},
    ModelQualityJobInput={
        **seen(
            MODEL,
            ProbabilityAttribute="0",
            ProbabilityThresholdAttribute=0.5,
            StartTimeOffset="-PT1H",
            EndTimeOffset="-PT0H",
        ),
        "GroundTruthS3Input": {"S3Uri": truth},
    },
    ModelQualityJobOutputConfig=aws.reports(),
    **common,
)
aws.schedule(DATA, DATA, "DataQuality")
aws.schedule(MODEL, MODEL, "ModelQuality")
found = {
    kind: {"baseline": baselines[name], **aws.ended(name, "statistics.json", "constraint_violations.json")}
    for kind, name in (("data", DATA), ("model", MODEL))
}
watch.lap("schedules")

sagemaker.delete_data_quality_job_definition(JobDefinitionName=DATA)
sagemaker.delete_model_quality_job_definition(JobDefinitionName=MODEL)
for name in REQUESTS:
    aws.clean_up(name)
watch.lap("clean-up")
print(
    json.dumps(
        {**found, "requests": list(REQUESTS.values()), "odd": -(-REQUESTS[DATA] // 300), "laps": watch.laps}
    )
)
