"""A bias monitor with fifteen facets on an endpoint, after training XGBoost with an estimator."""

import csv
import sys
from pathlib import Path

import sagemaker
from notebook import Notebook, printed, say
from sagemaker.clarify import BiasConfig, DataConfig, ModelConfig, ModelPredictedLabelConfig
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.model_monitor import (
    CronExpressionGenerator,
    DataCaptureConfig,
    EndpointInput,
    ModelBiasMonitor,
)
from sagemaker.serializers import CSVSerializer
from stopwatch import Stopwatch

watch = Stopwatch()
data = Path(sys.argv[1]) / "churn"
book = Notebook("bias-facets")
STATES = ("AL", "CT", "ID", "IN", "KS", "MD", "MI", "MN", "NJ", "NY", "TX", "WV")
FACETS = [("Account Length", 100), ("Int'l Plan_yes", 1), ("VMail Plan_yes", 1)]
FACETS += [(f"State_{state}", 1) for state in STATES]


def upload(kind):
    """Upload a split without its header, as the built-in algorithms read it; return header and URI."""
    source = "training" if kind == "train" else kind
    header, rows = (data / f"{source}-dataset-with-header.csv").read_text().split("\n", 1)
    return next(csv.reader([header])), book.write(f"{kind}/{kind}.csv", rows)


headers, train_uri = upload("train")
_, validation_uri = upload("validation")
watch.lap("set-up")

estimator = Estimator(
    image_uri=sagemaker.image_uris.retrieve("xgboost", book.region, "1.5-1"),
    role=book.role,
    instance_count=1,
    instance_type="ml.m4.xlarge",
    output_path=book.uri("models"),
    sagemaker_session=book.session,
)
estimator.set_hyperparameters(
    max_depth=5,
    eta=0.2,
    gamma=4,
    min_child_weight=2,
    subsample=0.8,
    verbosity=0,
    objective="binary:logistic",
    num_round=100,
)
channels = {"train": train_uri, "validation": validation_uri}
inputs = {name: TrainingInput(s3_data=uri, content_type="csv") for name, uri in channels.items()}
training_log = printed(lambda: estimator.fit(inputs))
watch.lap("training")

endpoint = sagemaker.utils.unique_name_from_base("churn-facets")
predictor = estimator.deploy(
    initial_instance_count=1,
    instance_type="ml.m5.xlarge",
    endpoint_name=endpoint,
    serializer=CSVSerializer(),
    data_capture_config=DataCaptureConfig(
        enable_capture=True, sampling_percentage=100, destination_s3_uri=book.uri("data-capture")
    ),
)
watch.lap("endpoint")

with (data / "test-dataset.csv").open(newline="") as file:
    rows = [row for row in csv.reader(file) if row]
answers = [
    float(predictor.predict(",".join(row[1:]), inference_id=str(number))) for number, row in enumerate(rows)
]
truth = book.label((number, row[0]) for number, row in enumerate(rows))
book.captured(endpoint)
watch.lap("traffic")

monitor = ModelBiasMonitor(role=book.role, sagemaker_session=book.session, max_runtime_in_seconds=1800)
monitor.suggest_baseline(
    bias_config=BiasConfig(
        label_values_or_threshold=[0],
        facet_name=[name for name, _ in FACETS],
        facet_values_or_threshold=[[value] for _, value in FACETS],
    ),
    data_config=DataConfig(
        s3_data_input_path=validation_uri,
        s3_output_path=book.uri("baselining-output"),
        label=headers[0],
        headers=headers,
        dataset_type="text/csv",
    ),
    model_config=ModelConfig(endpoint_name=endpoint, content_type="text/csv", accept_type="text/csv"),
    model_predicted_label_config=ModelPredictedLabelConfig(probability_threshold=0.5),
)
baseline = book.constraints(monitor)
watch.lap("baseline")

monitor.create_monitoring_schedule(
    endpoint_input=EndpointInput(
        endpoint_name=endpoint,
        destination="/opt/ml/processing/input/endpoint",
        start_time_offset="-PT1H",
        end_time_offset="-PT0H",
        probability_threshold_attribute=0.5,
    ),
    ground_truth_input=truth,
    output_s3_uri=book.uri("reports"),
    schedule_cron_expression=CronExpressionGenerator.hourly(),
)
found = book.ended(monitor)
watch.lap("schedule")

for each in predictor.list_monitors():
    each.delete_monitoring_schedule()
predictor.delete_model()
predictor.delete_endpoint()
watch.lap("clean-up")
seen = {"headers": headers, "facets": FACETS, "rows": rows, "answers": answers}
say({**found, **seen, "baseline": baseline, "training_log": training_log}, watch)
