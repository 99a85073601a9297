"""What a model's problem type allows in its file."""

from __future__ import annotations

import pytest

from sagemaker_monitor.settings import load_model
from sagemaker_monitor.settings.rules import MODEL_QUALITY_METRICS
from sagemaker_monitor.settings.schema import Model

from .conftest import MODEL, Project

BASE, _, _ = MODEL.replace("  label: approve\n", "  problem_type: {}\n  label: price\n").partition(
    "monitors:"
)
WATCHED = "monitors: {model_quality: {}, data_quality: {}}\n"
OTHERS = ("Regression", "MulticlassClassification")
AT = "models/loans.yaml:"


def problems(project: Project, problem_type: str, rest: str = WATCHED, **replaced: str) -> list[str]:
    """Return what is wrong with a model of *problem_type*, without file and line."""
    text = BASE.format(problem_type) + rest
    for old, new in replaced.items():
        text = text.replace(old, new)
    project.write("models/loans.yaml", text)
    return [each.removeprefix(AT).partition(": ")[2] for each in project.problems("model", "loans")]


@pytest.mark.parametrize("problem_type", [*OTHERS, "BinaryClassification"])
def test_every_problem_type_is_watched_by_the_default_policy(project: Project, problem_type: str) -> None:
    """No rule has to be written, and every metric of the problem type has one that refuses."""
    assert problems(project, problem_type) == []
    rules = load_model("loans", project.conf).gate.rules
    matching = [each for each in rules if each.match == "model_quality/*"]
    assert [(each.tolerance, each.action) for each in matching] == [("calibrated", "fail")]


def test_the_place_of_the_answer_is_named_by_what_it_is(project: Project) -> None:
    """label for numbers and classes, probability for P(1); never the other one's."""
    place = "  prediction: {%s: 1, values: 2}\n"

    for problem_type in OTHERS:
        assert problems(project, problem_type, **{"  label:": place % "label" + "  label:"}) == []
        (said,) = problems(project, problem_type, **{"  label:": place % "probability" + "  label:"})
        assert said == (
            "schema.prediction.probability: is for BinaryClassification, and problem_type is "
            f"{problem_type}: write label"
        )
    (said,) = problems(project, "BinaryClassification", **{"  label:": place % "label" + "  label:"})
    assert "schema.prediction.label: is for Regression and MulticlassClassification" in said


@pytest.mark.parametrize(
    ("added", "said"),
    [
        (
            "  favourable: 1\n",
            "schema.favourable: is for BinaryClassification, and problem_type is Regression",
        ),
        ("  prediction: {threshold: 0.4}\n", "schema.prediction.threshold: is for BinaryClassification"),
        (
            "  prediction: {label: 1}\n",
            "schema.prediction.label: is 1, but the model answers one value, counted from 0: see values",
        ),
    ],
)
def test_what_only_a_binary_classifier_has_is_refused(project: Project, added: str, said: str) -> None:
    """A key that would do nothing is an error."""
    (found,) = problems(project, "Regression", **{"  label:": added + "  label:"})

    assert said in found


@pytest.mark.parametrize("problem_type", OTHERS)
def test_bias_needs_two_outcomes(project: Project, problem_type: str) -> None:
    """The error says why and what to do."""
    rest = "monitors: {bias: {facets: [{name: black, values: [1]}]}}\n"
    (said,) = problems(project, problem_type, rest)

    assert said.startswith(f"monitors.bias: needs problem_type BinaryClassification, not {problem_type}: ")
    assert "limits of chance are known for two outcomes only; remove it" in said


def test_a_number_can_be_explained_and_a_class_cannot(project: Project) -> None:
    """Contributions add up to an amount; log-odds are of a probability."""
    explained = "monitors: {explainability: {%s}}\n"

    assert problems(project, "Regression", explained % "") == []
    (said,) = problems(project, "Regression", explained % "use_logit: true")
    assert (
        said
        == "monitors.explainability.use_logit: needs a probability, and problem_type is Regression: remove it"
    )
    (said,) = problems(project, "MulticlassClassification", explained % "")
    assert "the model answers the name of a class" in said


def test_rules_name_the_metrics_of_the_problem_type(project: Project) -> None:
    """A rule about another problem type's metric would never speak."""
    rule = "gate: {rules: [{match: model_quality/%s, action: fail}]}\n"
    for problem_type, metrics in MODEL_QUALITY_METRICS.items():
        for metric in metrics:
            assert problems(project, problem_type, WATCHED + rule % metric) == []

    (said,) = problems(project, "Regression", WATCHED + rule % "auc")
    assert "no metric is called 'auc'" in said
    assert "mae, mse, rmse, r2" in said


@pytest.mark.parametrize(
    ("problem_type", "prediction", "fine"),
    [
        ("BinaryClassification", {"probability": 1, "values": 2}, True),
        ("BinaryClassification", {}, False),
        ("Regression", {}, True),
        ("MulticlassClassification", {"values": 4}, True),
    ],
)
def test_linear_learner_answers_by_problem_type(
    project: Project, problem_type: str, prediction: dict[str, int], fine: bool
) -> None:
    """Only a binary model's answer begins with a label that is left aside."""
    found = problems(
        project,
        problem_type,
        **{
            "framework: xgboost": "framework: linear-learner",
            '"1.7-1"': '"1"',
            "  label:": f"  prediction: {prediction}\n  label:",
        },
    )

    assert (found == []) == fine


def test_the_metrics_are_those_that_baselines_constrain() -> None:
    """Rules can name every metric that the analyzer suggests a constraint for, and no other."""
    from sagemaker_monitor.analysis.documents.model_constraints import SUGGESTED

    assert {name: set(metrics) for name, metrics in MODEL_QUALITY_METRICS.items()} == {
        name: set(metrics) for name, metrics in SUGGESTED.items()
    }
    assert Model.model_fields["data_schema"].annotation is not None
