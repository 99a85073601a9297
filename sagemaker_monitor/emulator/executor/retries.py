"""Whether a step that failed is tried again, by its retry policies.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sagemaker_monitor.emulator.definition.step_types import (
    CAPACITY,
    INTERNAL,
    RESOURCE_LIMIT,
    SERVICE_FAULT,
    THROTTLING,
)

_ATTEMPTS = 5
_KINDS = (
    (re.compile(r"ResourceLimitExceeded"), (RESOURCE_LIMIT,)),
    (re.compile(r"InsufficientCapacity|CapacityError"), CAPACITY),
    (re.compile(r"Throttling"), (THROTTLING,)),
    (re.compile(r"InternalFailure|ServiceUnavailable|the emulator broke"), (SERVICE_FAULT,)),
    (re.compile(r"InternalServerError"), (INTERNAL,)),
)


@dataclass(slots=True)
class Retries:
    """The retry policies of one step, and how often each has been used."""

    policies: list[Mapping[str, Any]]
    _used: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Retries:
        """Return the retries of a step's options."""
        return cls(list(options.get("RetryPolicies") or []))

    def delay(self, reason: str, elapsed: float) -> float | None:
        """Return after how many seconds a step that failed for *reason* starts anew, None for never.

        *elapsed* are the seconds since it first started.
        """
        kinds = exceptions_of(reason)
        for number, policy in enumerate(self.policies):
            if not set(policy["ExceptionType"]) & set(kinds):
                continue
            used = self._used.get(number, 0)
            pause = policy.get("IntervalSeconds", 1) * policy.get("BackoffRate", 2.0) ** used
            if "ExpireAfterMin" in policy:
                allowed = elapsed + pause <= policy["ExpireAfterMin"] * 60
            else:
                allowed = used < policy.get("MaxAttempts", _ATTEMPTS)
            if not allowed:
                return None
            self._used[number] = used + 1
            return float(pause)
        return None


def exceptions_of(reason: str) -> tuple[str, ...]:
    """Return the exception types of a failure, by its reason; none for what trying again cannot help."""
    for pattern, kinds in _KINDS:
        if pattern.search(reason):
            return kinds
    return ()
