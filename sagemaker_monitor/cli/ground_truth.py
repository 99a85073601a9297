"""sagemaker-monitor ground-truth: labels that arrive after the predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options, format_option, model_option


@click.group("ground-truth")
def ground_truth() -> None:
    """Bring labels to the predictions they belong to."""


@ground_truth.command("put")
@click.argument("labels", type=click.Path(path_type=Path))
@model_option
@click.option(
    "--key", metavar="COLUMN", help="Column that names the record; the model's record key by default."
)
@click.option(
    "--key-is",
    type=click.Choice(("record-key", "inference-id")),
    default="record-key",
    show_default=True,
    help="What that column holds.",
)
@click.option("--label", metavar="COLUMN", help="Column with the outcome; the model's label by default.")
@click.option("--from", "start", metavar="TIME", help="Only captures from this hour on; a date or time, UTC.")
@click.option("--to", "end", metavar="TIME", help="Only captures before this hour.")
@click.option(
    "--of",
    type=click.Choice(("batches", "endpoint")),
    help="Whose records they are labels of; by default as data.ground_truth.captures says.",
)
@click.option("--endpoint", metavar="NAME", help="The endpoint, where it was called otherwise then.")
@click.option("--dry-run", is_flag=True, help="Check and tell everything, and write nothing.")
@format_option("text", "json")
@common_options
def put(
    common: Common,
    labels: Path,
    model_name: str,
    key: str | None,
    key_is: Literal["record-key", "inference-id"],
    label: str | None,
    start: str | None,
    end: str | None,
    of: Literal["batches", "endpoint"] | None,
    endpoint: str | None,
    dry_run: bool,
    output_format: str,
) -> int:
    """Turn LABELS, a CSV file with a header, into ground truth records under the hours of their captures.

    Every key is looked up in what was captured; what was not is told. Nothing is written when a label
    is none of the model's problem type, contradicts another, or none of them was captured. The same file
    again writes nothing. Labels of an endpoint's records bring the facet columns along, as columns.
    """
    from sagemaker_monitor.cli.render.ground_truth import print_put, put_json
    from sagemaker_monitor.operations.ground_truth import put_ground_truth
    from sagemaker_monitor.operations.windows import read_window

    window = read_window(start, end)
    model = common.model(model_name)
    schema = model.data_schema
    if key is None and key_is == "inference-id":
        raise click.UsageError("--key-is inference-id needs --key, the column that holds the ids")
    result = put_ground_truth(
        common.aws,
        model,
        labels,
        key=key or schema.record_key,
        label=label or schema.label,
        key_is=key_is,
        window=window,
        of=of,
        endpoint=endpoint,
        dry_run=dry_run,
    )
    if output_format == "json":
        click.echo(put_json(result))
    else:
        print_put(result)
    return ExitCode.OK
