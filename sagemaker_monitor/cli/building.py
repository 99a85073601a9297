"""Build a bundle and refuse one that could not run; the only way of this package's commands to the SDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipelines.bundle import Bundle
    from sagemaker_monitor.settings import Environment, Model


class DefinitionError(click.ClickException):
    """A definition that the service would refuse."""


def build_and_lint(model: Model, environment: Environment) -> Bundle:
    """Return the bundle of *model* in *environment*, offline; DefinitionError says what is wrong with it."""
    try:
        from pipelines.catalog import build_bundle
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "sagemaker":
            raise
        raise DefinitionError(
            "building needs the SageMaker SDK, which is not installed: pip install 'sagemaker-monitor[build]'"
        ) from error

    bundle = build_bundle(model, environment)
    problems = lint_bundle(bundle)
    if problems:
        more = f"\nand {len(problems) - 20} more" if len(problems) > 20 else ""
        raise DefinitionError("the definitions are not valid:\n" + "\n".join(problems[:20]) + more)
    return bundle


def lint_bundle(bundle: Bundle) -> list[str]:
    """Return everything wrong with the bundle's definitions, one line each."""
    from sagemaker_monitor.emulator.lint import lint

    return [
        f"{pipeline.name}: {finding.path}: {finding.message}"
        for pipeline in bundle.pipelines
        for finding in lint(json.loads(pipeline.definition), pipeline.name)
    ]
