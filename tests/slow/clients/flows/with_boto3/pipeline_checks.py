"""A pipeline with check steps, by API calls alone: first baselines, checks that pass, and two that fail."""

import csv
import json
import sys
import time
from pathlib import Path

from account import ROLE, Account
from check_pipeline import EVALUATE, bias_config, definition
from stopwatch import Stopwatch

watch = Stopwatch()
data, bucket = Path(sys.argv[1]) / "churn", sys.argv[2]
aws = Account(bucket)
sagemaker = aws.sagemaker
NAME = "churn-checked"
FIRST = {"SkipCheck": "True", "RegisterNewBaseline": "True"}


def run(**parameters):
    """Start an execution, wait for its end, and return what it came to."""
    started = sagemaker.start_pipeline_execution(
        PipelineName=NAME,
        PipelineParameters=[{"Name": name, "Value": value} for name, value in parameters.items()],
    )
    arn = started["PipelineExecutionArn"]
    while True:
        described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        if described["PipelineExecutionStatus"] not in ("Executing", "Stopping"):
            break
        time.sleep(1)
    steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    return {
        "status": described["PipelineExecutionStatus"],
        "reason": described.get("FailureReason"),
        "steps": {each["StepName"]: each for each in steps},
    }


def documents(execution):
    """Return what each check computed, and what violated its baseline."""
    found = {}
    for name, step in execution["steps"].items():
        for check in ("QualityCheck", "ClarifyCheck"):
            for key, uri in step.get("Metadata", {}).get(check, {}).items():
                if key in ("CalculatedBaselineConstraints", "ViolationReport") and uri:
                    found.setdefault(name, {})[key] = json.loads(aws.read(uri.split(f"{bucket}/")[1]))
    return found


with (data / "validation-dataset-with-header.csv").open(newline="") as file:
    headers = next(csv.reader(file))
for name in (
    "training-dataset-with-header.csv",
    "validation-dataset-with-header.csv",
    "test-dataset.csv",
    "validation_with_predictions.csv",
):
    aws.upload(data / name, f"data/{name}")
aws.upload(data / "xgb-churn-prediction-model.tar.gz", "model.tar.gz")
aws.write("code/evaluate.py", EVALUATE)
aws.write("config/data/analysis_config.json", bias_config(headers, "pre_training_bias"))
aws.write("config/model/analysis_config.json", bias_config(headers, "post_training_bias"))
odd = [f"0,{row}\n" for row in (data / "test-dataset-input-cols.csv").read_text().splitlines()]
header = (data / "training-dataset-with-header.csv").read_text().splitlines()[0]
drifted = aws.write("data/drifted.csv", f"{header}\n{''.join(odd)}")

sagemaker.create_model_package_group(ModelPackageGroupName=NAME)
sagemaker.create_pipeline(
    PipelineName=NAME,
    PipelineDefinition=json.dumps(definition(bucket, NAME)),
    RoleArn=ROLE,
    ParallelismConfiguration={"MaxParallelExecutionSteps": 4},
)
watch.lap("pipeline")

first = run(**FIRST)
(version,) = sagemaker.list_model_packages(ModelPackageGroupName=NAME)["ModelPackageSummaryList"]
sagemaker.update_model_package(
    ModelPackageArn=version["ModelPackageArn"], ModelApprovalStatus="Approved", ApprovalDescription="by hand"
)
package = sagemaker.describe_model_package(ModelPackageName=version["ModelPackageArn"])
watch.lap("first baselines")
checked = run()
watch.lap("checks that pass")
violated = run(TrainingDataUrl=drifted)
watch.lap("a violation")
refused = run(**FIRST, MinimumAccuracy="0.99")
watch.lap("a condition")

job = first["steps"]["Evaluate"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
found = {
    "first": first,
    "documents": documents(first),
    "package": package,
    "checked": checked,
    "violated": violated,
    "violations": documents(violated),
    "refused": refused,
    "log": aws.log("/aws/sagemaker/ProcessingJobs", job),
    "versions": len(sagemaker.list_model_packages(ModelPackageGroupName=NAME)["ModelPackageSummaryList"]),
    "executions": len(sagemaker.list_pipeline_executions(PipelineName=NAME)["PipelineExecutionSummaries"]),
}
sagemaker.delete_pipeline(PipelineName=NAME)
watch.lap("clean-up")
print(json.dumps({**found, "laps": watch.laps}, default=str))
