"""sagemaker-monitor run: start a pipeline with typed options, and follow it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.following import follow_to_the_end, how_to_come_back
from sagemaker_monitor.cli.options import Common, common_options, format_option, model_option, timeout_option

if TYPE_CHECKING:
    from sagemaker_monitor.operations.run import Started

mode_option = click.option(
    "--mode",
    "modes",
    multiple=True,
    metavar="[MONITOR=]MODE",
    help="How baselines are treated, of all monitors or one: check (compare), bootstrap (the first one), "
    "refresh (compare, carry a new one), accept (carry a new one uncompared). May be given several times.",
)
reason_option = click.option("--reason", metavar="TEXT", help="Why a new baseline is accepted uncompared.")
from_option = click.option(
    "--from", "start", metavar="TIME", help="First hour of the window, UTC; its usual length before its end."
)
to_option = click.option(
    "--to", "end", metavar="TIME", help="End of the window, excluded; after the running hour by default."
)
endpoint_option = click.option(
    "--endpoint", metavar="NAME", help="The endpoint, where it was called otherwise then; else endpoint.name."
)
served_option = click.option(
    "--version",
    type=click.IntRange(min=1),
    help="The version that answered, also where the endpoint cannot tell; by default the one it serves.",
)
detach_option = click.option("--detach", is_flag=True, help="Do not follow; print the execution's ARN.")


@click.group()
def run() -> None:
    """Start a pipeline and follow it to its verdict.

    Files may be local paths, which are uploaded, or S3 URIs.
    """


@run.command("register")
@model_option
@mode_option
@reason_option
@click.option("--artifact", metavar="FILE|URI", help="The candidate's model.tar.gz.")
@click.option("--baseline-data", metavar="FILE|URI", help="Labelled data the candidate was not trained on.")
@click.option("--labels", metavar="FILE|URI", help="Labels of the baseline data, where they are apart.")
@detach_option
@timeout_option
@format_option("text", "json")
@common_options
def register(
    common: Common,
    model_name: str,
    modes: tuple[str, ...],
    reason: str | None,
    artifact: str | None,
    baseline_data: str | None,
    labels: str | None,
    detach: bool,
    timeout: timedelta | None,
    output_format: str,
) -> int:
    """Score the baseline data with a candidate, check it, and register it with its baselines or not."""
    from sagemaker_monitor.operations.run import run_register

    model = common.model(model_name)
    started = run_register(
        common.aws,
        model,
        modes=modes,
        reason=reason,
        artifact=artifact,
        baseline_data=baseline_data,
        labels=labels,
    )
    return _after(common, started, detach=detach, timeout=timeout, as_json=output_format == "json")


@run.command("monitor-batch")
@model_option
@click.option(
    "--input", "data", metavar="FILE|URI", help="The batch; by default what the model's data.batches says."
)
@click.option("--labels", metavar="FILE|URI", help="The batch's labels, where they are apart.")
@click.option(
    "--version", type=click.IntRange(min=1), help="Model version; the latest approved one by default."
)
@mode_option
@reason_option
@detach_option
@timeout_option
@format_option("text", "json")
@common_options
def monitor_batch(
    common: Common,
    model_name: str,
    data: str | None,
    labels: str | None,
    version: int | None,
    modes: tuple[str, ...],
    reason: str | None,
    detach: bool,
    timeout: timedelta | None,
    output_format: str,
) -> int:
    """Score a batch with a registered version, and check it against that version's baselines.

    With --mode refresh or accept the version is registered once more, pending, with the batch's baseline.
    """
    from sagemaker_monitor.operations.run import run_monitor_batch

    model = common.model(model_name)
    started = run_monitor_batch(
        common.aws, model, data=data, labels=labels, version=version, modes=modes, reason=reason
    )
    return _after(common, started, detach=detach, timeout=timeout, as_json=output_format == "json")


@run.command("monitor-endpoint")
@model_option
@from_option
@to_option
@click.option(
    "--scheduled-time",
    metavar="TIME",
    help="Judge the window that a run scheduled for then judges, by the model's endpoint.window.",
)
@endpoint_option
@click.option("--labels", metavar="FILE|URI", help="Labels, where some have arrived and are elsewhere.")
@served_option
@mode_option
@reason_option
@detach_option
@timeout_option
@format_option("text", "json")
@common_options
def monitor_endpoint(
    common: Common,
    model_name: str,
    start: str | None,
    end: str | None,
    scheduled_time: str | None,
    endpoint: str | None,
    labels: str | None,
    version: int | None,
    modes: tuple[str, ...],
    reason: str | None,
    detach: bool,
    timeout: timedelta | None,
    output_format: str,
) -> int:
    """Judge what a real-time endpoint captured in a window of hours: inputs, attributions, labels so far.

    Without bounds the window ends with the running hour and is as long as endpoint.window. With --mode
    refresh or accept the version is registered once more, pending, with the window's baseline.
    """
    from sagemaker_monitor.operations.run import run_monitor_endpoint
    from sagemaker_monitor.operations.windows import read_time, read_window

    model = common.model(model_name)
    started = run_monitor_endpoint(
        common.aws,
        model,
        window=read_window(start, end),
        scheduled=read_time(scheduled_time, "--scheduled-time") if scheduled_time else None,
        endpoint=endpoint,
        labels=labels,
        version=version,
        modes=modes,
        reason=reason,
    )
    return _after(common, started, detach=detach, timeout=timeout, as_json=output_format == "json")


@run.command("monitor-ground-truth")
@model_option
@click.option(
    "--from",
    "start",
    metavar="TIME",
    help="First hour of the window, UTC; 31 days before its end by default.",
)
@click.option(
    "--to", "end", metavar="TIME", help="End of the window, excluded; after the running hour by default."
)
@endpoint_option
@click.option(
    "--labels", metavar="FILE|URI", help="Labels; by default those below the model's data.ground_truth.uri."
)
@click.option(
    "--version", type=click.IntRange(min=1), help="Model version; the latest approved one by default."
)
@mode_option
@reason_option
@detach_option
@timeout_option
@format_option("text", "json")
@common_options
def monitor_ground_truth(
    common: Common,
    model_name: str,
    start: str | None,
    end: str | None,
    endpoint: str | None,
    labels: str | None,
    version: int | None,
    modes: tuple[str, ...],
    reason: str | None,
    detach: bool,
    timeout: timedelta | None,
    output_format: str,
) -> int:
    """Judge a window of captures, of batches or of an endpoint, whose labels have arrived since.

    With --mode refresh or accept the version is registered once more, pending, with the window's baseline.
    """
    from sagemaker_monitor.operations.run import run_monitor_ground_truth
    from sagemaker_monitor.operations.windows import read_window

    model = common.model(model_name)
    window = read_window(start, end)
    started = run_monitor_ground_truth(
        common.aws,
        model,
        window=window,
        endpoint=endpoint,
        labels=labels,
        version=version,
        modes=modes,
        reason=reason,
    )
    return _after(common, started, detach=detach, timeout=timeout, as_json=output_format == "json")


def _after(
    common: Common, started: Started, *, detach: bool, timeout: timedelta | None, as_json: bool
) -> int:
    arn = started.execution_arn
    common.tell(f"started {started.pipeline_name}: {arn}")
    for name, value in sorted(started.parameters.items()):
        common.tell(f"  {name} = {value}")
    if not detach:
        return follow_to_the_end(common, arn, timeout=timeout, as_json=as_json)
    common.tell(how_to_come_back(common, arn))
    if as_json:
        click.echo(json.dumps({"execution_arn": arn, "parameters": dict(started.parameters)}, indent=2))
    else:
        click.echo(arn)
    return ExitCode.OK
