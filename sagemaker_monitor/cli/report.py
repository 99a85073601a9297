"""sagemaker-monitor report: what one run found, as a page, Markdown, JUnit XML or JSON."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from sagemaker_monitor.cli.errors import ExitCode, say
from sagemaker_monitor.cli.options import Common, common_options

if TYPE_CHECKING:
    from sagemaker_monitor.reports import Format
    from sagemaker_monitor.settings import Model


@click.command()
@click.argument("model_name", metavar="MODEL")
@click.option("--execution", "execution_arn", metavar="ARN", help="The run; the model's newest by default.")
@click.option("--version", type=click.IntRange(min=1), help="The run that registered this version.")
@click.option(
    "--last",
    type=click.IntRange(1, 500),
    metavar="N",
    help="The model over time: its newest N runs, of all pipelines.",
)
@click.option("--since", metavar="TIME", help="The model over time: runs since this date or time, UTC.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(("html", "json", "junit", "markdown")),
    help="By default what FILE's name says, or else html.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to this file and print its path; to standard output by default.",
)
@common_options
def report(
    common: Common,
    model_name: str,
    execution_arn: str | None,
    version: int | None,
    last: int | None,
    since: str | None,
    output_format: str | None,
    output: Path | None,
) -> int:
    """Write what one run found, or with --last or --since how the model fared over time.

    One run: the verdict, every metric behind it, and where it comes from. Over time: what each run
    decided, how metrics moved against their limits, which versions there were, and which runs left a gap.

    Exits 0 when the report was written, whatever it says; 3 when there is a verdict that this program
    cannot read, which the report then says.
    """
    from sagemaker_monitor.operations.promotion.report import gather_promoted
    from sagemaker_monitor.operations.reporting import choose_execution, gather
    from sagemaker_monitor.reports import render, why_not_readable

    if execution_arn is not None and version is not None:
        raise click.UsageError("give --execution or --version, not both")
    over_time = last is not None or since is not None
    if over_time and (execution_arn is not None or version is not None):
        raise click.UsageError(
            "--execution and --version are one run; --last and --since are the model over time"
        )
    model = common.model(model_name)
    format = _format(output_format, output)
    if over_time:
        return _over_time(common, model, last, since, format, output)
    document = gather_promoted(common.aws, model, version) if version is not None else None
    if document is None:
        chosen = choose_execution(common.aws, model, execution_arn=execution_arn, version=version)
        document = gather(common.aws, model, chosen)
    _deliver(render(document, format), output)
    problem = why_not_readable(document)
    if problem is not None:
        say(f"error: the verdict cannot be read, and the report says so: {problem}")
        return ExitCode.BROKEN
    return ExitCode.OK


def _over_time(
    common: Common, model: Model, last: int | None, since: str | None, format: Format, output: Path | None
) -> int:
    from sagemaker_monitor.operations.history import gather_history, read_since
    from sagemaker_monitor.reports.history import render_history

    if format == "junit":
        raise click.UsageError("junit is for one run; a model over time is html, markdown or json")
    document = gather_history(
        common.aws, model, last=last, since=None if since is None else read_since(since)
    )
    _deliver(render_history(document, format), output)
    return ExitCode.OK


def _deliver(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    _write(output, text)
    click.echo(str(output))


def _format(chosen: str | None, output: Path | None) -> Format:
    by_name = {".json": "json", ".md": "markdown", ".markdown": "markdown", ".xml": "junit"}
    return cast("Format", chosen or by_name.get(output.suffix.lower() if output else "", "html"))


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise click.UsageError(f"--output: {path} cannot be written: {error.strerror}") from error
