"""Removed is what upsert made, after what refers to it, and files only when nothing refers to them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import head, put
from sagemaker_monitor.operations.destroy import destroy, look_at_model, look_at_surplus
from sagemaker_monitor.operations.errors import BusyError, UsageError
from sagemaker_monitor.operations.ledger import claim, read_entry, read_prune_entry
from sagemaker_monitor.operations.prune import look_for_unused, prune
from sagemaker_monitor.operations.unconfigured import unconfigured_models
from sagemaker_monitor.operations.upsert import look, upsert
from sagemaker_monitor.settings import Environment, Model
from tests.operations.deployed import bundle_of
from tests.operations.emulated import (
    SCRIPT_IMAGE,
    definition,
    deploy,
    fail_step,
    make_bundle,
    processing_step,
    register_version,
    start,
    wait,
)

NOW = timedelta(seconds=-5)
"""A retention time that everything is older than."""
HERE = {"local"}


@pytest.fixture
def bundle(aws: Aws, environment: Environment, model: Model) -> Bundle:
    """Two pipelines and a file, deployed."""
    made = bundle_of(environment)
    list(upsert(aws, made, model))
    return made


def names(aws: Aws) -> set[str]:
    """Return the names of pipelines and groups."""
    pipelines = aws.pages("sagemaker", "list_pipelines", "PipelineSummaries")
    groups = aws.pages("sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList")
    return {each["PipelineName"] for each in pipelines} | {each["ModelPackageGroupName"] for each in groups}


def put_asset(aws: Aws, letter: str) -> str:
    """Store a file that nothing refers to; return its URI."""
    uri = f"{aws.environment.storage.root}/assets/{letter * 64}/spec.json"
    put(aws, uri, b"{}")
    return uri


def test_everything_of_a_model_goes_pipelines_first(aws: Aws, bundle: Bundle) -> None:
    """Nothing with its mark is left; the ledger says destroyed, and its file is left to prune."""
    removal = look_at_model(aws, "mortgage")

    assert removal.names[-1] == "model package group mortgage"
    assert {change.done for change in destroy(aws, removal)} == {"deleted"}
    assert names(aws) == set()
    assert look_at_model(aws, "mortgage").items == ()
    assert unconfigured_models(aws, []) == ()
    assert head(aws, bundle.assets[0].uri) is not None


def test_what_others_made_stays(aws: Aws, bundle: Bundle, environment: Environment, model: Model) -> None:
    """A pipeline without the mark, one of another environment, one of another model."""
    deploy(aws, "mortgage-extra-local", definition(fail_step()))
    elsewhere = environment.model_copy(update={"name": "staging"})
    tags = [{"Key": "sagemaker-monitor:model", "Value": "mortgage"}]
    tags += [{"Key": "sagemaker-monitor:environment", "Value": elsewhere.name}]
    deploy(aws, "mortgage-register-staging", definition(fail_step()))
    arn = aws.call("sagemaker", "describe_pipeline", PipelineName="mortgage-register-staging")["PipelineArn"]
    aws.call("sagemaker", "add_tags", ResourceArn=arn, Tags=tags)

    list(destroy(aws, look_at_model(aws, "mortgage")))

    assert names(aws) == {"mortgage-extra-local", "mortgage-register-staging"}


def test_a_group_with_versions_stays(aws: Aws, environment: Environment, model: Model) -> None:
    """Versions are evidence: their group is kept, and it is said why."""
    list(upsert(aws, make_bundle(environment, monitor_batch=definition(fail_step())), model))
    aws.call(
        "sagemaker",
        "create_model_package",
        ModelPackageGroupName="mortgage",
        InferenceSpecification={
            "Containers": [{"Image": SCRIPT_IMAGE}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )

    changes = list(destroy(aws, look_at_model(aws, "mortgage")))

    assert [(change.kind, change.done) for change in changes] == [
        ("pipeline", "deleted"),
        ("model package group", "unchanged"),
    ]
    assert "it has versions" in changes[1].detail
    assert names(aws) == {"mortgage"}


def test_a_group_that_upsert_did_not_make_stays(aws: Aws, environment: Environment, model: Model) -> None:
    """A group without the mark is neither tagged nor deleted."""
    aws.call("sagemaker", "create_model_package_group", ModelPackageGroupName="mortgage")
    list(upsert(aws, make_bundle(environment, register=definition(fail_step())), model))

    list(destroy(aws, look_at_model(aws, "mortgage")))

    assert names(aws) == {"mortgage"}


def test_while_an_execution_runs_nothing_is_deleted(aws: Aws, environment: Environment, model: Model) -> None:
    """The execution is named."""
    step = processing_step(environment, "import time; time.sleep(60)")
    list(upsert(aws, make_bundle(environment, register=definition(step)), model))
    arn = start(aws, "mortgage-register-local")
    removal = look_at_model(aws, "mortgage")

    with pytest.raises(UsageError, match=r"1 execution.* still run, such as arn:.*; nothing was deleted"):
        list(destroy(aws, removal))

    assert "mortgage-register-local" in names(aws)
    aws.call("sagemaker", "stop_pipeline_execution", PipelineExecutionArn=arn)
    assert wait(aws, arn) == "Stopped"


def test_only_what_is_no_longer_configured(
    aws: Aws, bundle: Bundle, environment: Environment, model: Model
) -> None:
    """The pipeline that the bundle no longer has goes; nothing else, and no drift is left of it."""
    smaller = make_bundle(environment, content=bundle.assets[0].content, register=definition(fail_step()))
    list(upsert(aws, smaller, model))
    outlook = look(aws, smaller, model)

    changes = list(destroy(aws, look_at_surplus(aws, "mortgage", outlook.entry, outlook.surplus)))

    assert [(change.name, change.done) for change in changes] == [("mortgage-monitor-batch-local", "deleted")]
    assert {change.done for change in upsert(aws, smaller, model)} == {"unchanged"}
    assert unconfigured_models(aws, []) == ("mortgage",)


def test_killed_midway_a_second_run_removes_the_rest(aws: Aws, bundle: Bundle) -> None:
    """What is left still bears its mark."""
    begun = destroy(aws, look_at_model(aws, "mortgage"))
    next(begun)
    begun.close()  # type: ignore[attr-defined]

    list(destroy(aws, look_at_model(aws, "mortgage")))

    assert names(aws) == set()


def test_prune_deletes_what_nothing_refers_to(aws: Aws, bundle: Bundle) -> None:
    """A stray file goes, one of a deployed pipeline and what is no file of upsert's stay."""
    stray = put_asset(aws, "a")
    other = f"{aws.environment.storage.root}/assets/readme.txt"
    put(aws, other, b"mine")

    found = look_for_unused(aws, NOW, HERE)
    assert [item.uri for item in found.unused] == [stray]
    assert head(aws, stray) is not None
    assert prune(aws, NOW, HERE).unused == found.unused

    assert head(aws, stray) is None
    assert head(aws, other) is not None
    assert head(aws, bundle.assets[0].uri) is not None


def test_prune_keeps_what_is_young(aws: Aws, bundle: Bundle) -> None:
    """Somebody may be about to refer to it."""
    put_asset(aws, "a")

    found = prune(aws, timedelta(days=30), HERE)

    assert (found.unused, found.young, found.referenced) == ((), 1, 1)


def test_prune_keeps_the_files_of_old_versions(
    aws: Aws, bundle: Bundle, environment: Environment, model: Model
) -> None:
    """A rollback needs them: only with the pipeline do they go."""
    list(upsert(aws, bundle_of(environment, b"{}"), model))

    assert prune(aws, NOW, HERE).referenced == 2
    list(destroy(aws, look_at_model(aws, "mortgage")))
    assert {item.uri for item in prune(aws, NOW, HERE).unused} >= {bundle.assets[0].uri}


def test_prune_keeps_what_a_job_definition_or_a_version_refers_to(aws: Aws) -> None:
    """A monitor's script, a version's metadata, a parameter of an execution that runs."""
    scripts = {letter: put_asset(aws, letter) for letter in "abcd"}
    register_version(aws, Script=scripts["a"])
    resources = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}
    aws.call(
        "sagemaker",
        "create_data_quality_job_definition",
        JobDefinitionName="watch",
        DataQualityAppSpecification={
            "ImageUri": "468650794304.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-model-monitor-analyzer",
            "RecordPreprocessorSourceUri": scripts["b"],
        },
        DataQualityJobInput={
            "BatchTransformInput": {
                "DataCapturedDestinationS3Uri": "s3://b/c",
                "DatasetFormat": {"Csv": {"Header": False}},
                "LocalPath": "/opt/ml/processing/input",
            }
        },
        DataQualityJobOutputConfig={
            "MonitoringOutputs": [
                {"S3Output": {"S3Uri": "s3://b/o", "LocalPath": "/opt/ml/processing/output"}}
            ]
        },
        JobResources={"ClusterConfig": resources},
        RoleArn=aws.environment.roles.execution,
    )
    step = processing_step(aws.environment, "import time; time.sleep(60)")
    deploy(aws, "slow", definition(step, required=("Script",)))
    parameters: list[dict[str, Any]] = [{"Name": "Script", "Value": scripts["c"]}]
    arn = aws.call(
        "sagemaker", "start_pipeline_execution", PipelineName="slow", PipelineParameters=parameters
    )["PipelineExecutionArn"]

    assert [item.uri for item in look_for_unused(aws, NOW, HERE).unused] == [scripts["d"]]

    aws.call("sagemaker", "stop_pipeline_execution", PipelineExecutionArn=arn)
    wait(aws, arn)
    assert [item.uri for item in look_for_unused(aws, NOW, HERE).unused] == [scripts["c"], scripts["d"]]


def test_prune_and_upsert_do_not_run_at_the_same_time(aws: Aws, bundle: Bundle, model: Model) -> None:
    """Each sees the other's claim, whoever is first."""
    with (
        claim(aws, read_entry(aws, "mortgage"), "upsert"),
        pytest.raises(BusyError, match="local mortgage: upsert by"),
    ):
        prune(aws, NOW, HERE)
    with (
        claim(aws, read_prune_entry(aws), "prune"),
        pytest.raises(BusyError, match="prune: prune by"),
    ):
        list(upsert(aws, bundle_of(aws.environment, b"{}"), model))


def test_a_prune_between_looking_and_writing_is_seen(aws: Aws, bundle: Bundle, model: Model) -> None:
    """A file that was there when upsert looked may be gone: it begins anew."""
    from sagemaker_monitor.operations.upsert import apply

    outlook = look(aws, bundle_of(aws.environment, b"{}"), model)
    prune(aws, NOW, HERE)

    with pytest.raises(BusyError, match="prune was at work at the same time; try again"):
        list(apply(aws, outlook))


def test_prune_refuses_where_it_cannot_see(aws: Aws, bundle: Bundle) -> None:
    """Another environment's ledger at the same storage, in an account that cannot be read from here."""
    put(aws, f"{aws.environment.storage.root}/deployments/prod/mortgage.json", json.dumps({}).encode())

    with pytest.raises(UsageError, match="is also that of prod, in another account or region"):
        prune(aws, NOW, HERE)
    prune(aws, NOW, {"local", "prod"})
