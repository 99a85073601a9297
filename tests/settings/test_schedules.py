"""What schedules may say, what they need, and how a mistake in them is answered."""

from __future__ import annotations

from datetime import timedelta

import jsonschema
import pytest
import yaml

from sagemaker_monitor.settings import load, load_model
from sagemaker_monitor.settings.reference import model_schema
from sagemaker_monitor.settings.schedule_checks import late_window, schedules_in

from .conftest import BASE, DEV, MODEL, Project

LATE = """\
  batches: batches/
  ground_truth: {uri: labels/, expected_after: P45D}
monitors:
"""
SCHEDULED = MODEL.replace("monitors:\n", LATE)
ENABLED = DEV.replace(
    "roles:\n", "schedules: enabled\nroles:\n  scheduler: arn:aws:iam::111122223333:role/s\n"
)


@pytest.fixture
def files(project: Project) -> Project:
    """A folder with the environment dev, whose schedules are enabled."""
    project.write("environments/base.yaml", BASE)
    project.write("environments/dev.yaml", ENABLED)
    return project


def problems(files: Project, section: str, model: str = SCHEDULED) -> list[str]:
    """Return what is wrong with a model that has *section* at its end, without the file."""
    files.write("models/loans.yaml", model + section)
    return [each.removeprefix("models/loans.yaml:") for each in files.problems("model", "loans")]


def test_an_expression_alone_is_a_schedule(files: Project) -> None:
    """To editors, too. What it does not say has a default; late labels' window ends when they are there."""
    section = "schedules:\n  monitor-batch: cron(0 6 ? * MON *)\n  monitor-ground-truth: rate(31 days)\n"
    assert problems(files, section) == []
    model, environment = load("loans", "dev", files.conf)

    batch = model.schedules.monitor_batch
    jsonschema.validate(yaml.safe_load(SCHEDULED + section), model_schema())
    assert batch is not None
    assert (batch.expression, batch.timezone, batch.enabled) == ("cron(0 6 ? * MON *)", "UTC", True)
    assert late_window(model) == (timedelta(days=-76), timedelta(days=-45))
    assert [name for name, _ in schedules_in(model, environment)] == ["monitor-batch", "monitor-ground-truth"]


def test_nothing_is_deployed_where_schedules_are_disabled(files: Project) -> None:
    """They are so by default, and then nothing is needed of the environment."""
    files.write("environments/dev.yaml", DEV)
    files.write("models/loans.yaml", SCHEDULED + "schedules: {monitor-batch: rate(1 day)}\n")

    assert list(schedules_in(*load("loans", "dev", files.conf))) == []


def test_the_endpoint_is_watched_where_there_is_one(files: Project) -> None:
    """A schedule of an endpoint is of those environments that have it."""
    text = SCHEDULED + "endpoint: {name: {prod: live}}\nschedules: {monitor-endpoint: 'cron(15 * * * ? *)'}\n"
    files.write("environments/prod.yaml", ENABLED)
    files.write("models/loans.yaml", text)

    found = {env: list(schedules_in(*load("loans", env, files.conf))) for env in ("dev", "prod")}
    assert (found["dev"], len(found["prod"])) == ([], 1)


def test_labels_that_take_hours_are_waited_for_by_whole_hours(files: Project) -> None:
    """A window never ends while labels are still expected."""
    text = SCHEDULED.replace("P45D", "PT36H30M") + "schedules: {monitor-ground-truth: rate(1 day)}\n"
    files.write("models/loans.yaml", text)

    window = late_window(load_model("loans", files.conf))
    assert window is not None
    assert window[1] == timedelta(hours=-37)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("{monitor-batch: daily}", ".monitor-batch: 'daily' is no schedule expression: cron("),
        ("{monitor-batch: at(2026-03-01T09:00:00)}", ".monitor-batch: at(…) runs once: write cron(…)"),
        ("{monitor-batch: 'cron(0 6 30 2 ? *)'}", ".monitor-batch: 'cron(0 6 30 2 ? *)' is never due"),
        (
            "{monitor-batch: 'cron(0 6 ? * MON 2020)'}",
            ".monitor-batch: 'cron(0 6 ? * MON 2020)' is never due",
        ),
        ("{monitor-batch: 5}", ".monitor-batch: must be a section with keys of its own ("),
        ("{monitor-batch: {timezone: UTC}}", ".monitor-batch: expression is missing (cron(minutes"),
        (
            "{register: rate(1 day)}",
            ": unknown key 'register'; allowed here: monitor-batch, monitor-endpoint,",
        ),
        ("{monitor-bacth: rate(1 day)}", ": unknown key 'monitor-bacth'; did you mean 'monitor-batch'?"),
        (
            "{monitor-batch: {expression: rate(1 day), timezone: Europe/Dubln}}",
            ".monitor-batch.timezone: 'Europe/Dubln' is no time zone of the IANA database; did you mean",
        ),
        (
            "{monitor-batch: {expression: rate(1 day), batch: '{yyyy}/'}}",
            ".monitor-batch.batch: holds {yyyy}: {year}, {month}, {day}, {hour} are allowed",
        ),
        ("{monitor-batch: {expression: rate(1 day), batch: /x}}", ".monitor-batch.batch: must be relative"),
        (
            "{monitor-batch: {expression: rate(1 day), offset: P1D}}",
            ".monitor-batch.offset: must not be later",
        ),
        (
            "{monitor-batch: {expression: rate(1 day), flexible_window: P2D}}",
            ".monitor-batch.flexible_window: must be whole minutes, at most P1D",
        ),
        ("{monitor-endpoint: rate(1 hour)}", ".monitor-endpoint: needs an endpoint, and the model has none"),
        (
            "{monitor-ground-truth: {expression: rate(1 day), window: {start: -P31D, end: -P1D}}}",
            ".monitor-ground-truth.window.end: looks at captures whose labels cannot have arrived:"
            " data.ground_truth.expected_after says that they take P45D; end the window at -P45D",
        ),
        (
            "{monitor-ground-truth: {expression: rate(1 day), window: {start: -P50D, end: P1D}}}",
            ".monitor-ground-truth.window.end: must not be later than the scheduled time",
        ),
        (
            "{monitor-ground-truth: {expression: rate(1 day), window: {start: -P50D, end: -P50D}}}",
            ".monitor-ground-truth.window: leaves no hour: start must be before end",
        ),
        (
            "{monitor-ground-truth: {expression: rate(1 day), window: {start: -P150D, end: -P50D}}}",
            ".monitor-ground-truth.window: is longer than the 62 days",
        ),
    ],
)
def test_a_mistake_is_answered_with_line_path_and_what_is_allowed(
    section: str, said: str, files: Project
) -> None:
    """Each has the one message that leads to its correction."""
    (problem,) = problems(files, f"schedules: {section}\n")

    line = len(SCHEDULED.splitlines()) + 1
    assert problem.startswith(f"{line}: schedules{said}")


@pytest.mark.parametrize(
    ("old", "new", "section", "said"),
    [
        ("  batches: batches/\n", "", "monitor-batch", "monitor-batch: needs data.batches"),
        (
            ", expected_after: P45D",
            "",
            "monitor-ground-truth",
            "monitor-ground-truth: needs data.ground_truth",
        ),
    ],
)
def test_a_schedule_needs_what_it_runs_on(
    old: str, new: str, section: str, said: str, files: Project
) -> None:
    """A batch needs a place, a window of late labels an end."""
    found = problems(files, f"schedules: {{{section}: rate(1 day)}}\n", SCHEDULED.replace(old, new))

    assert len(found) == 1
    assert f"schedules.{said}" in found[0]


def test_an_image_of_ones_own_is_run_by_hand(files: Project) -> None:
    """It finds no baseline by itself, so a scheduled run of it could never be evidence."""
    model = SCHEDULED.replace("  bias:\n", "  bias:\n    engine: own\n")
    (problem,) = problems(files, "schedules: {monitor-batch: rate(1 day)}\n", model)

    assert "schedules.monitor-batch: cannot run bias: an image of your own calls no AWS service" in problem


def test_an_environment_that_enables_schedules_needs_their_role(files: Project) -> None:
    """The role is missing, of another account, the queue elsewhere, the name too long: all told offline."""
    files.write("models/loans.yaml", SCHEDULED + "schedules: {monitor-batch: rate(1 day)}\n")
    files.write("environments/dev.yaml", "schedules: enabled\n" + DEV)
    (missing,) = files.all_problems()
    elsewhere = ENABLED.replace("111122223333:role/s", "444455556666:role/s")
    queue = "scheduler: {dead_letter_queue: 'arn:aws:sqs:eu-west-2:111122223333:missed'}\n"
    files.write("environments/dev.yaml", elsewhere + queue)
    role, region = files.problems("environment", "dev")
    files.write("environments/dev.yaml", ENABLED + f"scheduler: {{group: {'g' * 65}}}\n")
    (group,) = files.problems("environment", "dev")

    assert "roles: has no scheduler, the role that EventBridge Scheduler starts pipelines with" in missing
    assert "roles.scheduler: is a role of account 444455556666" in role
    assert "scheduler.dead_letter_queue: is a queue in eu-west-2" in region
    assert "65 characters, at most 64" in group


def test_a_name_that_eventbridge_does_not_take_is_told_offline(files: Project) -> None:
    """A schedule is called as its pipeline, which may be longer."""
    name = "l" * 50
    text = SCHEDULED.replace("model: loans", f"model: {name}")
    files.write(f"models/{name}.yaml", text + "schedules: {monitor-batch: rate(1 day)}\n")
    (problem,) = files.all_problems()

    assert problem.startswith(f"environments/dev.yaml:3: schedules: makes '{name}-monitor-")
    assert "68 characters, and a schedule's name has at most 64" in problem
