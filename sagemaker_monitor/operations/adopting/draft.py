"""A model's file while it is written: values, comments beside them, and what it does not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sagemaker_monitor.operations.adopting.reader import Item, item
from sagemaker_monitor.settings.errors import Path

PLACEHOLDER = "PLACEHOLDER: "
"""Begins the comment beside a value that no resource told: the file is valid with it, and it is a guess."""


@dataclass(frozen=True)
class Choices:
    """What the caller says where resources do not."""

    model: str
    label: str | None = None
    record_key: str | None = None
    framework: str | None = None
    columns: tuple[str, ...] = ()
    """The header of a CSV file, in the model's order of features."""


@dataclass
class Draft:
    """What is known so far; *comments* are by the path of the value that they stand beside."""

    values: dict[str, Any] = field(default_factory=dict)
    comments: dict[Path, str] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    """Lines at the file's end: what can be said, and shall not be done yet, as comments."""

    def put(self, path: Path, value: Any, comment: str = "") -> None:
        """Write *value* at *path*, making the sections around it."""
        section: Any = self.values
        for key in path[:-1]:
            section = section.setdefault(key, {})
        section[path[-1]] = value
        if comment:
            self.comments[path] = comment

    def guess(self, path: Path, value: Any, why: str) -> None:
        """Write a value that keeps the file valid, marked as none that is known."""
        self.put(path, value, f"{PLACEHOLDER}{why}")

    def note(self, resource: str, field: str, value: Any, why: str, do: str) -> None:
        """Keep that the file does not say *field* of *resource*."""
        self.items.append(item(resource, field, value, why, do))

    @property
    def placeholders(self) -> Mapping[Path, str]:
        """The paths that hold a guess, with why."""
        return {
            path: text.removeprefix(PLACEHOLDER)
            for path, text in self.comments.items()
            if text.startswith(PLACEHOLDER)
        }
