"""The user's scripts: one that makes rows of records before the analysis, one that runs after it."""

from __future__ import annotations

import inspect
import logging
import os
import sys
import traceback
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import NoReturn

    from sagemaker_monitor.analysis.records.raw import RawRecord

    Row = dict[str, Any]

PREPROCESSOR, POSTPROCESSOR = "record_preprocessor_script", "post_analytics_processor_script"
PREPROCESS, POSTPROCESS = "preprocess_handler", "postprocess_handler"
RAISED = {
    PREPROCESSOR: "There is an exception raised in preprocessor script. "
    "Please double check the preprocessor script.",
    POSTPROCESSOR: "There is an exception raised in post analytics processor script. "
    "Please double check the post analytics processor script.",
}
_FAILURES = (Exception, SystemExit)
"""What a script fails with: uncaught, sys.exit would end the job with neither a result nor a reason."""
_RETURNS = "a dict for one row, a list of dicts for several, or [] or None to skip the record"
_VALUES = "text, a number, true, false, None where it is missing, or a dict of such values"


def preprocessor(script: Path) -> Callable[[RawRecord], list[Row]]:
    """Return what makes rows of a record: none, one or several.

    The script's handler takes the record, and a logger if it has a second parameter. Raises AnalysisError
    for a script that cannot be loaded; what is returned does so for what goes wrong with a record.
    """
    handler = _handler(script, PREPROCESSOR, PREPROCESS, (1, 2))
    given = (_logger(),) if _takes(handler, 2) else ()

    def rows(record: RawRecord) -> list[Row]:
        try:
            with _exits_caught():
                found = handler(record.value, *given)
        except _FAILURES as error:
            raise _raised(PREPROCESSOR, script, error, f" for {record.place}") from error
        return _rows(found, record.place)

    return rows


def postprocess(script: Path) -> None:
    """Run the script's handler, which takes nothing; raises AnalysisError."""
    handler = _handler(script, POSTPROCESSOR, POSTPROCESS, (0,))
    try:
        with _exits_caught():
            handler()
    except _FAILURES as error:
        raise _raised(POSTPROCESSOR, script, error) from error
    finally:
        sys.stdout.flush()


def require(variable: str, script: Path | None) -> None:
    """Refuse a script that is not there, before anything is done."""
    if script is not None and not script.is_file():
        raise AnalysisError(f"{variable} {str(script)!r} is not there; give the path of a Python file")


def _handler(script: Path, variable: str, name: str, arguments: tuple[int, ...]) -> Callable[..., Any]:
    require(variable, script)
    module = ModuleType(variable)
    module.__file__ = str(script)
    # Dataclasses and the like look their module up.
    sys.modules[variable] = module
    try:
        code = compile(script.read_bytes(), str(script), "exec")
    except (SyntaxError, ValueError) as error:
        traceback.print_exc()
        raise AnalysisError(f"{variable} {script.name!r} is not Python: {error}") from error
    try:
        with _exits_caught():
            exec(code, module.__dict__)
    except _FAILURES as error:
        raise _raised(variable, script, error, " when it was loaded") from error
    handler = getattr(module, name, None)
    if not callable(handler):
        raise AnalysisError(f"{variable} {script.name!r} has no function {name}; define it")
    if not any(_takes(handler, count) for count in arguments):
        raise AnalysisError(
            f"{name} of {script.name!r} takes other arguments than {_named(arguments)}: "
            f"{name}{inspect.signature(handler)}"
        )
    return handler  # type: ignore[no-any-return]


@contextmanager
def _exits_caught() -> Iterator[None]:
    """Let os._exit raise while a script runs: the job would seem to have succeeded, without results."""
    leave, process = os._exit, os.getpid()

    def refused(status: int) -> NoReturn:
        if os.getpid() != process:
            # A process that the script forked ends so, as it should.
            leave(status)
        raise SystemExit(f"os._exit({status})")

    os._exit = refused
    try:
        yield
    finally:
        os._exit = leave


def _takes(handler: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(handler).bind(*range(count))
    except TypeError:
        return False
    return True


def _named(arguments: tuple[int, ...]) -> str:
    return {0: "none"}.get(arguments[0], "the record, or the record and a logger")


def _raised(variable: str, script: Path, error: BaseException, where: str = "") -> AnalysisError:
    """Return the failure in AWS's words and, after them, what happened; its traceback goes to the log."""
    traceback.print_exc()
    frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename == str(script)]
    line = f", line {frames[-1].lineno}" if frames else ""
    return AnalysisError(f"{RAISED[variable]} {script.name}{line}{where}: {type(error).__name__}: {error}")


def _rows(found: object, place: str) -> list[Row]:
    if found is None:
        return []
    rows = found if isinstance(found, list) else [found]
    if not all(isinstance(row, dict) for row in rows):
        kinds = sorted({type(row).__name__ for row in rows if not isinstance(row, dict)})
        what = f"a list of {', '.join(kinds)}" if isinstance(found, list) else kinds[0]
        raise AnalysisError(f"{PREPROCESS} returned {what} for {place}; it must return {_RETURNS}")
    return [_row(row, place) for row in rows if isinstance(row, dict)]


def _row(row: Row, place: str, path: str = "") -> Row:
    return {str(key): _value(value, place, f"{path}{key}") for key, value in row.items()}


def _value(value: Any, place: str, path: str) -> Any:
    if isinstance(value, dict):
        return _row(value, place, f"{path}.")
    if hasattr(value, "item") and callable(value.item) and getattr(value, "ndim", 0) == 0:
        # A number of numpy, as scripts compute with.
        value = value.item()
    if value is None or isinstance(value, str | int | float):
        return value
    raise AnalysisError(
        f"{PREPROCESS} returned {type(value).__name__} as {path!r} for {place}; a value must be {_VALUES}"
    )


def _logger() -> logging.Logger:
    """Return the logger that handlers get; it writes to the job's log."""
    logger = logging.getLogger(PREPROCESSOR)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.handlers = [handler]
    return logger
