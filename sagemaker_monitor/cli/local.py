"""sagemaker-monitor local: the emulator on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options, format_option

if TYPE_CHECKING:
    from sagemaker_monitor.emulator.config import EmulatorConfig
    from sagemaker_monitor.emulator.lifecycle import Status

STATE_DIR = Path(".sagemaker-monitor")


def _state_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--state-dir",
        type=click.Path(path_type=Path, file_okay=False),
        default=STATE_DIR,
        show_default=True,
        help="Where the emulator keeps everything; deleting it is the reset.",
    )(function)


@click.group()
def local() -> None:
    """Start, stop and look at the emulator: a SageMaker that listens on loopback and does the work.

    It listens where the environment `local` says. Needs no AWS account, no credentials and no Docker.
    """


@local.command()
@_state_option
@click.option(
    "--images",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help='JSON file of commands for images of your own: {"repository": "command"}.',
)
@click.option(
    "--image",
    "image",
    multiple=True,
    metavar="REPOSITORY=COMMAND",
    help="Run COMMAND in place of the image; may be given several times.",
)
@click.option(
    "--lambdas",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help='JSON file of Python callables for Lambda functions: {"name": "file.py:function"}.',
)
@click.option(
    "--lambda",
    "functions",
    multiple=True,
    metavar="NAME=FILE.py:FUNCTION",
    help="Run the Python callable in Lambda steps of that function; may be given several times.",
)
@click.option(
    "--fire-schedules",
    is_flag=True,
    help="Run every monitoring schedule once when it is made, so that nobody waits for the hour.",
)
@click.option("--foreground", is_flag=True, help="Serve here, with the log on standard error, until Ctrl-C.")
@common_options
def up(
    common: Common,
    state_dir: Path,
    images: Path | None,
    image: tuple[str, ...],
    lambdas: Path | None,
    functions: tuple[str, ...],
    fire_schedules: bool,
    foreground: bool,
) -> int:
    """Start the emulator in the background, with the environment's bucket; nothing happens if it runs."""
    from sagemaker_monitor.emulator import lifecycle
    from sagemaker_monitor.emulator.functions.registry import FunctionError, functions_of
    from sagemaker_monitor.emulator.jobs.images import RegistryError, registry_of, with_analysis
    from sagemaker_monitor.operations.local import prepare
    from sagemaker_monitor.settings.environment import MONITOR_IMAGE

    try:
        registered = with_analysis(registry_of(images, image), common.environment.images.get(MONITOR_IMAGE))
        callables = functions_of(lambdas, functions)
    except (RegistryError, FunctionError) as error:
        raise click.UsageError(str(error)) from error
    config = replace(
        _config(common, state_dir),
        images=registered,
        functions=callables,
        fire_on_creation=fire_schedules,
    )

    def ready() -> None:
        if prepare(common.aws):
            common.tell(f"created bucket {common.environment.storage.bucket}")

    if foreground:
        from sagemaker_monitor.emulator.__main__ import run

        return run(config, ready)
    started = lifecycle.up(config)
    ready()
    common.tell(f"process {started.pid}, state in {started.state_dir}, log {started.log}")
    for key, name in common.environment.images.items():
        if registered.command(f"registry/{name}") is None:
            repository = name.partition("@")[0].partition(":")[0]
            common.tell(f"images.{key} does not run here: give --image {repository}=COMMAND for its jobs")
    click.echo(str(started.url))
    return ExitCode.OK


@local.command()
@_state_option
@common_options
def down(common: Common, state_dir: Path) -> int:
    """Stop the emulator; its state stays. Runs that were going on are marked as failed."""
    from sagemaker_monitor.emulator import lifecycle

    common.tell("stopped" if lifecycle.down(state_dir) else "it was not running")
    return ExitCode.OK


@local.command()
@_state_option
@common_options
def reset(common: Common, state_dir: Path) -> int:
    """Stop the emulator and delete its state: every pipeline, version and object in it."""
    from sagemaker_monitor.emulator import lifecycle

    lifecycle.down(state_dir)
    common.tell(f"deleted {state_dir}" if lifecycle.reset(state_dir) else f"there was nothing in {state_dir}")
    return ExitCode.OK


@local.command()
@click.argument("schedule")
@click.option(
    "--at",
    metavar="TIME",
    help="When it is due, such as 2026-03-01T12:00:00Z; by default a monitoring schedule at the next full"
    " hour, and one that starts a pipeline now.",
)
@click.option("--region", help="Where the schedule is; by default the environment's region.")
@format_option("text", "json")
@common_options
def fire(common: Common, schedule: str, at: str | None, region: str | None, output_format: str) -> int:
    """Run a schedule now, and wait for what it starts.

    A monitoring schedule looks at the window that it would look at when it is due: by default the present
    hour. Exits 10 when the monitor found violations, and 3 when it could not tell. A schedule of
    EventBridge Scheduler starts its pipeline as if it were due now; the exit code is that of run.
    """
    import json

    from sagemaker_monitor.aws import connect
    from sagemaker_monitor.emulator import lifecycle
    from sagemaker_monitor.operations.firing import wait_for

    environment = common.environment
    if environment.endpoint_url is None:
        raise click.UsageError(f"--env {common.env}: the emulator is the environment 'local'")
    there = environment.model_copy(update={"region": region or environment.region})
    fired = lifecycle.fire(environment.endpoint_url, there.region, schedule, at)
    if fired.execution_arn is not None:
        from sagemaker_monitor.cli.following import follow_to_the_end

        common.tell(f"started {fired.execution_arn}")
        as_json = output_format == "json"
        return follow_to_the_end(common, fired.execution_arn, timeout=None, as_json=as_json)
    ended = wait_for(connect(there), schedule, fired.scheduled)
    if output_format == "json":
        click.echo(json.dumps({**ended.document, "ReportsUri": ended.reports}, indent=2, default=str))
    else:
        for line in ended.lines:
            click.echo(line)
    return {"Completed": ExitCode.OK, "CompletedWithViolations": ExitCode.REFUSED}.get(
        ended.status, ExitCode.BROKEN
    )


@local.command()
@_state_option
@format_option("text", "json")
@common_options
def status(common: Common, state_dir: Path, output_format: str) -> int:
    """Say whether the emulator runs, where, and what is in it; exits 3 when it does not run."""
    from sagemaker_monitor.emulator import lifecycle

    found = lifecycle.status(state_dir)
    if output_format == "json":
        import json

        click.echo(json.dumps(asdict(found), indent=2, default=str))
    else:
        for line in _status_lines(found):
            click.echo(line)
    return ExitCode.OK if found.running else ExitCode.BROKEN


@local.command()
@_state_option
@common_options
def env(common: Common, state_dir: Path) -> int:
    """Print what a shell exports so that AWS's clients talk to the emulator: eval "$(… local env)".

    Notebooks and programs then run unmodified, also those that ask AWS by its own name.
    """
    import shlex

    from sagemaker_monitor.emulator.client_environment import environment_of
    from sagemaker_monitor.emulator.lifecycle import LifecycleError, status

    found = status(state_dir)
    if not found.running or found.url is None:
        raise LifecycleError(f"no emulator runs with its state in {state_dir}: sagemaker-monitor local up")
    variables = environment_of(found.url, found.region or common.environment.region, state_dir)
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    return ExitCode.OK


def _config(common: Common, state_dir: Path) -> EmulatorConfig:
    from sagemaker_monitor.emulator.config import EmulatorConfig

    environment = common.environment
    if environment.endpoint_url is None:
        raise click.UsageError(f"--env {common.env}: the emulator is the environment 'local'")
    port = urlsplit(environment.endpoint_url).port
    return EmulatorConfig(
        state_dir=state_dir,
        port=int(port or 0),
        account=environment.account,
        default_region=environment.region,
    )


def _status_lines(found: Status) -> list[str]:
    if not found.running:
        return [f"not running; state in {found.state_dir}"]
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(found.counts.items()) if count)
    return [
        f"running at {found.url} for {found.uptime or 0:.0f} s, process {found.pid}",
        f"account {found.account}, {found.region}; state in {found.state_dir}",
        f"holds {counts or 'nothing'}",
    ]
