"""The churn example typed from its README, on made-up customers and on the recorded ones: as AWS found."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.storage import list_objects, read
from sagemaker_monitor.cli.main import main
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.settings import load_environment
from tests.pages import lines, point_at
from tests.policy.judging import judged
from tests.policy.recording import JOB, Request, recorded
from tests.slow.clients.checks import document, same

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

EXAMPLE = Path(__file__).parents[2] / "examples" / "churn"
CASE = "churn_bias_batch_csv"
AS_JSON = ("local fire", "run monitor-ground-truth", "run monitor-batch", "estimate")
OURS = ("cd ", "sagemaker-monitor local up", "sagemaker-monitor local down")
"""How the lines begin of what the test does itself: the emulator is its own."""


@dataclass
class Typed:
    """The example after its commands were typed; *before* is what lay in S3 when clean-up began."""

    folder: Path
    server: Server
    aws: Aws
    data: Path | None
    codes: list[tuple[str, int, int]] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    requests: dict[str, list[Request]] = field(default_factory=dict)

    def told(self, command: str) -> Any:
        """Return the document that a command printed."""
        return json.loads(next(text for typed, text in self.said.items() if typed.startswith(command)))

    def stored(self, below: str) -> list[str]:
        """Return the URIs below a folder of the model."""
        root = self.aws.environment.storage.root
        return [each.uri for each in list_objects(self.aws, f"{root}/{below}")]

    def document(self, below: str, name: str) -> Any:
        """Return the one document of that name below a folder."""
        (uri,) = [uri for uri in self.stored(below) if uri.endswith(f"/{name}")]
        return json.loads(read(self.aws, uri))

    def lines(self, below: str) -> list[str]:
        """Return the lines of all objects below a folder."""
        return [line for uri in self.stored(below) for line in read(self.aws, uri).decode().splitlines()]

    def rows(self, name: str) -> list[list[str]]:
        """Return the rows of a file that prepare.py made."""
        with (self.folder / "data" / name).open(newline="") as file:
            return list(csv.reader(file))


@pytest.fixture(scope="module", params=["generated", "recorded"])
def typed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typed]:
    """The README, followed to its end."""
    data = request.getfixturevalue("recorded_data") if request.param == "recorded" else None
    folder = tmp_path_factory.mktemp(request.param) / "churn"
    shutil.copytree(EXAMPLE, folder)
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server:
        point_at(folder / "conf", server.url)
        aws = connect(load_environment("local", folder / "conf"))
        done = Typed(folder, server, aws, data)
        for line, expected in lines((EXAMPLE / "README.md").read_text(), skipped=OURS):
            type_one(done, line, expected)
        yield done


def type_one(done: Typed, typed: str, expected: int) -> None:
    """Type one command of the README."""
    program, *arguments = shlex.split(typed)
    line = " ".join(arguments)
    if program == "python":
        real = ["--recorded", str(done.data)] if done.data else []
        code = subprocess.run([sys.executable, *arguments, *real], cwd=done.folder, check=False).returncode
    else:
        if arguments[0] == "destroy":
            done.before = {uri: read(done.aws, uri) for uri in done.stored("")}
        with recorded(done.server) as recorder:
            code, done.said[line] = run(done.folder, line.startswith(AS_JSON), arguments)
            done.requests[line] = list(recorder.requests)
    done.codes.append((line, expected, code))


def run(folder: Path, as_json: bool, arguments: Sequence[str]) -> tuple[int, str]:
    """Run a command in *folder*; return its exit code and what it printed."""
    output = folder / "said"
    with pytest.MonkeyPatch.context() as patched, output.open("w") as stream:
        patched.chdir(folder)
        patched.setattr(sys, "stdout", stream)
        code = main([*arguments, "--quiet", *(("--format", "json") if as_json else ())])
    return code, output.read_text()


def test_the_commands_of_the_readme_end_as_it_says(typed: Typed) -> None:
    """Typed one after the other, each ends with its exit code; without labels nothing is judged."""
    assert [(command, code) for command, _, code in typed.codes] == [
        (command, expected) for command, expected, _ in typed.codes
    ]
    assert typed.told("run monitor-batch")["verdict"]["decision"] == "labels-missing"


def scored(typed: Typed) -> list[list[str]]:
    """Return the captured output of the batch: each row as the transform wrote it."""
    manifests = [uri for uri in typed.stored("churn/capture/output/") if uri.endswith(".json")]
    (head, *names) = json.loads(read(typed.aws, *manifests))
    texts = [read(typed.aws, head["prefix"] + name).decode() for name in names]
    return [row for text in texts for row in csv.reader(text.splitlines())]


def test_the_batch_is_captured_with_its_inputs_and_inference_ids(typed: Typed) -> None:
    """Each output row is its input row, the answer, an id of its own and the time, in the batch's order."""
    rows = scored(typed)

    assert [row[:70] for row in rows] == typed.rows("batch.csv")
    assert {len(row) for row in rows} == {73}
    assert len({row[-2] for row in rows}) == len(rows) == 334
    assert all(0 <= float(row[70]) <= 1 for row in rows)
    assert len(typed.stored("churn/capture/input/")) == 1


def test_labels_are_merged_with_captures_by_inference_id_under_their_hour(typed: Typed) -> None:
    """A record a line, as AWS's merge writes it; labels, captures and merged records have the same hour."""
    rows, labels = scored(typed), dict(typed.rows("labels.csv")[1:])
    merged = [json.loads(line) for line in typed.lines("churn/monitoring/merge/churn-bias-local/")]
    hours = {
        re.search(r"/(\d{4}/\d\d/\d\d/\d\d)/", uri)[1]  # type: ignore[index]
        for below in ("labels/churn/", "churn/capture/output/", "churn/monitoring/merge/")
        for uri in typed.stored(below)
        if not uri.endswith(".out")
    }

    assert len(hours) == 1
    assert {each["eventMetadata"]["eventId"]: each["groundTruthData"]["data"] for each in merged} == {
        row[-2]: labels[row[0]] for row in rows
    }
    for each in merged:
        assert set(each) == {"eventMetadata", "eventVersion", "groundTruthData", "captureData"}
        cells = each["captureData"]["batchTransformOutput"]["data"].split(",")
        assert (each["captureData"]["batchTransformOutput"]["encoding"], len(cells)) == ("CSV", 71)


def reports(typed: Typed, name: str) -> Any:
    """Return a report of the schedule's one execution."""
    return typed.document("churn/monitoring/churn-bias-local/", name)


def metrics(analysis: dict[str, Any]) -> dict[str, float]:
    """Return the metrics of all sections of an analysis, of its one facet and group."""
    return {
        metric["name"]: metric["value"]
        for section in ("pre_training_bias_metrics", "post_training_bias_metrics")
        for ((group,),) in [analysis.get(section, {}).get("facets", {"": [{"metrics": []}]}).values()]
        for metric in group["metrics"]
    }


def counted(rows: list[tuple[float, int, bool]]) -> dict[str, float]:
    """Return metrics that are shares of rows (account length, label, predicted), counted one by one.

    a: accounts up to 100; d: the facet, above. Source: Clarify's documentation of each metric.
    """
    inside = [row for row in rows if row[0] > 100]
    others = [row for row in rows if row[0] <= 100]

    def share(of: list[tuple[float, int, bool]], at: int) -> float:
        return sum(row[at] for row in of) / len(of)

    def correct(of: list[tuple[float, int, bool]]) -> float:
        return sum(row[1] == row[2] for row in of) / len(of)

    def precision(of: list[tuple[float, int, bool]]) -> float:
        return share([row for row in of if row[2]], 1)

    return {
        "CI": (len(others) - len(inside)) / len(rows),
        "DPL": share(others, 1) - share(inside, 1),
        "DPPL": share(others, 2) - share(inside, 2),
        "DI": share(inside, 2) / share(others, 2),
        "AD": correct(others) - correct(inside),
        "DAR": precision(others) - precision(inside),
    }


def test_the_schedule_finds_what_a_count_of_the_rows_finds(typed: Typed) -> None:
    """Six metrics of the window by hand; violations are those whose magnitude grew, by AWS's rule."""
    labels = dict(typed.rows("labels.csv")[1:])
    rows = [(float(row[1]), int(labels[row[0]]), float(row[70]) > 0.8) for row in scored(typed)]
    live = metrics(reports(typed, "analysis.json"))
    baseline = metrics(typed.document("churn/register/", "data-bias/analysis.json")) | metrics(
        typed.document("churn/register/", "model-bias/analysis.json")
    )
    violated = {each["metric_name"] for each in reports(typed, "constraint_violations.json")["violations"]}

    for name, value in counted(rows).items():
        assert math.isclose(live[name], value, rel_tol=0, abs_tol=1e-12), name
    assert set(baseline) == set(live)
    known = [name for name in live if live[name] is not None and baseline[name] is not None]
    # Of the ratio DI 1 is neutral, and AWS compares it like the others.
    assert {name for name in known if name in violated} == {
        name for name in known if abs(live[name]) > abs(baseline[name])
    }


def test_the_planted_departures_are_told(typed: Typed) -> None:
    """Made-up customers: long-standing ones leave far more often, unforeseen; both are violations."""
    if typed.data:
        pytest.skip("nothing is planted among the recorded customers")
    violations = reports(typed, "constraint_violations.json")["violations"]

    assert {"DPL", "AD"} <= {each["metric_name"] for each in violations}
    assert {each["facet"] for each in violations} == {"Account Length"}
    assert metrics(reports(typed, "analysis.json"))["DPL"] < -0.2


def test_recorded_customers_give_what_aws_gave(typed: Typed) -> None:
    """The baseline's metrics and the seven violations of the window, within 1e-15; and the merged record."""
    if not typed.data:
        pytest.skip("these customers are made up")
    wanted = document(typed.data, CASE, "baseline_analysis.json")
    for folder, section in (("data-bias", "pre_training"), ("model-bias", "post_training")):
        found = typed.document("churn/register/", f"{folder}/analysis.json")
        same(wanted[f"{section}_bias_metrics"], found[f"{section}_bias_metrics"])
    violations = reports(typed, "constraint_violations.json")
    same(document(typed.data, CASE, "constraint_violations.json"), violations)
    assert len(violations["violations"]) == 7

    recorded = document(typed.data, CASE, "merged_record_0.json")
    merged = [json.loads(line) for line in typed.lines("churn/monitoring/merge/churn-bias-local/")]
    first = next(
        each for each in merged if each["captureData"]["batchTransformOutput"]["data"].startswith("B0001,")
    )
    # The customer's key is ours; the 69 features and the answer are AWS's, as Spark renders numbers.
    assert first["captureData"]["batchTransformOutput"]["data"] == (
        f"B0001,{recorded['captureData']['batchTransformOutput']['data']}"
    )
    assert first["groundTruthData"] == recorded["groundTruthData"]


def test_the_pipeline_on_demand_refuses_by_the_same_numbers(typed: Typed) -> None:
    """What the verdict refuses are the schedule's violations, metric for metric, with the same values."""
    verdict = typed.told("run monitor-ground-truth")["verdict"]
    refused = {f["metric"]: f["value"] for f in verdict["findings"] if f["crossed"] and f["action"] == "fail"}
    live = metrics(reports(typed, "analysis.json"))
    violations = reports(typed, "constraint_violations.json")["violations"]

    assert verdict["decision"] == "refused"
    assert set(refused) == {each["metric_name"] for each in violations}
    for name, value in refused.items():
        assert value == live[name] or math.isclose(value, live[name], rel_tol=0, abs_tol=1e-15), name


def test_an_estimate_has_the_jobs_of_the_hour(typed: Typed) -> None:
    """The merge and the monitor, 730 times a month."""
    (schedule,) = typed.told("estimate")["models"][0]["monitoring_schedules"]

    assert [step["step"] for step in schedule["steps"]] == ["merge of labels", "monitor"]
    assert schedule["runs_per_month"]["runs"] == pytest.approx(730)
    assert schedule["notes"] == []


def test_an_estimate_may_read_what_it_asks_for(typed: Typed) -> None:
    """Each of its calls is allowed by the policy of the command, also those about the schedule's jobs."""
    # Jobs call by a key of their own.
    calls = [request for request in typed.requests["estimate churn"] if request.by != JOB]
    found = judged(calls, "estimate", Scope(typed.aws.environment, ("churn",)))

    assert found.denied == ()
    assert ("MonitoringJobs", "sagemaker:DescribeProcessingJob") in found.used


def test_clean_up_leaves_the_data(typed: Typed) -> None:
    """No pipeline, schedule or job definition is left; every object and the version are as they were."""
    sagemaker = "sagemaker"
    assert list(typed.aws.pages(sagemaker, "list_pipelines", "PipelineSummaries")) == []
    assert list(typed.aws.pages(sagemaker, "list_monitoring_schedules", "MonitoringScheduleSummaries")) == []
    definitions = typed.aws.pages(sagemaker, "list_model_bias_job_definitions", "JobDefinitionSummaries")
    assert list(definitions) == []
    versions = typed.aws.call(sagemaker, "list_model_packages", ModelPackageGroupName="churn")
    assert len(versions["ModelPackageSummaryList"]) == 1
    kept = {uri: content for uri, content in typed.before.items() if "/deployments/" not in uri}
    assert len(kept) > 30
    assert {uri: read(typed.aws, uri) for uri in kept} == kept


def test_customers_are_made_up_alike_every_time(tmp_path: Path) -> None:
    """Two runs of prepare.py write the same bytes."""
    for name in ("one", "two"):
        prepare = [sys.executable, str(EXAMPLE / "prepare.py"), "--output", str(tmp_path / name)]
        subprocess.run(prepare, check=True, capture_output=True)

    for file in os.listdir(tmp_path / "one"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
