"""The loop on the reviews example: texts that a team's own monitor watches, from a baseline to a refusal."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from sagemaker_monitor.aws import connect
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.jobs.images import Registry
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.settings import load_environment
from tests.test_loop import JSON, ROOT, Loop

EXAMPLE = ROOT / "examples" / "reviews"
MODEL = ("--model", "reviews")
SILENT = "import os; os._exit(0)"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """An emulator in which the example's first version is approved; a second image ends without a word."""
    folder = tmp_path_factory.mktemp("reviews")
    commands = {
        "text-drift": (sys.executable, str(EXAMPLE / "monitor" / "monitor.py")),
        "silent": (sys.executable, "-c", SILENT),
    }
    with Server(EmulatorConfig(folder / "state", port=0, images=Registry(commands))) as server:
        conf, data = folder / "conf", folder / "data"
        shutil.copytree(EXAMPLE / "conf", conf)
        local = conf / "environments" / "local.yaml"
        local.write_text(local.read_text().replace("http://127.0.0.1:4780", server.url))
        prepare = [sys.executable, str(EXAMPLE / "prepare.py"), "--output", str(data)]
        subprocess.run(prepare, check=True, capture_output=True)
        aws = connect(load_environment("local", conf))
        bucket, region = aws.environment.storage.bucket, aws.environment.region
        aws.call(
            "s3", "create_bucket", Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region}
        )
        found = Loop(conf, data, aws)
        assert found("upsert") == 0
        assert register(found, "--mode", "bootstrap") == 0
        assert found("gate", "reviews", "--version", "1", "--apply") == 0
        yield found


def register(loop: Loop, *options: str) -> int:
    """Run register on the example's artifact and validation data."""
    files = ("--artifact", loop.file("model.tar.gz"), "--baseline-data", loop.file("validation.csv"))
    return loop("run", "register", *MODEL, *files, *options)


def batch(loop: Loop, name: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """Run monitor-batch on a batch of the example; return exit code and verdict."""
    capsys.readouterr()
    code = loop("run", "monitor-batch", *MODEL, "--input", loop.file(f"batch-{name}.csv"), *JSON)
    return code, json.loads(capsys.readouterr().out)["verdict"]


def crossed(verdict: dict[str, Any]) -> list[str]:
    """Return what crossed its limit, as rules name it."""
    found = [each for each in verdict["findings"] if each["crossed"]]
    return ["/".join(filter(None, (each["monitor"], each["metric"], each["feature"]))) for each in found]


@pytest.mark.parametrize(
    ("name", "code", "found"),
    [
        ("honest", 0, []),
        ("foreign", 10, ["custom/text_drift/GreaterThanThreshold/unknown_words"]),
        ("empty", 10, ["custom/text_drift/empty_texts"]),
    ],
)
def test_a_batch_of_texts_is_judged_by_the_teams_monitor(
    loop: Loop, name: str, code: int, found: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """An honest one passes; words that nobody knew are a violation, empty texts cross a rule's limit."""
    ended, verdict = batch(loop, name, capsys)

    assert (ended, crossed(verdict)) == (code, found)
    assert verdict["batch"]["rows"] == 600
    assert {each["step"]: each["status"] for each in verdict["checks"]} == {
        "CustomTextDrift": "compared",
        "ModelQuality": "compared",
    }
    assert "text_drift: " in verdict["summary"] if found else "of text_drift" in verdict["summary"]


def test_a_version_registered_later_carries_the_first_ones_baseline(
    loop: Loop, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was compared with is carried on, and the gate opens on it; altered, it does not."""
    assert register(loop) == 0
    described = [
        loop.aws.call("sagemaker", "describe_model_package", ModelPackageName=each["ModelPackageArn"])
        for each in loop.aws.call("sagemaker", "list_model_packages", ModelPackageGroupName="reviews")[
            "ModelPackageSummaryList"
        ]
    ]
    said = [each["CustomerMetadataProperties"] for each in described]
    keys = ("CustomBaseline.text_drift", "CustomBaselineSha256.text_drift")
    assert len({tuple(each[key] for key in keys) for each in said}) == 1

    assert loop("gate", "reviews", "--version", "2", "--apply") == 0
    bucket, _, key = said[0][keys[0]].removeprefix("s3://").partition("/")
    place: dict[str, str] = {"Bucket": bucket, "Key": f"{key}/constraints.json"}
    kept = loop.aws.call("s3", "get_object", **place)["Body"].read()
    loop.aws.call("s3", "put_object", **place, Body=kept + b" ")
    capsys.readouterr()
    assert loop("gate", "reviews", "--version", "2") == 10
    assert "was altered" in "".join(capsys.readouterr()).replace("\n", " ")
    loop.aws.call("s3", "put_object", **place, Body=kept)


def test_a_monitor_that_is_new_to_an_approved_model_needs_a_bootstrap(
    loop: Loop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Check says which is missing and what to do; one whose image says nothing never opens the gate."""
    path = loop.conf / "models" / "reviews.yaml"
    kept = path.read_text()
    document = yaml.safe_load(kept)
    document["monitors"]["custom"]["quiet"] = {"image": "silent:1", "input": "predictions"}
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    try:
        assert loop("upsert") == 0
        capsys.readouterr()
        assert register(loop) == 2
        told = " ".join(capsys.readouterr().err.split())
        assert (
            "has no baseline of CustomQuiet: run register with --mode custom/quiet=bootstrap to establish it"
            in told
        )

        assert register(loop, "--mode", "bootstrap", *JSON) == 3
        verdict = json.loads(capsys.readouterr().out)["verdict"]
        assert {each["step"]: each["status"] for each in verdict["checks"]} == {
            "CustomTextDrift": "compared",
            "CustomQuiet": "no-evidence",
            "ModelQuality": "compared",
        }
        assert "statistics.json does not exist" in verdict["summary"]
    finally:
        path.write_text(kept)
        assert loop("upsert") == 0


def test_a_new_baseline_of_a_teams_monitor_can_be_accepted(
    loop: Loop, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was refused becomes the baseline, for a reason, of a version that the gate opens."""
    accepted = ("--mode", "custom/text_drift=accept", "--reason", "German reviews are welcome")
    foreign = loop.file("batch-foreign.csv")
    assert loop("run", "monitor-batch", *MODEL, "--input", foreign, *accepted) == 0
    assert loop("gate", "reviews", "--apply") == 0

    code, verdict = batch(loop, "foreign", capsys)
    assert (code, crossed(verdict)) == (0, [])
