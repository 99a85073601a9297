"""Which environments and models there are, and what they say."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path as FilePath
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from sagemaker_monitor.settings.checks import (
    check_model,
    check_shared,
    check_together,
)
from sagemaker_monitor.settings.document import Document, overlay, read
from sagemaker_monitor.settings.environment import Environment
from sagemaker_monitor.settings.environment_checks import check_environment
from sagemaker_monitor.settings.errors import ConfigError, Finding, Position, Problem, choices, listed, quoted
from sagemaker_monitor.settings.explain import UnknownKey, explain, explain_unknown, unknown_keys
from sagemaker_monitor.settings.fields import Section
from sagemaker_monitor.settings.model import Model
from sagemaker_monitor.settings.scripts import FOLDER

BASE = "base"
_NO_FOLDER = (
    "no such folder: --conf-dir names the folder that holds environments/ and models/, and init makes one"
)

S = TypeVar("S", bound=Section)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """A valid file, with the positions of what it says."""

    value: S
    document: Document


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything in a conf folder, by name."""

    environments: dict[str, Environment]
    models: dict[str, Model]


def known_environments(conf_dir: FilePath) -> list[str]:
    """Return the names of the environments in *conf_dir*, sorted."""
    return [name for name in _names(conf_dir / "environments") if name != BASE]


def known_models(conf_dir: FilePath) -> list[str]:
    """Return the names of the models in *conf_dir*, sorted."""
    return _names(conf_dir / "models")


def load_environment(name: str, conf_dir: FilePath) -> Environment:
    """Return the environment *name*: environments/<name>.yaml over environments/base.yaml, if there is one.

    Raises ConfigError with every problem of the two files.
    """
    return _load_environment(name, conf_dir).value


def load_model(name: str, conf_dir: FilePath) -> Model:
    """Return the model *name* of models/<name>.yaml.

    Raises ConfigError with every problem of the file.
    """
    return _load_model(name, conf_dir).value


def load(model: str, environment: str, conf_dir: FilePath) -> tuple[Model, Environment]:
    """Return a model and an environment that also fit each other.

    Raises ConfigError with every problem of their files, or of the two together.
    """
    loaded_model, loaded_environment = load_located(model, environment, conf_dir)
    return loaded_model.value, loaded_environment.value


def load_located(
    model: str, environment: str, conf_dir: FilePath
) -> tuple[Loaded[Model], Loaded[Environment]]:
    """Return what load() does, and where in the files each value stands. Raises ConfigError."""
    problems: list[Problem] = []
    loaded_model = _collect(problems, lambda: _load_model(model, conf_dir))
    loaded_environment = _collect(problems, lambda: _load_environment(environment, conf_dir))
    if loaded_model and loaded_environment:
        problems += _together(loaded_model, loaded_environment)
    if problems or not loaded_model or not loaded_environment:
        raise ConfigError(problems)
    return loaded_model, loaded_environment


def load_located_environment(name: str, conf_dir: FilePath) -> Loaded[Environment]:
    """Return what load_environment() does, and where in the files each value stands. Raises ConfigError."""
    return _load_environment(name, conf_dir)


def load_all(conf_dir: FilePath) -> Configuration:
    """Return every environment and model of *conf_dir*, each pair of which fits together.

    Raises ConfigError with the problems of all files at once.
    """
    problems: list[Problem] = []
    environments, models = [], []
    for name in known_environments(conf_dir):
        if environment := _collect(problems, partial(_load_environment, name, conf_dir)):
            environments.append(environment)
    for name in known_models(conf_dir):
        if model := _collect(problems, partial(_load_model, name, conf_dir)):
            models.append(model)
    for environment in environments:
        for model in models:
            problems += _together(model, environment)
        shared = check_shared([model.value for model in models], environment.value)
        problems += _problems(shared, environment.document)
    if not environments and not problems:
        folder = conf_dir / "environments"
        message = "holds no environment: add local.yaml" if folder.is_dir() else _NO_FOLDER
        problems.append(Problem(message, Position(str(folder))))
    if problems:
        raise ConfigError(problems)
    return Configuration(
        {environment.value.name: environment.value for environment in environments},
        {model.value.model: model.value for model in models},
    )


def _load_environment(name: str, conf_dir: FilePath) -> Loaded[Environment]:
    folder = conf_dir / "environments"
    _require_known("environment", name, known_environments(conf_dir), folder)
    problems: list[Problem] = []
    over = _collect(problems, lambda: read(folder / f"{name}.yaml"))
    base = None
    if (folder / f"{BASE}.yaml").exists():
        base = _collect(problems, lambda: read(folder / f"{BASE}.yaml"))
    if problems or not over:
        raise ConfigError(problems)
    document = overlay(base, over) if base else over
    check = partial(check_environment, environments=known_environments(conf_dir))
    return validated(Environment, document, check, file_name=name)


def _load_model(name: str, conf_dir: FilePath) -> Loaded[Model]:
    folder = conf_dir / "models"
    _require_known("model", name, known_models(conf_dir), folder)
    document = read(folder / f"{name}.yaml")
    environments = known_environments(conf_dir)

    def check(model: Model) -> list[Finding]:
        if model.model == name:
            return check_model(model, environments)
        message = f"is {quoted(model.model)}, but the file is called {name}.yaml: make them the same"
        return [(("model",), message), *check_model(model, environments)]

    return validated(Model, document, check, folder=conf_dir)


def validated(
    root: type[S],
    document: Document,
    check: Callable[[S], list[Finding]],
    file_name: str | None = None,
    folder: FilePath | None = None,
) -> Loaded[S]:
    """Return *document* as a valid *root* that passes *check*; files that it names are below *folder*.

    Raises ConfigError with all its problems.
    """
    hidden = frozenset({"name"} if file_name else ())
    unknown = unknown_keys(root, document.data, hidden)
    problems = [explain_unknown(key, root, document, hidden) for key in unknown]
    data = _repaired(document.data, unknown)
    if file_name:
        data["name"] = file_name
    repaired = Document(data, document.where, document.written)
    try:
        value = root.model_validate(data, context={FOLDER: folder or FilePath()})
    except ValidationError as error:
        problems += explain(error, root, repaired)
        raise ConfigError(_sorted(problems)) from error
    problems += _problems(check(value), repaired)
    if problems:
        raise ConfigError(_sorted(problems))
    return Loaded(value, document)


def _repaired(data: dict[str, Any], unknown: list[UnknownKey]) -> dict[str, Any]:
    """Return *data* with mistyped keys put right, so that one typing mistake does not hide other problems."""
    repaired = copy.deepcopy(data)
    for key in unknown:
        section: Any = repaired
        for part in key.path[:-1]:
            section = section[part]
        value = section.pop(key.path[-1])
        if key.meant:
            section.setdefault(key.meant, value)
    return repaired


def _together(model: Loaded[Model], environment: Loaded[Environment]) -> list[Problem]:
    return _problems(check_together(model.value, environment.value), environment.document)


def _problems(findings: list[Finding], document: Document) -> list[Problem]:
    return [document.problem(path, message) for path, message in findings]


def _sorted(problems: list[Problem]) -> list[Problem]:
    def key(problem: Problem) -> tuple[str, int]:
        return (problem.position.file, problem.position.line) if problem.position else ("", 0)

    return sorted(problems, key=key)


T = TypeVar("T")


def _collect(problems: list[Problem], load_one: Callable[[], T]) -> T | None:
    try:
        return load_one()
    except ConfigError as error:
        problems += error.problems
        return None


def _names(folder: FilePath, pattern: str = "*.yaml") -> list[str]:
    return sorted(path.stem for path in folder.glob(pattern))


def _require_known(kind: str, name: str, known: list[str], folder: FilePath) -> None:
    if name in known:
        return
    position = Position(str(folder))
    if not folder.is_dir():
        message = _NO_FOLDER
    elif name in _names(folder, "*.yml"):
        message = f"{name}.yml is not read: rename it to {name}.yaml"
    elif name == BASE and kind == "environment":
        message = f"base.yaml is no environment, the others are laid over it; known: {listed(known)}"
    else:
        message = f"no {kind} {quoted(name)}{choices(name, known, 'known')}"
    raise ConfigError([Problem(message, position)])
