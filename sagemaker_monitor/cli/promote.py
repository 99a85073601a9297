"""sagemaker-monitor promote: a version, with what it was judged by, to the next environment."""

from __future__ import annotations

import click

from sagemaker_monitor.cli.agreeing import agree, require_answerable, yes_option
from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import (
    Common,
    format_option,
    registered_by_option,
    two_environments,
    version_option,
)


@click.command()
@click.argument("model_name", metavar="MODEL")
@version_option
@registered_by_option
@click.option("--dry-run", is_flag=True, help="Show the evidence and what would be copied; write nothing.")
@yes_option
@format_option("text", "json")
@two_environments
def promote(
    source: Common,
    target: Common,
    model_name: str,
    version: int | None,
    registered_by: str | None,
    dry_run: bool,
    yes: bool,
    output_format: str,
) -> int:
    """Bring a version of MODEL, with artifact, baselines, verdict and reports, to another environment.

    Its evidence has to hold where it comes from, as gate shows it, and be young enough for where it goes.
    The files are copied first and checked; the version comes last, with where it comes from in its
    metadata, and gets the status that its evidence deserves there (approval.on_pass). Done again, it finds
    what is there and goes on.

    Exits 0 when the version is there with that status, 10 when it is refused.
    """
    from sagemaker_monitor.cli.render.promotion import Telling
    from sagemaker_monitor.operations.promotion import promote as operation
    from sagemaker_monitor.operations.promotion.weighing import check_route, weigh

    model = source.model(model_name)
    target.model(model_name)
    check_route(source.environment, target.environment, model_name)
    for aws in (source.aws, target.aws):
        aws.require_writable()
    telling = Telling(source.env, target.env, as_json=output_format == "json")
    weighed = weigh(source.aws, target.aws, model, version, registered_by=registered_by)
    if not weighed.is_open:
        telling.refused(weighed)
        return ExitCode.REFUSED
    if weighed.existing is not None:
        found = operation.look_again(source.aws, target.aws, model, weighed, write=not dry_run)
        telling.ended(weighed, found, None)
        return ExitCode.OK if found.opening.opened else ExitCode.REFUSED
    packed = operation.prepare(source.aws, target.aws, model, weighed)
    telling.planned(weighed, packed, final=dry_run)
    if dry_run:
        return ExitCode.OK
    if target.environment.protected and not yes:
        require_answerable(target)
        if not agree(target, f"promote version {weighed.evidence.version.number} to {target.env}"):
            target.tell("nothing was written")
            return ExitCode.OK
    promoted = operation.promote(source.aws, target.aws, model, weighed, packed, tell=target.tell)
    telling.ended(weighed, promoted, packed)
    return ExitCode.OK if promoted.opening.opened else ExitCode.REFUSED
