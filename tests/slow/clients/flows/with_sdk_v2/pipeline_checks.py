"""A pipeline with check steps, as the notebook of Model Monitor and Clarify in pipelines builds one."""

import csv
import json
import sys
from pathlib import Path

import sagemaker
from notebook import Notebook, say
from sagemaker.clarify import BiasConfig, DataConfig, ModelConfig
from sagemaker.drift_check_baselines import DriftCheckBaselines
from sagemaker.inputs import TransformInput
from sagemaker.model import Model
from sagemaker.model_metrics import FileSource, MetricsSource, ModelMetrics
from sagemaker.model_monitor import DatasetFormat
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.transformer import Transformer
from sagemaker.workflow.check_job_config import CheckJobConfig
from sagemaker.workflow.clarify_check_step import (
    ClarifyCheckStep,
    DataBiasCheckConfig,
    ModelBiasCheckConfig,
    ModelPredictedLabelConfig,
)
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionGreaterThan
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterBoolean, ParameterFloat, ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.quality_check_step import (
    DataQualityCheckConfig,
    ModelQualityCheckConfig,
    QualityCheckStep,
)
from sagemaker.workflow.steps import ProcessingStep, TransformStep
from stopwatch import Stopwatch

watch = Stopwatch()
data = Path(sys.argv[1]) / "churn"
book = Notebook("pipeline-checks")
lazy = PipelineSession()
GROUP = sagemaker.utils.unique_name_from_base("churn-checked")
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

with (data / "validation-dataset-with-header.csv").open(newline="") as file:
    headers = next(csv.reader(file))
uploaded = {
    name: book.upload(data / f"{name}.csv", "data")
    for name in (
        "training-dataset-with-header",
        "validation-dataset-with-header",
        "test-dataset",
        "validation_with_predictions",
    )
}
artifact = book.upload(data / "xgb-churn-prediction-model.tar.gz")
header = (data / "training-dataset-with-header.csv").read_text().splitlines()[0]
odd = [f"0,{row}\n" for row in (data / "test-dataset-input-cols.csv").read_text().splitlines()]
drifted = book.write("data/drifted.csv", f"{header}\n{''.join(odd)}")
Path("evaluate.py").write_text(EVALUATE)
watch.lap("set-up")

training = ParameterString("TrainingDataUrl", default_value=uploaded["training-dataset-with-header"])
skip = ParameterBoolean("SkipCheck", default_value=False)
refresh = ParameterBoolean("RegisterNewBaseline", default_value=False)
constraints = ParameterString("SuppliedBaselineConstraints", default_value="")
statistics = ParameterString("SuppliedBaselineStatistics", default_value="")
minimum = ParameterFloat("MinimumAccuracy", default_value=0.8)
approval = ParameterString("ModelApprovalStatus", default_value="PendingManualApproval")
cluster = CheckJobConfig(
    role=book.role,
    instance_count=1,
    instance_type="ml.c5.xlarge",
    volume_size_in_gb=120,
    sagemaker_session=book.session,
)
switches = {
    "check_job_config": cluster,
    "skip_check": skip,
    "register_new_baseline": refresh,
    "supplied_baseline_constraints": constraints,
    "model_package_group_name": GROUP,
}


def output(step):
    """Return where a step of an execution leaves its results."""
    return Join(on="/", values=[book.uri("runs"), ExecutionVariables.PIPELINE_EXECUTION_ID, step])


def dataset(step):
    return DataConfig(
        s3_data_input_path=uploaded["validation-dataset-with-header"],
        s3_output_path=output(step),
        s3_analysis_config_output_path=book.uri(f"config/{step}"),
        label=headers[0],
        headers=headers,
        dataset_type="text/csv",
    )


facet = BiasConfig(
    label_values_or_threshold=[1], facet_name="Account Length", facet_values_or_threshold=[100]
)
data_quality = QualityCheckStep(
    name="DataQualityCheck",
    quality_check_config=DataQualityCheckConfig(
        baseline_dataset=training,
        dataset_format=DatasetFormat.csv(header=True),
        output_s3_uri=output("DataQualityCheck"),
    ),
    supplied_baseline_statistics=statistics,
    **switches,
)
data_bias = ClarifyCheckStep(
    name="DataBiasCheck",
    clarify_check_config=DataBiasCheckConfig(data_config=dataset("DataBiasCheck"), data_bias_config=facet),
    **switches,
)
model = Model(
    image_uri=sagemaker.image_uris.retrieve("xgboost", book.region, "0.90-1"),
    model_data=artifact,
    sagemaker_session=lazy,
    role=book.role,
)
create = ModelStep(
    name="Create", step_args=model.create(instance_type="ml.m5.large"), depends_on=[data_quality, data_bias]
)
transform = TransformStep(
    name="Transform",
    transformer=Transformer(
        model_name=create.properties.ModelName,
        instance_type="ml.m5.xlarge",
        instance_count=1,
        accept="text/csv",
        assemble_with="Line",
        output_path=output("Transform"),
    ),
    inputs=TransformInput(
        data=uploaded["test-dataset"],
        input_filter="$[1:]",
        join_source="Input",
        output_filter="$[0,-1]",
        content_type="text/csv",
        split_type="Line",
    ),
)
model_quality = QualityCheckStep(
    name="ModelQualityCheck",
    quality_check_config=ModelQualityCheckConfig(
        baseline_dataset=uploaded["validation_with_predictions"],
        dataset_format=DatasetFormat.csv(header=True),
        output_s3_uri=output("ModelQualityCheck"),
        problem_type="BinaryClassification",
        inference_attribute="prediction",
        probability_attribute="probability",
        ground_truth_attribute="label",
    ),
    supplied_baseline_statistics=statistics,
    depends_on=[data_quality, data_bias],
    **switches,
)
model_bias_config = ModelBiasCheckConfig(
    data_config=dataset("ModelBiasCheck"),
    data_bias_config=facet,
    model_config=ModelConfig(
        model_name=create.properties.ModelName, instance_count=1, instance_type="ml.m5.xlarge"
    ),
    model_predicted_label_config=ModelPredictedLabelConfig(probability_threshold=0.8),
)
model_bias = ClarifyCheckStep(name="ModelBiasCheck", clarify_check_config=model_bias_config, **switches)
processor = SKLearnProcessor(
    framework_version="0.23-1",
    instance_type="ml.m5.xlarge",
    instance_count=1,
    base_job_name="churn-evaluate",
    sagemaker_session=lazy,
    role=book.role,
)
report = PropertyFile(name="Evaluation", output_name="evaluation", path="evaluation.json")
evaluate = ProcessingStep(
    name="Evaluate",
    step_args=processor.run(
        inputs=[
            ProcessingInput(
                source=transform.properties.TransformOutput.S3OutputPath,
                destination="/opt/ml/processing/scored",
            )
        ],
        outputs=[ProcessingOutput(output_name="evaluation", source="/opt/ml/processing/evaluation")],
        code="evaluate.py",
    ),
    property_files=[report],
)


def source(step, kind, name):
    return MetricsSource(s3_uri=getattr(step.properties, f"{name}{kind}"), content_type="application/json")


def quality_of(name):
    """Return the documents of the quality checks by the properties called *name*."""
    return {
        "model_data_statistics": source(data_quality, "Statistics", name),
        "model_data_constraints": source(data_quality, "Constraints", name),
        "model_statistics": source(model_quality, "Statistics", name),
        "model_constraints": source(model_quality, "Constraints", name),
    }


register = ModelStep(
    name="Register",
    step_args=model.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.t2.medium", "ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name=GROUP,
        approval_status=approval,
        model_metrics=ModelMetrics(
            bias_pre_training=source(data_bias, "Constraints", "CalculatedBaseline"),
            bias_post_training=source(model_bias, "Constraints", "CalculatedBaseline"),
            **quality_of("CalculatedBaseline"),
        ),
        drift_check_baselines=DriftCheckBaselines(
            bias_pre_training_constraints=source(data_bias, "Constraints", "BaselineUsedForDriftCheck"),
            bias_post_training_constraints=source(model_bias, "Constraints", "BaselineUsedForDriftCheck"),
            bias_config_file=FileSource(
                s3_uri=model_bias_config.monitoring_analysis_config_uri, content_type="application/json"
            ),
            **quality_of("BaselineUsedForDriftCheck"),
        ),
    ),
)
good_enough = ConditionStep(
    name="GoodEnough",
    conditions=[
        ConditionGreaterThan(
            left=JsonGet(
                step_name=evaluate.name,
                property_file=report,
                json_path="binary_classification_metrics.accuracy.value",
            ),
            right=minimum,
        )
    ],
    if_steps=[register],
    else_steps=[
        FailStep(
            name="NotGoodEnough",
            error_message=Join(on="", values=["The accuracy is not above ", minimum]),
        )
    ],
    depends_on=[model_quality, model_bias],
)
pipeline = Pipeline(
    name=GROUP,
    parameters=[training, skip, refresh, constraints, statistics, minimum, approval],
    steps=[
        data_quality,
        data_bias,
        create,
        transform,
        model_quality,
        model_bias,
        evaluate,
        good_enough,
    ],
    sagemaker_session=lazy,
)
pipeline.upsert(role_arn=book.role)
watch.lap("pipeline")


def run(**parameters):
    """Start an execution, wait for its end, and return what it came to."""
    execution = pipeline.start(parameters=parameters)
    reason = None
    try:
        execution.wait()
    except Exception as error:  # the waiter's, with the status alone
        reason = str(error)
    described = execution.describe()
    return {
        "status": described["PipelineExecutionStatus"],
        "reason": described.get("FailureReason", reason),
        "steps": {each["StepName"]: each for each in execution.list_steps()},
    }


def documents(execution):
    """Return what each check computed, and what violated its baseline."""
    found = {}
    for name, step in execution["steps"].items():
        for check in ("QualityCheck", "ClarifyCheck"):
            for key, uri in step.get("Metadata", {}).get(check, {}).items():
                if key in ("CalculatedBaselineConstraints", "ViolationReport") and uri:
                    found.setdefault(name, {})[key] = json.loads(book.read(uri))
    return found


first = run(SkipCheck=True, RegisterNewBaseline=True)
client = book.session.sagemaker_client
(version,) = client.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]
client.update_model_package(ModelPackageArn=version["ModelPackageArn"], ModelApprovalStatus="Approved")
package = client.describe_model_package(ModelPackageName=version["ModelPackageArn"])
watch.lap("first baselines")
checked = run()
watch.lap("checks that pass")
violated = run(TrainingDataUrl=drifted)
watch.lap("a violation")
refused = run(SkipCheck=True, RegisterNewBaseline=True, MinimumAccuracy=0.99)
watch.lap("a condition")

found = {
    "first": first,
    "documents": documents(first),
    "package": package,
    "checked": checked,
    "violated": violated,
    "violations": documents(violated),
    "refused": refused,
    "log": book.log(first["steps"]["Evaluate"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]),
    "versions": len(client.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]),
}
pipeline.delete()
watch.lap("clean-up")
say(found, watch)
