"""What a run is started with."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import put_if_missing, read
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.run import ARGUMENT_LIMIT, run_monitor_batch, run_register
from sagemaker_monitor.registry.errors import RegistryError
from sagemaker_monitor.settings import Model
from tests.operations.emulated import approve, definition, deploy, fail_step, register_version

CHECK_DEFAULTS: dict[str, Any] = {
    "DataBiasSuppliedBaselineConstraints": "",
    "ModelBiasSuppliedBaselineConstraints": "",
}


def check_step(name: str, check_type: str, root: str) -> dict[str, Any]:
    """Return a check step that never runs: a failed step comes before it."""
    uri = f"{root}/nowhere/{name}"
    return {
        "Name": name,
        "Type": "ClarifyCheck",
        "CheckType": check_type,
        "DependsOn": ["Refuse"],
        "ModelName": "m" if check_type == "MODEL_BIAS" else None,
        "SkipCheck": True,
        "RegisterNewBaseline": True,
        "SuppliedBaselineConstraints": {"Get": f"Parameters.{name}SuppliedBaselineConstraints"},
        "Arguments": {
            "ProcessingInputs": [
                {
                    "InputName": "analysis_config",
                    "S3Input": {
                        "S3Uri": f"{uri}.json",
                        "LocalPath": "/opt/ml/processing/input/config",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                },
                {
                    "InputName": "dataset",
                    "S3Input": {
                        "S3Uri": uri,
                        "LocalPath": "/opt/ml/processing/input/data",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                },
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "analysis_result",
                        "S3Output": {
                            "S3Uri": f"{uri}/out",
                            "LocalPath": "/opt/ml/processing/output",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
            "ProcessingResources": {
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
            },
            "AppSpecification": {
                "ImageUri": "131013547314.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-clarify-processing:1.0"
            },
            "RoleArn": "arn:aws:iam::000000000000:role/x-execution-role",
        },
    }


@pytest.fixture
def batch(aws: Aws) -> Aws:
    """An approved version, and a monitor-batch pipeline that takes what the real one takes."""
    register_version(aws)
    approve(aws, 1)
    root = aws.environment.storage.root
    checks = [check_step("DataBias", "DATA_BIAS", root), check_step("ModelBias", "MODEL_BIAS", root)]
    document = definition(
        fail_step(),
        *checks,
        required=("ModelPackageArn", "InputDataUri"),
        GroundTruthUri="",
        **CHECK_DEFAULTS,
    )
    deploy(aws, "mortgage-monitor-batch-local", document)
    return aws


def sent(aws: Aws, arn: str) -> dict[str, str]:
    """Return the parameters that an execution was started with."""
    found = aws.pages(
        "sagemaker", "list_pipeline_parameters_for_execution", "PipelineParameters", PipelineExecutionArn=arn
    )
    return {entry["Name"]: entry["Value"] for entry in found}


def test_a_local_file_is_uploaded_under_its_hash(batch: Aws, model: Model, tmp_path: Path) -> None:
    """The batch is where its content says, byte for byte, and its URI is the parameter."""
    path = tmp_path / "my batch (1).csv"
    path.write_bytes(b"1,2,3\n")

    started = run_monitor_batch(batch, model, data=str(path), labels=str(path))

    digest = hashlib.sha256(b"1,2,3\n").hexdigest()
    uri = f"{batch.environment.storage.root}/uploads/{digest}/my-batch-1-.csv"
    assert read(batch, uri) == b"1,2,3\n"
    assert sent(batch, started.execution_arn)["InputDataUri"] == uri
    assert sent(batch, started.execution_arn)["GroundTruthUri"] == uri


def test_a_batch_runs_with_the_latest_approved_version_and_its_baselines(
    batch: Aws, model: Model, tmp_path: Path
) -> None:
    """Model and baselines come from one version, the newest approved, and not from a newer pending one."""
    register_version(batch)
    path = tmp_path / "batch.csv"
    path.write_bytes(b"1\n")

    parameters = run_monitor_batch(batch, model, data=str(path)).parameters

    root = batch.environment.storage.root
    assert parameters["ModelPackageArn"].endswith(":model-package/mortgage/1")
    assert parameters["DataBiasSuppliedBaselineConstraints"] == f"{root}/pre.json"
    assert parameters["ModelBiasSuppliedBaselineConstraints"] == f"{root}/post.json"


def test_a_batch_may_name_its_version(batch: Aws, model: Model, tmp_path: Path) -> None:
    """--version takes that version, approved or not."""
    register_version(batch)
    path = tmp_path / "batch.csv"
    path.write_bytes(b"1\n")

    parameters = run_monitor_batch(batch, model, data=str(path), version=2).parameters

    assert parameters["ModelPackageArn"].endswith("/2")
    with pytest.raises(RegistryError, match="has no version 7 in 'local'; it has 1, 2"):
        run_monitor_batch(batch, model, data=str(path), version=7)


def test_without_an_approved_version_no_batch_runs(aws: Aws, model: Model) -> None:
    """The message names the two commands that lead to an approved version."""
    deploy(aws, "mortgage-monitor-batch-local", definition(fail_step()))

    with pytest.raises(UsageError, match="no version of 'mortgage' is approved in 'local'"):
        run_monitor_batch(aws, model, data="s3://b/k")


def test_a_pipeline_that_is_not_deployed_says_upsert(aws: Aws, model: Model) -> None:
    """Nothing to start: the message names upsert."""
    with pytest.raises(UsageError, match="'mortgage-register-local' is not deployed to 'local': run"):
        run_register(aws, model)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("missing.csv", "missing.csv does not exist"),
        (".", "is a directory; give one file"),
        ("https://example.com/x.csv", "neither a local file nor an S3 URI"),
        ("s3://sagemaker-monitor-local/nothing/here", "there is no object at"),
        ("s3://sagemaker-monitor-local/" + "k" * 1024, "characters, SageMaker takes 1024"),
        ("empty.csv", "empty.csv is empty"),
    ],
)
def test_input_that_is_not_there_is_refused_before_anything_starts(
    batch: Aws, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, said: str
) -> None:
    """What cannot be read is named, with what may be given instead; no execution is started."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.csv").touch()
    batch.writes.clear()

    with pytest.raises(UsageError, match=said):
        run_monitor_batch(batch, model, data=given)

    assert batch.writes == []


def test_labels_have_the_length_of_a_container_argument(batch: Aws, model: Model, tmp_path: Path) -> None:
    """A label URI that a container argument cannot hold is refused here, and not by a failed job."""
    path = tmp_path / "batch.csv"
    path.write_bytes(b"1\n")

    with pytest.raises(UsageError, match=f"--labels: .* SageMaker takes {ARGUMENT_LIMIT}"):
        run_monitor_batch(batch, model, data=str(path), labels="s3://b/" + "k" * ARGUMENT_LIMIT)


def test_a_pipeline_of_another_version_is_not_started(aws: Aws, model: Model, tmp_path: Path) -> None:
    """A deployed pipeline that lacks a parameter is named, with upsert as the way out."""
    deploy(aws, "mortgage-register-local", definition(fail_step()))
    artifact = tmp_path / "model.tar.gz"
    artifact.write_bytes(b"x")

    with pytest.raises(UsageError, match=r"takes no parameter ModelDataUrl: .* upsert --env local"):
        run_register(aws, model, modes=["bootstrap"], artifact=str(artifact))


def test_register_looks_at_the_configured_inputs_too(aws: Aws, model: Model) -> None:
    """A configured artifact that is not there is refused, and not only one that was given."""
    uri = f"{aws.environment.storage.root}/models/mortgage/model.tar.gz"
    deploy(aws, "mortgage-register-local", definition(fail_step(), ModelDataUrl=uri))

    with pytest.raises(UsageError, match=f"--artifact: there is no object at {uri}"):
        run_register(aws, model, modes=["bootstrap"])

    put_if_missing(aws, uri, b"x")
    assert run_register(aws, model, modes=["bootstrap"]).parameters == {}
