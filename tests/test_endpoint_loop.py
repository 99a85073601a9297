"""Watching a real-time endpoint: the commands of docs/endpoints.md, and what becomes of windows meanwhile."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.cli.main import main
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from tests import pages
from tests.test_loop import JSON, ROOT, Loop, prepared

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

PAGE = ROOT / "docs" / "endpoints.md"
MONITOR = ("run", "monitor-endpoint", "--model", "mortgage")
TYPED_ONCE = {"local up"}
"""What the tests have done already: the emulator is theirs."""


def commands(page: Path = PAGE) -> list[tuple[list[str], int]]:
    """The commands of a page's block to try, in words, with their exit codes."""
    (_, block), *_ = pages.blocks(page.read_text().partition("## Try it")[2])
    return [(shlex.split(line), code) for line, code in pages.commands(block)]


@dataclass(frozen=True)
class Typed:
    """A folder in which the page's commands were typed, what they said, and their emulator."""

    loop: Loop
    server: Server
    codes: list[tuple[str, int, int]]
    verdicts: list[dict[str, Any]]

    def application(self, *arguments: str) -> None:
        """Run the example's application."""
        program = [sys.executable, "examples/mortgage/endpoint.py", *arguments]
        subprocess.run(program, check=True, capture_output=True, cwd=self.loop.conf.parent)

    def watch(self, *options: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
        """Run monitor-endpoint, and return its exit code and verdict."""
        self.server.context.hosting.flush()
        capsys.readouterr()
        code = self.loop(*MONITOR, *options, *JSON)
        told = capsys.readouterr().out
        return code, dict(json.loads(told)["verdict"]) if told else {}


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typed]:
    """The page, followed to its end."""
    folder = tmp_path_factory.mktemp("endpoint")
    (folder / "examples").symlink_to(ROOT / "examples")
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server:
        loop = prepared(folder, server.url)
        done = Typed(loop, server, [], [])
        for words, expected in commands():
            if " ".join(words[1:]) in TYPED_ONCE:
                continue
            server.context.hosting.flush()
            done.codes.append((" ".join(words), expected, run(words, folder, done.verdicts)))
        yield done


def run(words: list[str], folder: Path, verdicts: list[dict[str, Any]]) -> int:
    """Run one command in *folder*, and return its exit code."""
    program, *arguments = words
    if program == "python":
        return subprocess.run(
            [sys.executable, *arguments], cwd=folder, capture_output=True, check=False
        ).returncode
    output = folder / "said.json"
    watches = arguments[:2] == ["run", "monitor-endpoint"]
    with pytest.MonkeyPatch.context() as patched, output.open("w") as stream:
        patched.chdir(folder)
        patched.setattr(sys, "stdout", stream)
        code = main([*arguments, "--quiet", *(JSON if watches else ())])
    if watches:
        verdicts.append(json.loads(output.read_text())["verdict"])
    return code


def test_the_documented_commands_end_as_they_are_documented(typed: Typed) -> None:
    """Typed one after the other, each ends with its exit code."""
    assert [(command, code) for command, _, code in typed.codes] == [
        (command, expected) for command, expected, _ in typed.codes
    ]
    assert len(typed.verdicts) == 3


def test_without_labels_inputs_and_attributions_are_judged(typed: Typed) -> None:
    """The first window passes, and says what waits, which hours were empty and which version answered."""
    verdict = typed.verdicts[0]

    assert (verdict["decision"], verdict["pipeline"], verdict["batch"]["rows"]) == (
        "pass",
        "monitor-endpoint",
        600,
    )
    assert verdict["model_package_arn"].endswith(":model-package/mortgage/1")
    assert {finding["monitor"] for finding in verdict["findings"]} == {"data_quality", "explainability"}
    told = {each["subject"]: each["why"] for each in verdict["not_checked"]}
    assert told["DataBias"] == "labels have not arrived"
    assert re.match(r"nothing was captured in 2\d of 24 hours", told["hours"])


def test_doctor_looks_at_the_endpoint_and_what_it_captured(
    typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    """In service, the version that it serves, all of it captured where runs look, and labels by the hour."""
    capsys.readouterr()
    assert typed.loop("doctor", "mortgage", *JSON) == 0
    found = {each["check"]: each for each in json.loads(capsys.readouterr().out)["findings"]}

    assert found["endpoint"]["seen"] == "mortgage-local is InService, and serves version 1"
    assert found["endpoint-capture"]["seen"].startswith("mortgage-local captures 100 % to s3://")
    assert " objects in " in found["endpoint-captures"]["seen"]
    assert {found[name]["status"] for name in ("endpoint", "endpoint-capture", "endpoint-captures")} == {"ok"}


def test_with_labels_all_monitors_are_judged(typed: Typed) -> None:
    """The same window once more: facet columns came with the labels."""
    verdict = typed.verdicts[1]

    assert (verdict["decision"], verdict["batch"]["labelled"]) == ("pass", 600)
    assert {finding["monitor"] for finding in verdict["findings"]} == {
        *("data_quality", "explainability"),
        *("bias", "model_quality"),
    }
    assert {check["status"] for check in verdict["checks"]} == {"compared"}


def test_traffic_that_has_drifted_is_refused(typed: Typed) -> None:
    """By the incomes, with half of the window's records unlabelled."""
    crossed = {
        (each["metric"], each["feature"])
        for each in typed.verdicts[2]["findings"]
        if each["severity"] == "refuse"
    }

    assert typed.verdicts[2]["decision"] == "refused"
    assert ("baseline_drift_check", "appinc") in crossed


def test_a_window_without_captures_is_refused_as_empty(
    typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    """A day on which nobody asked: exit code 10, and a status of its own."""
    code, verdict = typed.watch("--from", "2026-01-01", "--to", "2026-01-02", capsys=capsys)

    assert (code, verdict["decision"]) == (10, "window-empty")
    assert verdict["batch"]["window"] == {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"}


def test_a_scheduled_time_is_a_window_by_the_offsets(
    typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    """As EventBridge Scheduler gives it; the configured window is the day before."""
    code, verdict = typed.watch("--scheduled-time", "2026-01-02T06:20:00Z", capsys=capsys)

    assert (code, verdict["decision"]) == (10, "window-empty")
    assert verdict["batch"]["window"] == {"start": "2026-01-01T06:00:00Z", "end": "2026-01-02T06:00:00Z"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--endpoint", "nope"), "there is no endpoint 'nope' in 'local': was it deleted or renamed?"),
        (("--scheduled-time", "soon"), "--scheduled-time 'soon' is no date or time"),
        (
            ("--scheduled-time", "2026-01-01", "--to", "2026-01-01"),
            "--scheduled-time says which window: give it, or --from and --to",
        ),
        (("--from", "2026-01-01", "--to", "2026-06-01"), "cannot be judged: it has at least an hour"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_runs(
    typed: Typed, options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and no execution."""
    code = typed.loop(*MONITOR, *options)

    assert code == 2
    assert said in capsys.readouterr().err


def test_an_endpoint_that_was_updated_cannot_tell_what_answered_before(
    typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    """No evidence, exit code 3; with the version by name the run is judged, and its verdict says so."""
    typed.application("deploy", "--version", "1")

    code, verdict = typed.watch(capsys=capsys)
    stated, by_word = typed.watch("--version", "1", capsys=capsys)

    assert (code, verdict["decision"]) == (3, "no-evidence")
    assert "1200 of 1200 requests were answered before" in verdict["summary"]
    assert (stated, by_word["decision"]) == (10, "refused")
    told = {each["subject"]: each["why"] for each in by_word["not_checked"]}
    assert told["version"].startswith("that version 1 answered 1200 of 1200 requests is the run's word")


def test_records_with_a_column_too_many_are_refused(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    """One such record among 1,200 is a fact that no policy waives; nothing else is compared."""
    keys = [
        entry["Key"]
        for entry in typed.loop.aws.call(
            "s3",
            "list_objects_v2",
            Bucket=typed.loop.aws.environment.storage.bucket,
            Prefix="sagemaker-monitor/endpoint-capture/mortgage-local/",
        )["Contents"]
    ]
    bucket = typed.loop.aws.environment.storage.bucket
    text = typed.loop.aws.body("s3", "get_object", Bucket=bucket, Key=keys[0]).decode()
    record = json.loads(text.splitlines()[0])
    record["captureData"]["endpointInput"]["data"] += ",1"
    key = keys[0].replace(".jsonl", "-more.jsonl")
    typed.loop.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=json.dumps(record).encode())

    code, verdict = typed.watch("--version", "1", capsys=capsys)
    typed.loop.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=b"{}\n")
    broken, unread = typed.watch("--version", "1", capsys=capsys)
    typed.loop.aws.call("s3", "delete_object", Bucket=bucket, Key=key)

    assert (code, verdict["decision"]) == (10, "refused")
    assert [each["metric"] for each in verdict["findings"]] == ["extra_column_check"]
    told = {each["subject"]: each["why"] for each in verdict["not_checked"]}
    assert told["columns"].startswith(
        "1 of 1201 records have other columns than the model, the first of them 13"
    )
    assert (broken, unread["decision"]) == (3, "no-evidence")
    assert f"s3://{bucket}/{key} line 1 is no captured record: it has no captureData" in unread["summary"]


def test_an_estimate_has_the_endpoint_apart(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    """Its instances as they are now, for a month of 730 hours, and not in the sum of the pipelines."""
    assert typed.loop("estimate", "mortgage", *JSON) == 0
    found = json.loads(capsys.readouterr().out)["models"][0]
    (of_endpoint,) = found["endpoint"]["per_month"]["instance_hours"]

    assert (of_endpoint["kind"], of_endpoint["at_most"], of_endpoint["hours"]) == ("endpoint", False, 730)
    assert all(each["at_most"] or each["kind"] != "endpoint" for each in found["per_month"]["instance_hours"])
