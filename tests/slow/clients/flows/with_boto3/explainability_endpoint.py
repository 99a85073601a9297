"""An explainability monitor of the income model on an endpoint, JSON Lines, by API calls alone."""

import json
import sys
from pathlib import Path

from account import CLARIFY, CLUSTER, ROLE, Account
from stopwatch import Stopwatch

watch = Stopwatch()
data, bucket = Path(sys.argv[1]), sys.argv[2]
aws = Account(bucket)
NAME, LINES = "income", "application/jsonlines"
LINEAR_LEARNER = "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1"
FEATURES = [
    *("Age", "Workclass", "fnlwgt", "Education", "Education-Num", "Marital Status", "Occupation"),
    *("Relationship", "Ethnic group", "Sex", "Capital Gain", "Capital Loss", "Hours per week", "Country"),
]
lines = (data / "adult/validation-dataset.jsonl").read_text().splitlines()
training = [json.loads(line)["features"] for line in lines]
SHAP = {
    "shap": {
        "baseline": [
            {"features": [round(sum(column) / len(column)) for column in zip(*training, strict=True)]}
        ],
        "num_samples": 100,
        "agg_method": "mean_abs",
        "save_local_shap_values": False,
    }
}
PREDICTOR = {
    "model_name": NAME,
    "instance_type": "ml.m5.xlarge",
    "initial_instance_count": 1,
    "accept_type": LINES,
    "content_type": LINES,
    "content_template": '{"features":$features}',
    "label": "score",
}

model = aws.upload(data / "adult/ll-adult-prediction-model.tar.gz", "model.tar.gz")
train = aws.upload(data / "adult/validation-dataset.jsonl", "data/validation-dataset.jsonl")
aws.endpoint(NAME, LINEAR_LEARNER, model, JsonContentTypes=[LINES])
watch.lap("endpoint")

requests = (data / "adult/test-dataset.jsonl").read_text().splitlines()
answers = aws.ask(NAME, LINES, "\n".join(requests[:2])).splitlines()
for number, line in enumerate(requests):
    aws.ask(NAME, LINES, line, InferenceId=str(number))
captured = aws.captured(NAME)
watch.lap("traffic")

baseline = aws.analyse(
    "income-baseline",
    train,
    {
        "dataset_type": LINES,
        "features": "features",
        "headers": [*FEATURES, "Target"],
        "label": "label",
        "methods": {"report": {"name": "report", "title": "Analysis Report"}, **SHAP},
        "predictor": PREDICTOR,
    },
)
watch.lap("baseline")

config = aws.write(
    "monitor/analysis_config.json", {"headers": FEATURES, "methods": SHAP, "predictor": PREDICTOR}
)
aws.sagemaker.create_model_explainability_job_definition(
    JobDefinitionName=NAME,
    ModelExplainabilityBaselineConfig={
        "ConstraintsResource": {"S3Uri": aws.uri("income-baseline/results/analysis.json")}
    },
    ModelExplainabilityAppSpecification={"ImageUri": CLARIFY, "ConfigUri": config},
    ModelExplainabilityJobInput={
        "EndpointInput": {
            "EndpointName": NAME,
            "LocalPath": "/opt/ml/processing/input/endpoint",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "FeaturesAttribute": "features",
        }
    },
    ModelExplainabilityJobOutputConfig=aws.reports(),
    JobResources=CLUSTER,
    RoleArn=ROLE,
    StoppingCondition={"MaxRuntimeInSeconds": 3600},
)
aws.schedule(NAME, NAME, "ModelExplainability")
found = aws.ended(NAME, "analysis.json", "constraint_violations.json")
watch.lap("schedule")

aws.sagemaker.delete_model_explainability_job_definition(JobDefinitionName=NAME)
aws.clean_up(NAME)
watch.lap("clean-up")
print(
    json.dumps(
        {**found, "baseline": baseline, "answers": answers, "captured": captured[:1], "laps": watch.laps}
    )
)
