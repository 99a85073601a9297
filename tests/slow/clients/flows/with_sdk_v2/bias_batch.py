"""A bias monitor of batch transforms, CSV, as the notebook of bias drift for batch transform makes it."""

import json
import sys
from pathlib import Path

import pandas as pd
import sagemaker
from notebook import Notebook, say
from sagemaker.clarify import BiasConfig, DataConfig, ModelConfig, ModelPredictedLabelConfig
from sagemaker.inputs import BatchDataCaptureConfig
from sagemaker.model_monitor import (
    BatchTransformInput,
    CronExpressionGenerator,
    ModelBiasMonitor,
    MonitoringDatasetFormat,
)
from stopwatch import Stopwatch

watch = Stopwatch()
data = Path(sys.argv[1])
book = Notebook("bias-batch")
train = data / "churn/validation-dataset-with-header.csv"
headers = list(pd.read_csv(train).columns)
train_uri = book.upload(train)
test_uri = book.upload(data / "churn/test-dataset-input-cols.csv")
artifact = book.upload(data / "churn/xgb-churn-prediction-model.tar.gz")
watch.lap("set-up")

name = sagemaker.utils.unique_name_from_base("churn-batch")
model = sagemaker.model.Model(
    image_uri=sagemaker.image_uris.retrieve("xgboost", book.region, "0.90-1"),
    model_data=artifact,
    role=book.role,
)
book.session.create_model(name, book.role, model.prepare_container_def())
transformer = model.transformer(
    instance_count=1,
    instance_type="ml.m5.xlarge",
    accept="text/csv",
    assemble_with="Line",
    output_path=book.uri("transform-output"),
)
transformer.transform(
    data=test_uri,
    content_type="text/csv",
    split_type="Line",
    join_source="Input",
    batch_data_capture_config=BatchDataCaptureConfig(
        destination_s3_uri=book.uri("data-capture"), generate_inference_id=True
    ),
    wait=True,
    logs=False,
)
(manifest,) = book.list(book.uri("data-capture/output"))
prefix, part = json.loads(book.read(manifest))
scored = [row.split(",") for row in book.read(f"{prefix['prefix'].rstrip('/')}/{part}").splitlines()]
watch.lap("transform")

recorded = json.loads((data / "recorded/churn_bias_batch_csv/reconstructed_ground_truth.json").read_text())
pairs = zip(scored, recorded["labels"], strict=True)
truth = book.label((row[-2], str(label)) for row, label in pairs)
monitor = ModelBiasMonitor(role=book.role, sagemaker_session=book.session, max_runtime_in_seconds=1800)
monitor.suggest_baseline(
    bias_config=BiasConfig(
        label_values_or_threshold=[1], facet_name="Account Length", facet_values_or_threshold=[100]
    ),
    data_config=DataConfig(
        s3_data_input_path=train_uri,
        s3_output_path=book.uri("baselining-output"),
        label=headers[0],
        headers=headers,
        dataset_type="text/csv",
    ),
    model_config=ModelConfig(
        model_name=name,
        instance_type="ml.m5.xlarge",
        instance_count=1,
        content_type="text/csv",
        accept_type="text/csv",
    ),
    model_predicted_label_config=ModelPredictedLabelConfig(probability=0, probability_threshold=0.8),
)
baseline = book.constraints(monitor)
watch.lap("baseline")

monitor.create_monitoring_schedule(
    batch_transform_input=BatchTransformInput(
        data_captured_destination_s3_uri=book.uri("data-capture"),
        destination="/opt/ml/processing/transform",
        dataset_format=MonitoringDatasetFormat.csv(header=False),
        probability_attribute="0",
        probability_threshold_attribute=0.8,
        start_time_offset="-PT6H",
        end_time_offset="-PT0H",
    ),
    ground_truth_input=truth,
    output_s3_uri=book.uri("monitor-output"),
    schedule_cron_expression=CronExpressionGenerator.hourly(),
)
found = book.ended(monitor)
merged = book.read(book.list(book.uri("monitor-output/merge"))[-1]).splitlines()
watch.lap("schedule")

monitor.stop_monitoring_schedule()
monitor.delete_monitoring_schedule()
book.session.delete_model(name)
watch.lap("clean-up")
say({**found, "baseline": baseline, "merged": len(merged)}, watch)
