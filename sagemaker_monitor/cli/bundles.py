"""The bundles that a command is about: one from a directory, or each model's, built now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipelines.bundle import Bundle
    from sagemaker_monitor.cli.options import Common
    from sagemaker_monitor.settings import Model


def bundles(common: Common, model_name: str | None, directory: Path | None) -> Iterator[tuple[Model, Bundle]]:
    """Yield each model with its bundle; the SDK is imported only where none is given in *directory*."""
    from sagemaker_monitor.settings import known_models

    if directory is not None:
        from pipelines.bundle import Bundle

        bundle = Bundle.read(directory)
        if model_name not in (None, bundle.model):
            raise click.UsageError(
                f"--model {model_name}: the bundle in {directory} is of model {bundle.model!r}"
            )
        yield common.model(bundle.model), bundle
        return
    from sagemaker_monitor.cli.building import build_and_lint

    environment = common.environment
    for name in [model_name] if model_name else known_models(common.conf_dir):
        model = common.model(name)
        yield model, build_and_lint(model, environment)
