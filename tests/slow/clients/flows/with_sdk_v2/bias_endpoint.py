"""A bias monitor of an endpoint, JSON Lines, as the notebook of bias drift for endpoints makes it."""

import json
import random
import sys
from pathlib import Path

import sagemaker
from notebook import FEATURES, Notebook, say
from sagemaker.clarify import BiasConfig, DataConfig, ModelConfig, ModelPredictedLabelConfig
from sagemaker.model_monitor import CronExpressionGenerator, EndpointInput, ModelBiasMonitor
from stopwatch import Stopwatch

watch = Stopwatch()
data = Path(sys.argv[1])
book = Notebook("bias-endpoint")
LINES = "application/jsonlines"
REQUESTS = 1806
requests = (data / "adult/test-dataset.jsonl").read_text().splitlines()
artifact = book.upload(data / "adult/ll-adult-prediction-model.tar.gz")
train_uri = book.upload(data / "adult/validation-dataset.jsonl")
watch.lap("set-up")

name = sagemaker.utils.unique_name_from_base("income")
image = sagemaker.image_uris.retrieve("linear-learner", book.region, "1")
book.endpoint(image, artifact, name, json_content_types=[LINES])
watch.lap("endpoint")

for number in range(REQUESTS):
    place = number % len(requests)
    book.ask(name, LINES, requests[place], InferenceId=str(place))
truth = book.label(
    (number, json.dumps({"label": int(random.Random(number).random() < 0.7)}))
    for number in range(len(requests))
)
watch.lap("traffic")

monitor = ModelBiasMonitor(role=book.role, sagemaker_session=book.session, max_runtime_in_seconds=1800)
monitor.suggest_baseline(
    bias_config=BiasConfig(
        label_values_or_threshold=[1],
        facet_name="Sex",
        facet_values_or_threshold=[0],
        group_name="Age",
    ),
    data_config=DataConfig(
        s3_data_input_path=train_uri,
        s3_output_path=book.uri("baselining-output"),
        features="features",
        label="label",
        headers=[*FEATURES, "Target"],
        dataset_type=LINES,
    ),
    model_config=ModelConfig(
        model_name=name,
        instance_type="ml.m5.xlarge",
        instance_count=1,
        content_type=LINES,
        accept_type=LINES,
        content_template='{"features":$features}',
    ),
    model_predicted_label_config=ModelPredictedLabelConfig(label="predicted_label"),
)
baseline = book.constraints(monitor)
watch.lap("baseline")

monitor.create_monitoring_schedule(
    endpoint_input=EndpointInput(
        endpoint_name=name,
        destination="/opt/ml/processing/input/endpoint",
        start_time_offset="-PT1H",
        end_time_offset="-PT0H",
        features_attribute="features",
        inference_attribute="predicted_label",
    ),
    ground_truth_input=truth,
    output_s3_uri=book.uri("monitor-output"),
    schedule_cron_expression=CronExpressionGenerator.hourly(),
)
found = book.ended(monitor)
watch.lap("schedule")

monitor.delete_monitoring_schedule()
book.clean_up(name)
watch.lap("clean-up")
say({**found, "baseline": baseline}, watch)
