"""What a report is made from: the documents that a run left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class ReportError(ValueError):
    """A document that no report can be made from; says what is wrong with it."""


@dataclass(frozen=True)
class ReportInput:
    """The documents of one execution.

    *verdict* is verdict.json, None where the run left none. *steps* are the records of
    ListPipelineExecutionSteps, *analyses* the analysis.json of each step that wrote one. *details* are
    further lines of provenance, such as the model's inventory number. *generated_at* has a time zone.
    *statistics* has statistics.json of data quality as `baseline` and `batch`, None where there is none.
    *execution* is DescribePipelineExecution's answer, empty where it is not known: then the run has ended.
    *verdict_uri* is where verdict.json lies, *images* the image that each step ran. *unreadable* has the
    documents that are none, and why, by what they are; that of the verdict as `verdict`. *violations* has,
    by step, where the check wrote its violations, and that document.
    """

    verdict: Mapping[str, Any] | None
    steps: Sequence[Mapping[str, Any]]
    analyses: Mapping[str, Mapping[str, Any]]
    generated_at: datetime
    details: Mapping[str, str] = field(default_factory=dict)
    statistics: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    execution: Mapping[str, Any] = field(default_factory=dict)
    verdict_uri: str = ""
    images: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    violations: Mapping[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
