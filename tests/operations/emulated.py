"""What talks to AWS is tested with: an emulator of its own, its environment, and small pipelines."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.bundle import (
    BUNDLE_PLACEHOLDER,
    Bundle,
    PipelineDefinition,
    bundle_sha256,
    canonical_json,
    make_asset,
)
from sagemaker_monitor.analysis.documents.verdict import Check, Finding, Limit, Verdict
from sagemaker_monitor.analysis.documents.verdict_json import to_json
from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.aws.storage import put_if_missing
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.deployed import DeployedCheck
from sagemaker_monitor.settings import Environment, Model, load_environment, load_model

CONF = Path(__file__).parents[2] / "conf"
PARAMETERS = ("ModelDataUrl", "BaselineDataUri", "GroundTruthUri", "BaselineModelPackageArn")
CHECKS = {"DataBias": "DATA_BIAS", "ModelBias": "MODEL_BIAS"}
FIELDS = ("SkipCheck", "RegisterNewBaseline", "SuppliedBaselineConstraints")
DEPLOYED = tuple(
    DeployedCheck(step, kind, {field: f"{step}{field}" for field in FIELDS}) for step, kind in CHECKS.items()
)
BASELINE, ARTIFACT = b"{}", b"a model"
BASELINE_DIGEST = f"sha256:{hashlib.sha256(BASELINE).hexdigest()}"
MODEL_ETAG = hashlib.md5(ARTIFACT).hexdigest()
SCRIPT_IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Server]:
    """An emulator that listens, with nothing in it."""
    with Server(EmulatorConfig(state_dir=tmp_path / "state", port=0)) as server:
        yield server


@pytest.fixture
def conf(tmp_path: Path, emulator: Server) -> Path:
    """The repository's configuration, its environment `local` pointing to the emulator."""
    target = tmp_path / "conf"
    shutil.copytree(CONF, target)
    local = target / "environments" / "local.yaml"
    local.write_text(local.read_text().replace("http://127.0.0.1:4780", emulator.url))
    return target


@pytest.fixture
def environment(conf: Path) -> Environment:
    """The environment `local`."""
    return load_environment("local", conf)


@pytest.fixture
def model(conf: Path) -> Model:
    """The model `mortgage`."""
    return load_model("mortgage", conf)


@pytest.fixture
def aws(environment: Environment) -> Aws:
    """The emulator as `local`'s AWS, with the environment's bucket."""
    found = connect(environment)
    found.call(
        "s3",
        "create_bucket",
        Bucket=environment.storage.bucket,
        CreateBucketConfiguration={"LocationConstraint": environment.region},
    )
    found.writes.clear()
    return found


def make_bundle(environment: Environment, *, content: bytes = b"{}", **definitions: dict[str, Any]) -> Bundle:
    """Return a bundle of small definitions by pipeline, `monitor_batch` for monitor-batch, and one asset."""
    assets = (make_asset(environment.storage.root, "spec.json", content),)
    own = BUNDLE_PLACEHOLDER
    names = {key.replace("_", "-"): value for key, value in definitions.items()}
    pipelines = tuple(
        PipelineDefinition(f"mortgage-{key}-{environment.name}", key, canonical_json(value))
        for key, value in names.items()
    )
    digest = bundle_sha256(pipelines, assets, own)
    pipelines = tuple(replace(p, definition=p.definition.replace(own, digest)) for p in pipelines)
    return Bundle("mortgage", environment.name, digest, "0", pipelines, assets)


def definition(*steps: dict[str, Any], required: tuple[str, ...] = (), **defaults: Any) -> dict[str, Any]:
    """Return a pipeline definition with these steps and parameters."""
    parameters: list[dict[str, Any]] = [{"Name": name, "Type": "String"} for name in required]
    for name, value in defaults.items():
        kind = "Boolean" if isinstance(value, bool) else "String"
        parameters.append({"Name": name, "Type": kind, "DefaultValue": value})
    return {"Version": "2020-12-01", "Metadata": {}, "Parameters": parameters, "Steps": list(steps)}


def fail_step(message: str = "The gate is closed.") -> dict[str, Any]:
    """Return a step that fails."""
    return {"Name": "Refuse", "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def processing_step(environment: Environment, code: str, name: str = "Join") -> dict[str, Any]:
    """Return a step whose job runs a line of Python."""
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "AppSpecification": {"ImageUri": SCRIPT_IMAGE, "ContainerEntrypoint": ["python3", "-c", code]},
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceType": "ml.t3.medium",
                    "InstanceCount": 1,
                    "VolumeSizeInGB": 20,
                }
            },
            "RoleArn": environment.roles.execution,
        },
    }


def register_step(environment: Environment, **metadata: Any) -> dict[str, Any]:
    """Return a step that registers a version with baselines and metadata as `register` does."""
    root = environment.storage.root
    execution = {"Get": "Execution.PipelineExecutionId"}
    uri = {"Std:Join": {"On": "/", "Values": [f"{root}/mortgage/register", execution, "decide/verdict.json"]}}
    return {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": "mortgage",
            "ModelApprovalStatus": "PendingManualApproval",
            "InferenceSpecification": {
                "Containers": [{"Image": IMAGE, "ModelDataUrl": f"{root}/model.tar.gz"}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            "DriftCheckBaselines": {
                "Bias": {
                    "PreTrainingConstraints": {
                        "ContentType": "application/json",
                        "ContentDigest": BASELINE_DIGEST,
                        "S3Uri": f"{root}/pre.json",
                    },
                    "PostTrainingConstraints": {
                        "ContentType": "application/json",
                        "ContentDigest": BASELINE_DIGEST,
                        "S3Uri": f"{root}/post.json",
                    },
                }
            },
            "CustomerMetadataProperties": {
                "PipelineExecutionArn": {"Get": "Execution.PipelineExecutionArn"},
                "BundleSha256": "b" * 64,
                "VerdictUri": uri,
                "VerdictSha256": "c" * 64,
                "ModelDataETag": MODEL_ETAG,
                "Environment": environment.name,
                **metadata,
            },
        },
    }


def make_verdict(
    environment: Environment, execution_arn: str, decision: str = "pass", /, **changes: Any
) -> Verdict:
    """Return the verdict of an execution of `register`; `refused` ones have one finding that crossed."""
    crossed = Finding(
        check="ModelBias",
        monitor="bias",
        metric="DPPL",
        facet="black",
        facet_value="1",
        value=0.31,
        baseline=0.12,
        limit=Limit("calibrated", None, 0.2),
        rule="bias/DPPL/*",
        action="fail",
        crossed=True,
        aws_violation=True,
        message="the model approves far fewer of the group",
    )
    verdict = Verdict(
        decision=decision,
        summary="one sentence about it",
        model="mortgage",
        pipeline="register",
        environment=environment.name,
        execution_arn=execution_arn,
        model_package_arn=None,
        bundle_sha256="b" * 64,
        created=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        batch=None,
        baseline=None,
        calibration=None,
        checks=tuple(Check(step, kind, "compared", None, None, None, 0) for step, kind in CHECKS.items()),
        findings=(crossed,) if decision == "refused" else (),
        not_checked=(),
    )
    return replace(verdict, **changes)


def verdict_place(environment: Environment, execution_arn: str, pipeline: str = "register") -> str:
    """Return the URI at which an execution leaves its verdict."""
    return (
        f"{environment.storage.root}/mortgage/{pipeline}/{execution_arn.split('/')[-1]}/decide/verdict.json"
    )


def put_verdict(aws: Aws, verdict: Verdict, *, pipeline: str = "register", of: str | None = None) -> str:
    """Write the verdict where its execution, or *of*, would; bind the version it is about; return its URI."""
    execution_arn = of or verdict.execution_arn
    uri = verdict_place(aws.environment, execution_arn, pipeline)
    content = json.dumps(to_json(verdict)).encode()
    put_if_missing(aws, uri, content)
    bind(aws, execution_arn, content)
    return uri


def bind(aws: Aws, execution_arn: str, content: bytes) -> None:
    """Give the versions that an execution registered the hash of its verdict, as its definition would."""
    for summary in aws.call("sagemaker", "list_model_packages", ModelPackageGroupName="mortgage")[
        "ModelPackageSummaryList"
    ]:
        arn = summary["ModelPackageArn"]
        found = aws.call("sagemaker", "describe_model_package", ModelPackageName=arn)
        if found["CustomerMetadataProperties"].get("PipelineExecutionArn") == execution_arn:
            digest = {"VerdictSha256": hashlib.sha256(content).hexdigest()}
            aws.call(
                "sagemaker", "update_model_package", ModelPackageArn=arn, CustomerMetadataProperties=digest
            )


def deploy(aws: Aws, name: str, document: dict[str, Any]) -> None:
    """Create a pipeline as it is."""
    role = aws.environment.roles.execution
    aws.call(
        "sagemaker",
        "create_pipeline",
        PipelineName=name,
        PipelineDefinition=json.dumps(document),
        RoleArn=role,
    )


def start(aws: Aws, name: str) -> str:
    """Start a pipeline without parameters and return the execution's ARN."""
    arn: str = aws.call("sagemaker", "start_pipeline_execution", PipelineName=name)["PipelineExecutionArn"]
    return arn


def wait(aws: Aws, execution_arn: str) -> str:
    """Wait for an execution and return its status."""
    from sagemaker_monitor.operations.follow import follow

    return list(follow(aws, execution_arn))[-1].status


def register_version(aws: Aws, **metadata: Any) -> str:
    """Register a version through the emulator's own `register` pipeline; return the execution's ARN."""
    name = f"mortgage-register-{aws.environment.name}"
    groups = [
        g["ModelPackageGroupName"]
        for g in aws.pages("sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList")
    ]
    if "mortgage" not in groups:
        aws.call("sagemaker", "create_model_package_group", ModelPackageGroupName="mortgage")
        for part in ("pre", "post"):
            put_if_missing(aws, f"{aws.environment.storage.root}/{part}.json", BASELINE)
        put_if_missing(aws, f"{aws.environment.storage.root}/model.tar.gz", ARTIFACT)
        deploy(aws, name, definition(register_step(aws.environment, **metadata)))
    arn = start(aws, name)
    assert wait(aws, arn) == "Succeeded"
    return arn


def approve(aws: Aws, number: int) -> None:
    """Set a version to Approved, as a person would."""
    from sagemaker_monitor.registry.versions import find_version

    arn = find_version(aws, "mortgage", number).arn
    aws.call("sagemaker", "update_model_package", ModelPackageArn=arn, ModelApprovalStatus="Approved")
