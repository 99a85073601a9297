"""Ctrl-C while following: the execution goes on, unless a person at a terminal stops it."""

from __future__ import annotations

import select
import sys
from typing import TYPE_CHECKING

from sagemaker_monitor.cli.errors import say

if TYPE_CHECKING:
    from sagemaker_monitor.cli.options import Common

WAIT = 5.0
"""Seconds in which a second Ctrl-C asks whether to stop the execution."""


def leave(common: Common, execution_arn: str, come_back: str) -> None:
    """Say that the execution goes on and how to come back; stop it if a person at the terminal says so.

    Without a terminal nobody is asked. Raises OperationError, AwsError where it could not be stopped.
    """
    say(f"\nno longer following; the execution goes on\n{come_back}")
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    if _second_interrupt() and _agreed():
        from sagemaker_monitor.operations.stop import stop_execution

        stop_execution(common.aws, execution_arn)
        say("SageMaker was asked to stop it: running jobs are stopped, and no other step starts")


def _second_interrupt() -> bool:
    """Return whether Ctrl-C is pressed before Enter and before the time is over."""
    try:
        # All of it is within: who is quick presses while the offer is still being printed.
        say(f"to stop the execution itself press Ctrl-C again within {WAIT:.0f} s; Enter leaves at once")
        ready, _, _ = select.select([sys.stdin], [], [], WAIT)
        if ready:
            sys.stdin.readline()
    except KeyboardInterrupt:
        return True
    return False


def _agreed() -> bool:
    """Return whether the person says yes; anything else, and Ctrl-C once more, is no."""
    try:
        print("\nstop the execution? [y/N] ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
    except KeyboardInterrupt:
        answer = ""
    if answer.strip().lower() in ("y", "yes"):
        return True
    say("not stopped")
    return False
