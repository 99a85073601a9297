"""SageMaker's operations over HTTP: the JSON protocol around the handlers of `api`."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import ModuleType

from sagemaker_monitor.emulator import members, patience, wire
from sagemaker_monitor.emulator.api.context import Context, Handler
from sagemaker_monitor.emulator.patience import Client
from sagemaker_monitor.emulator.state import is_no_space
from sagemaker_monitor.emulator.wire import ApiError

# Not 500, 502, 503 or 504: clients would send the request again, and the defect would not go away.
_DEFECT_STATUS = 501
NOBODY = Client()


@dataclass(frozen=True)
class Answer:
    """Status and JSON of one answer."""

    status: int
    body: bytes
    code: str = ""


class SageMakerApi:
    """The operations of *modules*, by name."""

    def __init__(self, modules: tuple[ModuleType, ...], log: Callable[[str], None]) -> None:
        """Collect the operations; *log* takes what went wrong inside."""
        self._modules = modules
        self._log = log
        self.operations: Mapping[str, Handler] = {
            name: handler for module in modules for name, handler in module.OPERATIONS.items()
        }

    def recover(self, context: Context) -> None:
        """Let every module clean up after a stop or a kill, in every region that has state."""
        for region in sorted({context.region, *context.store.regions()}):
            for module in self._modules:
                hook = getattr(module, "recover", None)
                if hook is not None:
                    hook(context.in_region(region))

    def shutdown(self, context: Context) -> None:
        """Let every module end its threads."""
        for module in self._modules:
            hook = getattr(module, "shutdown", None)
            if hook is not None:
                hook(context)

    def answer(self, operation: str, body: bytes, context: Context, client: Client = NOBODY) -> Answer:
        """Run one operation. Never raises: a defect of ours is logged and answered InternalFailure.

        A *client* that would sleep before it asks again is answered once, and later.
        """
        try:
            handler = self.operations.get(operation)
            if handler is None:
                raise self._unknown(operation)
            request = wire.parse(operation, body)
            members.refuse(operation, request)
            patience.hold(context, operation, request, client)
            return Answer(200, wire.render(operation, handler(context, request)))
        except ApiError as error:
            return Answer(error.status, wire.render_error(error), error.code)
        except Exception as error:
            self._log(f"{operation} failed inside the emulator\n{traceback.format_exc()}")
            text = f"{operation} failed inside the emulator ({type(error).__name__}); see its log"
            if is_no_space(error):
                text = "no space left on the emulator's disk; free some"
            failure = ApiError("InternalFailure", text, _DEFECT_STATUS)
            return Answer(failure.status, wire.render_error(failure), failure.code)

    def _unknown(self, operation: str) -> ApiError:
        if wire.operation_model(operation) is None:
            return ApiError("UnknownOperationException", f"SageMaker has no operation {operation[:100]!r}")
        close = ", ".join(get_close_matches(operation, self.operations, n=3, cutoff=0.75))
        near = f"the nearest that it does: {close}; " if close else ""
        text = f"the emulator does not do {operation}; {near}all that it does: docs/reference/emulator.md"
        return ApiError("UnknownOperationException", text)


def stamp() -> str:
    """Return the time as log lines begin with it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
