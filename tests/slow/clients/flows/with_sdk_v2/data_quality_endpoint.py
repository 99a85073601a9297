"""A data-quality monitor of an endpoint, as the notebook that introduces Model Monitor makes it."""

import sys
from pathlib import Path

import boto3
import sagemaker
from notebook import Notebook, printed, say
from sagemaker.model_monitor import CronExpressionGenerator, DefaultModelMonitor
from sagemaker.model_monitor.dataset_format import DatasetFormat
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer
from stopwatch import Stopwatch

watch = Stopwatch()
data = Path(sys.argv[1]) / "churn"
book = Notebook("data-quality")
REQUESTS = 1977
prefix = book.root.partition(f"{book.bucket}/")[2]
objects = boto3.Session().resource("s3").Bucket(book.bucket)
objects.Object(f"{prefix}/model.tar.gz").upload_file(str(data / "xgb-churn-prediction-model.tar.gz"))
book.upload(data / "training-dataset-with-header.csv", "baselining/data")
script = book.write("code/postprocessor.py", "def postprocess_handler():\n    print('after the analysis')\n")
watch.lap("set-up")

name = sagemaker.utils.unique_name_from_base("churn-data")
image = sagemaker.image_uris.retrieve("xgboost", book.region, "0.90-1")
url = f"https://{book.bucket}.s3-{book.region}.amazonaws.com/{prefix}/model.tar.gz"
book.endpoint(image, url, name)
watch.lap("endpoint")

rows = (data / "test-dataset-input-cols.csv").read_text().splitlines()
predictor = Predictor(endpoint_name=name, sagemaker_session=book.session, serializer=CSVSerializer())
for number in range(REQUESTS):
    predictor.predict(data=rows[number % 300])
captured = book.captured(name)
watch.lap("traffic")

monitor = DefaultModelMonitor(
    role=book.role,
    instance_count=1,
    instance_type="ml.m5.xlarge",
    volume_size_in_gb=20,
    max_runtime_in_seconds=3600,
    sagemaker_session=book.session,
)
baseline_log = printed(
    lambda: monitor.suggest_baseline(
        baseline_dataset=book.uri("baselining/data/training-dataset-with-header.csv"),
        dataset_format=DatasetFormat.csv(header=True),
        output_s3_uri=book.uri("baselining/results"),
        wait=True,
    )
)
job = monitor.latest_baselining_job
baseline = {
    "statistics": job.baseline_statistics().body_dict,
    "constraints": job.suggested_constraints().body_dict,
}
watch.lap("baseline")

monitor.create_monitoring_schedule(
    monitor_schedule_name=name,
    endpoint_input=predictor.endpoint_name,
    post_analytics_processor_script=script,
    output_s3_uri=book.uri("reports"),
    statistics=monitor.baseline_statistics(),
    constraints=monitor.suggested_constraints(),
    schedule_cron_expression=CronExpressionGenerator.hourly(),
    enable_cloudwatch_metrics=True,
)
found = book.ended(monitor)
latest = monitor.list_executions()[-1].describe()
watch.lap("schedule")

monitor.delete_monitoring_schedule()
book.clean_up(name)
watch.lap("clean-up")
more = {"baseline": baseline, "baseline_log": baseline_log, "exit": latest["ExitMessage"]}
more |= {"requests": REQUESTS, "odd": sum(number % 300 == 0 for number in range(REQUESTS))}
say({**found, **more, "captured": captured[:1]}, watch)
