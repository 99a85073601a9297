"""A pipeline with check steps, defined by hand; `python check_pipeline.py BUCKET GROUP` prints it."""

import json
import sys

ROLE = "arn:aws:iam::000000000000:role/service-role/AmazonSageMaker-ExecutionRole"
ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
CLARIFY = "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:0.90-1-cpu-py3"
CLUSTER = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.c5.xlarge", "VolumeSizeInGB": 120}}
EVALUATE = """
import csv, json, pathlib

rows = []
for path in sorted(pathlib.Path("/opt/ml/processing/scored").rglob("*.out")):
    rows += [tuple(map(float, row)) for row in csv.reader(path.open())]
accuracy = sum((score > 0.5) == (label == 1) for label, score in rows) / len(rows)
report = {"binary_classification_metrics": {"accuracy": {"value": accuracy}}}
pathlib.Path("/opt/ml/processing/evaluation/evaluation.json").write_text(json.dumps(report))
print("accuracy", accuracy)
"""


def bias_config(headers, *methods):
    """Return Clarify's configuration for the churn data: customers of long standing against the others."""
    model = {"instance_type": "ml.m5.xlarge", "initial_instance_count": 1}
    types = {"accept_type": "text/csv", "content_type": "text/csv"}
    post = "post_training_bias" in methods
    return {
        "dataset_type": "text/csv",
        "headers": headers,
        "label": "Churn",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "Account Length", "value_or_threshold": [100]}],
        "methods": {
            "report": {"name": "report", "title": "Analysis Report"},
            **{each: {"methods": "all"} for each in methods},
        },
        **({"predictor": {**model, **types}, "probability_threshold": 0.8} if post else {}),
    }


def get(path):
    return {"Get": path}


def parameter(name):
    return get(f"Parameters.{name}")


def output(bucket, step):
    """Return where a step of an execution leaves its results."""
    values = [f"s3://{bucket}/runs", get("Execution.PipelineExecutionId"), step]
    return {"Std:Join": {"On": "/", "Values": values}}


def given(name, uri, path):
    source = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "AppManaged": False, "S3Input": {**source, "S3CompressionType": "None"}}


def job(image, inputs, name, uri, **more):
    """Return the arguments of a processing job with one output."""
    stored = {"S3Uri": uri, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    return {
        "AppSpecification": {"ImageUri": image},
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {
            "Outputs": [{"OutputName": name, "AppManaged": False, "S3Output": stored}]
        },
        "ProcessingResources": CLUSTER,
        "RoleArn": ROLE,
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        **more,
    }


def check(bucket, name, kind, arguments, **more):
    """Return a check step with the switches of every other one."""
    return {
        "Name": name,
        "Type": "QualityCheck" if "QUALITY" in kind else "ClarifyCheck",
        "Arguments": arguments,
        "CheckType": kind,
        "ModelPackageGroupName": parameter("ModelPackageGroupName"),
        "SkipCheck": parameter("SkipCheck"),
        "RegisterNewBaseline": parameter("RegisterNewBaseline"),
        "SuppliedBaselineConstraints": parameter("SuppliedBaselineConstraints"),
        **(
            {"SuppliedBaselineStatistics": parameter("SuppliedBaselineStatistics")}
            if "QUALITY" in kind
            else {}
        ),
        **more,
    }


def quality(bucket, name, kind, dataset, **environment):
    path = "/opt/ml/processing/input/baseline_dataset_input"
    arguments = job(
        ANALYZER,
        [given("baseline_dataset_input", dataset, path)],
        "quality_check_output",
        output(bucket, name),
        Environment={
            "output_path": "/opt/ml/processing/output",
            "publish_cloudwatch_metrics": "Disabled",
            "dataset_format": '{"csv": {"header": true, "output_columns_position": "START"}}',
            "dataset_source": path,
            **environment,
        },
    )
    return check(bucket, name, kind, arguments)


def clarify(bucket, name, kind, config, **more):
    inputs = [
        given("analysis_config", config, "/opt/ml/processing/input/config"),
        given("dataset", parameter("ValidationDataUrl"), "/opt/ml/processing/input/data"),
    ]
    arguments = job(CLARIFY, inputs, "analysis_result", output(bucket, name))
    return check(bucket, name, kind, arguments, **more)


def source(step, name, content="Statistics"):
    uri = get(f"Steps.{step}.{name}{content}")
    return {"ContentType": "application/json", "S3Uri": uri}


def registered(name):
    """Return the checks' baselines by the property called *name*, for ModelMetrics or DriftCheckBaselines."""
    drift = name.startswith("BaselineUsed")
    end = "Constraints" if drift else "Report"
    both = {
        kind: {each: source(f"{step}Check", name, each) for each in ("Statistics", "Constraints")}
        for kind, step in (("ModelDataQuality", "DataQuality"), ("ModelQuality", "ModelQuality"))
    }
    bias = {
        f"{when}{end}": source(f"{step}BiasCheck", name, "Constraints")
        for when, step in (("PreTraining", "Data"), ("PostTraining", "Model"))
    }
    return {**both, "Bias": bias}


def definition(bucket, group):
    """Return the pipeline: checks of the data, a model and its scores, checks of it, and a condition."""
    texts = {
        "TrainingDataUrl": f"s3://{bucket}/data/training-dataset-with-header.csv",
        "ValidationDataUrl": f"s3://{bucket}/data/validation-dataset-with-header.csv",
        "TestDataUrl": f"s3://{bucket}/data/test-dataset.csv",
        "PredictionsUrl": f"s3://{bucket}/data/validation_with_predictions.csv",
        "ModelDataUrl": f"s3://{bucket}/model.tar.gz",
        "ModelApprovalStatus": "PendingManualApproval",
        "ModelPackageGroupName": group,
        "SuppliedBaselineConstraints": "",
        "SuppliedBaselineStatistics": "",
    }
    parameters = [{"Name": name, "Type": "String", "DefaultValue": value} for name, value in texts.items()]
    parameters += [
        {"Name": name, "Type": "Boolean", "DefaultValue": False}
        for name in ("SkipCheck", "RegisterNewBaseline")
    ]
    parameters += [{"Name": "MinimumAccuracy", "Type": "Float", "DefaultValue": 0.8}]
    container = {"Image": XGBOOST, "ModelDataUrl": parameter("ModelDataUrl")}
    transform = {
        "ModelName": get("Steps.CreateModel.ModelName"),
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": parameter("TestDataUrl")}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "DataProcessing": {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
        "TransformOutput": {
            "S3OutputPath": output(bucket, "Transform"),
            "Accept": "text/csv",
            "AssembleWith": "Line",
        },
        "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
    }
    evaluate = job(
        SKLEARN,
        [
            given("scored", get("Steps.Transform.TransformOutput.S3OutputPath"), "/opt/ml/processing/scored"),
            given("code", f"s3://{bucket}/code/evaluate.py", "/opt/ml/processing/input/code"),
        ],
        "evaluation",
        output(bucket, "Evaluate"),
        AppSpecification={
            "ImageUri": SKLEARN,
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/evaluate.py"],
        },
    )
    evaluate["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["LocalPath"] = (
        "/opt/ml/processing/evaluation"
    )
    report = {"PropertyFileName": "Evaluation", "OutputName": "evaluation", "FilePath": "evaluation.json"}
    accuracy = {
        "Std:JsonGet": {
            "PropertyFile": get("Steps.Evaluate.PropertyFiles.Evaluation"),
            "Path": "binary_classification_metrics.accuracy.value",
        }
    }
    register = {
        "ModelPackageGroupName": parameter("ModelPackageGroupName"),
        "ModelApprovalStatus": parameter("ModelApprovalStatus"),
        "ModelMetrics": registered("CalculatedBaseline"),
        "DriftCheckBaselines": registered("BaselineUsedForDriftCheck"),
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
            "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
            "SupportedTransformInstanceTypes": ["ml.m5.large"],
        },
    }
    words = ["The accuracy is not above ", parameter("MinimumAccuracy")]
    fail = {"ErrorMessage": {"Std:Join": {"On": "", "Values": words}}}
    checked = ["DataQualityCheck", "DataBiasCheck"]
    steps = [
        quality(bucket, "DataQualityCheck", "DATA_QUALITY", parameter("TrainingDataUrl")),
        clarify(bucket, "DataBiasCheck", "DATA_BIAS", f"s3://{bucket}/config/data/analysis_config.json"),
        {
            "Name": "CreateModel",
            "Type": "Model",
            "DependsOn": checked,
            "Arguments": {"ExecutionRoleArn": ROLE, "PrimaryContainer": container},
        },
        {"Name": "Transform", "Type": "Transform", "Arguments": transform},
        quality(
            bucket,
            "ModelQualityCheck",
            "MODEL_QUALITY",
            parameter("PredictionsUrl"),
            analysis_type="MODEL_QUALITY",
            problem_type="BinaryClassification",
            inference_attribute="prediction",
            probability_attribute="probability",
            ground_truth_attribute="label",
        )
        | {"DependsOn": checked},
        clarify(
            bucket,
            "ModelBiasCheck",
            "MODEL_BIAS",
            f"s3://{bucket}/config/model/analysis_config.json",
            ModelName=get("Steps.CreateModel.ModelName"),
        ),
        {"Name": "Evaluate", "Type": "Processing", "Arguments": evaluate, "PropertyFiles": [report]},
        {
            "Name": "GoodEnough",
            "Type": "Condition",
            "DependsOn": ["ModelQualityCheck", "ModelBiasCheck"],
            "Arguments": {
                "Conditions": [
                    {
                        "Type": "GreaterThan",
                        "LeftValue": accuracy,
                        "RightValue": parameter("MinimumAccuracy"),
                    }
                ],
                "IfSteps": [{"Name": "Register", "Type": "RegisterModel", "Arguments": register}],
                "ElseSteps": [{"Name": "NotGoodEnough", "Type": "Fail", "Arguments": fail}],
            },
        },
    ]
    experiment = {
        "ExperimentName": get("Execution.PipelineName"),
        "TrialName": get("Execution.PipelineExecutionId"),
    }
    return {
        "Version": "2020-12-01",
        "Metadata": {},
        "Parameters": parameters,
        "PipelineExperimentConfig": experiment,
        "Steps": steps,
    }


if __name__ == "__main__":
    print(json.dumps(definition(*sys.argv[1:])))
