"""What `promote` says at a terminal and to a build: refusals, and a target that asks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.cli.main import main
from tests.operations.emulated import (
    approve,
    aws,
    conf,
    emulator,
    environment,
    make_verdict,
    put_verdict,
    register_version,
)

__all__ = ["aws", "conf", "emulator", "environment"]


pytestmark = pytest.mark.long


@pytest.fixture
def prod(aws: Aws, conf: Path) -> str:
    """A protected environment at the same emulator, with a group of its own; its name."""
    (conf / "environments" / "local-prod.yaml").write_text(
        f'schema_version: 1\naccount: "000000000000"\nendpoint_url: {aws.environment.endpoint_url}\n'
        f"roles: {{execution: {aws.environment.roles.execution}}}\nprotected: true\n"
        f"storage: {{bucket: {aws.environment.storage.bucket}, prefix: prod}}\n"
        'registry: {model_package_group: "{model}-prod"}\n'
    )
    aws.call("sagemaker", "create_model_package_group", ModelPackageGroupName="mortgage-prod")
    return "local-prod"


def test_a_protected_target_is_asked_for_and_a_refusal_has_its_code(
    aws: Aws, conf: Path, prod: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """10 and the broken link without a verdict; 2 where nobody agreed; 0 with --yes, and with --dry-run."""

    def promote(*words: str) -> int:
        route = ("--from", "local", "--to", prod, "--conf-dir", str(conf))
        return main(["promote", "mortgage", *route, *words])

    execution = register_version(aws)
    assert promote("--yes", "--format", "json") == 10
    told = json.loads(capsys.readouterr().out)
    assert (told["evidence"], told["promoted_arn"]) == ("closed", None)
    assert "not promoted to local-prod: closed: verdict:" in told["message"]

    put_verdict(aws, make_verdict(aws.environment, execution))
    approve(aws, 1)
    assert promote() == 2
    assert "give --yes where it is agreed already" in capsys.readouterr().err
    assert promote("--dry-run") == 0
    assert "would bring" in capsys.readouterr().out
    assert promote("--yes") == 0
    said = capsys.readouterr()
    assert "version 1 of local is promoted: it is version 1 of mortgage-prod in local-prod" in said.out
    assert "copied  model.tar.gz (7 bytes)" in said.err
    assert promote("--quiet", "--version", "2") == 2  # there is none
