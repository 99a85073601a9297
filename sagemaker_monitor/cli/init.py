"""sagemaker-monitor init: write a model's configuration from a CSV."""

from __future__ import annotations

from pathlib import Path

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options


@click.command()
@click.argument("model_name", metavar="MODEL")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    metavar="CSV",
    help="Labelled data, with a header line.",
)
@click.option(
    "--label", required=True, metavar="COLUMN", help="The outcome, 0 or 1; 1 is taken as the good one."
)
@click.option("--record-key", metavar="COLUMN", help="Tells rows apart; guessed from names that end in id.")
@click.option(
    "--facet",
    "facets",
    multiple=True,
    metavar="COLUMN=VALUE",
    help="A group of people to watch: column=value,value or column>number. Repeatable; guessed from names.",
)
@click.option(
    "--write-data",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the data as pipelines read it: without header, columns in order.",
)
@click.option("--force", is_flag=True, help="Replace the model's file if there is one.")
@common_options
def init(
    common: Common,
    model_name: str,
    data: Path,
    label: str,
    record_key: str | None,
    facets: tuple[str, ...],
    write_data: Path | None,
    force: bool,
) -> int:
    """Write models/MODEL.yaml from a CSV's columns, valid at once and meant to be edited.

    Columns that are neither label, record key nor facet become features if they are numbers.
    Prints the paths of the files it wrote.
    """
    from sagemaker_monitor.operations import scaffold
    from sagemaker_monitor.operations.profile import profile

    roles = scaffold.assign(profile(data), label=label, record_key=record_key, facets=facets)
    text = scaffold.model_yaml(model_name, roles)
    for path in scaffold.write_configuration(common.conf_dir, model_name, text, replace=force):
        click.echo(str(path))
    if write_data is not None:
        rows = scaffold.write_data(data, roles, write_data)
        click.echo(str(write_data))
        common.tell(f"{rows} rows without a header, columns {', '.join(roles.order)}")
    if roles.guessed:
        common.tell(f"guessed, so check them: {'; '.join(roles.guessed)}")
    if roles.left_out:
        common.tell(f"left out, because they are not numbers: {', '.join(roles.left_out)}")
    common.tell(
        "next: sagemaker-monitor validate --definitions, then upsert and run register --mode bootstrap"
    )
    return ExitCode.OK
