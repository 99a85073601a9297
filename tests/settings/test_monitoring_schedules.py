"""What monitoring_schedules may say, and how a mistake in them is answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sagemaker_monitor.settings import load, load_model

from .conftest import BASE, DEV, MODEL, Project

WATCHED = MODEL.replace(
    "monitors:\n",
    "  ground_truth: {uri: labels/}\nendpoint: {}\nmonitors:\n  data_quality: {}\n  model_quality: {}\n",
)
AT = len(WATCHED.splitlines()) + 1
HOURLY = 'expression: "cron(0 * ? * * *)"'
INPUTS = f"monitor: data_quality, of: batches, {HOURLY}"


@pytest.fixture
def files(project: Project) -> Project:
    """A folder with the environment dev."""
    project.write("environments/base.yaml", BASE)
    project.write("environments/dev.yaml", DEV)
    return project


def schedule(files: Project, said: str, model: str = WATCHED) -> Any:
    """Return the schedule that says this, of a valid model."""
    files.write("models/loans.yaml", model + f"monitoring_schedules: {{inputs: {{{said}}}}}\n")
    return load_model("loans", files.conf).monitoring_schedules["inputs"]


def problems(files: Project, said: str, model: str = WATCHED) -> list[str]:
    """Return what is wrong with the schedule that says this, without the file and the line."""
    files.write("models/loans.yaml", model + f"monitoring_schedules: {{inputs: {{{said}}}}}\n")
    begins = f"models/loans.yaml:{len(model.splitlines()) + 1}: monitoring_schedules.inputs"
    return [each.removeprefix(begins) for each in files.problems("model", "loans")]


@pytest.mark.parametrize(
    ("expression", "hours"),
    [("cron(0 * ? * * *)", 1), ("cron(0 06 ? * * *)", 24), ("cron(0 17/12 ? * * *)", 12)],
)
def test_the_window_is_by_default_the_time_between_two_executions(
    files: Project, expression: str, hours: int
) -> None:
    """No hour is looked at twice, and none is left out."""
    found = schedule(files, f'monitor: data_quality, of: batches, expression: "{expression}"')

    assert found.offsets == (timedelta(hours=-hours), timedelta(0))
    assert found.longest_runtime == timedelta(hours=hours)


def test_labels_are_merged_in_half_of_an_hour(files: Project) -> None:
    """Jobs of a schedule that merges them every hour have half an hour each; every second hour two."""
    every = 'monitor: bias, of: batches, expression: "cron(0 {} ? * * *)"'

    assert schedule(files, every.format("*")).longest_runtime == timedelta(minutes=30)
    assert schedule(files, every.format("0/2")).longest_runtime == timedelta(hours=2)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (
            f"monitor: data_quality, of: batch, {HOURLY}",
            ".of: must be one of endpoint, batches, not the text",
        ),
        (
            'monitor: data_quality, of: batches, expression: "cron(30 6 ? * MON *)"',
            ".expression: is none that Model Monitor takes: it knows cron(0 * ? * * *) every hour,",
        ),
        (
            'monitor: data_quality, of: batches, expression: "cron(0 24 ? * * *)"',
            ".expression: is none that Model Monitor takes",
        ),
        (
            'monitor: data_quality, of: batches, expression: "cron(0 0/25 ? * * *)"',
            ".expression: is none that Model Monitor takes",
        ),
        (
            "monitor: data_quality, of: batches, expression: NOW",
            ".expression: is NOW, which needs a window, such as {start: -PT6H, end: PT0H}",
        ),
        (
            "monitor: data_quality, of: batches, expression: NOW, window: {start: -P2D}",
            ".window: is 48 hours long, and NOW looks at 24 at most: take a daily expression",
        ),
        (
            f"{INPUTS}, window: {{start: -PT1H, end: -PT1H}}",
            ".window: leaves no hour in the window: start must be before end, which is excluded",
        ),
        (
            f"{INPUTS}, window: {{start: PT1H}}",
            ".window.start: must not be later than the scheduled time: write a minus before it",
        ),
        (f"{INPUTS}, window: {{start: -PT90M}}", ".window.start: must be whole hours: captures are kept by"),
        (
            f"monitor: explainability, of: batches, {HOURLY}",
            ".monitor: is explainability, which the model does not have; configured: data_quality, "
            "model_quality, bias; add monitors.explainability, whose baseline it compares with",
        ),
        (
            f"monitor: bias, of: endpoint, {HOURLY}",
            ".of: is endpoint, which is not sent the column 'black': SageMaker's monitor sees requests and "
            "answers only; watch bias by the pipeline monitor-endpoint, or of: batches",
        ),
        (
            f"{INPUTS}, ground_truth: labels/",
            ".ground_truth: is for model_quality and bias: data_quality needs no labels",
        ),
        (
            f"monitor: bias, of: batches, {HOURLY}, compute: {{max_runtime: PT31M}}",
            ".compute.max_runtime: is 1860 seconds, and at most 1800 fit between two executions by two jobs, "
            "the first of which merges labels",
        ),
        (
            f"{INPUTS}, compute: {{max_runtime: PT61M}}",
            ".compute.max_runtime: is 3660 seconds, and at most 3600 fit between two executions",
        ),
        (
            f"monitor: model_quality, of: batches, {HOURLY}, baseline: {{constraints: a, statistics: b}}",
            ".baseline.statistics: is for data_quality: model_quality compares with constraints alone",
        ),
        (
            f"{INPUTS}, record_preprocessor: scripts/none.py",
            ".record_preprocessor: names scripts/none.py, which cannot be read: No such file",
        ),
        (
            f"{INPUTS}, record_preprocessor: ../x.py",
            ".record_preprocessor: must be the path of a Python file below the conf folder, such as",
        ),
        (
            f"{INPUTS}, record_preprocessor: scripts/other.py",
            ".record_preprocessor: scripts/other.py defines no function preprocess_handler, which "
            "SageMaker calls",
        ),
        (
            f"{INPUTS}, post_analytics_processor: scripts/broken.py",
            ".post_analytics_processor: is not Python, line 2",
        ),
        (
            f"monitor: bias, of: batches, {HOURLY}, record_preprocessor: scripts/good.py",
            ".record_preprocessor: is for data_quality and model_quality: Clarify's container, which "
            "computes bias, runs no scripts",
        ),
        (f"{INPUTS}, windwo: {{start: -PT2H}}", ": unknown key 'windwo'; did you mean 'window'?"),
    ],
)
def test_a_mistake_is_answered_with_its_place_and_what_to_do(files: Project, said: str, answer: str) -> None:
    """Before anything is sent."""
    files.write("scripts/other.py", "def other(): ...\n")
    files.write("scripts/broken.py", "def postprocess_handler():\nreturn\n")
    files.write("scripts/good.py", "def preprocess_handler(record): ...\n")

    (problem,) = problems(files, said)

    assert problem.startswith(answer)


@pytest.mark.parametrize(
    ("old", "new", "said", "answer"),
    [
        (
            "endpoint: {}\n",
            "",
            f"monitor: data_quality, of: endpoint, {HOURLY}",
            ".of: is endpoint, and the model",
        ),
        (
            "endpoint: {}",
            "endpoint: {requests: {content_type: application/jsonlines, features: f}, "
            "answers: {prediction: s}}",
            f"monitor: data_quality, of: endpoint, {HOURLY}",
            ".of: is an endpoint that is asked in application/jsonlines: give record_preprocessor",
        ),
        (
            "  ground_truth: {uri: labels/}\n",
            "",
            f"monitor: model_quality, of: batches, {HOURLY}",
            ".monitor: is model_quality, which compares with labels: say where AWS's ground truth",
        ),
        (
            "features: [income, amount]",
            "features: [income, größe]",
            INPUTS,
            ".monitor: is data_quality, which Spark computes, and it cannot name the column 'größe'",
        ),
        (
            "data_quality: {}",
            "data_quality: {engine: own}",
            INPUTS,
            ".monitor: is data_quality with engine: own: schedules run SageMaker's own containers",
        ),
    ],
)
def test_what_the_model_lacks_is_told(files: Project, old: str, new: str, said: str, answer: str) -> None:
    """An endpoint, labels, names that Spark can read, a monitor of SageMaker's."""
    assert old in WATCHED
    found = problems(files, said, WATCHED.replace(old, new))

    assert [each[: len(answer)] for each in found] == [answer]


def test_a_name_that_is_too_long_is_told(files: Project) -> None:
    """With the environment's and the model's it has at most 63 characters."""
    key = "x" * 60
    files.write("models/loans.yaml", WATCHED + f"monitoring_schedules: {{{key}: {{{INPUTS}}}}}\n")

    (problem,) = files.problems("model", "loans")

    assert problem.endswith("70 characters, at most 63")
    assert f"{AT}: monitoring_schedules.{key}: is deployed as 'loans-xxx" in problem


def test_a_storage_that_makes_uris_too_long_is_told(files: Project) -> None:
    """Captures, labels and reports of a job definition have 512 characters."""
    long = f"monitor: model_quality, of: batches, {HOURLY}, ground_truth: {'l' * 500}"
    files.write("models/loans.yaml", WATCHED + f"monitoring_schedules: {{q: {{{long}}}}}\n")
    files.write("environments/dev.yaml", f"{DEV}schedules: enabled\n")

    with pytest.raises(Exception, match="makes the labels of monitoring_schedules"):
        load("loans", "dev", files.conf)


def test_a_script_is_read_with_the_file(files: Project) -> None:
    """From the conf folder, whatever the working directory."""
    files.write("scripts/rows.py", "def preprocess_handler(record):\n    return {}\n")
    found = schedule(files, f"{INPUTS}, record_preprocessor: scripts/rows.py")

    assert (found.record_preprocessor.name, found.record_preprocessor.text[:3]) == ("rows.py", "def")
