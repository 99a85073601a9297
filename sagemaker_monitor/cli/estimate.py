"""sagemaker-monitor estimate: instance-hours per run and month, from what past executions took."""

from __future__ import annotations

import math
from pathlib import Path

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options, format_option

DEFAULT_LAST = 20


def _frequencies(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, float]:
    """Return what --runs-per-month says, by pipeline."""
    from pipelines.names import PIPELINES
    from sagemaker_monitor.settings.errors import choices

    found: dict[str, float] = {}
    for text in value:
        pipeline, separator, number = text.partition("=")
        try:
            runs = float(number)
        except ValueError:
            runs = math.nan
        if not separator or not 0 <= runs < math.inf:
            raise click.BadParameter(f"{text[:60]!r}: write such as monitor-batch=4", ctx, param)
        if pipeline not in PIPELINES:
            raise click.BadParameter(
                f"no pipeline {pipeline[:60]!r}{choices(pipeline, PIPELINES, 'known')}", ctx, param
            )
        found[pipeline] = runs
    return found


@click.command()
@click.argument("model_names", metavar="[MODEL]...", nargs=-1)
@click.option(
    "--last",
    type=click.IntRange(1, 500),
    default=DEFAULT_LAST,
    show_default=True,
    help="How many executions of each pipeline are read, the newest.",
)
@click.option(
    "--prices",
    "prices_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Prices per instance-hour, which you supply; without them there is no money.",
)
@click.option(
    "--runs-per-month",
    multiple=True,
    callback=_frequencies,
    metavar="PIPELINE=N",
    help="How often a pipeline runs, such as monitor-batch=4; else as scheduled, or as in the last 30 days.",
)
@format_option("text", "json")
@common_options
def estimate(
    common: Common,
    model_names: tuple[str, ...],
    last: int,
    prices_file: Path | None,
    runs_per_month: dict[str, float],
    output_format: str,
) -> int:
    """Print the instance-hours that each model's pipelines take, per run and per month.

    They are read from the jobs of past executions; nothing is started or written. Models are all of the
    configuration by default.
    """
    from pipelines.names import pipelines_of
    from sagemaker_monitor.cli.render.estimate import estimate_json, print_estimate
    from sagemaker_monitor.operations.errors import UsageError
    from sagemaker_monitor.operations.estimating.estimate import estimate as read
    from sagemaker_monitor.settings import known_models
    from sagemaker_monitor.settings.prices import load_prices

    prices = load_prices(prices_file) if prices_file else None
    models = [common.model(name) for name in dict.fromkeys(model_names or known_models(common.conf_dir))]
    has = {pipeline for model in models for pipeline in pipelines_of(model, common.env)}
    for pipeline in runs_per_month:
        if pipeline not in has:
            raise click.UsageError(
                f"--runs-per-month {pipeline}: no such pipeline of {', '.join(m.model for m in models)} in "
                f"{common.env}; there are: {', '.join(sorted(has))}"
            )
    found = [read(common.aws, model, last=last, runs_per_month=runs_per_month) for model in models]
    if not any(runs.runs for each in found for runs in (*each.pipelines, *each.schedules)):
        names = ", ".join(model.model for model in models) or "no model"
        raise UsageError(
            f"nothing that ended of {names} in {common.env!r}: an estimate is read from past executions; "
            f"run each pipeline a few times, such as: sagemaker-monitor run monitor-batch --model "
            f"{models[0].model if models else 'MODEL'} --input FILE {common.again}"
        )
    if output_format == "json":
        click.echo(estimate_json(common.env, common.aws.is_local, found, prices))
    else:
        print_estimate(common.env, common.aws.is_local, found, prices)
    return ExitCode.OK
