"""What promote calls in both environments is what it is said to call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.iam.grants import ABORT
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.local import prepare
from sagemaker_monitor.settings import Model
from tests.operations.test_promotion import approved, connect, environment_at, promoted
from tests.policy.judging import judged
from tests.policy.recording import recorded

__all__ = ["approved"]


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Server]:
    """The target's emulator."""
    with Server(EmulatorConfig(tmp_path / "prod", port=0, account="444455556666")) as server:
        yield server


def scope(aws: Aws) -> Scope:
    """What policies of an environment are about here."""
    root = aws.environment.storage.root
    # The version of these tests has artifact and baselines outside of the model's folder.
    outside = tuple(f"{root}/{name}" for name in ("model.tar.gz", "pre.json", "post.json"))
    return Scope(aws.environment, ("mortgage",), locations=outside)


def test_promote_calls_what_is_said(
    approved: Aws, emulator: Server, other: Server, conf: Path, model: Model
) -> None:
    """It reads in the one account, writes in the other, and opens the version there as far as it may."""
    target = connect(environment_at(conf, "local-prod", other.url))
    prepare(target)
    target.call("sagemaker", "create_model_package_group", ModelPackageGroupName="mortgage")
    with recorded(emulator) as there, recorded(other) as here:
        promoted(approved, target, model)
    source = judged(there.requests, "promote --from", scope(approved))
    found = judged(here.requests, "promote --to", scope(target))

    assert (source.denied, found.denied) == ((), ())
    assert source.unused == {
        ("Uploads", "s3:GetObject"),  # where run was given the artifact; here it lies elsewhere
        ("JobRecords", "sagemaker:DescribeProcessingJob"),  # of checks in a team's own image
    }
    assert found.unused == {
        ("Results", ABORT),  # no upload breaks
        ("Pipelines", "sagemaker:DescribePipeline"),  # of an image of the source's registry
    }
