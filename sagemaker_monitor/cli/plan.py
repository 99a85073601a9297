"""sagemaker-monitor plan: what upsert would change, in the configuration's terms, writing nothing."""

from __future__ import annotations

from pathlib import Path

import click

from sagemaker_monitor.cli.bundles import bundles
from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options, format_option


@click.command()
@click.option("--model", "model_name", metavar="MODEL", help="Only this model; all of them by default.")
@click.option(
    "--bundle",
    "bundle_dir",
    type=click.Path(path_type=Path),
    help="Compare this directory, written by build, instead of building: needs no SDK.",
)
@click.option("--exit-code", is_flag=True, help="Exit with 5 when upsert would change something.")
@format_option("text", "json")
@common_options
def plan(
    common: Common, model_name: str | None, bundle_dir: Path | None, exit_code: bool, output_format: str
) -> int:
    """Show what upsert would change: configuration keys, steps, code, tags. Writes nothing.

    Compares definitions and the content of the files they name with what is deployed. `+` comes, `-`
    goes, `~` changes; what only follows from a line, such as a hash, has no line of its own. Reads
    with the credentials of the environment's account.
    """
    from sagemaker_monitor.aws.dry_run import DryRun
    from sagemaker_monitor.cli.render.plan import plan_text, plans_json
    from sagemaker_monitor.operations.plan import make_plan

    # Building takes seconds; what cannot be compared need not be built.
    DryRun(common.aws).require_writable()
    plans = []
    for model, bundle in bundles(common, model_name, bundle_dir):
        plans.append(make_plan(common.aws, bundle, model))
        if output_format == "text":
            plan_text(plans[-1])
    if output_format == "json":
        click.echo(plans_json(common.env, plans))
    elif not plans:
        click.echo(f"{common.env}: there is no model to plan")
    pending = any(plan.pending for plan in plans)
    return ExitCode.PENDING if exit_code and pending else ExitCode.OK
