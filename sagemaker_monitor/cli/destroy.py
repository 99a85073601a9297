"""sagemaker-monitor destroy: remove what upsert made of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sagemaker_monitor.cli.agreeing import agree, require_answerable, yes_option
from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options

if TYPE_CHECKING:
    from sagemaker_monitor.operations.destroy import Removal


@click.command()
@click.argument("model_name", metavar="MODEL")
@click.option("--unconfigured", is_flag=True, help="Only what the configuration no longer has.")
@yes_option
@common_options
def destroy(common: Common, model_name: str, unconfigured: bool, yes: bool) -> int:
    """Delete MODEL's pipelines, and its model package group where it has no version. Asks.

    Only what bears the tags that upsert gives is deleted; the model need not be configured any more.
    AWS deletes the records of a pipeline's executions with it. Data, reports, verdicts and versions
    stay; files are left to prune.
    """
    from sagemaker_monitor.operations.destroy import destroy as remove
    from sagemaker_monitor.operations.errors import BusyError

    common.aws.require_writable()
    removal = _look(common, model_name, unconfigured)
    if not removal.items:
        _require_known(common, removal)
        click.echo(f"{common.env} {model_name}: nothing that upsert made")
        return ExitCode.OK
    click.echo(f"{common.env} {model_name}: to be deleted, in this order:")
    for name in removal.names:
        click.echo(f"  - {name}")
    if not yes:
        require_answerable(common)
        if not agree(common, f"delete these in {common.env}"):
            click.echo("nothing was deleted")
            return ExitCode.OK
        again = _look(common, model_name, unconfigured)
        if again.names != removal.names:
            raise BusyError(f"{model_name}: what is deployed changed meanwhile; nothing was deleted")
        removal = again
    for change in remove(common.aws, removal):
        detail = f": {change.detail}" if change.detail else ""
        done = change.done if change.done == "deleted" else "kept"
        common.tell(f"{done:>10}  {change.kind} {change.name}{detail}")
    click.echo(f"{common.env} {model_name}: done; its files go with sagemaker-monitor prune {common.again}")
    return ExitCode.OK


def _require_known(common: Common, removal: Removal) -> None:
    """Raise UsageError for a model that no file and no ledger has: its name is mistyped."""
    from sagemaker_monitor.operations.errors import UsageError
    from sagemaker_monitor.operations.unconfigured import unconfigured_models
    from sagemaker_monitor.settings import known_models
    from sagemaker_monitor.settings.errors import choices, quoted

    configured = known_models(common.conf_dir)
    if removal.model in configured or removal.entry.etag:
        return
    names = sorted((*configured, *unconfigured_models(common.aws, configured)))
    raise UsageError(
        f"no model {quoted(removal.model)}: no file in {common.conf_dir / 'models'} has it, and nothing of "
        f"it was ever deployed to {common.env}{choices(removal.model, names, 'known')}; nothing was deleted"
    )


def _look(common: Common, model_name: str, unconfigured: bool) -> Removal:
    from sagemaker_monitor.operations.destroy import look_at_model, look_at_surplus

    if not unconfigured:
        return look_at_model(common.aws, model_name)
    from sagemaker_monitor.cli.building import build_and_lint
    from sagemaker_monitor.operations.upsert import look

    model = common.model(model_name)
    outlook = look(common.aws, build_and_lint(model, common.environment), model)
    return look_at_surplus(common.aws, model_name, outlook.entry, outlook.surplus)
