"""Put a first model file into a configuration folder, and what the folder needs beside it."""

from __future__ import annotations

import os
from pathlib import Path

from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.settings import ConfigError, load_model
from sagemaker_monitor.settings.scaffold import Scaffold, starter_environments


def write_first_files(conf_dir: Path, scaffold: Scaffold, *, replace: bool) -> list[Path]:
    """Write the model's file, and environments where there are none; return what was written.

    A model file that is there stays, unless *replace*. One that turns out not to be valid is taken
    back. Raises UsageError, ConfigError.
    """
    target = model_file(conf_dir, scaffold.model, replace=replace)
    before = target.read_bytes() if target.exists() else None
    written = [write_file(target, scaffold.text.encode())]
    try:
        load_model(scaffold.model, conf_dir)
    except ConfigError:
        target.unlink() if before is None else write_file(target, before)
        raise
    environments = conf_dir / "environments"
    if not any(environments.glob("*.yaml")):
        written += [
            write_file(environments / name, text.encode()) for name, text in starter_environments().items()
        ]
    return written


def model_file(conf_dir: Path, model: str, *, replace: bool) -> Path:
    """Return where the model's file goes; UsageError when it is there and must not be replaced."""
    target = conf_dir / "models" / f"{model}.yaml"
    if target.exists() and not replace:
        raise UsageError(f"{target} is there already; --force replaces it")
    return target


def write_file(path: Path, content: bytes) -> Path:
    """Write a file, whole or not at all, and return it. Raises UsageError."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        os.replace(partial, path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    return path
