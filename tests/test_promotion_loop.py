"""From one environment to the next by commands: registered here, promoted, and watched there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagemaker_monitor.aws import connect
from sagemaker_monitor.aws.storage import put, read
from sagemaker_monitor.cli.main import main
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.local import prepare
from sagemaker_monitor.settings import load_environment
from tests.test_loop import JSON, Loop, prepared

pytestmark = pytest.mark.long
ACCOUNT = "444455556666"
# The registry is named by ARN, as one of another account would be.
PROD = f"""schema_version: 1
account: "{ACCOUNT}"
endpoint_url: %s
roles: {{execution: "arn:aws:iam::{ACCOUNT}:role/monitor-execution"}}
storage: {{bucket: monitor-prod}}
registry: {{account: "{ACCOUNT}"}}
approval: {{on_pass: Approved, require_promotion_from: local}}
"""
ROUTE = ("--from", "local", "--to", "local-prod")
THERE = ("--env", "local-prod")


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """Two accounts on two emulators; in the first one a version whose evidence is whole."""
    folder = tmp_path_factory.mktemp("promotion")
    with (
        Server(EmulatorConfig(state_dir=folder / "state", port=0)) as here,
        Server(EmulatorConfig(state_dir=folder / "prod", port=0, account=ACCOUNT)) as there,
    ):
        found = prepared(folder, here.url)
        (found.conf / "environments" / "local-prod.yaml").write_text(PROD % there.url)
        prepare(connect(load_environment("local-prod", found.conf)))
        assert found("upsert") == 0
        assert found("upsert", *THERE) == 0
        files = ("--artifact", found.file("model.tar.gz"), "--baseline-data", found.file("validation.csv"))
        assert found("run", "register", "--model", "mortgage", "--mode", "bootstrap", *files) == 0
        yield found


def test_a_version_is_promoted_opened_and_watched(
    loop: Loop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused until it is approved; then whole: gate, an honest batch and its report hold there."""
    assert promote(loop) == 10
    assert loop("gate", "mortgage", "--apply") == 0
    assert promote(loop, "--dry-run") == 0
    assert loop("gate", "mortgage", *THERE) == 2  # no version yet
    capsys.readouterr()

    assert promote(loop, *JSON) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["approval"], told["promoted_version"]) == ("Approved", 1)
    assert told["promoted_arn"] == f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model-package/mortgage/1"
    assert [link["name"] for link in told["promoted_links"] if not link["holds"]] == []
    assert any(each["path"].endswith("explanations_shap/out.csv") for each in told["files"])
    assert promote(loop, *JSON) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["promoted_version"], again["written"]) == (1, 0)

    assert loop("gate", "mortgage", *THERE) == 0
    capsys.readouterr()
    batch = ("--input", loop.file("batch-honest.csv"), "--labels", loop.file("labels-honest.csv"))
    assert loop("run", "monitor-batch", "--model", "mortgage", *THERE, *batch, *JSON) == 0
    verdict = json.loads(capsys.readouterr().out)["verdict"]
    assert {check["status"] for check in verdict["checks"]} == {"compared"}
    assert verdict["model_package_arn"] == told["promoted_arn"]
    assert "does not exist" not in json.dumps(verdict["not_checked"])

    pages = []
    for name, environment in (("here.json", ()), ("there.json", THERE)):
        output = str(tmp_path / name)
        assert loop("report", "mortgage", "--version", "1", *environment, "-o", output) == 0
        pages.append(json.loads(Path(output).read_text()))
    here, there = pages
    for part in ("verdict", "analyses", "distributions", "images", "execution_status"):
        assert there[part] == here[part], part
    assert {key: each["document"] for key, each in there["violations"].items()} == {
        key: each["document"] for key, each in here["violations"].items()
    }
    assert [each["name"] for each in there["steps"]] == [each["name"] for each in here["steps"]]


def test_a_baseline_that_was_widened_is_not_promoted(loop: Loop) -> None:
    """Whoever widens the limits of a baseline in the first environment gets no version in the next."""
    files = ("--artifact", loop.file("model.tar.gz"), "--baseline-data", loop.file("validation.csv"))
    assert loop("run", "register", "--model", "mortgage", *files) == 0
    assert loop("gate", "mortgage", "--apply") == 0
    aws = loop.aws
    arn = aws.call("sagemaker", "list_model_packages", ModelPackageGroupName="mortgage")[
        "ModelPackageSummaryList"
    ][0]["ModelPackageArn"]
    version = aws.call("sagemaker", "describe_model_package", ModelPackageName=arn)
    uri = version["DriftCheckBaselines"]["Bias"]["PostTrainingConstraints"]["S3Uri"]
    whole = read(aws, uri)
    put(aws, uri, whole.replace(b'"value": ', b'"value": 1'))
    there = connect(load_environment("local-prod", loop.conf))
    listing = ("sagemaker", "list_model_packages")
    group = there.environment.model_package_group("mortgage")
    before = there.call(*listing, ModelPackageGroupName=group)["ModelPackageSummaryList"]

    assert promote(loop) == 10

    assert there.call(*listing, ModelPackageGroupName=group)["ModelPackageSummaryList"] == before
    put(aws, uri, whole)
    assert promote(loop) == 0


def promote(loop: Loop, *words: str) -> int:
    """Type the command."""
    return main(["promote", "mortgage", *ROUTE, "--quiet", "--conf-dir", str(loop.conf), *words])
