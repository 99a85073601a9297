"""Data-quality and model-quality monitors of the churn model on an endpoint, by the SDK's version 3."""

import json
import random

from sagemaker.core import image_uris
from sagemaker.core.model_monitor import (
    CronExpressionGenerator,
    DatasetFormat,
    DefaultModelMonitor,
    EndpointInput,
    ModelQualityMonitor,
)
from sagemaker.core.resources import ProcessingJob
from sagemaker.core.shapes import (
    AppSpecification,
    ProcessingClusterConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingOutputConfig,
    ProcessingResources,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sdk_v3 import data, deploy, first_execution, label, prefix, read, role, session, undeploy, upload, watch

churn, region = data / "churn", session.boto_region_name
DATA, MODEL = "churn-data-v3", "churn-model-v3"
NAME, REQUESTS = "churn-quality-v3", 1892
PATH = "/opt/ml/processing/input/baseline_dataset_input"


def suggest(name, dataset, **environment):
    """Run a baseline job, show its log, and return its documents; suggest_baseline breaks in 3.27."""
    cluster = ProcessingClusterConfig(instance_count=1, instance_type="ml.m5.xlarge", volume_size_in_gb=20)
    stored = ProcessingS3Output(
        s3_uri=f"{prefix}/{name}", local_path="/opt/ml/processing/output", s3_upload_mode="EndOfJob"
    )
    given = ProcessingS3Input(
        s3_uri=upload(dataset), local_path=PATH, s3_data_type="S3Prefix", s3_input_mode="File"
    )
    job = ProcessingJob.create(
        processing_job_name=name,
        role_arn=role,
        app_specification=AppSpecification(image_uri=image_uris.retrieve("model-monitor", region)),
        environment={
            "dataset_format": json.dumps(DatasetFormat.csv(header=True)),
            "dataset_source": PATH,
            "output_path": "/opt/ml/processing/output",
            "publish_cloudwatch_metrics": "Disabled",
            **environment,
        },
        processing_inputs=[ProcessingInput(input_name="baseline_dataset_input", s3_input=given)],
        processing_output_config=ProcessingOutputConfig(
            outputs=[ProcessingOutput(output_name="monitoring_output", s3_output=stored)]
        ),
        processing_resources=ProcessingResources(cluster_config=cluster),
    )
    job.wait(logs=True)
    return {each: json.loads(read(f"{prefix}/{name}/{each}.json")) for each in ("statistics", "constraints")}


model = upload(churn / "xgb-churn-prediction-model.tar.gz")
image = image_uris.retrieve("xgboost", region, version="0.90-1")
rows = (churn / "test-dataset-input-cols.csv").read_text().splitlines()
endpoint = deploy(NAME, image, model, csv_content_types=["text/csv"])
watch.lap("endpoint")

for number in range(REQUESTS):
    index = number % len(rows)
    endpoint.invoke(body=rows[index], content_type="text/csv", inference_id=str(index)).body.read()
truth = label((number, str(int(random.Random(number).random() < 0.7))) for number in range(len(rows)))
watch.lap("traffic")

baselines = {
    DATA: suggest(f"{DATA}-baseline", churn / "training-dataset-with-header.csv"),
    MODEL: suggest(
        f"{MODEL}-baseline",
        churn / "validation_with_predictions.csv",
        analysis_type="MODEL_QUALITY",
        problem_type="BinaryClassification",
        inference_attribute="prediction",
        probability_attribute="probability",
        ground_truth_attribute="label",
    ),
}
watch.lap("baselines")

hourly = CronExpressionGenerator.hourly()
monitor = DefaultModelMonitor(role=role, sagemaker_session=session, max_runtime_in_seconds=1800)
monitor.create_monitoring_schedule(
    endpoint_input=NAME,
    output_s3_uri=f"{prefix}/reports",
    constraints=f"{prefix}/{DATA}-baseline/constraints.json",
    statistics=f"{prefix}/{DATA}-baseline/statistics.json",
    schedule_cron_expression=hourly,
)
quality = ModelQualityMonitor(role=role, sagemaker_session=session, max_runtime_in_seconds=1800)
quality.create_monitoring_schedule(
    endpoint_input=EndpointInput(
        endpoint_name=NAME,
        destination="/opt/ml/processing/input_data",
        probability_attribute="0",
        probability_threshold_attribute=0.5,
        start_time_offset="-PT1H",
        end_time_offset="-PT0H",
    ),
    ground_truth_input=truth,
    problem_type="BinaryClassification",
    output_s3_uri=f"{prefix}/reports",
    constraints=f"{prefix}/{MODEL}-baseline/constraints.json",
    schedule_cron_expression=hourly,
)
found = {
    "data": {"baseline": baselines[DATA], **first_execution(monitor)},
    "model": {"baseline": baselines[MODEL], **first_execution(quality)},
}
watch.lap("schedules")

for each in (monitor, quality):
    each.delete_monitoring_schedule()
undeploy(endpoint)
watch.lap("clean-up")
print()
print(
    json.dumps(
        {**found, "requests": [REQUESTS, REQUESTS], "odd": -(-REQUESTS // len(rows)), "laps": watch.laps}
    )
)
