"""What can go wrong with an operation, apart from what AWS itself refuses.

OperationError
├── UsageError      the request cannot be meant so; nothing was sent
├── BusyError       somebody else is changing the same things
└── TimedOutError        it was waited for long enough
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sagemaker_monitor.operations.follow import Snapshot


class OperationError(Exception):
    """An operation could not be done."""


class UsageError(OperationError):
    """The request cannot be meant so; the message says what is allowed."""


class BusyError(OperationError):
    """Somebody else is changing what is deployed, or just did; the message says who, and what to do."""


class TimedOutError(OperationError):
    """The execution was still running when the waiting time was over; *snapshot* is how it was last seen."""

    def __init__(self, message: str, snapshot: Snapshot | None = None) -> None:
        """Keep the snapshot beside the text."""
        super().__init__(message)
        self.snapshot = snapshot
