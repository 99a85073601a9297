"""Clarify jobs that ask an endpoint which is there, in place of a shadow endpoint of their own."""

from __future__ import annotations

import json
from typing import Any

from tests.emulator.hosting.conftest import ROLE, Hosted
from tests.emulator.jobs.conftest import processing_request, s3_input

CLARIFY = "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"


def analysed(hosted: Hosted, name: str, endpoint: str) -> dict[str, Any]:
    """Run a bias analysis of 200 rows whose only feature is the group; return the job."""
    config = {
        "dataset_type": "text/csv",
        "headers": ["group", "label"],
        "label": "label",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "group", "value_or_threshold": [1]}],
        "methods": {"post_training_bias": {"methods": ["DPPL"]}},
        "predictor": {"endpoint_name": endpoint, "content_type": "text/csv", "accept_type": "text/csv"},
        "probability_threshold": 1.5,
    }
    rows = "".join(f"{number % 2},{number % 4 // 2}\n" for number in range(200))
    for key, body in (("config/analysis_config.json", json.dumps(config)), ("rows/rows.csv", rows)):
        hosted.s3.put_object(Bucket="data", Key=f"{name}/{key}", Body=body)
    request = processing_request(
        name,
        AppSpecification={"ImageUri": CLARIFY},
        RoleArn=ROLE,
        ProcessingInputs=[
            s3_input(f"s3://data/{name}/config/", "/opt/ml/processing/input/config", "analysis_config"),
            s3_input(f"s3://data/{name}/rows/", "/opt/ml/processing/input/data", "dataset"),
        ],
    )
    hosted.sagemaker.create_processing_job(**request)
    return hosted.running.context.jobs.wait(hosted.running.context, "processing-job", name)


def test_an_endpoint_that_is_named_is_asked(hosted: Hosted) -> None:
    """It doubles, so that the group of ones is all above the threshold and the other one below."""
    hosted.endpoint("asked", hosted.config("asked", "doubles"))

    job = analysed(hosted, "asking", "asked")

    assert job.get("FailureReason") is None
    analysis = json.loads(hosted.s3.get_object(Bucket="data", Key="out/analysis.json")["Body"].read())
    ((group,),) = analysis["post_training_bias_metrics"]["facets"].values()
    (metric,) = group["metrics"]
    assert (metric["name"], metric["value"]) == ("DPPL", -1.0)


def test_an_endpoint_that_is_none_fails_the_job_with_its_name(hosted: Hosted) -> None:
    """In the words that InvokeEndpoint answers."""
    job = analysed(hosted, "asking-nobody", "nobody")

    assert job["ProcessingJobStatus"] == "Failed"
    assert "Endpoint nobody of account 000000000000 not found" in job["FailureReason"]
