"""How a step says that it did not succeed."""

from __future__ import annotations


class StepFailed(Exception):  # noqa: N818 - an outcome, not a defect
    """A step ran and failed; the message becomes its FailureReason, *code* is that of a refused request."""

    def __init__(self, reason: str, code: str | None = None) -> None:
        super().__init__(reason)
        self.code = code


class StepTimedOut(StepFailed):
    """A step that cannot be stopped was still running when its time was over."""


class StepStopped(Exception):  # noqa: N818 - an outcome, not a defect
    """A step was stopped before it ended."""
