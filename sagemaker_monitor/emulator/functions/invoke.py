"""One invocation of a registered function, in a guarded child process with a clean environment."""

from __future__ import annotations

import json
import shutil
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.functions.registry import Function
from sagemaker_monitor.emulator.jobs import child
from sagemaker_monitor.emulator.jobs.interruption import Interruption, TimedOut

_CHILD = str(Path(__file__).with_name("child.py"))
_LONGEST_ANSWER = 6 << 20  # bytes; what AWS takes of a synchronous answer


class InvocationFailed(Exception):  # noqa: N818 - an outcome, not a defect of ours
    """The function raised, ended, or answered what is none; the message says which."""


class InvocationTimedOut(Exception):  # noqa: N818 - an outcome, not a defect of ours
    """The function was still running when its time was over."""


def invoke(
    context: Context, function: Function, arn: str, event: Mapping[str, Any], until: Interruption
) -> Any:
    """Return what the function returned for *event*.

    Raises InvocationFailed, InvocationTimedOut, and Interrupted when *until* trips first.
    """
    request = str(uuid.uuid4())
    root = context.config.state_dir / "functions" / context.region / function.name / request
    root.mkdir(parents=True)
    given, result = root / "event.json", root / "result.json"
    given.write_text(json.dumps(event), encoding="utf-8")
    command = [sys.executable, _CHILD, str(function.folder), function.module, function.function]
    environ = child.environment(context, root, _variables(function, arn, request), ours=False)
    log = root / "log.txt"
    try:
        code = child.run(
            [*command, str(given), str(result)],
            root=root,
            environ=environ,
            log=log,
            seconds=function.seconds,
            until=until,
            grace=0,
        )
    except TimedOut:
        raise InvocationTimedOut(f"Task timed out after {function.seconds} seconds") from None
    try:
        return _returned(result, code, log)
    finally:
        given.unlink(missing_ok=True)
        result.unlink(missing_ok=True)
        shutil.rmtree(root / "tmp", ignore_errors=True)


def _variables(function: Function, arn: str, request: str) -> dict[str, str]:
    return {
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": request,
        "INVOKED_FUNCTION_ARN": arn,
        "AWS_REQUEST_ID": request,
        "FUNCTION_SECONDS": str(function.seconds),
    }


def _returned(result: Path, code: int, log: Path) -> Any:
    try:
        if result.stat().st_size > _LONGEST_ANSWER:
            raise InvocationFailed(f"its answer has more than {_LONGEST_ANSWER} bytes")
        answer = json.loads(result.read_bytes())
    except OSError:
        raise InvocationFailed(f"its process ended with code {code} before it returned; see {log}") from None
    if "error" in answer:
        error = answer["error"]
        raise InvocationFailed(f"{error['errorType']}: {error['errorMessage']}; see {log}")
    return answer["returned"]
