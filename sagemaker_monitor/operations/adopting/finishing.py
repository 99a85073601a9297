"""A draft becomes a file that is valid: what settings refuse is taken out, and told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Any

from sagemaker_monitor.operations.adopting.draft import Draft
from sagemaker_monitor.operations.adopting.text import render
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.settings import ConfigError, Model
from sagemaker_monitor.settings.checks import check_model, check_together
from sagemaker_monitor.settings.document import parsed
from sagemaker_monitor.settings.environment import Environment
from sagemaker_monitor.settings.errors import Path, Problem
from sagemaker_monitor.settings.loader import validated

ORDER = (
    *("schema_version", "model", "artifact", "schema", "data", "endpoint", "monitors"),
    *("monitoring_schedules", "pipelines"),
)
_WHOLE = ("monitoring_schedules", "monitors")
"""Sections of which each part can be left out by itself."""
_SCHEDULES = "monitoring_schedules"
_NEEDED = ("monitor", "of", "expression", "adopted")
_FACETS = ("monitors", "bias", "facets")
MOST_TRIES = 50


def finished(
    draft: Draft, head: str, environment: Environment, environments: Sequence[str], file: FilePath
) -> tuple[str, Model]:
    """Return the text of the file, and what it says; what cannot stand in it becomes an item.

    *head* stands above it as comments; *file* is where it will be. Raises UsageError where something is
    refused that the file cannot do without, and where nothing is watched.
    """
    for _ in range(MOST_TRIES):
        _require_monitors(draft)
        text = _text(draft, head)
        try:
            model = validated(
                Model,
                parsed(text, str(file)),
                lambda model: check_model(model, environments),
                folder=file.parent.parent,
            ).value
        except ConfigError as error:
            if not _take_out(draft, error.problems):
                raise _unsayable(error) from error
            continue
        problems = [Problem(message, path=path) for path, message in check_together(model, environment)]
        if problems:
            raise _unsayable(ConfigError(problems))
        return text, model
    raise UsageError("nothing valid can be said of what was read")


def _unsayable(error: ConfigError) -> UsageError:
    return UsageError(
        "what was read, or what an option says, cannot stand in a model's file; nothing was written:\n"
        f"{error}"
    )


def _require_monitors(draft: Draft) -> None:
    """Raise UsageError where nothing is watched, with what was left out."""
    if not draft.values.get("monitors"):
        left_out = "; ".join(f"{each.resource}, {each.field}: {each.why}" for each in draft.items)
        raise UsageError(
            "nothing of what was read says what is watched"
            + (f" ({left_out})" if left_out else "")
            + ": name schedules, a pipeline or versions that have monitors, or begin with init"
        )


def _text(draft: Draft, head: str) -> str:
    ordered = {key: draft.values[key] for key in ORDER if key in draft.values}
    comment = "".join(f"# {line}\n" if line else "#\n" for line in head.splitlines())
    return comment + render(ordered, draft.comments) + "".join(f"{line}\n" for line in draft.tail)


def _take_out(draft: Draft, problems: Sequence[Problem]) -> bool:
    """Take out what the first problem that allows it is about; return whether there was one."""
    for problem in problems:
        path = _part(problem.path)
        if path is None:
            continue
        section: Any = draft.values
        for key in path[:-1]:
            section = section[key]
        value = section.pop(path[-1])
        for other in [known for known in draft.comments if known[: len(path)] == path]:
            del draft.comments[other]
        draft.note(
            "the model's file",
            ".".join(map(str, path)),
            value,
            problem.message,
            "add it by hand once it can be said",
        )
        if path[0] in draft.values and not draft.values[path[0]]:
            del draft.values[path[0]]
        return True
    return False


def _part(path: Path) -> Path | None:
    """Return the smallest part around *path* that a file can do without."""
    if len(path) > 3 and path[:3] == _FACETS:
        return path[:4]
    if len(path) > 2 and path[0] == _SCHEDULES and path[2] not in _NEEDED:
        return path[:3]
    if len(path) > 1 and path[0] in _WHOLE:
        return path[:2]
    if path[:1] == ("endpoint",):
        return path[:1]
    return None
