"""Which decision the findings add up to, and the sentence that says it to a person.

Columns that do not fit outrank everything: nothing else can be told then. No evidence outranks the
rest: a check that broke may have hidden the worst. Then comes what the inputs are refused for, since it
holds whichever labels have arrived. Too few rows or labels for the whole run outrank a refusal by bias;
too few for one facet do not undo a refusal by another.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence, Tuple

from sagemaker_monitor.analysis.decision import wording
from sagemaker_monitor.analysis.decision.evidence import COLUMN_CHECKS, CheckEvidence, Evidence
from sagemaker_monitor.analysis.decision.quality import Judged
from sagemaker_monitor.analysis.decision.spec import BIAS, DATA_QUALITY, Spec
from sagemaker_monitor.analysis.documents.verdict import Finding, NotChecked

SHOWN = 3
"""Reasons that the summary names; the findings have all of them."""


@dataclass(frozen=True)
class Shortage:
    """What there are too few labelled rows for: the whole run, facets by name."""

    total: Tuple[NotChecked, ...]
    facets: dict[str, str]

    def covers(self, facet: str) -> bool:
        return bool(self.total) or facet in self.facets


NO_SHORTAGE = Shortage((), {})


@dataclass(frozen=True)
class Case:
    """What there is to decide by: *waiting* says why checks that need labels were left out, if they were.

    *lost* are metrics that must be judged and have no value; *inputs* is what is found about the inputs.
    """

    findings: Tuple[Finding, ...]
    shortage: Shortage
    lost: Tuple[str, ...]
    inputs: Judged
    waiting: str | None


def rule_on(spec: Spec, evidence: Evidence, case: Case) -> tuple[str, str]:
    """Return the decision, and the sentence that says it to a person."""
    missing = [check for check in evidence.checks if check.status in ("no-evidence", "broken")]
    misfit = [each for each in case.findings if each.metric in COLUMN_CHECKS]
    if misfit:
        return "refused", _refusal(misfit)
    if missing or not evidence.checks:
        return "no-evidence", _about(missing)
    refusing = [each for each in case.findings if each.crossed and each.action == "fail"]
    labels = evidence.labels
    partial = labels is not None and not case.waiting and labels.status == "labels-partial"
    partial = partial and any(check.monitor == BIAS for check in evidence.checks)
    strict = spec.gate.when_too_few
    uncertain = partial or (case.shortage.total and strict == "inconclusive")
    of_inputs = [each for each in refusing if each.monitor == DATA_QUALITY]
    if of_inputs:
        return "refused", _refusal(of_inputs if uncertain else refusing)
    if labels is not None and partial:
        return "inconclusive", (
            f"inconclusive: {labels.labelled} of {labels.rows} rows have labels ({labels.overlap:.0%}); "
            f"{labels.minimum_overlap:.0%} are needed"
        )
    few = [each.why for each in case.shortage.total] or [*case.shortage.facets.values()]
    if case.shortage.total and strict == "inconclusive":
        return "inconclusive", f"inconclusive: {few[0]}"
    if refusing:
        return "refused", _refusal(refusing)
    few += case.inputs.few
    if few and strict == "fail":
        return "refused", f"refused: {few[0]}, and the policy refuses what cannot be told"
    lost = [*case.lost, *case.inputs.lost]
    if (few and strict == "inconclusive") or lost:
        return (
            "inconclusive",
            f"inconclusive: {_several([*(few if strict == 'inconclusive' else []), *lost])}",
        )
    return _passing(spec, evidence, case)


def _about(missing: Sequence[CheckEvidence]) -> str:
    if not missing:
        return "no evidence: no check was expected, so nothing can be told"
    reasons = [f"{check.step}: {check.reason or 'no report'}" for check in missing]
    return f"no evidence: {_several(reasons)}"


def _several(reasons: Sequence[str]) -> str:
    more = len(reasons) - SHOWN
    return "; ".join(reasons[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _refusal(refusing: Sequence[Finding]) -> str:
    first = wording.most_telling(refusing)
    others = len(refusing) - 1
    return f"refused: {first.message}" + (
        f"; and {wording.several(others, 'more finding')}" if others else ""
    )


def _passing(spec: Spec, evidence: Evidence, case: Case) -> tuple[str, str]:
    established = [check.step for check in evidence.checks if check.status == "established"]
    if len(established) == len(evidence.checks) and not case.waiting:
        return "baseline-established", "baseline established, nothing compared"
    judged = sum(
        each.action == "fail" and each.limit is not None and each.monitor == BIAS for each in case.findings
    )
    if not judged and not case.inputs.limits:
        if case.waiting:
            return "labels-missing", missing_labels(evidence, "and the inputs alone refuse nothing")
        if any(rule.action == "fail" for rule in spec.gate.rules):
            return "inconclusive", "inconclusive: no rule that may refuse found a metric that could be judged"
    said = _held(evidence, case, judged)
    warned = [each for each in case.findings if each.crossed and each.action == "warn"]
    if warned:
        first = wording.most_telling(warned).message
        said += f"; {wording.several(len(warned), 'warning')}, such as: {first}"
    if established:
        said += f"; baseline established for {', '.join(established)}, nothing compared there"
    if case.waiting:
        said += f"; bias was not checked: {case.waiting}"
    return "pass", said


def _held(evidence: Evidence, case: Case, judged: int) -> str:
    labelled = evidence.labels.labelled if evidence.labels else 0
    if all(check.monitor == BIAS for check in evidence.checks):
        return f"pass: {wording.several(judged, 'limit')} held at {labelled} rows"
    said = f"pass: {wording.several(case.inputs.limits, 'limit')} of the inputs held at {rows(evidence)} rows"
    if any(check.monitor == BIAS for check in evidence.checks):
        said += f", {judged} of bias at {labelled} labelled rows"
    return said


def rows(evidence: Evidence) -> int:
    """Return how many rows the batch has, with or without labels."""
    if evidence.labels is not None:
        return evidence.labels.rows
    return evidence.features.rows if evidence.features else 0


def missing_labels(evidence: Evidence, also: str = "") -> str:
    """Return the sentence about a batch none of whose labels have arrived."""
    told = wording.several(rows(evidence), "row")
    also = f", {also}" if also else ""
    return f"labels missing: {told} scored and none has a label yet{also}; run again when they have arrived"
