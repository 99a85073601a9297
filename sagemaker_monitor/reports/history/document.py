"""What a report of a model over time is made from: its executions, their verdicts, and its versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class PastRun:
    """One execution, and the verdict.json it left: None where it left none.

    *unreadable* says why a verdict that is there cannot be read. *reason* is the execution's own.
    """

    pipeline: str
    execution_arn: str
    status: str
    started: datetime
    verdict: Mapping[str, Any] | None
    reason: str = ""
    unreadable: str = ""


@dataclass(frozen=True)
class PastVersion:
    """One model package version as the registry has it now; *execution_arn* is what registered it.

    *accept_reason* says why its baseline was accepted without a comparison, where it was.
    """

    number: int
    arn: str
    approval: str
    created: datetime
    changed: datetime | None = None
    description: str = ""
    execution_arn: str = ""
    accept_reason: str = ""


@dataclass(frozen=True)
class HistoryInput:
    """A model's executions, oldest first, and its versions, newest first.

    *since* is the bound that was asked for, *older* whether there are executions before the first one.
    *versions_left_out* counts versions that are not listed. *details* are lines of provenance.
    """

    model: str
    environment: str
    runs: Sequence[PastRun]
    versions: Sequence[PastVersion]
    generated_at: datetime
    since: datetime | None = None
    older: bool = False
    versions_left_out: int = 0
    details: Mapping[str, str] = field(default_factory=dict)
