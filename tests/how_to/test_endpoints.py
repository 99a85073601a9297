"""docs/how-to/one-model-behind-an-endpoint.md and capture-in-another-region.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws, AwsError
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.run import run_monitor_endpoint
from sagemaker_monitor.operations.watchable import require_watchable
from sagemaker_monitor.settings import Environment, Model
from tests.operations.captured import Captured
from tests.operations.emulated import IMAGE, definition, deploy, fail_step

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
MODEL_PAGE, REGION_PAGE = PAGES / "one-model-behind-an-endpoint.md", PAGES / "capture-in-another-region.md"


class Answering(Aws):
    """An AWS that answers as it was told to: the emulator makes no endpoint of many models."""

    def __init__(self, environment: Environment, served: dict[str, Any]) -> None:
        """Serve the model *served* at every endpoint."""
        super().__init__(environment)
        variants = [{"VariantName": "AllTraffic", "ModelName": "pair"}]
        self.answers = {
            "describe_endpoint": {"EndpointConfigName": "c"},
            "describe_endpoint_config": {"ProductionVariants": variants},
            "describe_model": served,
        }

    def call(self, service: str, operation: str, /, **request: Any) -> dict[str, Any]:
        """Answer."""
        return self.answers[operation]


def refusal(page: Path) -> str:
    """Return the error that a page shows."""
    (found,) = re.findall(r"^error: (.*)$", page.read_text(), re.MULTILINE)
    return str(found)


CONTAINER = {"Image": "i", "ModelDataUrl": "s3://b/m.tar.gz"}


@pytest.mark.parametrize(
    ("served", "said"),
    [
        ({"Containers": [CONTAINER, CONTAINER]}, refusal(MODEL_PAGE)),
        (
            {"Containers": [CONTAINER] * 3, "InferenceExecutionConfig": {"Mode": "Direct"}},
            "a model of 3 containers (Direct): what is captured does not say which of them was asked",
        ),
        (
            {"PrimaryContainer": {**CONTAINER, "Mode": "MultiModel"}},
            "serves pair, a multi-model container: what is captured does not say which of its models was",
        ),
    ],
    ids=["serial", "direct", "multi-model"],
)
def test_many_models_behind_an_endpoint_are_refused(
    environment: Environment, model: Model, served: dict[str, Any], said: str
) -> None:
    """Each with its reason; the first as the page has it."""
    with pytest.raises(UsageError) as refused:
        require_watchable(Answering(environment, served), model, "mortgage-local")

    assert said in str(refused.value)


def test_one_model_behind_an_endpoint_is_watched(environment: Environment, model: Model) -> None:
    """In one container, by either way of naming it."""
    for served in ({"PrimaryContainer": CONTAINER}, {"Containers": [CONTAINER]}):
        require_watchable(Answering(environment, served), model, "mortgage-local")


def test_the_emulator_makes_no_multi_model_container(captured: Captured) -> None:
    """It says so at CreateModel."""
    storage = captured.aws.environment.storage
    container = {"Image": IMAGE, "ModelDataUrl": f"{storage.root}/", "Mode": "MultiModel"}

    with pytest.raises(AwsError, match=r"'MultiModel' is not supported; supported: SingleModel"):
        captured.aws.call(
            "sagemaker",
            "create_model",
            ModelName="many",
            PrimaryContainer=container,
            ExecutionRoleArn=captured.aws.environment.roles.execution,
        )


def test_captures_in_another_region_are_refused(captured: Captured) -> None:
    """A run of an endpoint that captures to us-east-1 ends before it starts, in the page's words."""
    aws = captured.aws
    model = captured.model("mortgage")
    aws.call("s3", "create_bucket", Bucket="captures-far-away")
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "m",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://captures-far-away/traffic",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    }
    aws.call(
        "sagemaker",
        "create_endpoint_config",
        EndpointConfigName="far",
        ProductionVariants=[variant],
        DataCaptureConfig=capture,
    )
    aws.call("sagemaker", "create_endpoint", EndpointName="mortgage-local", EndpointConfigName="far")
    deploy(aws, "mortgage-monitor-endpoint-local", definition(fail_step(), EndpointName=""))
    aws.writes.clear()

    with pytest.raises(UsageError) as refused:
        run_monitor_endpoint(aws, model, version=1)

    assert str(refused.value) == refusal(REGION_PAGE)
    assert aws.writes == []
