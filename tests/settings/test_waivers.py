"""Which policies are refused before they run: rules and waivers that nothing answers to."""

from __future__ import annotations

from datetime import date

import pytest

from sagemaker_monitor.analysis.bias.metrics import METRICS
from sagemaker_monitor.analysis.decision import rules as decided
from sagemaker_monitor.analysis.decision.spec import from_json
from sagemaker_monitor.settings import load_model
from sagemaker_monitor.settings.rules import expired_waivers, watched_by
from steps.spec import script_spec

from .conftest import MODEL, Project

QUALITY = MODEL.replace("monitors:\n", "monitors:\n  data_quality: {}\n  model_quality: {}\n")
WAIVER = """\
gate:
  waivers:
    - match: bias/DI/black
      reason: few people
      approved_by: committee
      expires: 2027-03-31
"""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("bias/DI/black", "bias/DI/blak", "waivers[0].match: 'bias/DI/blak' matches nothing: no facet is"),
        ("bias/DI/black", "bias/DI/black/0", "the group of 'black' is '1', not '0'"),
        ("bias/DI/black", "data_bias/DI/*", "no metric is called 'DI'"),
        ("bias/DI/black", "bias/CDDL/*", "CDDL and CDDPL need monitors.bias.group_variable"),
        (
            "bias/DI/black",
            "data_quality/missing_column_check",
            "missing and extra columns always refuse, whatever a rule or waiver says",
        ),
        ("bias/DI/black", "data_quality/extra_column_check/*", "missing and extra columns always refuse"),
        ("few people", '" "', "waivers[0].reason: must say something"),
        ("committee", '""', "waivers[0].approved_by: must say something"),
        ("      reason: few people\n", "", "waivers[0]: reason is missing"),
        ("2027-03-31", "2027-02-30", "waivers[0].expires: is no day of the calendar: day is out of range"),
        ("2027-03-31", "31.3.2027", "waivers[0].expires: must be a day such as 2027-03-31"),
        ("2027-03-31", "2027-03-31T10:00:00Z", "must be a day such as 2027-03-31"),
        ("2027-03-31", "20270331", "must be a day such as 2027-03-31"),
        ("2027-03-31", "never", "must be a day such as 2027-03-31"),
    ],
)
def test_a_waiver_that_cannot_hold_is_refused(project: Project, old: str, new: str, problem: str) -> None:
    """Each mistake is named with its place, and what would be right."""
    assert old in WAIVER
    project.write("models/loans.yaml", QUALITY + WAIVER.replace(old, new))
    problems = project.problems("model", "loans")

    assert len(problems) == 1
    assert problem in problems[0]


def test_a_waiver_twice_and_one_of_what_is_ignored_are_refused(project: Project) -> None:
    """Nothing is approved twice, and nobody answers for what refuses nothing."""
    again = WAIVER.split("waivers:\n")[1]
    ignored = "  rules:\n    - {match: bias/DI/*, action: ignore}\n    - {match: bias/*, action: fail}\n"
    project.write("models/loans.yaml", QUALITY + WAIVER + again)
    project.write("models/other.yaml", QUALITY.replace("loans", "other", 1) + WAIVER + ignored)

    assert "is waived by waivers[0] already" in project.problems("model", "loans")[0]
    assert "covers nothing: no rule fails or warns about it" in project.problems("model", "other")[0]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("match: bias/*, action: fail, minimum: 0, direction: worse", "minimum says by itself"),
        ("match: bias/*, action: fail, tolerance: calibrated, direction: both", "a calibrated limit's"),
        ("match: data_quality/*, action: fail, direction: worse", "have no better side"),
        ("match: model_quality/*, action: fail, direction: both", "only where it is worse"),
        ("match: bias/*, action: fail, direction: better", "must be one of worse, both"),
    ],
)
def test_a_direction_that_means_nothing_is_refused(project: Project, rule: str, problem: str) -> None:
    """What a limit has no two sides for cannot be told which of them counts."""
    project.write("models/loans.yaml", QUALITY + f"gate:\n  rules:\n    - {{{rule}}}\n")
    problems = project.problems("model", "loans")

    assert problem in problems[0]


def test_an_expired_waiver_is_valid_and_told(project: Project) -> None:
    """A file does not become wrong overnight: what a run refuses then, validate says."""
    project.write("models/loans.yaml", MODEL + WAIVER)
    model = load_model("loans", project.conf)

    assert expired_waivers(model, date(2027, 3, 31)) == []
    assert "what 'bias/DI/black' covered refuses again" in expired_waivers(model, date(2027, 4, 1))[0]


def test_names_of_features_are_matched_as_they_are(project: Project) -> None:
    """A slash or bracket in a column's name is no wildcard and no separator to whoever writes it out."""
    names = QUALITY.replace("[income, amount]", '["in/come", "a[1]*", "größe <b>"]')
    rules = "".join(
        f"    - {{match: 'data_quality/baseline_drift_check/{name}', action: fail}}\n"
        for name in ("in/come", "a[1]*", "größe <b>")
    )
    project.write("models/loans.yaml", names + f"gate:\n  rules:\n{rules}")

    assert project.problems("model", "loans") == []


def test_decide_matches_the_names_that_validate_knows(project: Project) -> None:
    """A selector that is valid is one that decide finds: both have the same names for the same things."""
    wide = QUALITY.replace("{name: male, values: [0]}", "{name: income, threshold: 30.5}")
    project.write("models/loans.yaml", wide)
    model = load_model("loans", project.conf)
    spec = from_json(script_spec(model, "local", "monitor-batch"))
    known = [each for monitor, watched in watched_by(model).items() for each in watched.subjects(monitor)]

    assert {each.name for each in known} >= set(METRICS)
    for each in known:
        assert set(decided.names(spec, each.names[0])) == set(each.names)
    assert "model_bias/DI/income/>30.5" in {name for each in known for name in each.names}
