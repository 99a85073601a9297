"""Which container images there are here, and what runs in their place."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["clarify", "analyzer", "merge", "script"]

CLARIFY = "sagemaker-clarify-processing"
ANALYZER = "sagemaker-model-monitor-analyzer"
MERGER = "sagemaker-model-monitor-groundtruth-merger"
SCIKIT_LEARN = "sagemaker-scikit-learn"
XGBOOST = ("sagemaker-xgboost", "xgboost")
SCRIPTED = (
    *(SCIKIT_LEARN, XGBOOST[0], "pytorch-training", "tensorflow-training"),
    *("huggingface-pytorch-training", "mxnet-training"),
)
"""Whose containers run scripts; the emulator's own Python does, if it has the packages that they import."""
RUNNABLE = (f"{CLARIFY}:1.0", ANALYZER, MERGER, *(f"{name}:*" for name in SCRIPTED))

PYTHONS = ("python", "python3", "/usr/bin/python3", "/miniconda3/bin/python", "/miniconda3/bin/python3")
"""What AWS's containers, and people, call Python: here it is the emulator's own."""
_ROOT = re.compile(r"(?<![\w./-])/opt/ml(?=/|$|[^\w.-])")


class RegistryError(Exception):
    """Commands cannot be registered for images; the message says which, and what is allowed."""


@dataclass(frozen=True)
class Registry:
    """Commands that stand for images of one's own, by repository: `team/scorer`, or `scorer` in any folder.

    A command is what the image's ENTRYPOINT would be. `python` in it is this Python; a path in it that begins
    with /opt/ml lies in the directory of the job or the model server.
    """

    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Registry:
        """Read a JSON file, {repository: command}; a command is a list of words or one text as in a shell.

        Words that name a file relative to the JSON file's folder are made absolute. Raises RegistryError.
        """
        try:
            document = json.loads(path.read_bytes())
        except OSError as error:
            raise RegistryError(f"cannot read {path}: {error.strerror or error}") from error
        except ValueError as error:
            raise RegistryError(f"{path} is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise RegistryError(f'{path} must be an object of commands, {{"repository": "command"}}')
        return cls({name: _words(name, given, path.parent) for name, given in document.items()})

    def add(self, option: str, base: Path) -> Registry:
        """Return the registry with REPOSITORY=COMMAND in it too; files are relative to the folder *base*."""
        name, separator, command = option.partition("=")
        if not separator:
            raise RegistryError(f"{option!r} is not REPOSITORY=COMMAND")
        return Registry({**self.commands, name: _words(name, command, base)})

    def command(self, image: str) -> tuple[str, ...] | None:
        """Return the command for an image URI, or None when its repository is not registered."""
        path = image.split("@", 1)[0]
        folder, _, last = path.rpartition("/")
        path = f"{folder}/{last.split(':', 1)[0]}"
        found = [name for name in self.commands if path.endswith(f"/{name}")]
        return self.commands[max(found, key=len)] if found else None

    @property
    def options(self) -> list[str]:
        """The registry as options REPOSITORY=COMMAND."""
        return [f"{name}={shlex.join(words)}" for name, words in self.commands.items()]


def registry_of(file: Path | None, options: Sequence[str]) -> Registry:
    """Return the registry of a JSON file and of options REPOSITORY=COMMAND, which win; may raise."""
    registry = Registry() if file is None else Registry.read(file)
    for option in options:
        registry = registry.add(option, Path.cwd())
    return registry


def with_analysis(registry: Registry, image: str | None) -> Registry:
    """Return *registry*, in which *image* is this project's analysis unless it has a command of its own."""
    if image is None:
        return registry
    name = image.partition("@")[0].partition(":")[0]
    return Registry({name: ("python", "-m", "sagemaker_monitor.analysis.container"), **registry.commands})


def _words(name: str, command: Any, base: Path) -> tuple[str, ...]:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._/-]*", name):
        raise RegistryError(
            f"{name!r} is no repository's name: the part of an image's URI after the registry, without tag"
        )
    try:
        words = shlex.split(command) if isinstance(command, str) else command
    except ValueError as error:
        raise RegistryError(f"the command of {name} cannot be split into words: {error}") from error
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise RegistryError(f"the command of {name} must be a text or a list of words, not empty")
    return tuple(str((base / word).resolve()) if (base / word).is_file() else word for word in words)


def repository(image: str) -> str:
    """Return the repository of an image URI: without registry, tag and digest."""
    return image.rsplit("/", 1)[-1].split("@", 1)[0].split(":", 1)[0]


def kind_of(image: str) -> Kind | None:
    """Return how jobs of *image* run, whatever registry it is in, or None when they do not."""
    tag = image.rsplit("/", 1)[-1].partition(":")[2]
    if repository(image) == CLARIFY and tag == "1.0":
        return "clarify"
    if repository(image) == ANALYZER and tag in ("", "latest"):
        return "analyzer"
    if repository(image) == MERGER and tag in ("", "latest"):
        return "merge"
    return "script" if repository(image) in SCRIPTED else None


def analysis_command(kind: Literal["clarify", "analyzer", "merge"]) -> list[str]:
    """Return what runs in place of the Clarify container, the Model Monitor analyzer or its merge."""
    return [sys.executable, "-m", "sagemaker_monitor.analysis.container", kind]


def trainer_of(registered: Registry, image: str) -> tuple[str, ...] | None:
    """Return the command that trains in the place of *image*, empty for a trainer of ours, None for none."""
    command = registered.command(image)
    if command is not None:
        return command
    return () if repository(image) in (*XGBOOST, *SCRIPTED) else None


def relocate(text: str, root: Path) -> str:
    """Return *text* with every path /opt/ml turned into *root*."""
    return _ROOT.sub(lambda _: str(root), text)


def relocate_all(environment: Mapping[str, str], root: Path) -> dict[str, str]:
    """Return the environment with its values relocated."""
    return {name: relocate(value, root) for name, value in environment.items()}
