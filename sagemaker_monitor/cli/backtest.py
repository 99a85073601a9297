"""sagemaker-monitor backtest: what other policies would have decided about past runs."""

from __future__ import annotations

from pathlib import Path

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options, format_option

DEFAULT_LAST = 20


@click.command()
@click.argument("model_name", metavar="MODEL")
@click.option(
    "--policy",
    "files",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    multiple=True,
    help="Model file, or its gate section, to try; repeatable. By default the configured one.",
)
@click.option("--from", "start", metavar="TIME", help="Runs started at or after this hour (UTC).")
@click.option("--to", "end", metavar="TIME", help="Runs started before this hour (UTC).")
@click.option("--last", type=click.IntRange(1, 200), help=f"The newest N runs; {DEFAULT_LAST} by default.")
@click.option(
    "--pipeline",
    "pipelines",
    type=click.Choice(("register", "monitor-batch", "monitor-endpoint", "monitor-ground-truth")),
    multiple=True,
    help="Only this pipeline's runs; may be given several times.",
)
@format_option("text", "json")
@common_options
def backtest(
    common: Common,
    model_name: str,
    files: tuple[Path, ...],
    start: str | None,
    end: str | None,
    last: int | None,
    pipelines: tuple[str, ...],
    output_format: str,
) -> int:
    """Decide past runs again under candidate policies, by the evidence that they left in S3.

    Nothing runs and nothing is written. Each run is also decided under its own policy of then, and it is
    said where that does not give what was recorded. Exits 0 whatever the policies decide.
    """
    from pipelines.names import PIPELINES
    from sagemaker_monitor.cli.render.backtest import backtest_json, print_backtest
    from sagemaker_monitor.operations.backtest import Policy
    from sagemaker_monitor.operations.backtest import backtest as replay
    from sagemaker_monitor.operations.windows import read_window
    from sagemaker_monitor.settings import load_policy

    model, window = common.model(model_name), read_window(start, end)
    policies = [Policy(str(file), load_policy(model_name, file, common.conf_dir)) for file in files]
    found = replay(
        common.aws,
        model,
        policies or [Policy(f"{model_name}.yaml", model)],
        window=window,
        last=last or (None if start or end else DEFAULT_LAST),
        pipelines=pipelines or PIPELINES,
        tell=common.tell,
    )
    if output_format == "json":
        click.echo(backtest_json(common.env, model_name, found))
    else:
        print_backtest(common.env, model_name, found)
    return ExitCode.OK
