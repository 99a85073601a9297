"""Monitors of a team's own in a model's file: which keys, which mistakes, and what rules may name."""

from __future__ import annotations

import jsonschema
import pytest
import yaml

from sagemaker_monitor.settings import load_model
from sagemaker_monitor.settings.reference import model_schema

from .conftest import DEV, MODEL, Project

CUSTOM = """\
  custom:
    text_drift: {image: text-drift, environment: {column: income}}
    late:
      image: team/late:2
      input: outcomes
"""
RULES = "gate:\n  rules:\n"


def test_a_monitor_is_an_image_some_rows_and_variables(project: Project) -> None:
    """A key of images and a repository are both images; what waits for labels follows from the rows."""
    project.write("models/loans.yaml", MODEL + CUSTOM)
    monitors = load_model("loans", project.conf).monitors

    assert monitors.configured == ("bias", "custom/text_drift", "custom/late")
    assert monitors.own == ("custom/text_drift", "custom/late")
    assert {name: each.needs_labels for name, each in monitors.of_teams.items()} == {
        "custom/text_drift": False,
        "custom/late": True,
    }
    assert monitors.custom["text_drift"].environment == {"column": "income"}


def test_a_custom_monitor_alone_is_enough(project: Project) -> None:
    """It is a monitor as others are, and the schema for editors knows it."""
    text = MODEL[: MODEL.index("  bias:")] + CUSTOM
    project.write("models/loans.yaml", text)

    assert load_model("loans", project.conf).monitors.need_labels
    jsonschema.validate(yaml.safe_load(text), model_schema())


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "text_drift:",
            "Text-Drift:",
            "20: monitors.custom.Text-Drift: 'Text-Drift' is not valid: expected words of a-z and 0-9 with"
            " single underscores between them, each beginning with a letter",
        ),
        (
            "image: text-drift",
            "image: 1234.dkr.ecr.eu-west-1.amazonaws.com/text-drift:1",
            "20: monitors.custom.text_drift.image: must be the repository and its tag alone: the registry is"
            " that of the environment's account and region; remove everything before the repository",
        ),
        (
            "image: text-drift",
            "image: Text/Drift",
            "20: monitors.custom.text_drift.image: 'Text/Drift' is not valid: expected a key of the"
            " environment's images, or a repository with a tag or a digest",
        ),
        (
            "input: outcomes",
            "input: labelled",
            "23: monitors.custom.late.input: must be one of features, predictions, outcomes, not the text"
            " 'labelled'",
        ),
        (
            "environment: {column",
            "enviroment: {column",
            "20: monitors.custom.text_drift: unknown key 'enviroment'; did you mean 'environment'? allowed"
            " here: baseline_mode, environment, image, input",
        ),
        (
            "column: income",
            "check_type: mine",
            "20: monitors.custom.text_drift.environment.check_type: is a variable of the contract, which the"
            " pipeline sets: give yours another name",
        ),
        (
            "column: income",
            "column: 3",
            "20: monitors.custom.text_drift.environment.column: must be text, not the number 3;"
            ' quote it: "3"',
        ),
        (
            "column: income",
            "a-b: income",
            "20: monitors.custom.text_drift.environment.a-b: 'a-b' is not valid: expected an environment"
            " variable's name: letters, digits and underscores",
        ),
        (
            "      image: team/late:2\n",
            "",
            "21: monitors.custom.late: image is missing (A key of the environment's `images`, or a"
            " `<repository>:<tag>` of its registry)",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(project: Project, old: str, new: str, problem: str) -> None:
    """Keys, names, images and variables: what is wrong, where, and what is allowed."""
    project.write("models/loans.yaml", MODEL + CUSTOM.replace(old, new))

    assert project.problems("model", "loans") == [f"models/loans.yaml:{problem}"]


def test_the_answer_has_a_column_of_its_own(project: Project) -> None:
    """Data with a column called prediction cannot be given with the model's answer beside it."""
    project.write("models/loans.yaml", MODEL.replace("amount]", "prediction]") + CUSTOM)

    assert project.problems("model", "loans") == [
        "models/loans.yaml:23: monitors.custom.late.input: has the model's answer in a column 'prediction',"
        " which the data has already: rename the data's column"
    ]


def test_an_environment_has_the_image_that_a_key_names(project: Project) -> None:
    """A key that no image has is told with the ones there are; a repository needs none."""
    project.write("models/loans.yaml", MODEL + CUSTOM)
    project.write("environments/dev.yaml", DEV + "images: {text_drift: a:1}\n")

    assert project.all_problems() == [
        "environments/dev.yaml:7: images: has no 'text-drift', which monitors.custom.text_drift of the model"
        " loans runs: give text-drift: <repository>:<tag>; did you mean 'text_drift'?"
    ]
    project.write("environments/dev.yaml", DEV + "images: {text-drift: a:1}\n")
    assert project.all_problems() == []


def test_a_version_can_name_the_place_of_the_baseline(project: Project) -> None:
    """The metadata of a model package is short; a prefix that is too long for it is refused beforehand."""
    project.write("models/loans.yaml", MODEL + CUSTOM.replace("image: text-drift", "image: a:1"))
    project.write("environments/dev.yaml", DEV + f"  prefix: {'p' * 200}\n")

    assert [problem.partition(" makes")[0] for problem in project.all_problems()] == [
        "environments/dev.yaml:7: storage.prefix:",
    ]


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        (["{match: custom/text_drift/*, action: fail}", "{match: custom/*, action: warn}"], None),
        (["{match: custom/text_drift/share_check/income, action: warn}"], None),
        (
            [
                "{match: custom/text_drift/empty, maximum: 0.1, action: fail}",
                "{match: custom/*, action: fail}",
            ],
            None,
        ),
        (
            ["{match: custom/text_drfit/*, action: fail}"],
            "0].match: 'custom/text_drfit/*' matches nothing: no custom monitor is called 'text_drfit'; did"
            " you mean 'text_drift'? monitors: text_drift, late",
        ),
        (
            ["{match: custom/late, action: fail}"],
            "0].match: 'custom/late' matches nothing: write 'custom/late/*' for everything that it reports",
        ),
        (
            ["{match: custom/*, action: fail}", "{match: custom/late/wrong, maximum: 1, action: fail}"],
            "1].match: 'custom/late/wrong' never gets a turn after rules[0] ('custom/*'): move it"
            " up or remove it",
        ),
        (
            ["{match: custom/late/*, tolerance: calibrated, action: fail}"],
            "0].tolerance: calibrated is for metrics whose chance is known, and nothing is known of a custom"
            " monitor's: give a number, another limit, or none: then its violations count",
        ),
    ],
)
def test_rules_may_name_whatever_a_monitor_reports(
    project: Project, rules: list[str], problem: str | None
) -> None:
    """Only its name is known beforehand: a rule for another monitor, or behind a wider one, is refused."""
    lines = "".join(f"    - {rule}\n" for rule in rules)
    project.write("models/loans.yaml", MODEL + CUSTOM + RULES + lines)

    found = [each.partition("gate.rules[")[2] for each in project.problems("model", "loans")]
    assert found == ([] if problem is None else [problem])


@pytest.mark.parametrize(
    ("match", "problem"),
    [
        ("custom/text_drift/*", []),
        (
            "custom/txt/*",
            [
                "'custom/txt/*' matches nothing: no custom monitor is called 'txt';"
                " monitors: text_drift, late",
            ],
        ),
    ],
)
def test_a_waiver_names_a_monitor_as_a_rule_does(project: Project, match: str, problem: list[str]) -> None:
    """What it reports is not known beforehand either, its name is."""
    waiver = f"{{match: {match}, reason: known, approved_by: risk, expires: 2999-01-01}}"
    project.write("models/loans.yaml", MODEL + CUSTOM + f"gate:\n  waivers:\n    - {waiver}\n")

    found = [each.partition("match: ")[2] for each in project.problems("model", "loans")]
    assert found == problem
