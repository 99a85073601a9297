"""The process of one invocation: imports the callable, calls it with the event, writes what it returned.

Run as a file, so that nothing of this package is imported beside the function's own modules.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import time
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any


class LambdaContext:
    """What AWS gives a function beside its event, as far as there is anything of it here."""

    def __init__(self) -> None:
        """Take names from the environment."""
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.invoked_function_arn = os.environ["INVOKED_FUNCTION_ARN"]
        self.aws_request_id = os.environ["AWS_REQUEST_ID"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = self.client_context = None
        self._until = time.monotonic() + float(os.environ["FUNCTION_SECONDS"])

    def get_remaining_time_in_millis(self) -> int:
        """Return how many milliseconds are left until the timeout."""
        return max(0, int((self._until - time.monotonic()) * 1000))


def main(folder: str, module: str, function: str, event: str, result: str) -> int:
    """Write {"returned": …} or {"error": …} to the file *result*."""
    sys.path[0] = folder
    try:
        answer = {"returned": _call(module, function, json.loads(Path(event).read_bytes()))}
        text = json.dumps(answer)
    except BaseException as error:
        traceback.print_exc()
        text = json.dumps({"error": {"errorType": type(error).__name__, "errorMessage": str(error)}})
    Path(result).write_text(text, encoding="utf-8")
    return 0


def _call(module: str, function: str, event: Any) -> Any:
    found = _file(Path(module)) if module.endswith(".py") else importlib.import_module(module)
    return getattr(found, function)(event, LambdaContext())


def _file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
