"""sagemaker-monitor rollback: a pipeline back to a version that was deployed before."""

from __future__ import annotations

import click

from sagemaker_monitor.cli.agreeing import agree, require_answerable, yes_option
from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options


@click.command()
@click.argument("model_name", metavar="MODEL")
@click.argument("pipeline")
@click.option("--to", "version", type=click.IntRange(1), metavar="N", help="The version; listed without.")
@yes_option
@common_options
def rollback(common: Common, model_name: str, pipeline: str, version: int | None, yes: bool) -> int:
    """Make version N of PIPELINE (such as monitor-batch) the deployed one, or list the versions.

    AWS keeps every version, and upsert every file: whether those of that version are still there, and
    still the same, is checked. It becomes a new version; executions that run go on with theirs. The
    next plan shows what differs from the configuration, and upsert goes forward again.
    """
    from pipelines.names import PIPELINES

    if pipeline not in PIPELINES:
        raise click.UsageError(f"no pipeline {pipeline!r}; there are {', '.join(PIPELINES)}")
    if version is None:
        return _list(common, model_name, pipeline)
    from sagemaker_monitor.cli.render.plan import difference_line
    from sagemaker_monitor.operations.rollback import look_back, roll_back

    common.aws.require_writable()
    found = look_back(common.aws, model_name, pipeline, version)
    bundle = found.bundle[:12] or "unknown"
    click.echo(f"{found.desired.name}: version {found.current} → {version} (bundle {bundle})")
    for difference in found.differences:
        click.echo(f"  {difference_line(difference)}")
    if common.environment.protected and not yes:
        require_answerable(common)
        if not agree(common, f"roll back in {common.env}"):
            click.echo("nothing was written")
            return ExitCode.OK
    for change in roll_back(common.aws, found):
        common.tell(f"{change.done:>10}  {change.kind} {change.name}")
    click.echo(
        f"rolled back; sagemaker-monitor plan --model {model_name} {common.again} shows what differs "
        "from the configuration, and upsert would put that back"
    )
    return ExitCode.OK


def _list(common: Common, model_name: str, pipeline: str) -> int:
    from sagemaker_monitor.operations.rollback import pipeline_versions

    for place, found in enumerate(pipeline_versions(common.aws, model_name, pipeline)):
        made = found.created.strftime("%Y-%m-%d %H:%M:%S")
        bundle = (found.bundle or "unknown")[:12]
        click.echo(f"version {found.number}  {made}  bundle {bundle}{'' if place else '  deployed'}")
    return ExitCode.OK
