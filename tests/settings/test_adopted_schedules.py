"""Schedules of others in a model's file: under which name, and how long their job definitions are kept."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_monitor.settings import Model, load_model

from .conftest import DEV, MODEL, Project

SCHEDULED = """\
endpoint: {name: {dev: loans-live}}
monitoring_schedules:
  fair:
    monitor: bias
    of: endpoint
    expression: cron(0 * ? * * *)
    ground_truth: truth/
    adopted: {dev: {name: made-by-hand, definition: made-by-hand}}
"""
FEATURES = MODEL.replace("[income, amount]", "[income, amount, black, male]").replace(
    "  facet_columns: [black, male]\n", ""
)
CHANGES: list[tuple[tuple[str, ...], Any, bool]] = [
    (("monitors", "bias", "facets", "0", "values"), [0], False),
    (("monitors", "bias", "group_variable"), "income", False),
    (("schema", "prediction"), {"threshold": 0.6}, False),
    (("schema", "label"), "granted", False),
    (("monitoring_schedules", "fair", "window"), {"start": "-PT6H"}, False),
    (("monitoring_schedules", "fair", "compute"), {"instance_count": 2}, False),
    (("endpoint", "requests"), {"content_type": "application/jsonlines", "features": "f"}, False),
    (("monitoring_schedules", "fair", "expression"), "cron(0 6 ? * * *)", True),
    (("schema", "record_key"), "number", True),
    (("data", "ground_truth"), {"uri": "labels/"}, True),
    (("data", "baseline"), "elsewhere.csv", True),
    (("monitors", "bias", "baseline_mode"), "refresh", True),
    (("monitors", "data_quality"), {}, True),
    (("pipelines",), [], True),
    (("endpoint", "window"), {"start": "-PT6H"}, True),
]


def loans(project: Project, text: str = FEATURES + SCHEDULED) -> Model:
    """Return the model that *text* describes."""
    project.write("environments/dev.yaml", DEV)
    project.write("models/loans.yaml", text)
    return load_model("loans", project.conf)


def changed(model: Model, path: tuple[str, ...], value: Any) -> Model:
    """Return *model* with another value at *path*."""
    document = model.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    section: Any = document
    for key in path[:-1]:
        section = section[int(key)] if key.isdecimal() else section.setdefault(key, {})
    section[path[-1]] = value
    return Model.model_validate(document)


@pytest.mark.parametrize(("path", "value", "kept"), CHANGES, ids=lambda value: str(value)[:40])
def test_a_definition_is_kept_while_the_file_says_the_same_of_it(
    project: Project, path: tuple[str, ...], value: Any, kept: bool
) -> None:
    """By its digest: what reaches a job definition ends it; what only pipelines need, and when, does not."""
    model = loans(project)
    digest = model.schedule_digest("fair")
    pinned = {"dev": {"name": "made-by-hand", "definition": "made-by-hand", "digest": digest}}
    model = changed(model, ("monitoring_schedules", "fair", "adopted"), pinned)

    assert model.kept_definition("fair", "dev") == "made-by-hand"
    other = changed(model, path, value)
    assert other.kept_definition("fair", "dev") == ("made-by-hand" if kept else None)
    assert other.monitoring_schedule_name("fair", "dev") == "made-by-hand"


def test_names_are_those_of_an_environment(project: Project) -> None:
    """Elsewhere the schedule is one of ours; without a digest its definition is kept whatever is said."""
    model = loans(project)

    assert model.monitoring_schedule_name("fair", "dev") == "made-by-hand"
    assert model.monitoring_schedule_name("fair", "prod") == "loans-fair-prod"
    assert model.kept_definition("fair", "prod") is None
    other = changed(model, ("schema", "label"), "granted")
    assert other.kept_definition("fair", "dev") == "made-by-hand"


def test_a_kept_definition_need_not_be_one_that_we_could_make(project: Project) -> None:
    """Labels may be anywhere while it is kept; without it the file has to say where."""
    without = SCHEDULED.replace("    ground_truth: truth/\n", "")
    assert loans(project, FEATURES + without).kept_definition("fair", "dev")

    project.write("models/loans.yaml", FEATURES + without.replace(", definition: made-by-hand", ""))

    (problem,) = project.problems("model", "loans")
    assert "compares with labels: say where AWS's ground truth records are" in problem


@pytest.mark.parametrize(
    ("adopted", "problem"),
    [
        ("{prod: {name: x}}", "no environment 'prod'"),
        ("{dev: {name: x_y}}", "letters and digits, with hyphens between them"),
        ("{dev: {name: x, digest: abc}}", "twelve hexadecimal digits"),
        ("{dev: {definition: x}}", "name is missing"),
    ],
)
def test_a_mistake_is_told(project: Project, adopted: str, problem: str) -> None:
    """With line and key."""
    project.write("environments/dev.yaml", DEV)
    text = SCHEDULED.replace("{dev: {name: made-by-hand, definition: made-by-hand}}", adopted)
    project.write("models/loans.yaml", FEATURES + text)

    (found,) = project.problems("model", "loans")

    assert problem in found
    assert "monitoring_schedules.fair.adopted" in found


def test_one_schedule_is_adopted_once(project: Project) -> None:
    """Two sections that would be the same schedule are refused."""
    project.write("environments/dev.yaml", DEV)
    section = SCHEDULED[SCHEDULED.index("  fair:") :].replace("fair:", "again:")
    project.write("models/loans.yaml", FEATURES + SCHEDULED + section)

    (found,) = project.problems("model", "loans")

    assert "monitoring_schedules.again.adopted.dev.name: is 'made-by-hand', which fair is already" in found
