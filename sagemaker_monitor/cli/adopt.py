"""sagemaker-monitor adopt: write the model's file of monitors that others made."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options, format_option, model_option

if TYPE_CHECKING:
    from sagemaker_monitor.operations.adopting.adopt import Adopted
    from sagemaker_monitor.operations.adopting.kept import Kept


@click.command()
@click.option("--endpoint", metavar="NAME", help="Every monitoring schedule of this endpoint.")
@click.option(
    "--schedule", "schedules", multiple=True, metavar="NAME", help="This monitoring schedule. Repeatable."
)
@click.option(
    "--model-package-group", "group", metavar="NAME", help="Artifact and baselines of its versions."
)
@click.option(
    "--pipeline", "pipelines", multiple=True, metavar="NAME", help="The checks of this pipeline. Repeatable."
)
@model_option
@click.option("--label", metavar="COLUMN", help="The label, where no resource names it.")
@click.option("--record-key", metavar="COLUMN", help="Tells rows apart in data files; no monitor has one.")
@click.option("--framework", metavar="NAME:VERSION", help="What serves the model, such as xgboost:1.7-1.")
@click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="CSV",
    help="A file whose header names the columns in the model's order, where no resource does.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to; by default models/MODEL.yaml of the configuration.",
)
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
@format_option("text", "json")
@common_options
def adopt(
    common: Common,
    endpoint: str | None,
    schedules: tuple[str, ...],
    group: str | None,
    pipelines: tuple[str, ...],
    model_name: str,
    label: str | None,
    record_key: str | None,
    framework: str | None,
    data: Path | None,
    output: Path | None,
    force: bool,
    output_format: str,
) -> int:
    """Read monitors that others made, and write models/MODEL.yaml for which plan is empty.

    Nothing is written but the file. What it cannot say is told item by item, with what to do.
    """
    from sagemaker_monitor.cli.render.adopt import print_adopted
    from sagemaker_monitor.operations.adopting.adopt import Asked
    from sagemaker_monitor.operations.adopting.adopt import adopt as read
    from sagemaker_monitor.operations.adopting.draft import Choices
    from sagemaker_monitor.operations.conf_files import model_file, write_file
    from sagemaker_monitor.settings import known_environments

    file = output or model_file(common.conf_dir, model_name, replace=force)
    if output is not None and output.exists() and not force:
        raise click.UsageError(f"{output} is there already; --force replaces it")
    found = read(
        common.aws,
        Asked(endpoint, schedules, group, pipelines),
        Choices(model_name, label, record_key, framework, _header(data)),
        file,
        known_environments(common.conf_dir),
    )
    write_file(file, found.text.encode())
    if output_format == "json":
        click.echo(json.dumps(_document(file, found), indent=2, ensure_ascii=False))
    else:
        click.echo(str(file))
        print_adopted(found)
        common.tell(f"next: sagemaker-monitor validate, then plan --model {model_name} {common.again}")
    return ExitCode.OK


def _header(data: Path | None) -> tuple[str, ...]:
    if data is None:
        return ()
    try:
        with data.open(encoding="utf-8-sig", newline="") as file:
            return tuple(next(csv.reader(file), ()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise click.UsageError(f"{data} cannot be read: {error}") from error


def _document(file: Path, found: Adopted) -> dict[str, object]:
    placeholders = [{"key": ".".join(map(str, path)), "why": why} for path, why in found.placeholders.items()]
    return {
        "file": str(file),
        "model": found.model.model,
        "placeholders": placeholders,
        "kept": [_kept(each) for each in found.kept],
        "not_expressed": [asdict(each) for each in found.items],
    }


def _kept(kept: Kept) -> dict[str, object]:
    from sagemaker_monitor.operations.difference import MISSING

    sides = {"theirs": kept.theirs, "ours": kept.ours}
    told = {name: value for name, value in sides.items() if value is not MISSING}
    return {"schedule": kept.schedule, "key": kept.key, **told, **({"text": kept.text} if kept.text else {})}
