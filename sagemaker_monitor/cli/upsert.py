"""sagemaker-monitor upsert: make the deployed pipelines what the configuration says."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sagemaker_monitor.cli.bundles import bundles
from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options, format_option

if TYPE_CHECKING:
    from sagemaker_monitor.operations.resources.resource import Change


@click.command()
@click.option("--model", "model_name", metavar="MODEL", help="Only this model; all of them by default.")
@click.option(
    "--bundle",
    "bundle_dir",
    type=click.Path(path_type=Path),
    help="Send this directory, written by build, instead of building.",
)
@format_option("text", "json")
@common_options
def upsert(common: Common, model_name: str | None, bundle_dir: Path | None, output_format: str) -> int:
    """Create or update what differs: first the files, then the pipelines that refer to them.

    A second run writes nothing. Tags of a pipeline become exactly the configured ones.
    """
    from sagemaker_monitor.operations.upsert import upsert as send

    aws = common.aws
    aws.require_writable()  # building takes seconds; what cannot be sent need not be built
    changes: list[Change] = []
    for model, bundle in bundles(common, model_name, bundle_dir):
        for change in send(aws, bundle, model):
            changes.append(change)
            if change.done != "unchanged":
                common.tell(f"{change.done:>10}  {change.kind} {change.name}{_why(change)}")
    if output_format == "json":
        import json

        click.echo(
            json.dumps(
                {"writes": len(aws.writes), "changes": [asdict(change) for change in changes]}, indent=2
            )
        )
    else:
        click.echo(_summary(common.env, changes))
    return ExitCode.OK


def _why(change: Change) -> str:
    return f": {change.detail}" if change.detail else ""


def _summary(environment: str, changes: list[Change]) -> str:
    done = [change for change in changes if change.done != "unchanged"]
    if not changes:
        return f"{environment}: there is no model to upsert"
    pipelines = sorted({change.name for change in changes if change.kind == "pipeline"})
    if not done:
        return f"{environment}: unchanged ({', '.join(pipelines)})"
    return f"{environment}: {len(done)} change{'s' if len(done) > 1 else ''} ({', '.join(pipelines)})"
