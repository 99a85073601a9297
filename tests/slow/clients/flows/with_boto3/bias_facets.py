"""A bias monitor with fifteen facets on an endpoint, after training XGBoost, by API calls alone."""

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
NAME = "churn-facets"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.5-1"
STATES = ("AL", "CT", "ID", "IN", "KS", "MD", "MI", "MN", "NJ", "NY", "TX", "WV")
FACETS = [("Account Length", 100), ("Int'l Plan_yes", 1), ("VMail Plan_yes", 1)]
FACETS += [(f"State_{state}", 1) for state in STATES]


def rows_of(name):
    with (data / "churn" / name).open(newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def lines(rows):
    return "".join(f"{','.join(row)}\n" for row in rows)


headers, training = rows_of("training-dataset-with-header.csv")
_, validation = rows_of("validation-dataset-with-header.csv")
channels = {
    "train": aws.write("train/train.csv", lines(training)),
    "validation": aws.write("validation/validation.csv", lines(validation)),
}
sagemaker.create_training_job(
    TrainingJobName=NAME,
    AlgorithmSpecification={"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
    RoleArn=ROLE,
    HyperParameters={
        "max_depth": "5",
        "eta": "0.2",
        "gamma": "4",
        "min_child_weight": "2",
        "subsample": "0.8",
        "verbosity": "0",
        "objective": "binary:logistic",
        "num_round": "100",
    },
    InputDataConfig=[
        {
            "ChannelName": name,
            "ContentType": "csv",
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": uri,
                    "S3DataDistributionType": "FullyReplicated",
                }
            },
        }
        for name, uri in channels.items()
    ],
    OutputDataConfig={"S3OutputPath": aws.uri("models")},
    ResourceConfig={"InstanceType": "ml.m4.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
    StoppingCondition={"MaxRuntimeInSeconds": 3600},
)
sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=NAME)
trained = sagemaker.describe_training_job(TrainingJobName=NAME)
training_log = aws.log("/aws/sagemaker/TrainingJobs", NAME)
watch.lap("training")

aws.endpoint(NAME, XGBOOST, trained["ModelArtifacts"]["S3ModelArtifacts"])
watch.lap("endpoint")

BIAS = {
    "label": headers[0],
    "label_values_or_threshold": [0],
    "facet": [{"name_or_index": name, "value_or_threshold": [value]} for name, value in FACETS],
}
baseline = aws.analyse(
    f"{NAME}-baseline",
    channels["validation"],
    {
        "dataset_type": "text/csv",
        "headers": headers,
        **BIAS,
        "methods": {
            "report": {"name": "report", "title": "Analysis Report"},
            "pre_training_bias": {"methods": "all"},
            "post_training_bias": {"methods": "all"},
        },
        "predictor": {"endpoint_name": NAME, "accept_type": "text/csv", "content_type": "text/csv"},
        "probability_threshold": 0.5,
    },
)
watch.lap("baseline")

with (data / "churn" / "test-dataset.csv").open(newline="") as file:
    traffic = [row for row in csv.reader(file) if row]
answers = [
    float(aws.ask(NAME, "text/csv", ",".join(row[1:]), InferenceId=str(number)))
    for number, row in enumerate(traffic)
]
truth = aws.label((number, row[0]) for number, row in enumerate(traffic))
aws.captured(NAME)
watch.lap("traffic")

config = aws.write("monitor/analysis_config.json", {"headers": headers, **BIAS})
sagemaker.create_model_bias_job_definition(
    JobDefinitionName=NAME,
    ModelBiasBaselineConfig={
        "ConstraintsResource": {"S3Uri": aws.uri(f"{NAME}-baseline/results/analysis.json")}
    },
    ModelBiasAppSpecification={"ImageUri": CLARIFY, "ConfigUri": config},
    ModelBiasJobInput={
        "EndpointInput": {
            "EndpointName": NAME,
            "LocalPath": "/opt/ml/processing/input/endpoint",
            "StartTimeOffset": "-PT1H",
            "EndTimeOffset": "-PT0H",
            "ProbabilityThresholdAttribute": 0.5,
        },
        "GroundTruthS3Input": {"S3Uri": truth},
    },
    ModelBiasJobOutputConfig=aws.reports(),
    JobResources=CLUSTER,
    RoleArn=ROLE,
    StoppingCondition={"MaxRuntimeInSeconds": 1800},
)
aws.schedule(NAME, NAME, "ModelBias")
found = aws.ended(NAME, "analysis.json", "constraint_violations.json")
watch.lap("schedule")

sagemaker.delete_model_bias_job_definition(JobDefinitionName=NAME)
aws.clean_up(NAME)
watch.lap("clean-up")
print(
    json.dumps(
        {
            **found,
            "training_log": training_log,
            "metrics": trained.get("FinalMetricDataList", []),
            "baseline": baseline,
            "headers": headers,
            "facets": FACETS,
            "rows": traffic,
            "answers": answers,
            "laps": watch.laps,
        },
        default=str,
    )
)
