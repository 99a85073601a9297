"""sagemaker-monitor prune: delete the files that nothing refers to any more."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from sagemaker_monitor.cli.agreeing import agree, yes_option
from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options, length_of_time

if TYPE_CHECKING:
    from sagemaker_monitor.operations.prune import Pruning

MOST_LINES = 50


@click.command()
@click.option(
    "--older-than",
    callback=length_of_time,
    default="30d",
    show_default=True,
    metavar="DURATION",
    help="Keep what was written since, such as 30d or P30D.",
)
@yes_option
@common_options
def prune(common: Common, older_than: timedelta, yes: bool) -> int:
    """Show which files upsert left that nothing refers to, and delete them when a person or --yes says so.

    Kept is what any version of any pipeline, a running execution or job, a job definition, a monitoring
    schedule or a model package in the account and region refers to. Only files below assets/ go: no
    data, no report, no verdict.
    """
    from sagemaker_monitor.operations.prune import look_for_unused
    from sagemaker_monitor.operations.prune import prune as delete

    common.aws.require_writable()
    visible = _visible(common)
    found = look_for_unused(common.aws, older_than, visible)
    _show(common, found)
    if not found.unused:
        return ExitCode.OK
    if not yes:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            click.echo("nothing was deleted: --yes deletes them")
            return ExitCode.OK
        if not agree(common, f"delete these in {common.env}"):
            click.echo("nothing was deleted")
            return ExitCode.OK
    deleted = delete(common.aws, older_than, visible)
    click.echo(f"{common.env}: deleted {len(deleted.unused)} files, {deleted.size} bytes")
    return ExitCode.OK


def _show(common: Common, found: Pruning) -> None:
    for item in found.unused[:MOST_LINES]:
        click.echo(f"  - {item.uri}  {item.size} bytes, {item.modified:%Y-%m-%d}")
    if len(found.unused) > MOST_LINES:
        click.echo(f"  and {len(found.unused) - MOST_LINES} more")
    click.echo(
        f"{common.env}: nothing refers to {len(found.unused)} files, {found.size} bytes; kept are "
        f"{found.referenced} that something refers to, and {found.young} that are too young"
    )


def _visible(common: Common) -> set[str]:
    """Return the configured environments of the same account and region."""
    from sagemaker_monitor.settings import known_environments, load_environment

    here = common.environment
    found = (load_environment(name, common.conf_dir) for name in known_environments(common.conf_dir))
    return {each.name for each in found if (each.account, each.region) == (here.account, here.region)}
