"""sagemaker-monitor validate: check every file of the configuration."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options


@click.command()
@click.option(
    "--definitions", is_flag=True, help="Also build every model for --env, and lint the definitions."
)
@common_options
def validate(common: Common, definitions: bool) -> int:
    """Check every environment and model; all problems are told at once, with file, line and fix.

    A waiver that has expired is told as well, and is no problem of the files: a run refuses what it covered.
    """
    from sagemaker_monitor.settings import known_environments, known_models, load_all
    from sagemaker_monitor.settings.rules import expired_waivers

    configuration = load_all(common.conf_dir)
    environments, models = known_environments(common.conf_dir), known_models(common.conf_dir)
    if definitions:
        from sagemaker_monitor.cli.building import build_and_lint

        for name in models:
            bundle = build_and_lint(common.model(name), common.environment)
            built = ", ".join(pipeline.name for pipeline in bundle.pipelines)
            click.echo(f"{built}: valid definitions" if built else f"{name}: no pipelines")
    click.echo(f"environments {', '.join(environments) or 'none'}: valid")
    for model in configuration.models.values():
        for line in expired_waivers(model, datetime.now(UTC).date()):
            common.tell(f"{common.conf_dir}/models/{model.model}.yaml: {line}")
    click.echo(f"models {', '.join(models) or 'none'}: valid")
    return ExitCode.OK
