"""A model-quality monitor of an endpoint and an alarm on its metrics, as their notebook makes them."""

import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import sagemaker
from notebook import Notebook, say
from sagemaker.model_monitor import CronExpressionGenerator, EndpointInput, ModelQualityMonitor
from sagemaker.model_monitor.dataset_format import DatasetFormat
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer
from stopwatch import Stopwatch

watch = Stopwatch()
data = Path(sys.argv[1]) / "churn"
book = Notebook("model-quality")
REQUESTS = 1892
NAMESPACE = "aws/sagemaker/Endpoints/model-metrics"
artifact = book.upload(data / "xgb-churn-prediction-model.tar.gz")
watch.lap("set-up")

name = sagemaker.utils.unique_name_from_base("churn-model")
image = sagemaker.image_uris.retrieve(framework="xgboost", version="0.90-1", region=book.region)
book.endpoint(image, artifact, name)
predictor = Predictor(endpoint_name=name, sagemaker_session=book.session, serializer=CSVSerializer())
watch.lap("endpoint")

validation = (data / "validation-dataset-with-header.csv").read_text().splitlines()[1:202]
rows = ["probability,prediction,label"]
for label, features in (row.split(",", 1) for row in validation):
    probability = float(predictor.predict(features))
    rows.append(f"{probability},{int(probability > 0.8)},{label}")
dataset = book.write("baselining/data/validation_with_predictions.csv", "\n".join(rows))
monitor = ModelQualityMonitor(
    role=book.role,
    instance_count=1,
    instance_type="ml.m5.xlarge",
    volume_size_in_gb=20,
    max_runtime_in_seconds=1800,
    sagemaker_session=book.session,
)
job = monitor.suggest_baseline(
    job_name=f"{name}-baseline",
    baseline_dataset=dataset,
    dataset_format=DatasetFormat.csv(header=True),
    output_s3_uri=book.uri("baselining/results"),
    problem_type="BinaryClassification",
    inference_attribute="prediction",
    probability_attribute="probability",
    ground_truth_attribute="label",
)
job.wait(logs=False)
job = monitor.latest_baselining_job
baseline = {
    "statistics": job.baseline_statistics().body_dict,
    "constraints": job.suggested_constraints().body_dict,
}
watch.lap("baseline")

requests = (data / "test-dataset-input-cols.csv").read_text().splitlines()
for number in range(REQUESTS):
    place = number % len(requests)
    book.ask(name, "text/csv", requests[place], InferenceId=str(place))
labels = [random.Random(number).random() < 0.7 for number in range(len(requests))]
truth = book.label((number, str(int(label))) for number, label in enumerate(labels))
watch.lap("traffic")

monitor.create_monitoring_schedule(
    monitor_schedule_name=name,
    endpoint_input=EndpointInput(
        endpoint_name=predictor.endpoint_name,
        probability_attribute="0",
        probability_threshold_attribute=0.5,
        destination="/opt/ml/processing/input_data",
    ),
    output_s3_uri=book.uri("reports"),
    problem_type="BinaryClassification",
    ground_truth_input=truth,
    constraints=job.suggested_constraints(),
    schedule_cron_expression=CronExpressionGenerator.hourly(),
    enable_cloudwatch_metrics=True,
)
found = book.ended(monitor)
watch.lap("schedule")

cloudwatch = boto3.Session().client("cloudwatch")
dimensions = [{"Name": "Endpoint", "Value": name}, {"Name": "MonitoringSchedule", "Value": name}]
pages = cloudwatch.get_paginator("list_metrics").paginate(Dimensions=dimensions, Namespace=NAMESPACE)
metrics = [each["MetricName"] for page in pages for each in page["Metrics"]]
cloudwatch.put_metric_alarm(
    AlarmName="MODEL_QUALITY_F2_SCORE",
    ActionsEnabled=True,
    MetricName="f2",
    Namespace=NAMESPACE,
    Statistic="Average",
    Dimensions=dimensions,
    Period=600,
    EvaluationPeriods=1,
    DatapointsToAlarm=1,
    Threshold=0.625,
    ComparisonOperator="LessThanOrEqualToThreshold",
    TreatMissingData="breaching",
)
(alarm,) = cloudwatch.describe_alarms(AlarmNames=["MODEL_QUALITY_F2_SCORE"])["MetricAlarms"]
now = datetime.now(UTC)
points = cloudwatch.get_metric_statistics(
    Namespace=NAMESPACE,
    MetricName="f2",
    Dimensions=dimensions,
    StartTime=now - timedelta(hours=2),
    EndTime=now + timedelta(hours=2),
    Period=3600,
    Statistics=["Average"],
)["Datapoints"]
watch.lap("metrics")

monitor.delete_monitoring_schedule()
predictor.delete_model()
predictor.delete_endpoint()
watch.lap("clean-up")
seen = {"metrics": metrics, "alarm": alarm, "f2": [each["Average"] for each in points]}
say({**found, **seen, "baseline": baseline, "requests": REQUESTS}, watch)
