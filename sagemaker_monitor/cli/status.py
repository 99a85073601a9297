"""sagemaker-monitor status: what is deployed, what ran last, what is approved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options, format_option

if TYPE_CHECKING:
    from pipelines.bundle import Bundle


@click.command()
@click.option("--model", "model_name", metavar="MODEL", help="Only this model; all of them by default.")
@click.option(
    "--bundle",
    "bundle_dir",
    type=click.Path(path_type=Path),
    help="Compare with this directory, written by build; needs no SDK.",
)
@click.option(
    "--compare", is_flag=True, help="Build this checkout, which takes seconds, and compare with it."
)
@format_option("text", "json")
@common_options
def status(
    common: Common, model_name: str | None, bundle_dir: Path | None, compare: bool, output_format: str
) -> int:
    """Show each model's pipelines, last executions with their verdicts, and approved version.

    With --bundle or --compare it tells whether what is deployed is this checkout: same, differs (plan
    shows how), or edited, which has this checkout's hash but was changed since. Writes nothing; exits
    0 whatever the verdicts are.
    """
    from pipelines.names import pipelines_of
    from sagemaker_monitor.aws.dry_run import DryRun
    from sagemaker_monitor.cli.render.status import print_status, status_json
    from sagemaker_monitor.operations.status import read_status

    if compare and bundle_dir is not None:
        raise click.UsageError("give --bundle or --compare, not both")
    DryRun(common.aws).require_writable()
    compared = _bundles(common, model_name, bundle_dir, compare=compare)
    has = {name: pipelines_of(common.model(name), common.env) for name in compared}
    statuses = read_status(common.aws, compared, has)
    if output_format == "json":
        click.echo(status_json(common.env, statuses))
    else:
        print_status(common.env, statuses)
    return ExitCode.OK


def _bundles(
    common: Common, model_name: str | None, directory: Path | None, *, compare: bool
) -> dict[str, Bundle | None]:
    from sagemaker_monitor.cli.bundles import bundles
    from sagemaker_monitor.settings import known_models

    names = [model_name] if model_name else known_models(common.conf_dir)
    found: dict[str, Bundle | None] = {common.model(name).model: None for name in names}
    if compare or directory is not None:
        found |= {model.model: bundle for model, bundle in bundles(common, model_name, directory)}
    return found
