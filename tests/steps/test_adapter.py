"""One test for each defect of the SDK that is worked around: when one fails, the workaround can go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from pipelines.offline import OfflineSession
from steps.adapter import after_any_outcome, network_request, request_step, sdk_environment
from tests.pipelines.conftest import environment


@pytest.fixture
def session() -> OfflineSession:
    with sdk_environment("eu-west-1"):
        return OfflineSession(environment())


@pytest.mark.long
def test_the_sdk_cannot_be_imported_without_a_region() -> None:
    """A class of the SDK makes a boto3 client while it is imported, so sdk_environment sets a region."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-c", "import sagemaker.mlops.workflow.pipeline"],
        env={**clean, "AWS_CONFIG_FILE": os.devnull},
        capture_output=True,
        text=True,
    )

    assert "NoRegionError" in done.stderr


def test_sdk_environment_leaves_the_environment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that were set come back, those that were not are gone."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-2")
    monkeypatch.delenv("SAGEMAKER_VALIDATE_ROLE", raising=False)
    with sdk_environment("eu-west-1"):
        inside = os.environ["AWS_DEFAULT_REGION"]

    assert inside == "eu-west-1"
    assert os.environ["AWS_DEFAULT_REGION"] == "us-east-2"
    assert "SAGEMAKER_VALIDATE_ROLE" not in os.environ


@pytest.mark.long
@pytest.mark.parametrize(
    ("inside", "left"), [("nullcontext()", "20 1"), ("sdk_environment('eu-west-1')", "30 0")]
)
def test_importing_the_sdk_configures_the_root_logger(inside: str, left: str) -> None:
    """A module of it asks for every INFO of every library; sdk_environment leaves logging as it was."""
    program = f"""if True:
        import logging
        from contextlib import nullcontext
        from steps.adapter import sdk_environment
        with {inside}:
            import sagemaker.core.experiments._metrics
        print(logging.getLogger().level, len(logging.getLogger().handlers))
    """
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == left


def test_check_steps_cannot_serialise_a_network_config(session: OfflineSession) -> None:
    """CheckJobConfig takes the request's dictionary, and not the SDK's own NetworkConfig."""
    with sdk_environment("eu-west-1"):
        from sagemaker.core.network import NetworkConfig

    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps(
            check_arguments(session, NetworkConfig(subnets=["subnet-0aaa"], security_group_ids=["sg-0ccc"]))
        )
    fine = check_arguments(session, network_request(("subnet-0aaa",), ("sg-0ccc",)))

    assert fine["NetworkConfig"] == {
        "VpcConfig": {"Subnets": ["subnet-0aaa"], "SecurityGroupIds": ["sg-0ccc"]}
    }


def test_boolean_parameters_take_keywords_only() -> None:
    """The SDK's Boolean parameter refuses a positional default."""
    with sdk_environment("eu-west-1"):
        from sagemaker.core.workflow.parameters import ParameterBoolean

    with pytest.raises(TypeError):
        ParameterBoolean("FailOnViolation", False)


def test_a_transformer_takes_no_parameter_as_instance_count(session: OfflineSession) -> None:
    """The count comes from configuration because the SDK validates it as a literal."""
    with sdk_environment("eu-west-1"):
        from sagemaker.core.transformer import Transformer
        from sagemaker.core.workflow.parameters import ParameterInteger
        from sagemaker.mlops.workflow.steps import TransformStep

        transformer = Transformer(
            model_name="m",
            instance_count=ParameterInteger(name="Count", default_value=1),
            instance_type="ml.m5.large",
            base_transform_job_name="job",
            sagemaker_session=session,
        )
        with pytest.raises(ValueError, match="validation error"):
            _ = TransformStep(name="T", step_args=transformer.transform(data="s3://bank-ml/x")).arguments


def test_defaults_in_the_session_make_the_sdk_validate_them_at_every_look_up(session: OfflineSession) -> None:
    """An offline session has none, which is most of the time that a build would take."""
    assert session.sagemaker_config == {}


def test_a_request_step_sends_its_arguments_and_knows_the_properties_of_the_answer() -> None:
    """Model and RegisterModel steps are made without ModelBuilder, which calls IAM."""
    with sdk_environment("eu-west-1"):
        step = request_step("CreateModel", "Model", {"ExecutionRoleArn": "r"}, "DescribeModelOutput")

    assert step.to_request() == {
        "Name": "CreateModel",
        "Type": "Model",
        "Arguments": {"ExecutionRoleArn": "r"},
    }
    assert step.properties.ModelName.expr == {"Get": "Steps.CreateModel.ModelName"}


def test_a_dependency_on_any_outcome_is_written_with_its_trigger() -> None:
    """Decide's dependency on a check is met when the check failed too."""
    with sdk_environment("eu-west-1"):
        step = request_step("ModelBias", "Model", {}, "DescribeModelOutput")

        assert after_any_outcome(step).to_request() == {"Step": "ModelBias", "Trigger": "Any"}


def test_a_pipeline_refuses_a_collection_of_steps(session: OfflineSession) -> None:
    """MonitorBatchTransformStep cannot be put into a pipeline as it is; its two steps can."""
    with sdk_environment("eu-west-1"):
        from sagemaker.core.model_monitor import DatasetFormat
        from sagemaker.core.transformer import Transformer
        from sagemaker.mlops.workflow.check_job_config import CheckJobConfig
        from sagemaker.mlops.workflow.monitor_batch_transform_step import MonitorBatchTransformStep
        from sagemaker.mlops.workflow.pipeline import Pipeline
        from sagemaker.mlops.workflow.quality_check_step import DataQualityCheckConfig

        transformer = Transformer(
            model_name="m",
            instance_count=1,
            instance_type="ml.m5.large",
            base_transform_job_name="job",
            sagemaker_session=session,
        )
        arguments = {
            "name": "BatchMonitor",
            "transform_step_args": transformer.transform(data="s3://bank-ml/x"),
            "monitor_configuration": DataQualityCheckConfig(
                baseline_dataset="s3://bank-ml/x", dataset_format=DatasetFormat.csv(header=True)
            ),
            "check_job_configuration": CheckJobConfig(
                role="arn:aws:iam::444455556666:role/r", sagemaker_session=session
            ),
        }
        collection = MonitorBatchTransformStep(**arguments)
        with pytest.raises(ValueError, match="Invalid input step type"):
            Pipeline(name="p", steps=[collection], sagemaker_session=session).definition()
        with pytest.raises(TypeError, match="model_package_group_name"):
            MonitorBatchTransformStep(**arguments, model_package_group_name="g")


def check_arguments(session: OfflineSession, network_config: Any) -> dict[str, Any]:
    with sdk_environment("eu-west-1"):
        from sagemaker.core.clarify import BiasConfig, DataConfig
        from sagemaker.mlops.workflow.check_job_config import CheckJobConfig
        from sagemaker.mlops.workflow.clarify_check_step import ClarifyCheckStep, DataBiasCheckConfig

        step = ClarifyCheckStep(
            name="Check",
            clarify_check_config=DataBiasCheckConfig(
                data_config=DataConfig(
                    s3_data_input_path="s3://bank-ml/x",
                    s3_output_path="s3://bank-ml/y",
                    label="approve",
                    headers=["approve"],
                ),
                data_bias_config=BiasConfig(label_values_or_threshold=[1], facet_name="approve"),
            ),
            check_job_config=CheckJobConfig(
                role="arn:aws:iam::444455556666:role/r",
                network_config=network_config,
                sagemaker_session=session,
            ),
        )
        return dict(step.arguments)
