"""Which versions there are, and which of them is the one to compare with."""

from __future__ import annotations

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.registry.errors import RegistryError
from sagemaker_monitor.registry.versions import find_version, latest_approved, list_versions
from tests.operations.emulated import approve, register_version


def test_a_group_that_is_not_there_has_no_versions(aws: Aws) -> None:
    """Nothing is registered before the first run, and that is no error."""
    assert list(list_versions(aws, "mortgage")) == []
    assert latest_approved(aws, "mortgage") is None


def test_the_latest_approved_is_the_newest_of_the_approved(aws: Aws) -> None:
    """A newer pending version does not count; an approval moves it, a rejection moves it back."""
    for _ in range(3):
        register_version(aws)
    assert latest_approved(aws, "mortgage") is None

    approve(aws, 1)
    approve(aws, 2)
    second = latest_approved(aws, "mortgage")
    assert second is not None
    aws.call("sagemaker", "update_model_package", ModelPackageArn=second.arn, ModelApprovalStatus="Rejected")
    first = latest_approved(aws, "mortgage")

    assert first is not None
    assert (second.number, first.number) == (2, 1)


def test_a_version_carries_its_baselines_and_metadata(aws: Aws) -> None:
    """What `register` wrote is read back by check type and by key."""
    arn = register_version(aws)
    root = aws.environment.storage.root

    version = find_version(aws, "mortgage", None)

    assert version.baselines == {"DATA_BIAS": f"{root}/pre.json", "MODEL_BIAS": f"{root}/post.json"}
    assert version.metadata["PipelineExecutionArn"] == arn


def test_a_version_that_is_not_there_names_those_that_are(aws: Aws) -> None:
    """An unknown number is answered with the known ones."""
    with pytest.raises(RegistryError, match="no version of 'mortgage' is registered in 'local'"):
        find_version(aws, "mortgage", None)

    register_version(aws)

    with pytest.raises(RegistryError, match="has no version 2 in 'local'; it has 1"):
        find_version(aws, "mortgage", 2)
