"""The seam between the API and whatever serves endpoints: their models in processes, their traffic captured.

`hosts.py` of this package provides `create_hosting(servers) -> Hosting`; the server calls it once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sagemaker_monitor.emulator.api.context import Context


class Hosting(Protocol):
    """Serves the endpoints whose records stand in the store (kind "endpoint", keyed by name)."""

    def deploy(self, context: Context, name: str, config: dict[str, Any], *, patience: float) -> None:
        """Bring the endpoint *name* to an endpoint configuration; its record tells how that goes.

        Returns once the models answer or cannot be served, at the latest after *patience* seconds.
        """

    def withdraw(self, context: Context, name: str) -> None:
        """Forget what an endpoint served, and write what was captured of it."""

    def flush(self) -> None:
        """Write all traffic captured so far."""

    def shutdown(self) -> None:
        """Write what was captured and join every thread of ours."""
