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
@click.option("--label", required=True, metavar="COLUMN", help="The outcome, of two values.")
@click.option("--favourable", metavar="VALUE", help="The label's value that is the good outcome.")
@click.option("--record-key", metavar="COLUMN", help="Tells rows apart; guessed from names that end in id.")
@click.option(
    "--facet",
    "facets",
    multiple=True,
    metavar="COLUMN[=VALUE]",
    help="A group of people to watch: column, column=value,value or column>number. Repeatable; guessed.",
)
@click.option(
    "--write-data",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the data as pipelines read it: without a header, columns in order.",
)
@click.option("--force", is_flag=True, help="Replace the model's file if there is one.")
@common_options
def init(
    common: Common,
    model_name: str,
    data: Path,
    label: str,
    favourable: str | None,
    record_key: str | None,
    facets: tuple[str, ...],
    write_data: Path | None,
    force: bool,
) -> int:
    """Write models/MODEL.yaml from a CSV's columns, valid at once and meant to be edited.

    Where there are no environments it writes `local` too. Prints the paths of the files it wrote.
    """
    from sagemaker_monitor.operations.conf_files import model_file, write_first_files
    from sagemaker_monitor.settings.data_file import write_data_file
    from sagemaker_monitor.settings.scaffold import scaffold

    made = scaffold(
        model_name, data, label=label, record_key=record_key, favourable=favourable, facets=facets
    )
    model_file(common.conf_dir, model_name, replace=force)
    if write_data is not None:
        # Before the configuration: a row that cannot be used leaves nothing behind.
        write_data.parent.mkdir(parents=True, exist_ok=True)
        rows = write_data_file(made.proposal, data, write_data)
        click.echo(str(write_data))
        common.tell(f"{rows} rows")
    for path in write_first_files(common.conf_dir, made, replace=force):
        click.echo(str(path))
    for note in made.notes:
        common.tell(f"note: {note}")
    common.tell(
        "next: sagemaker-monitor validate --definitions, then upsert and run register --mode bootstrap"
    )
    return ExitCode.OK
