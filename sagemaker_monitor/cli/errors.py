"""What every error means to the caller: one table from class to exit code, and how an error is told."""

from __future__ import annotations

import sys
import tempfile
import traceback
from enum import IntEnum

from click import ClickException


class ExitCode(IntEnum):
    """What the command's exit code says; nothing else uses 10."""

    OK = 0
    USAGE = 2
    """Usage or configuration: the request has to be changed."""
    BROKEN = 3
    """AWS, the emulator or this program could not do it; or a run ended without evidence."""
    TIMED_OUT = 4
    PENDING = 5
    """plan --exit-code: upsert would change something."""
    REFUSED = 10
    """The verdict is closed, or the version is not approved."""
    INTERRUPTED = 130
    """Ctrl-C; what was started goes on."""


def table() -> tuple[tuple[type[Exception], ExitCode], ...]:
    """Return every class of error that is expected, the special before the general, and its exit code.

    A function, because importing the classes is the price of failing and not of `--help`.
    """
    from pipelines.bundle import BundleError
    from sagemaker_monitor.aws.errors import AwsError, WriteRefusedError
    from sagemaker_monitor.aws.iam.statement import PolicyError
    from sagemaker_monitor.emulator.lifecycle import LifecycleError
    from sagemaker_monitor.operations.errors import OperationError, TimedOutError, UsageError
    from sagemaker_monitor.registry.errors import RegistryError
    from sagemaker_monitor.reports.document import ReportError
    from sagemaker_monitor.settings import ConfigError

    return (
        (ConfigError, ExitCode.USAGE),
        (BundleError, ExitCode.USAGE),
        (UsageError, ExitCode.USAGE),
        (PolicyError, ExitCode.USAGE),
        (RegistryError, ExitCode.USAGE),
        (WriteRefusedError, ExitCode.USAGE),
        (TimedOutError, ExitCode.TIMED_OUT),
        (OperationError, ExitCode.BROKEN),
        (AwsError, ExitCode.BROKEN),
        (LifecycleError, ExitCode.BROKEN),
        (ReportError, ExitCode.BROKEN),
    )


def tell(error: Exception, *, debug: bool, about: str = "") -> ExitCode:
    """Print *error* to standard error, behind what it is *about*, and return its exit code.

    An expected error is its message; any other is one line, and its traceback goes to a file that
    the line names. With *debug* the traceback is printed.
    """
    if isinstance(error, ClickException):
        say(f"error: {about}{error.format_message()}")
        return ExitCode.USAGE
    code = next((code for kind, code in table() if isinstance(error, kind)), None)
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    if code is not None:
        say(f"error: {about}{error}")
        return code
    text = " ".join(str(error).split())[:300]
    where = "" if debug else f"; {_saved(error)}"
    say(f"error: {about}unexpected {type(error).__name__}: {text}{where}")
    return ExitCode.BROKEN


def say(text: str) -> None:
    """Print a line for people to standard error; a closed one is no reason to fail."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        return


def _saved(error: Exception) -> str:
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="sagemaker-monitor-", suffix=".traceback", delete=False, encoding="utf-8"
        ) as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return "run again with --debug for the traceback"
    return f"its traceback is in {file.name}; --debug prints it"
