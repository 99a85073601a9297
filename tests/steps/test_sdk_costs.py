"""What the SDK repeats for every step is done once while a bundle is built, and only then."""

from __future__ import annotations

from typing import Any

import boto3
import botocore.loaders
import botocore.session
import pytest

from pipelines.offline import OfflineSession
from steps.adapter import TELEMETRY_OFF, sdk_environment
from steps.sdk_costs import paid_once
from tests.pipelines.conftest import environment


def transform_step(session: OfflineSession) -> Any:
    """Return a step whose kind makes a local client."""
    from sagemaker.core.transformer import Transformer
    from sagemaker.mlops.workflow.steps import TransformStep

    transformer = Transformer(
        model_name="m",
        instance_count=1,
        instance_type="ml.m5.large",
        base_transform_job_name="job",
        output_path="s3://bank-ml/y",
        sagemaker_session=session,
    )
    return TransformStep(name="T", step_args=transformer.transform(data="s3://bank-ml/x"))


def test_a_step_of_the_sdk_makes_a_local_client_for_the_name_of_a_method(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When this fails, the SDK no longer does, and paid_once need not replace it."""
    made = []
    with sdk_environment("eu-west-1"):
        from sagemaker.mlops.workflow import steps

        class Counted(steps.LocalSagemakerClient):  # type: ignore[misc]
            def __init__(self) -> None:
                made.append(self)

        monkeypatch.setattr(steps, "LocalSagemakerClient", Counted)
        session = OfflineSession(environment())
        plain = transform_step(session).to_request()
        count = len(made)
        with paid_once():
            spared = transform_step(session).to_request()

    assert (count, len(made)) == (1, 1)
    assert spared == plain


def test_sessions_made_meanwhile_share_what_they_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Botocore's models are read from disk once, for whatever folders AWS_DATA_PATH names."""
    for module in (botocore.loaders, botocore.session):
        # As botocore has it: the tests share one loader, too.
        monkeypatch.setattr(module, "create_loader", lambda folders=None: botocore.loaders.Loader())
    apart = [boto3.Session()._session.get_component("data_loader") for _ in range(2)]
    with sdk_environment("eu-west-1"), paid_once():
        one, two = (boto3.Session()._session.get_component("data_loader") for _ in range(2))
        elsewhere = botocore.loaders.create_loader("/nowhere")

    assert apart[0] is not apart[1]
    assert one is two
    assert elsewhere is not one
    assert "/nowhere" in elsewhere.search_paths


def test_nothing_is_replaced_afterwards() -> None:
    """Also where building fails: others in the process get loaders and clients of their own."""
    with sdk_environment("eu-west-1"):
        from sagemaker.mlops.workflow import steps

        before = replaceable(steps)
        with pytest.raises(RuntimeError), paid_once():
            raise RuntimeError
        after = replaceable(steps)

    assert after == before


def replaceable(steps: Any) -> tuple[Any, ...]:
    """Return everything that paid_once replaces; *steps* is the SDK's module."""
    from sagemaker.core.config.config_manager import SageMakerConfig
    from sagemaker.core.helper import session_helper

    return (
        botocore.loaders.create_loader,
        botocore.session.create_loader,
        steps.LocalSagemakerClient,
        session_helper.validate_sagemaker_config,
        vars(SageMakerConfig)["validate_sagemaker_config"],
    )


def test_a_session_checks_its_defaults_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """When this fails, the SDK no longer does, and paid_once need not spare it; the defaults are valid."""
    checked = []
    with sdk_environment("eu-west-1"):
        from sagemaker.core.config import config, config_manager

        really = config.jsonschema.validate

        def counted(document: Any, schema: Any) -> None:
            checked.append(document)
            really(document, schema)

        monkeypatch.setattr(config.jsonschema, "validate", counted)
        assert config_manager.jsonschema is config.jsonschema
        OfflineSession(environment())
        plainly = len(checked)
        with paid_once():
            OfflineSession(environment())

    assert plainly > 1
    assert checked == [TELEMETRY_OFF] * plainly


def test_sessions_of_a_region_make_a_client_of_each_service_once() -> None:
    """A hundred models need no hundred clients, none of which sends anything."""
    with sdk_environment("eu-west-1"):
        one, two = (OfflineSession(environment()) for _ in range(2))

    assert one.sagemaker_client is two.sagemaker_client
    assert one.sagemaker_client.meta.region_name == environment().region
    assert one.s3_client is not one.sagemaker_client
