"""Follow an execution on the screen to its conclusion, for `run` and `follow` alike."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.interrupted import leave
from sagemaker_monitor.cli.options import Common

if TYPE_CHECKING:
    from sagemaker_monitor.operations.follow import Snapshot

REMIND = timedelta(minutes=5)
"""After so long without a change a log is told what still runs: some CI ends jobs that say nothing."""


def follow_to_the_end(common: Common, execution_arn: str, *, timeout: timedelta | None, as_json: bool) -> int:
    """Show every step until the execution ends, then its conclusion; return the exit code for it."""
    from sagemaker_monitor.aws import AwsError
    from sagemaker_monitor.cli.render.outcome import outcome_json, print_outcome, unfinished_json
    from sagemaker_monitor.operations.errors import TimedOutError
    from sagemaker_monitor.operations.outcome import conclude

    come_back = how_to_come_back(common, execution_arn)
    try:
        snapshot = _watch(common, execution_arn, timeout)
        outcome = conclude(common.aws, snapshot)
    except KeyboardInterrupt:
        leave(common, execution_arn, come_back)
        return ExitCode.INTERRUPTED
    except TimedOutError as error:
        if as_json and error.snapshot is not None:
            click.echo(unfinished_json(error.snapshot, str(error)))
        raise TimedOutError(f"{error}\n{come_back}", error.snapshot) from error
    except AwsError as error:
        error.args = (f"{error}\n{come_back}",)
        raise
    if as_json:
        click.echo(outcome_json(outcome))
    else:
        print_outcome(outcome, again=common.again)
    return {
        "open": ExitCode.OK,
        "done": ExitCode.OK,
        "refused": ExitCode.REFUSED,
        "broken": ExitCode.BROKEN,
    }[outcome.conclusion]


def how_to_come_back(common: Common, execution_arn: str) -> str:
    """Return the line that tells how to follow an execution again."""
    return f"come back with: sagemaker-monitor follow {execution_arn} {common.again}"


def _watch(common: Common, execution_arn: str, timeout: timedelta | None) -> Snapshot:
    from sagemaker_monitor.cli.render.progress import progress
    from sagemaker_monitor.operations.follow import follow

    last: Snapshot | None = None
    with progress(quiet=common.quiet) as shown:
        for snapshot in follow(common.aws, execution_arn, timeout=timeout, remind=REMIND, tell=shown.note):
            shown.show(snapshot)
            last = snapshot
    assert last is not None, "following yields at least once"
    return last
