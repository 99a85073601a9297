"""Policies that are tried before they are adopted: files with another gate for a known model."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import TypeVar

from sagemaker_monitor.settings import document as documents
from sagemaker_monitor.settings.checks import check_model
from sagemaker_monitor.settings.document import Document
from sagemaker_monitor.settings.errors import Finding, Path, quoted
from sagemaker_monitor.settings.loader import load_model, validated
from sagemaker_monitor.settings.model import Model

T = TypeVar("T")

SECTION = "gate"
FORMAT = "schema_version"


def load_policy(name: str, file: FilePath, conf_dir: FilePath) -> Model:
    """Return the model *name* of *conf_dir* under the gate that *file* has: it alone differs.

    The file is a whole model file, or a gate section with or without the line `gate:`. Raises ConfigError
    as for a model file, each problem with its line in *file*.
    """
    current = load_model(name, conf_dir)
    found = documents.read(file, versioned=False)
    whole = bool(set(found.data) - {SECTION, FORMAT}) and "model" in found.data
    if whole or FORMAT in found.data:
        documents.check_version(found)

    def check(model: Model) -> list[Finding]:
        if model.model == name:
            return check_model(model)
        message = f"is {quoted(model.model)}, but the policy is tried on {quoted(name)}: give that model's"
        return [(("model",), message)]

    if not whole:
        own = documents.read(conf_dir / "models" / f"{name}.yaml")
        found = _gate_of(own, found)
    gate = validated(Model, found, check, folder=conf_dir).value.gate
    return current.model_copy(update={SECTION: gate})


def _gate_of(model: Document, section: Document) -> Document:
    """Return *model* with *section* for its gate, and the lines of both."""
    below = SECTION in section.data
    gate = section.data[SECTION] if below else {k: v for k, v in section.data.items() if k != FORMAT}
    merged = Document({**model.data, SECTION: gate})
    _lay(merged.where, model.where, section.where, below=below)
    _lay(merged.written, model.written, section.written, below=below)
    return merged


def _lay(target: dict[Path, T], model: dict[Path, T], section: dict[Path, T], *, below: bool) -> None:
    """Put what is known of *model* without its gate, and of the gate in *section*, into *target*."""
    target.update({path: value for path, value in model.items() if path[:1] != (SECTION,)})
    moved = {path if below else (SECTION, *path): value for path, value in section.items()}
    target.update({path: value for path, value in moved.items() if path[:1] == (SECTION,)})
