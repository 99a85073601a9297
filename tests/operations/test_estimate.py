"""What instance-hours are read from past executions, and what is said where they cannot be."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import put_if_missing
from sagemaker_monitor.cli.main import main
from sagemaker_monitor.emulator.schedules.times import Cron as Hourly
from sagemaker_monitor.operations.estimating.estimate import estimate, of_runs
from sagemaker_monitor.operations.estimating.jobs import Instances, Jobs, JobUse, UnknownUseError, Use
from sagemaker_monitor.operations.estimating.monitoring import merge_job_of
from sagemaker_monitor.operations.estimating.month import given, monitored, observed, scheduled
from sagemaker_monitor.operations.estimating.runs import PastRuns, Run, StepUse
from sagemaker_monitor.operations.estimating.spread import spread
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.monitoring import MonitoringSchedule
from sagemaker_monitor.settings.schedules import Schedule
from sagemaker_monitor.timetable import Cron, parse_expression, zone_of
from tests.operations.emulated import definition, deploy, fail_step, processing_step, start, wait

LARGE = Instances("processing", "ml.m5.large")
SHADOW = Instances("endpoint", "ml.m5.large", at_most=True)
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def run(*seconds: float, status: str = "Succeeded", days: int = 0, problem: str = "", **more: Any) -> Run:
    """Return a run whose steps took *seconds* each on two large instances; the last one has *problem*."""
    steps = [StepUse(f"S{place}", JobUse((Use(LARGE, 2, each),))) for place, each in enumerate(seconds)]
    if problem:
        steps.append(StepUse("Gone", JobUse(()), problem))
    return Run("arn", status, NOW - timedelta(days=days), (*steps, *more.get("steps", ())))


def test_a_spread_is_of_values_that_were_seen() -> None:
    """The p90 is the value of nearest rank: the ninth of ten, and of fewer than ten the largest."""
    ten, three = spread([float(value) for value in range(10, 0, -1)]), spread([1.0, 2.0, 6.0])

    assert ten is not None
    assert three is not None
    assert (ten.n, ten.median, ten.p90, ten.mean) == (10, 5.5, 9.0, 5.5)
    assert (three.median, three.p90, three.mean) == (2.0, 6.0, 3.0)
    assert spread([]) is None


def test_a_month_is_the_mean_run_as_often_as_it_runs() -> None:
    """Hours count every instance and every step, 0 where a run did not get so far; refusals are runs."""
    past = PastRuns((run(3600), run(1800, 900, status="Failed")), {}, 6)
    found = of_runs("monitor-batch", "m-monitor-batch-prod", past, observed(past.recent))
    (hours,) = found.hours

    assert (hours.per_run.median, hours.per_run.p90, hours.per_run.mean) == (1.75, 2.0, 1.75)
    assert hours.per_month == pytest.approx(1.75 * 6 * 365 / 12 / 30)
    assert [(step.step, step.count, step.seconds.n, step.seconds.median) for step in found.steps] == [
        ("S0", 2, 2, 2700.0),
        ("S1", 2, 1, 900.0),
    ]
    assert found.statuses == {"Succeeded": 1, "Failed": 1}


def test_a_run_with_a_job_that_is_gone_counts_for_its_other_steps_alone() -> None:
    """What a run used in all is not known then: it is left out of the run's hours, and that is said."""
    past = PastRuns((run(3600), run(1800, problem="the record was deleted")), {"Stopped": 1}, 2)
    found = of_runs("monitor-batch", "m", past, given(4))
    (hours,) = found.hours

    assert (hours.per_run.n, hours.per_run.mean, hours.per_month) == (1, 2.0, 8.0)
    assert found.steps[0].seconds.n == 2
    assert found.notes == (
        "1 run left out: Stopped",
        "1 run not counted per run: Gone: the record was deleted",
    )


def test_instances_that_were_changed_meanwhile_are_told() -> None:
    """Runs on other instances are another estimate: the types are named, and what to do."""
    smaller = StepUse("S0", JobUse((Use(Instances("processing", "ml.t3.medium"), 1, 60),)))
    found = of_runs("register", "m", PastRuns((run(60), run(steps=(smaller,))), {}, 2), given(1))

    assert found.notes == (
        "the instances of S0 were changed meanwhile (2 × ml.m5.large, 1 × ml.t3.medium): "
        "read fewer runs with --last, so that only those since count",
    )


@pytest.fixture
def ran(aws: Aws, environment: Environment) -> Aws:
    """AWS with two runs of monitor-batch, one of which was refused, and an empty monitor-ground-truth."""
    steps = (processing_step(environment, "pass"), {**fail_step(), "DependsOn": ["Join"]})
    deploy(aws, "mortgage-monitor-batch-local", definition(steps[0]))
    assert wait(aws, start(aws, "mortgage-monitor-batch-local")) == "Succeeded"
    document = json.dumps(definition(*steps))
    aws.call(
        "sagemaker",
        "update_pipeline",
        PipelineName="mortgage-monitor-batch-local",
        PipelineDefinition=document,
    )
    assert wait(aws, start(aws, "mortgage-monitor-batch-local")) == "Failed"
    deploy(aws, "mortgage-monitor-ground-truth-local", definition(fail_step()))
    aws.writes.clear()
    return aws


def test_it_is_read_from_the_jobs_of_past_executions(
    ran: Aws, model: Model, conf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Times on instances as the jobs' records have them; money by the user's prices; nothing is written."""
    found = estimate(ran, model, last=20)
    by_name = {each.pipeline: each for each in found.pipelines}
    batch = by_name["monitor-batch"]
    jobs = [
        ran.call("sagemaker", "describe_processing_job", ProcessingJobName=each["ProcessingJobName"])
        for each in ran.pages("sagemaker", "list_processing_jobs", "ProcessingJobSummaries")
    ]
    hours = [(job["ProcessingEndTime"] - job["ProcessingStartTime"]).total_seconds() / 3600 for job in jobs]

    assert (len(jobs), batch.runs, batch.frequency) == (2, 2, observed(2))
    assert batch.hours[0].per_run.mean == pytest.approx(sum(hours) / 2)
    assert (batch.steps[0].step, batch.steps[0].what.instance_type) == ("Join", "ml.t3.medium")
    assert (by_name["register"].deployed, by_name["monitor-ground-truth"].runs) == (False, 0)
    assert found.endpoint is not None
    assert found.endpoint.notes == ("there is no such endpoint, or no configuration of it",)
    assert ran.writes == []

    prices = tmp_path / "prices.yaml"
    prices.write_text(
        "schema_version: 1\ncurrency: EUR\nper_hour:\n  processing: {ml.t3.medium: 7200}\n", encoding="utf-8"
    )
    options = ("estimate", "mortgage", "--conf-dir", str(conf), "--prices", str(prices))
    assert main([*options, "--runs-per-month", "monitor-batch=4"]) == 0
    text = capsys.readouterr().out
    assert main([*options, "--runs-per-month", "monitor-batch=4", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["durations"] == "emulator"
    assert document["total_per_month"]["cost"] == pytest.approx(4 * 7200 * sum(hours) / 2)
    assert document["total_per_month"]["without_price"] == []
    assert "these durations are the emulator's" in text
    assert "register: nothing to read: not deployed" in text
    assert "4 runs a month (as given)" in text


def test_bad_input_is_told(ran: Aws, conf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A negative price, a type that is none, an unknown kind and pipeline: with what is allowed."""
    prices = tmp_path / "prices.yaml"
    prices.write_text(
        "schema_version: 1\ncurrency: EUR\nper_hour:\n"
        "  processing: {ml.m5.large: -0.1, m5.large: 0.1}\n  transfrom: {}\n"
    )
    options = ("estimate", "--conf-dir", str(conf))

    assert main([*options, "--prices", str(prices)]) == 2
    told = capsys.readouterr().err
    assert "prices.yaml:4: per_hour.processing.ml.m5.large: must be at least 0, not -0.1" in told
    assert "'m5.large' is not valid: expected an instance type such as ml.m5.large" in told
    assert "unknown key 'transfrom'; did you mean 'transform'?" in told
    assert main([*options, "--runs-per-month", "monitor-batch=-1"]) == 2
    assert "write such as monitor-batch=4" in capsys.readouterr().err
    assert main([*options, "--runs-per-month", "monitor-bacth=1"]) == 2
    assert "did you mean 'monitor-batch'?" in capsys.readouterr().err
    file = conf / "models" / "mortgage.yaml"
    of_local = "{prod: mortgage-prod}"
    file.write_text(file.read_text().replace("name: mortgage-{environment}", f"name: {of_local}"))
    assert main([*options, "--runs-per-month", "monitor-endpoint=1"]) == 2
    assert "no such pipeline of mortgage in local" in capsys.readouterr().err


def test_hours_without_a_price_are_named(
    ran: Aws, conf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A price for another kind of use is not taken: the sum leaves these hours out, and says which."""
    prices = tmp_path / "prices.yaml"
    prices.write_text(
        "schema_version: 1\ncurrency: EUR\nper_hour:\n  transform: {ml.t3.medium: 1}\n", encoding="utf-8"
    )

    assert main(["estimate", "mortgage", "--conf-dir", str(conf), "--prices", str(prices)]) == 0
    assert "0.00 EUR" in (text := capsys.readouterr().out)
    assert "no price for processing on ml.t3.medium" in text


def test_without_an_execution_there_is_no_estimate(
    aws: Aws, conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing ran: code 2, and the command that would give something to read."""
    assert main(["estimate", "--conf-dir", str(conf)]) == 2
    assert "sagemaker-monitor run monitor-batch --model mortgage" in capsys.readouterr().err


def test_a_shadow_endpoint_has_at_most_the_time_of_its_job(aws: Aws, environment: Environment) -> None:
    """Its instances stand in the job's analysis configuration; one that is gone, or a job, is told."""
    config = f"{environment.storage.root}/analysis_config.json"
    predictor = {"instance_type": "ml.m5.large", "initial_instance_count": 2}
    put_if_missing(aws, config, json.dumps({"predictor": predictor}).encode())
    jobs = []
    for name, uri in (("one", config), ("two", f"{config}.gone")):
        jobs.append(f"arn:aws:sagemaker:eu-west-1:000000000000:processing-job/{name}")
        step = processing_step(environment, "pass")["Arguments"]
        entry = {"S3Uri": uri, "LocalPath": "/opt/ml/processing/c", "S3DataType": "S3Prefix"}
        aws.call(
            "sagemaker",
            "create_processing_job",
            ProcessingJobName=name,
            ProcessingInputs=[{"InputName": "analysis_config", "S3Input": {**entry, "S3InputMode": "File"}}],
            **step,
        )
    for name in ("one", "two"):
        _ended(aws, name)
    reader = Jobs(aws)
    first, second = reader.use_of(jobs[0]), reader.use_of(jobs[1])

    own, shadow = first.uses
    assert (shadow.what, shadow.count, shadow.seconds) == (SHADOW, 2, own.seconds)
    assert [use.what.kind for use in second.uses] == ["processing"]
    assert "analysis_config.json.gone" in second.unknown
    with pytest.raises(UnknownUseError, match="the record of processing-job three was deleted"):
        reader.use_of(jobs[0].replace("/one", "/three"))
    with pytest.raises(UnknownUseError, match="jobs of the kind automl-job are not counted"):
        reader.use_of("arn:aws:sagemaker:eu-west-1:000000000000:automl-job/a")


def _ended(aws: Aws, name: str) -> None:
    while aws.call("sagemaker", "describe_processing_job", ProcessingJobName=name)["ProcessingJobStatus"] in (
        "InProgress",
        "Stopping",
    ):
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("expression", "a_day"),
    [
        ("cron(0 * ? * * *)", 24),
        ("cron(0 6 ? * * *)", 1),
        ("cron(0 0/6 ? * * *)", 4),
        ("cron(0 9/10 ? * * *)", 2),
        ("NOW", 0),
    ],
)
def test_a_monitoring_schedule_runs_at_hours_of_each_day(expression: str, a_day: int) -> None:
    """The emulator fires as often as is counted: every so many hours, beginning anew each day."""
    schedule = MonitoringSchedule.model_validate(
        {"monitor": "bias", "of": "batches", "expression": expression, "window": {"start": "-PT1H"}}
    )
    cron, fired = Hourly.of(expression), 0
    moment = end = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    while cron is not None and (moment := cron.after(moment)) < end + timedelta(days=10):
        fired += 1

    assert fired == a_day * 10
    assert monitored(schedule).runs == pytest.approx(a_day * 365 / 12)


@pytest.mark.parametrize(
    ("expression", "a_year"),
    [
        ("cron(0 6 ? * MON *)", 52),
        ("cron(0 7 1 * ? *)", 12),
        ("cron(0 7 L * ? *)", 12),
        ("cron(0,30 9-17 ? * MON-FRI *)", 261 * 18),
        ("cron(0 12 25 12 ? 2026)", 1),
        ("cron(0 12 24 12 ? 2027-2030)", 0),
        ("rate(1 hour)", 365 * 24),
        ("rate(7 days)", 365 / 7),
    ],
)
def test_a_months_runs_are_a_twelfth_of_the_coming_years(expression: str, a_year: float) -> None:
    """Counted by the calendar from a Wednesday on, as often as the timetable says that it is due."""
    found = scheduled(Schedule.model_construct(expression=expression), date(2025, 12, 31))
    began, end = datetime(2025, 12, 30, 23, 59, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
    timetable, due = parse_expression(expression), 0
    moment: datetime | None = began
    while isinstance(timetable, Cron) and moment is not None:
        moment = timetable.after(moment, zone_of("UTC"), began)
        moment = moment if moment is not None and moment < end else None
        due += moment is not None

    assert found.runs == pytest.approx(a_year / 12)
    assert due == (a_year if isinstance(timetable, Cron) else 0)


def test_a_schedule_says_how_often_a_pipeline_runs_where_it_is_deployed(
    ran: Aws, conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its expression; what the user gives counts before it, and a disabled environment observes."""
    file = conf / "models" / "mortgage.yaml"
    file.write_text(file.read_text() + "schedules:\n  monitor-batch: cron(0 6 ? * MON *)\n")
    local = conf / "environments" / "local.yaml"
    role = "  scheduler: arn:aws:iam::000000000000:role/scheduler\n"
    enabled = local.read_text().replace("roles:\n", f"roles:\n{role}")

    def often(*options: str) -> str:
        command = ("estimate", "--conf-dir", str(conf), "--format", "json")
        assert main([*command, *options]) == 0
        pipelines = json.loads(capsys.readouterr().out)["models"][0]["pipelines"]
        (found,) = [each["runs_per_month"] for each in pipelines if each["pipeline"] == "monitor-batch"]
        return str(found["basis"])

    assert often() == "observed"
    local.write_text(enabled + "schedules: enabled\n")
    assert often() == "scheduled"
    assert often("--runs-per-month", "monitor-batch=2") == "given"


def test_the_merge_is_found_by_the_name_of_the_monitors_job() -> None:
    """Both end with the time and the token of the execution, as in AWS's record."""
    of = "arn:aws:sagemaker:eu-west-1:000000000000:processing-job/"
    job = f"{of}model-quality-monitoring-202403061200-0123456789abcdef01234567"

    assert merge_job_of(job) == f"{of}groundtruth-merge-202403061200-0123456789abcdef01234567"
