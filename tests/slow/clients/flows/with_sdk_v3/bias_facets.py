"""A bias monitor with fifteen facets on an endpoint, after training XGBoost, by the SDK's version 3."""

import csv
import json

from monitors import log_of
from sagemaker.core import image_uris
from sagemaker.core.clarify import (
    BiasConfig,
    DataConfig,
    ModelConfig,
    ModelPredictedLabelConfig,
    SageMakerClarifyProcessor,
)
from sagemaker.core.model_monitor import (
    BiasAnalysisConfig,
    CronExpressionGenerator,
    EndpointInput,
    ModelBiasMonitor,
)
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, OutputDataConfig
from sdk_v3 import (
    data,
    deploy,
    first_execution,
    label,
    logs,
    prefix,
    read,
    role,
    session,
    undeploy,
    watch,
    write,
)

name, csv_type = "churn-facets-v3", "text/csv"
STATES = ("AL", "CT", "ID", "IN", "KS", "MD", "MI", "MN", "NJ", "NY", "TX", "WV")
FACETS = [("Account Length", 100), ("Int'l Plan_yes", 1), ("VMail Plan_yes", 1)]
FACETS += [(f"State_{state}", 1) for state in STATES]


def rows_of(file):
    with (data / "churn" / file).open(newline="") as lines:
        return [row for row in csv.reader(lines) if row]


def text_of(rows):
    return "".join(f"{','.join(row)}\n" for row in rows)


headers, *training = rows_of("training-dataset-with-header.csv")
channels = {
    "train": write(text_of(training), "train/train.csv"),
    "validation": write(
        text_of(rows_of("validation-dataset-with-header.csv")[1:]), "validation/validation.csv"
    ),
}
image = image_uris.retrieve("xgboost", session.boto_region_name, version="1.5-1")
trainer = ModelTrainer(
    training_image=image,
    role=role,
    base_job_name=name,
    sagemaker_session=session,
    compute=Compute(instance_type="ml.m4.xlarge", instance_count=1),
    output_data_config=OutputDataConfig(s3_output_path=f"{prefix}/models"),
    hyperparameters={
        "max_depth": 5,
        "eta": 0.2,
        "gamma": 4,
        "min_child_weight": 2,
        "subsample": 0.8,
        "verbosity": 0,
        "objective": "binary:logistic",
        "num_round": 100,
    },
)
trainer.train(
    input_data_config=[
        InputData(channel_name=channel, data_source=uri, content_type="csv")
        for channel, uri in channels.items()
    ],
    wait=True,
    logs=True,
)
job = trainer._latest_training_job
training_log = log_of(logs, job.training_job_name, "TrainingJobs")
watch.lap("training")

endpoint = deploy(name, image, job.model_artifacts.s3_model_artifacts, csv_content_types=[csv_type])
watch.lap("endpoint")

bias = BiasConfig(
    label_values_or_threshold=[0],
    facet_name=[facet for facet, _ in FACETS],
    facet_values_or_threshold=[[value] for _, value in FACETS],
)
processor = SageMakerClarifyProcessor(
    role=role, instance_count=1, instance_type="ml.m4.xlarge", sagemaker_session=session
)
processor.run_bias(
    bias_config=bias,
    data_config=DataConfig(
        s3_data_input_path=channels["validation"],
        s3_output_path=f"{prefix}/baseline",
        label=headers[0],
        headers=headers,
        dataset_type=csv_type,
    ),
    model_config=ModelConfig(endpoint_name=name, content_type=csv_type, accept_type=csv_type),
    model_predicted_label_config=ModelPredictedLabelConfig(probability_threshold=0.5),
    wait=True,
    logs=False,
)
constraints = f"{prefix}/baseline/analysis.json"
baseline = json.loads(read(constraints))
watch.lap("baseline")

traffic = rows_of("test-dataset.csv")
answers = []
for number, row in enumerate(traffic):
    answered = endpoint.invoke(body=",".join(row[1:]), content_type=csv_type, inference_id=str(number))
    answers.append(float(answered.body.read()))
truth = label((number, row[0]) for number, row in enumerate(traffic))
watch.lap("traffic")

monitor = ModelBiasMonitor(role=role, sagemaker_session=session, max_runtime_in_seconds=1800)
monitor.create_monitoring_schedule(
    analysis_config=BiasAnalysisConfig(bias, headers=headers, label=headers[0]),
    constraints=constraints,
    endpoint_input=EndpointInput(
        endpoint_name=name,
        destination="/opt/ml/processing/input/endpoint",
        start_time_offset="-PT1H",
        end_time_offset="-PT0H",
        probability_threshold_attribute=0.5,
    ),
    ground_truth_input=truth,
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
        {
            **found,
            "training_log": training_log,
            "baseline": baseline,
            "headers": headers,
            "facets": FACETS,
            "rows": traffic,
            "answers": answers,
            "laps": watch.laps,
        }
    )
)
