"""An attribution monitor of an endpoint, JSON Lines, as its notebook makes it."""

import json
import sys
from pathlib import Path

import pandas as pd
import sagemaker
from notebook import FEATURES, Notebook, Worker, say
from sagemaker.clarify import DataConfig, ModelConfig, SHAPConfig
from sagemaker.model_monitor import (
    CronExpressionGenerator,
    EndpointInput,
    ExplainabilityAnalysisConfig,
    ModelExplainabilityMonitor,
)
from stopwatch import Stopwatch

watch = Stopwatch()
data = Path(sys.argv[1])
book = Notebook("explainability-endpoint")
LINES = "application/jsonlines"
train = data / "adult/validation-dataset.jsonl"
requests = (data / "adult/test-dataset.jsonl").read_text().splitlines()
artifact = book.upload(data / "adult/ll-adult-prediction-model.tar.gz")
train_uri = book.upload(train)
watch.lap("set-up")

name = sagemaker.utils.unique_name_from_base("income")
image = sagemaker.image_uris.retrieve("linear-learner", book.region, "1")
book.endpoint(image, artifact, name, json_content_types=[LINES])
watch.lap("endpoint")

answers = book.ask(name, LINES, "\n".join(requests[:2])).splitlines()
captured = book.captured(name)


def send(over):
    for number, line in enumerate(requests):
        book.ask(name, LINES, line, InferenceId=str(number))
        if over.is_set():
            break


traffic = Worker(send)
traffic.start()
watch.lap("traffic")

rows = [json.loads(line)["features"] for line in train.read_text().splitlines()]
shap = SHAPConfig(
    baseline=[{"features": pd.DataFrame(rows).mean().round().astype(int).to_list()}],
    num_samples=100,
    agg_method="mean_abs",
    save_local_shap_values=False,
)
model = ModelConfig(
    model_name=name,
    instance_type="ml.m5.xlarge",
    instance_count=1,
    content_type=LINES,
    accept_type=LINES,
    content_template='{"features":$features}',
)
monitor = ModelExplainabilityMonitor(
    role=book.role, sagemaker_session=book.session, max_runtime_in_seconds=3600
)
monitor.suggest_baseline(
    explainability_config=shap,
    data_config=DataConfig(
        s3_data_input_path=train_uri,
        s3_output_path=book.uri("baselining-output"),
        features="features",
        label="label",
        headers=[*FEATURES, "Target"],
        dataset_type=LINES,
    ),
    model_config=model,
    model_scores="score",
)
baseline = book.constraints(monitor)
watch.lap("baseline")

monitor.create_monitoring_schedule(
    analysis_config=ExplainabilityAnalysisConfig(
        explainability_config=shap, model_config=model, headers=FEATURES
    ),
    endpoint_input=EndpointInput(
        endpoint_name=name,
        destination="/opt/ml/processing/input/endpoint",
        features_attribute="features",
        inference_attribute="score",
    ),
    output_s3_uri=book.uri("monitor-output"),
    schedule_cron_expression=CronExpressionGenerator.hourly(),
)
found = book.ended(monitor)
watch.lap("schedule")

traffic.terminate()
monitor.delete_monitoring_schedule()
book.clean_up(name)
watch.lap("clean-up")
say({**found, "baseline": baseline, "answers": answers, "captured": captured[:1]}, watch)
