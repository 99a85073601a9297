"""Whether a step that failed is tried again, by its retry policies.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
"""

from __future__ import annotations

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

_ATTEMPTS, _LONGEST = 5, 43_200
_STEEPEST = 1e6  # a rate beyond that is over any limit at the second attempt
_CODES = {
    "InternalFailure": (SERVICE_FAULT,),
    "ResourceLimitExceeded": (RESOURCE_LIMIT,),
    "ServiceUnavailable": (SERVICE_FAULT,),
    "ThrottlingException": (THROTTLING,),
}
"""Exception types of a request that was refused with a code."""
_REASONS = {"CapacityError": CAPACITY, "InternalServerError": (INTERNAL,)}
"""Exception types of a job by what its FailureReason begins with."""


@dataclass(slots=True)
class Retries:
    """The retry policies of one step, and how often each has been used."""

    policies: list[Mapping[str, Any]]
    _used: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Retries:
        """Return the retries of a step's options."""
        return cls(list(options.get("RetryPolicies") or []))

    def delay(self, reason: str, code: str | None, elapsed: float) -> float | None:
        """Return after how many seconds a step that failed for *reason* starts anew, None for never.

        *code* is that of a refused request, *elapsed* are the seconds since the step first started.
        """
        kinds = exceptions_of(reason, code)
        for number, policy in enumerate(self.policies):
            if not set(policy["ExceptionType"]) & set(kinds):
                continue
            used = self._used.get(number, 0)
            rate = min(policy.get("BackoffRate", 2.0), _STEEPEST)
            pause = min(policy.get("IntervalSeconds", 1) * rate**used, _LONGEST)
            if "ExpireAfterMin" in policy:
                allowed = elapsed + pause <= policy["ExpireAfterMin"] * 60
            else:
                allowed = used < policy.get("MaxAttempts", _ATTEMPTS)
            if not allowed:
                return None
            self._used[number] = used + 1
            return float(pause)
        return None


def exceptions_of(reason: str, code: str | None) -> tuple[str, ...]:
    """Return the exception types of a failure; none for what trying again cannot help."""
    return _CODES.get(code or "") or _REASONS.get(reason.partition(":")[0], ())
