"""A pipeline with check steps, defined, run and looked at by the SDK's version 3."""

import csv
import json
from pathlib import Path

from check_pipeline import EVALUATE
from monitors import log_of
from sagemaker.core import image_uris
from sagemaker.core.clarify import BiasConfig, DataConfig, ModelConfig, ModelPredictedLabelConfig
from sagemaker.core.drift_check_baselines import DriftCheckBaselines
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.model_monitor import DatasetFormat
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.resources import ModelPackageGroup
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output
from sagemaker.core.transformer import Transformer
from sagemaker.core.workflow.conditions import ConditionGreaterThan
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterBoolean, ParameterFloat, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow import (
    CheckJobConfig,
    ClarifyCheckStep,
    ConditionStep,
    FailStep,
    ModelStep,
    Pipeline,
    ProcessingStep,
    QualityCheckStep,
    TransformStep,
)
from sagemaker.mlops.workflow.clarify_check_step import DataBiasCheckConfig, ModelBiasCheckConfig
from sagemaker.mlops.workflow.quality_check_step import DataQualityCheckConfig, ModelQualityCheckConfig
from sagemaker.serve import ModelBuilder
from sdk_v3 import data, logs, prefix, read, role, session, upload, watch, write

name, churn, csv_type = "churn-checked-v3", data / "churn", "text/csv"
pipeline_session = PipelineSession(default_bucket=session.default_bucket())
with (churn / "validation-dataset-with-header.csv").open(newline="") as file:
    headers = next(csv.reader(file))
odd = [f"0,{row}\n" for row in (churn / "test-dataset-input-cols.csv").read_text().splitlines()]
drifted = write(f"{','.join(headers)}\n{''.join(odd)}", "drifted.csv")
Path("evaluate.py").write_text(EVALUATE)

training = ParameterString(
    "TrainingDataUrl", default_value=upload(churn / "training-dataset-with-header.csv")
)
skip = ParameterBoolean(name="SkipCheck", default_value=False)
register_new = ParameterBoolean(name="RegisterNewBaseline", default_value=False)
minimum = ParameterFloat("MinimumAccuracy", default_value=0.8)
validation = upload(churn / "validation-dataset-with-header.csv")
predictions = upload(churn / "validation_with_predictions.csv")
test = upload(churn / "test-dataset.csv")
job = CheckJobConfig(
    role=role,
    instance_count=1,
    instance_type="ml.c5.xlarge",
    volume_size_in_gb=120,
    sagemaker_session=pipeline_session,
)
switches = {
    "check_job_config": job,
    "skip_check": skip,
    "register_new_baseline": register_new,
    "model_package_group_name": name,
}


def output(step):
    return Join(on="/", values=[f"{prefix}/runs", ExecutionVariables.PIPELINE_EXECUTION_ID, step])


def quality(step, config, dataset, depends_on=None, **more):
    config = config(
        baseline_dataset=dataset,
        dataset_format=DatasetFormat.csv(header=True),
        output_s3_uri=output(step),
        **more,
    )
    return QualityCheckStep(name=step, quality_check_config=config, depends_on=depends_on, **switches)


def bias(step, config, **more):
    config = config(
        data_config=DataConfig(
            s3_data_input_path=validation,
            s3_output_path=output(step),
            s3_analysis_config_output_path=f"{prefix}/config/{step}",
            label=headers[0],
            headers=headers,
            dataset_type=csv_type,
        ),
        data_bias_config=BiasConfig(
            label_values_or_threshold=[1], facet_name="Account Length", facet_values_or_threshold=[100]
        ),
        **more,
    )
    return ClarifyCheckStep(name=step, clarify_check_config=config, **switches)


data_quality = quality("DataQualityCheck", DataQualityCheckConfig, training)
data_bias = bias("DataBiasCheck", DataBiasCheckConfig)
region = session.boto_region_name
builder = ModelBuilder(
    image_uri=image_uris.retrieve("xgboost", region, version="0.90-1"),
    s3_model_data_url=upload(churn / "xgb-churn-prediction-model.tar.gz"),
    role_arn=role,
    sagemaker_session=pipeline_session,
)
create = ModelStep(name="CreateModel", step_args=builder.build(), depends_on=[data_quality, data_bias])
transformer = Transformer(
    model_name=create.properties.ModelName,
    instance_count=1,
    instance_type="ml.m5.xlarge",
    accept=csv_type,
    assemble_with="Line",
    output_path=output("Transform"),
    base_transform_job_name="churn",
    sagemaker_session=pipeline_session,
)
transform = TransformStep(
    name="Transform",
    step_args=transformer.transform(
        data=test,
        content_type=csv_type,
        split_type="Line",
        input_filter="$[1:]",
        join_source="Input",
        output_filter="$[0,-1]",
    ),
)
model_quality = quality(
    "ModelQualityCheck",
    ModelQualityCheckConfig,
    predictions,
    [data_quality, data_bias],
    problem_type="BinaryClassification",
    inference_attribute="prediction",
    probability_attribute="probability",
    ground_truth_attribute="label",
)
model_bias = bias(
    "ModelBiasCheck",
    ModelBiasCheckConfig,
    model_config=ModelConfig(
        model_name=create.properties.ModelName,
        instance_count=1,
        instance_type="ml.m5.xlarge",
        content_type=csv_type,
        accept_type=csv_type,
    ),
    model_predicted_label_config=ModelPredictedLabelConfig(probability_threshold=0.8),
)
report = PropertyFile(name="Evaluation", output_name="evaluation", path="evaluation.json")
processor = ScriptProcessor(
    image_uri=image_uris.retrieve("sklearn", region, version="1.2-1"),
    command=["python3"],
    role=role,
    instance_count=1,
    instance_type="ml.m5.xlarge",
    base_job_name="churn-evaluate",
    sagemaker_session=pipeline_session,
)
evaluate = ProcessingStep(
    name="Evaluate",
    step_args=processor.run(
        code="evaluate.py",
        inputs=[
            ProcessingInput(
                input_name="scored",
                s3_input=ProcessingS3Input(
                    s3_uri=transform.properties.TransformOutput.S3OutputPath,
                    local_path="/opt/ml/processing/scored",
                    s3_data_type="S3Prefix",
                    s3_input_mode="File",
                ),
            )
        ],
        outputs=[
            ProcessingOutput(
                output_name="evaluation",
                s3_output=ProcessingS3Output(
                    s3_uri=output("Evaluate"),
                    local_path="/opt/ml/processing/evaluation",
                    s3_upload_mode="EndOfJob",
                ),
            )
        ],
    ),
    property_files=[report],
)


def source(step, kind, content):
    return MetricsSource("application/json", getattr(step.properties, f"{kind}{content}"))


def sources(kind, pre, post):
    """Return the baselines of all checks as arguments."""
    found = {
        f"{what}_{content.lower()}": source(step, kind, content)
        for what, step in (("model_data", data_quality), ("model", model_quality))
        for content in ("Statistics", "Constraints")
    }
    return {
        **found,
        pre: source(data_bias, kind, "Constraints"),
        post: source(model_bias, kind, "Constraints"),
    }


drift = sources(
    "BaselineUsedForDriftCheck", "bias_pre_training_constraints", "bias_post_training_constraints"
)
register = ModelStep(
    name="Register",
    step_args=builder.register(
        model_package_group_name=name,
        content_types=[csv_type],
        response_types=[csv_type],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        approval_status="PendingManualApproval",
        model_metrics=ModelMetrics(
            **sources("CalculatedBaseline", "bias_pre_training", "bias_post_training")
        ),
        drift_check_baselines=DriftCheckBaselines(**drift),
    ),
)
accuracy = JsonGet(
    step_name=evaluate.name, property_file=report, json_path="binary_classification_metrics.accuracy.value"
)
message = Join(on="", values=["The accuracy is not above ", minimum])
condition = ConditionStep(
    name="GoodEnough",
    conditions=[ConditionGreaterThan(left=accuracy, right=minimum)],
    if_steps=[register],
    else_steps=[FailStep(name="NotGoodEnough", error_message=message)],
    depends_on=[model_quality, model_bias],
)
pipeline = Pipeline(
    name=name,
    parameters=[training, skip, register_new, minimum],
    steps=[data_quality, data_bias, create, transform, model_quality, model_bias, evaluate, condition],
    sagemaker_session=pipeline_session,
)
pipeline.upsert(role_arn=role)
watch.lap("pipeline")


def run(**parameters):
    """Start an execution, wait for its end, and return what it came to."""
    execution = pipeline.start(parameters=parameters)
    try:
        execution.wait()
    except Exception as error:
        if "Waiter" not in type(error).__name__:
            raise
    described = execution.describe()
    return {
        "status": described["PipelineExecutionStatus"],
        "reason": described.get("FailureReason"),
        "steps": {each["StepName"]: each for each in execution.list_steps()},
    }


def documents(execution):
    """Return what each check computed, and what violated its baseline."""
    found = {}
    for step, record in execution["steps"].items():
        for check in ("QualityCheck", "ClarifyCheck"):
            for key, uri in record.get("Metadata", {}).get(check, {}).items():
                if key in ("CalculatedBaselineConstraints", "ViolationReport") and uri:
                    found.setdefault(step, {})[key] = json.loads(read(uri))
    return found


def versions():
    """Return the ARNs of the versions; ModelPackage.get_all asks for each by the name of its group."""
    listed = session.sagemaker_client.list_model_packages(ModelPackageGroupName=name)
    return [each["ModelPackageArn"] for each in listed["ModelPackageSummaryList"]]


FIRST = {"SkipCheck": True, "RegisterNewBaseline": True}
ModelPackageGroup.create(model_package_group_name=name)
first = run(**FIRST)
(version,) = versions()
session.sagemaker_client.update_model_package(ModelPackageArn=version, ModelApprovalStatus="Approved")
described = session.sagemaker_client.describe_model_package(ModelPackageName=version)
watch.lap("first baselines")
checked = run()
watch.lap("checks that pass")
violated = run(TrainingDataUrl=drifted)
watch.lap("a violation")
refused = run(**FIRST, MinimumAccuracy=0.99)
watch.lap("a condition")

evaluation = first["steps"]["Evaluate"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
found = {
    "first": first,
    "documents": documents(first),
    "package": described,
    "checked": checked,
    "violated": violated,
    "violations": documents(violated),
    "refused": refused,
    "log": log_of(logs, evaluation),
    "versions": len(versions()),
}
pipeline.delete()
watch.lap("clean-up")
print()
print(json.dumps({**found, "laps": watch.laps}, default=str))
