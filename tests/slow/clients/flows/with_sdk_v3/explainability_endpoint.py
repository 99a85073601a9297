"""An explainability monitor of the income model on an endpoint, JSON Lines, by the SDK's version 3."""

import json
import time

from sagemaker.core import image_uris
from sagemaker.core.clarify import DataConfig, ModelConfig, SageMakerClarifyProcessor, SHAPConfig
from sagemaker.core.model_monitor import (
    CronExpressionGenerator,
    EndpointInput,
    ExplainabilityAnalysisConfig,
    ModelExplainabilityMonitor,
)
from sagemaker.core.s3 import S3Downloader
from sdk_v3 import data, deploy, first_execution, prefix, read, role, session, undeploy, upload, watch

name, lines, adult = "income-v3", "application/jsonlines", data / "adult"
features = [
    *("Age", "Workclass", "fnlwgt", "Education", "Education-Num", "Marital Status", "Occupation"),
    *("Relationship", "Ethnic group", "Sex", "Capital Gain", "Capital Loss", "Hours per week", "Country"),
]
training = [json.loads(line)["features"] for line in (adult / "validation-dataset.jsonl").open()]
mean = [round(sum(column) / len(column)) for column in zip(*training, strict=True)]

image = image_uris.retrieve("linear-learner", session.boto_region_name, version="1")
endpoint = deploy(name, image, upload(adult / "ll-adult-prediction-model.tar.gz"), json_content_types=[lines])
watch.lap("endpoint")


def ask(body, **given):
    answered = endpoint.invoke(body=body, content_type=lines, accept=lines, **given)
    return answered.body.read().decode()


requests = (adult / "test-dataset.jsonl").read_text().splitlines()
answers = ask("\n".join(requests[:2])).splitlines()
for number, line in enumerate(requests):
    ask(line, inference_id=str(number))
for _ in range(120):
    files = S3Downloader.list(f"{prefix}/capture/{name}", sagemaker_session=session)
    if files:
        break
    time.sleep(1)
captured = [json.loads(line) for line in read(files[0]).splitlines()]
watch.lap("traffic")

shap = SHAPConfig(
    baseline=[{"features": mean}], num_samples=100, agg_method="mean_abs", save_local_shap_values=False
)
model = ModelConfig(
    model_name=name,
    instance_type="ml.m5.xlarge",
    instance_count=1,
    content_type=lines,
    accept_type=lines,
    content_template='{"features":$features}',
)
processor = SageMakerClarifyProcessor(
    role=role, instance_count=1, instance_type="ml.m5.xlarge", sagemaker_session=session
)
processor.run_explainability(
    data_config=DataConfig(
        s3_data_input_path=upload(adult / "validation-dataset.jsonl"),
        s3_output_path=f"{prefix}/baseline",
        features="features",
        label="label",
        headers=[*features, "Target"],
        dataset_type=lines,
    ),
    model_config=model,
    explainability_config=shap,
    model_scores="score",
    wait=True,
    logs=True,
)
constraints = f"{prefix}/baseline/analysis.json"
baseline = json.loads(read(constraints))
watch.lap("baseline")

monitor = ModelExplainabilityMonitor(role=role, sagemaker_session=session, max_runtime_in_seconds=3600)
monitor.create_monitoring_schedule(
    analysis_config=ExplainabilityAnalysisConfig(shap, model, headers=features),
    constraints=constraints,
    endpoint_input=EndpointInput(
        endpoint_name=name,
        destination="/opt/ml/processing/input/endpoint",
        features_attribute="features",
        inference_attribute="score",
    ),
    output_s3_uri=f"{prefix}/reports",
    schedule_cron_expression=CronExpressionGenerator.hourly(),
)
found = first_execution(monitor)
watch.lap("schedule")

monitor.delete_monitoring_schedule()
undeploy(endpoint)
watch.lap("clean-up")
print()
print(
    json.dumps(
        {**found, "baseline": baseline, "answers": answers, "captured": captured[:1], "laps": watch.laps}
    )
)
