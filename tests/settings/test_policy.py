"""Candidate policies: files with another gate for a configured model."""

from __future__ import annotations

import pytest

from sagemaker_monitor.settings import ConfigError, load_policy
from tests.settings.conftest import MODEL, Project

RULES = "  - {match: bias/DPPL/*, tolerance: 0.1, action: fail}\n"


def test_a_gate_section_replaces_the_whole_gate_of_the_model(project: Project) -> None:
    """With or without the line gate:, the file's rules and the defaults of what it leaves out apply."""
    project.write("models/loans.yaml", MODEL + "gate:\n  false_refusals: 0.2\n")
    project.write("bare.yaml", "rules:\n" + RULES)
    project.write("section.yaml", "gate:\n  rules:\n  " + RULES)
    bare, section = (
        load_policy("loans", project.conf / name, project.conf) for name in ("bare.yaml", "section.yaml")
    )

    assert bare == section
    assert [rule.match for rule in bare.gate.rules] == ["bias/DPPL/*"]
    assert bare.gate.false_refusals == 0.05


def test_a_whole_model_file_gives_its_gate_alone(project: Project) -> None:
    """Everything but the gate stays what is configured."""
    project.write("models/loans.yaml", MODEL)
    other = MODEL.replace("data/validation.csv", "data/other.csv")
    project.write("candidate.yaml", other + "gate:\n  rules:\n  " + RULES)
    found = load_policy("loans", project.conf / "candidate.yaml", project.conf)

    assert found.data.baseline == "data/validation.csv"
    assert len(found.gate.rules) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "rules:\n  - {match: bias/DPPL/blak, tolerance: 0.1, action: fail}\n",
            "policy.yaml:2: gate.rules[0].match",
        ),
        ("gate:\n  false_refusal: 0.1\n", "policy.yaml:2: gate: unknown key 'false_refusal'"),
        ("rules: []\nschema_version: 2\n", "policy.yaml:2: schema_version"),
        (MODEL.replace("model: loans", "model: cards"), "policy.yaml:2: model"),
    ],
)
def test_a_mistake_is_told_with_the_policys_own_line(project: Project, text: str, told: str) -> None:
    """The same errors as in a model file name the candidate's file and line."""
    project.write("models/loans.yaml", MODEL)
    project.write("policy.yaml", text)

    with pytest.raises(ConfigError, match=r".") as raised:
        load_policy("loans", project.conf / "policy.yaml", project.conf)
    assert told in str(raised.value)
