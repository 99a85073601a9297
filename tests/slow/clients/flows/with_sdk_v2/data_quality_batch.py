"""A data-quality monitor of batch transforms that runs at once, as their notebooks make one every hour."""

import json
import sys
from pathlib import Path

import sagemaker
from notebook import Notebook, say
from sagemaker.inputs import BatchDataCaptureConfig
from sagemaker.model import Model
from sagemaker.model_monitor import (
    BatchTransformInput,
    CronExpressionGenerator,
    DefaultModelMonitor,
    MonitoringDatasetFormat,
)
from sagemaker.model_monitor.dataset_format import DatasetFormat
from stopwatch import Stopwatch

watch = Stopwatch()
data = Path(sys.argv[1]) / "churn"
book = Notebook("data-quality-batch")
artifact = book.upload(data / "xgb-churn-prediction-model.tar.gz")
inputs = book.upload(data / "test-dataset-input-cols.csv", "transform-input")
training = (data / "training-dataset-with-header.csv").read_text().splitlines()
features = "\n".join(row.split(",", 1)[1] for row in training)
dataset = book.write("baselining/data/training-inputs-with-header.csv", features)
watch.lap("set-up")

image = sagemaker.image_uris.retrieve("xgboost", book.region, "0.90-1")
transformer = Model(
    image_uri=image, model_data=artifact, role=book.role, sagemaker_session=book.session
).transformer(instance_count=1, instance_type="ml.m4.xlarge", accept="text/csv", assemble_with="Line")
transformer.transform(
    book.uri("transform-input"),
    content_type="text/csv",
    split_type="Line",
    batch_data_capture_config=BatchDataCaptureConfig(destination_s3_uri=book.uri("data-capture")),
    wait=True,
    logs=False,
)
manifests = {side: book.list(book.uri(f"data-capture/{side}")) for side in ("input", "output")}
captured = {side: json.loads(book.read(uri)) for side, (uri,) in manifests.items()}
watch.lap("transform")

monitor = DefaultModelMonitor(
    role=book.role,
    instance_count=1,
    instance_type="ml.m5.xlarge",
    volume_size_in_gb=20,
    max_runtime_in_seconds=3600,
    sagemaker_session=book.session,
)
monitor.suggest_baseline(
    baseline_dataset=dataset,
    dataset_format=DatasetFormat.csv(header=True),
    output_s3_uri=book.uri("baselining/results"),
    wait=True,
    logs=False,
)
job = monitor.latest_baselining_job
baseline = {
    "statistics": job.baseline_statistics().body_dict,
    "constraints": job.suggested_constraints().body_dict,
}
watch.lap("baseline")

monitor.create_monitoring_schedule(
    batch_transform_input=BatchTransformInput(
        data_captured_destination_s3_uri=book.uri("data-capture"),
        destination="/opt/ml/processing/input",
        dataset_format=MonitoringDatasetFormat.csv(header=False),
    ),
    output_s3_uri=book.uri("reports"),
    statistics=book.uri("baselining/results/statistics.json"),
    constraints=book.uri("baselining/results/constraints.json"),
    schedule_cron_expression=CronExpressionGenerator.now(),
    data_analysis_start_time="-PT1H",
    data_analysis_end_time="-PT0H",
    enable_cloudwatch_metrics=True,
)
found = book.ended(monitor)
watch.lap("schedule")

monitor.delete_monitoring_schedule()
transformer.delete_model()
watch.lap("clean-up")
say({**found, "baseline": baseline, "captured": captured}, watch)
