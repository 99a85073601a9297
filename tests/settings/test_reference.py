"""Whether the reference and the JSON Schemas say what the loader does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from sagemaker_monitor.settings import environment, model
from sagemaker_monitor.settings.fields import SHAPES, Section
from sagemaker_monitor.settings.reference import environment_schema, model_schema

from .conftest import BASE, DEV, MODEL

ROOT = Path(__file__).parents[2]


def _sections() -> list[type[Section]]:
    found = [*vars(environment).values(), *vars(model).values()]
    return [
        item for item in found if isinstance(item, type) and issubclass(item, Section) and item is not Section
    ]


@pytest.mark.parametrize("section", dict.fromkeys(_sections()), ids=lambda section: section.__name__)
def test_every_key_is_described(section: type[Section]) -> None:
    """A key without a meaning is a key nobody can set."""
    assert section.__doc__
    assert [name for name, field in section.model_fields.items() if not field.description] == []


def _patterns(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["pattern"]} if isinstance(node.get("pattern"), str) else set()
        names = node.get("patternProperties", {})
        return own.union(names, *(_patterns(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(_patterns(item) for item in node))
    return set()


def test_every_pattern_is_put_in_words() -> None:
    """No regular expression is shown to a person."""
    assert _patterns(model_schema()) | _patterns(environment_schema()) == set(SHAPES)


@pytest.mark.parametrize("text", [BASE, DEV])
def test_the_environment_schema_accepts_what_the_loader_does(text: str) -> None:
    """An editor shows no error in a valid file, base.yaml included."""
    jsonschema.validate(yaml.safe_load(text), environment_schema())


@pytest.mark.parametrize("path", sorted((ROOT / "conf").rglob("*.yaml")), ids=lambda path: path.name)
def test_the_projects_files_follow_the_schemas(path: Path) -> None:
    """What the loader accepts, editors accept, too."""
    schema = environment_schema() if path.parent.name == "environments" else model_schema()

    jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), schema)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "conf/environments").glob("*.yaml")), ids=lambda path: path.name
)
def test_the_first_line_leads_editors_to_the_schema(path: Path) -> None:
    """The schema that a file names is there."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    named = path.parent / first.removeprefix("# yaml-language-server: $schema=")

    assert named.resolve() == ROOT / "docs/schemas/environment.schema.json"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("facet_columns", "facet_column"),
        ("framework: xgboost", "framework: torch"),
        ("[income, amount]", "[]"),
        ("  label: approve\n", ""),
    ],
)
def test_the_model_schema_refuses_what_the_loader_does(old: str, new: str) -> None:
    """The commonest mistakes are seen while typing."""
    jsonschema.validate(yaml.safe_load(MODEL), model_schema())

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(MODEL.replace(old, new)), model_schema())


def test_the_schemas_are_valid_schemas() -> None:
    """They follow the JSON Schema draft that they name."""
    for schema in (model_schema(), environment_schema()):
        jsonschema.Draft202012Validator.check_schema(schema)
