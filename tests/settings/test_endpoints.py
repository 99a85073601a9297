"""What a section endpoint may say, and how a mistake in it is answered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sagemaker_monitor.settings import load, load_model

from .conftest import BASE, DEV, MODEL, Project

AT = len(MODEL.splitlines()) + 1


@pytest.fixture
def files(project: Project) -> Project:
    """A folder with the environment dev."""
    project.write("environments/base.yaml", BASE)
    project.write("environments/dev.yaml", DEV)
    return project


def problems(files: Project, section: str) -> list[str]:
    """Return what is wrong with a model that has *section* at its end, without the file."""
    files.write("models/loans.yaml", MODEL + section)
    return [each.removeprefix("models/loans.yaml:") for each in files.problems("model", "loans")]


def test_an_empty_section_watches_csv_of_the_hour_before(files: Project) -> None:
    """Name, window and content types have defaults; a URI is taken from the endpoint itself."""
    assert problems(files, "endpoint: {}\n") == []
    model = load_model("loans", files.conf)

    assert model.endpoint is not None
    assert model.endpoint_in("dev") == "loans-dev"
    assert (model.endpoint.window.start, model.endpoint.window.end) == (timedelta(hours=-1), timedelta(0))
    assert (model.endpoint.requests.content_type, model.endpoint.answer_type) == ("text/csv", "text/csv")
    assert model.late_captures == "endpoint"


def test_an_environment_without_a_name_has_no_endpoint(files: Project) -> None:
    """A mapping says where one is watched; labels that come late are of batches where there are some."""
    text = MODEL.replace("data:\n", "data:\n  batches: batches/\n") + "endpoint: {name: {dev: live}}\n"
    files.write("models/loans.yaml", text)
    model = load_model("loans", files.conf)

    assert (model.endpoint_in("dev"), model.endpoint_in("prod")) == ("live", None)
    assert model.late_captures == "batches"


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("endpoint: {nmae: x}", "endpoint: unknown key 'nmae'; did you mean 'name'?"),
        (
            "endpoint: {name: {dve: x}}",
            "endpoint.name.dve: no environment 'dve'; did you mean 'dev'? known: dev",
        ),
        ('endpoint: {name: "{modle}"}', "endpoint.name: holds '{modle}'; did you mean '{model}'? allowed:"),
        ("endpoint: {name: a_b}", "endpoint.name: 'a_b' is not valid: at most 63 letters and digits"),
        ("endpoint: {name: {}}", "endpoint.name: names no environment"),
        (
            "endpoint: {window: {start: PT1H}}",
            "endpoint.window.start: must not be later than the scheduled time",
        ),
        ("endpoint: {window: {start: -PT90M}}", "endpoint.window.start: must be whole hours"),
        ("endpoint: {window: {start: 24}}", "endpoint.window.start: must be an offset in ISO 8601"),
        ("endpoint: {window: {end: -PT1H}}", "endpoint.window.end: leaves no hour in the window"),
        (
            "endpoint: {window: {start: -P90D}}",
            "makes the window longer than the 62 days",
        ),
        (
            "endpoint: {requests: {content_type: application/jsonline}}",
            "did you mean 'application/jsonlines'?",
        ),
        (
            "endpoint: {requests: {content_type: application/json, features: '[*'}}",
            "endpoint.requests.features: is no JMESPath expression",
        ),
        (
            "endpoint: {requests: {content_type: application/json}, answers: {prediction: x}}",
            "endpoint.requests: of application/json need features",
        ),
        ("endpoint: {requests: {features: x}}", "endpoint.requests.features: is for JSON, and requests are"),
        ("endpoint: {answers: {prediction: x}}", "endpoint.answers.prediction: is for JSON, and answers are"),
        (
            "endpoint: {answers: {content_type: application/json}}",
            "endpoint.answers: has answers of application/json, which need answers.prediction",
        ),
        ("endpoint: {maximum_unusable: 1}", "endpoint.maximum_unusable: must be less than 1"),
        ("endpoint: {capture: 's3://b/c'}", "endpoint.capture: must be relative"),
    ],
)
def test_a_mistake_is_answered_with_line_key_and_what_is_allowed(
    files: Project, section: str, said: str
) -> None:
    """One problem for one mistake, at its line."""
    (problem,) = problems(files, section + "\n")

    assert problem.startswith(f"{AT}: ")
    assert said in problem


def test_labels_of_an_endpoint_need_one(files: Project) -> None:
    """What monitor-ground-truth is told to judge has to be there."""
    text = MODEL.replace("data:\n", "data:\n  ground_truth: {uri: labels/, captures: endpoint}\n")
    files.write("models/loans.yaml", text)

    (problem,) = files.problems("model", "loans")

    assert (
        "data.ground_truth.captures: is endpoint, and the model has none: add a section endpoint" in problem
    )


def test_a_name_that_is_too_long_is_told_of_the_environment(files: Project) -> None:
    """With the model's and the environment's names in it, it has at most 63 characters."""
    files.write("models/loans.yaml", MODEL + f"endpoint: {{name: '{'x' * 55}-{{environment}}-{{model}}'}}\n")

    with pytest.raises(Exception, match="makes the endpoint of the model loans 'xxx"):
        load("loans", "dev", files.conf)
