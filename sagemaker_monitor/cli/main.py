"""sagemaker-monitor: the entry point; every command's result and every error becomes an exit code here."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

import click

from sagemaker_monitor.analysis.short_lived import lives_shortly
from sagemaker_monitor.cli.errors import ExitCode, say, tell
from sagemaker_monitor.cli.lazy import Lazy, LazyGroup

_HERE = "sagemaker_monitor.cli"
COMMANDS = {
    "init": Lazy(f"{_HERE}.init:init", "Write a model's configuration from a CSV."),
    "adopt": Lazy(f"{_HERE}.adopt:adopt", "Write a model's configuration from monitors that others made."),
    "validate": Lazy(f"{_HERE}.validate:validate", "Check the configuration, and the pipelines it makes."),
    "doctor": Lazy(f"{_HERE}.doctor:doctor", "Look at what runs would trip over; say how to put it right."),
    "build": Lazy(f"{_HERE}.build:build", "Write pipelines and all their files to a directory, offline."),
    "policy": Lazy(f"{_HERE}.policy:policy", "Print the IAM policies that roles need, offline."),
    "plan": Lazy(f"{_HERE}.plan:plan", "Show what upsert would change, writing nothing."),
    "upsert": Lazy(f"{_HERE}.upsert:upsert", "Create or update what differs, in one environment."),
    "rollback": Lazy(f"{_HERE}.rollback:rollback", "Go back to a version of a pipeline, or list them."),
    "destroy": Lazy(f"{_HERE}.destroy:destroy", "Delete what upsert made of a model; asks."),
    "prune": Lazy(f"{_HERE}.prune:prune", "Delete files that nothing refers to; shows them first."),
    "run": Lazy(f"{_HERE}.run:run", "Start a pipeline and follow it to its verdict."),
    "ground-truth": Lazy(
        f"{_HERE}.ground_truth:ground_truth", "Put labels that arrive late where captures find them."
    ),
    "follow": Lazy(f"{_HERE}.follow:follow", "Follow an execution to its verdict."),
    "status": Lazy(f"{_HERE}.status:status", "Show what is deployed, what ran last, and what is approved."),
    "gate": Lazy(f"{_HERE}.gate:gate", "Show a version's evidence; open the version with it."),
    "promote": Lazy(f"{_HERE}.promote:promote", "Bring a version and its evidence to the next environment."),
    "report": Lazy(f"{_HERE}.report:report", "Write a verdict as a page, as Markdown or as JSON."),
    "calibrate": Lazy(
        f"{_HERE}.calibrate:calibrate", "Show what the policy refuses and sees, by a batch's rows."
    ),
    "backtest": Lazy(f"{_HERE}.backtest:backtest", "Decide past runs again under candidate policies."),
    "estimate": Lazy(
        f"{_HERE}.estimate:estimate", "Print instance-hours per run and month, from past executions."
    ),
    "local": Lazy(f"{_HERE}.local:local", "Start, stop and look at the emulator."),
}

EPILOG = """\b
Exit codes:
  0   done; the verdict is open
  2   usage or configuration
  3   AWS, the emulator or this program could not do it; no evidence
  4   timed out; the execution goes on
  5   plan --exit-code: changes are pending
  10  refused: the verdict is closed, or the version is not approved
  130 interrupted; what was started goes on
"""


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib import metadata  # reads mail headers, for which it imports half of email

        try:
            click.echo(metadata.version("sagemaker-monitor"))
        except metadata.PackageNotFoundError:
            click.echo("not installed")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
def root() -> None:
    """Watch models on SageMaker: describe them in YAML, deploy, run, and trust what is refused."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; no exception leaves it."""
    if argv is None:
        lives_shortly()
        # pydantic looks for plugins of its own among all that is installed; nothing here has use for one.
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without Unicode is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    try:
        result = root.main(args=arguments, prog_name="sagemaker-monitor", standalone_mode=False)
        sys.stdout.flush()
        return int(result or 0)
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return ExitCode.INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # The reader of our output went away: click raises SystemExit then, whatever it was told.
        return ExitCode.BROKEN
    except Exception as error:
        return tell(error, debug=debug)


if __name__ == "__main__":
    sys.exit(main())
