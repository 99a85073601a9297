"""What SageMaker is told of each kind of monitoring schedule, held to botocore's model of its API."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.settings import Environment, Model, load_environment, load_model
from tests.operations.monitored import described, scheduled

CONF = Path(__file__).parents[2] / "conf"
HOURLY = "cron(0 * ? * * *)"
SNAKE = {
    "data_quality": "data_quality",
    "model_quality": "model_quality",
    "bias": "model_bias",
    "explainability": "model_explainability",
}
SCRIPT = "def preprocess_handler(record):\n    return {}\n\ndef postprocess_handler():\n    pass\n"


@functools.cache
def model() -> Model:
    """The model `mortgage`."""
    return load_model("mortgage", CONF)


@functools.cache
def environment(name: str = "prod") -> Environment:
    """An environment with schedules, by default one with a network and a key."""
    return load_environment(name, CONF).model_copy(update={"schedules": "enabled"})


def about(monitor: str, of: str, **more: Any) -> dict[str, Any]:
    """Return what SageMaker is told of a schedule in prod."""
    given = {"monitor": monitor, "of": of, "expression": HOURLY, **more}
    watched = scheduled(model(), watch=given)
    (found,) = described(watched, environment())
    return found


def given_to(monitor: str, of: str, **more: Any) -> dict[str, Any]:
    """Return the endpoint's or the batches' input of a job definition."""
    found = about(monitor, of, **more)
    both = found["job_definition"][f"{found['type']}JobInput"]
    return both.get("EndpointInput") or both["BatchTransformInput"]


@pytest.mark.parametrize("of", ["endpoint", "batches"])
@pytest.mark.parametrize("monitor", SNAKE)
@pytest.mark.parametrize("more", [{}, {"expression": "NOW", "window": {"start": "-PT6H"}}])
def test_every_job_definition_is_one_to_botocore(monitor: str, of: str, more: dict[str, Any]) -> None:
    """Members, types, lengths and required ones, of the definition and of its schedule."""
    import botocore.session
    from botocore.validate import ParamValidator

    service = botocore.session.Session().get_service_model("sagemaker")
    found = about(monitor, of, **more)
    kind, definition = found["type"], found["job_definition"]
    documents = {"ConstraintsResource": {"S3Uri": "s3://b/c.json"}}
    definition = {"JobDefinitionName": "watch", f"{kind}BaselineConfig": documents, **definition}
    if found["analysis_config"] is not None:
        application = {**definition[f"{kind}AppSpecification"], "ConfigUri": "s3://b/analysis_config.json"}
        definition[f"{kind}AppSpecification"] = application
    schedule = {
        "MonitoringScheduleName": "watch",
        "MonitoringScheduleConfig": {
            "ScheduleConfig": found["schedule_config"],
            "MonitoringJobDefinitionName": "watch",
            "MonitoringType": kind,
        },
    }
    for operation, request in (
        (f"Create{kind}JobDefinition", definition),
        ("CreateMonitoringSchedule", schedule),
    ):
        shape = service.operation_model(operation).input_shape
        assert ParamValidator().validate(request, shape).generate_report() == ""


def test_the_jobs_are_those_of_the_environment() -> None:
    """Role, network, key, instances; hourly merges have half an hour, whatever the environment allows."""
    found = about("bias", "batches")["job_definition"]

    assert found["RoleArn"] == environment().roles.execution
    assert set(found["NetworkConfig"]) == {"VpcConfig"}
    assert found["JobResources"]["ClusterConfig"] == {
        "InstanceCount": 1,
        "InstanceType": "ml.m5.xlarge",
        "VolumeSizeInGB": 20,
        "VolumeKmsKeyId": "alias/ml-monitoring",
    }
    assert found["StoppingCondition"] == {"MaxRuntimeInSeconds": 1800}
    assert found["ModelBiasJobOutputConfig"]["KmsKeyId"] == "alias/ml-monitoring"
    assert about("data_quality", "batches")["job_definition"]["StoppingCondition"] == {
        "MaxRuntimeInSeconds": 3600
    }
    own = {"instance_type": "ml.m5.4xlarge", "instance_count": 3, "max_runtime": "PT10M"}
    mine = about("bias", "batches", compute=own)["job_definition"]
    assert mine["JobResources"]["ClusterConfig"]["InstanceType"] == "ml.m5.4xlarge"
    assert mine["JobResources"]["ClusterConfig"]["InstanceCount"] == 3
    assert mine["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}


def test_predictions_are_found_where_each_container_counts_them() -> None:
    """The analyzer counts all columns of a batch's output row, Clarify those of the answer, as recorded."""
    columns = 1 + len(model().data_schema.features) + len(model().data_schema.facet_columns)

    assert given_to("model_quality", "batches")["ProbabilityAttribute"] == str(columns)
    assert given_to("bias", "batches")["ProbabilityAttribute"] == "0"
    assert given_to("model_quality", "endpoint")["ProbabilityAttribute"] == "0"
    assert given_to("model_quality", "endpoint")["ProbabilityThresholdAttribute"] == 0.5
    assert "ProbabilityAttribute" not in given_to("data_quality", "endpoint")
    assert "InferenceAttribute" not in given_to("explainability", "endpoint")


def test_the_window_is_the_input_s_or_of_now_the_schedule_s() -> None:
    """SageMaker takes offsets at either place, by the expression."""
    hourly = given_to("data_quality", "endpoint", window={"start": "-PT6H", "end": "-PT2H"})
    now = {"expression": "NOW", "window": {"start": "-P1D"}}

    assert (hourly["StartTimeOffset"], hourly["EndTimeOffset"]) == ("-PT6H", "-PT2H")
    assert "StartTimeOffset" not in given_to("data_quality", "endpoint", **now)
    assert about("data_quality", "endpoint", **now)["schedule_config"] == {
        "ScheduleExpression": "NOW",
        "DataAnalysisStartTime": "-PT24H",
        "DataAnalysisEndTime": "-PT0H",
    }


def test_clarify_is_told_which_columns_a_batch_has() -> None:
    """The record key is the identifier of rows, and facet columns are kept from the model."""
    bias, why = (about(monitor, "batches")["analysis_config"] for monitor in ("bias", "explainability"))
    schema = model().data_schema
    columns = ["application_id", *schema.features, *schema.facet_columns]

    assert (bias["headers"], bias["label"]) == ([*columns, "approve"], "approve")
    assert bias["facet"][0] == {"name_or_index": "black", "value_or_threshold": [1]}
    assert (why["headers"], why["excluded_columns"]) == (columns, list(schema.facet_columns))
    assert {each["joinsource_name_or_index"] for each in (bias, why)} == {"application_id"}
    assert about("explainability", "endpoint")["analysis_config"]["headers"] == list(schema.features)


def test_scripts_of_one_s_own_take_the_place_of_ours(tmp_path: Path) -> None:
    """Content and name are as they were written; both kinds are sent."""
    from sagemaker_monitor.settings.scripts import Script

    own = Script("mine.py", SCRIPT)
    more = {"record_preprocessor": own, "post_analytics_processor": own}
    application = about("data_quality", "batches", **more)["job_definition"]["DataQualityAppSpecification"]
    ours = about("data_quality", "batches")["job_definition"]["DataQualityAppSpecification"]

    assert application["RecordPreprocessorSourceUri"].endswith("/mine.py")
    assert application["PostAnalyticsProcessorSourceUri"].endswith("/mine.py")
    assert set(application["Environment"]) == {"publish_cloudwatch_metrics"}
    assert ours["RecordPreprocessorSourceUri"].endswith("/features_only.py")
    assert (ours["Environment"]["FEATURES_FIRST"], ours["Environment"]["FEATURES_COUNT"]) == ("1", "12")
