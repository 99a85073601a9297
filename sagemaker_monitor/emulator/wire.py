"""The SageMaker JSON protocol: what a request may say, and how answers and errors look."""

from __future__ import annotations


class ApiError(Exception):
    """What an operation answers instead of a result: AWS's code and text."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        """Keep the three parts of the answer."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
