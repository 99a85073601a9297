"""What is decided about one execution: pass, refused, inconclusive, or that the evidence is missing.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Dict, List, Mapping, Sequence, Tuple

from sagemaker_monitor.analysis.decision import (
    bias,
    custom,
    detecting,
    explainability,
    judge,
    model_quality,
    quality,
    ruling,
)
from sagemaker_monitor.analysis.decision.assemble import assemble
from sagemaker_monitor.analysis.decision.evidence import UNUSABLE, CheckEvidence, Collected, Evidence
from sagemaker_monitor.analysis.decision.judged import ESTABLISHED, Judged
from sagemaker_monitor.analysis.decision.ruling import Case
from sagemaker_monitor.analysis.decision.spec import (
    BIAS,
    DATA_QUALITY,
    EXPLAINABILITY,
    MODEL_QUALITY,
    Spec,
)
from sagemaker_monitor.analysis.decision.waivers import waive
from sagemaker_monitor.analysis.documents.verdict import NotChecked, Verdict

NOT_ARRIVED = "labels have not arrived"
PROBLEMS: Dict[str, Callable[[Spec, CheckEvidence, Evidence], "str | None"]] = {
    DATA_QUALITY: quality.problem,
    BIAS: bias.problem,
    MODEL_QUALITY: model_quality.problem,
    EXPLAINABILITY: explainability.problem,
}
"""Why a check that left a report is no evidence after all."""
JUDGES: Dict[str, Callable[[Spec, CheckEvidence, Evidence], Judged]] = {
    DATA_QUALITY: quality.judge,
    MODEL_QUALITY: model_quality.judge,
    EXPLAINABILITY: explainability.judge,
}
"""What monitors with one check find; bias has two."""


def conclude(spec: Spec, evidence: Evidence) -> Verdict:
    """Return the verdict on *evidence* under *spec*: nothing random, nothing read or written."""
    if evidence.collected is not None and not evidence.collected.judged:
        return _without_captures(spec, evidence, evidence.collected)
    evidence = _with_columns(spec, evidence)
    waiting = _waiting(spec, evidence)
    if waiting == NOT_ARRIVED and all(each.needs_labels for each in spec.checks):
        return _without_labels(spec, evidence)
    evidence = _with_evidence(spec, _unscored(spec, evidence) if waiting else evidence)
    of_bias, disagreements = bias.judge(spec, evidence, waiting=waiting is not None)
    evidence = _without_disagreeing(evidence, disagreements)
    powers = detecting.powers(spec, evidence)
    judged = detecting.with_demands(_judged(spec, evidence, of_bias), powers)
    waived = waive(spec, judged, evidence.run.created)
    parts = waived.parts
    unlikely = tuple(detecting.told(each) for each in powers if not each.enough)
    case = Case(parts, waiting, spec.of_outcomes, unlikely)
    decision, summary = ruling.rule_on(spec, evidence, case)
    names = [name for part in parts for name in part.subjects]
    return assemble(
        spec,
        evidence,
        decision=decision,
        summary=summary,
        not_checked=(*_not_checked(spec, evidence, parts, waiting), *judge.idle_rules(spec, names)),
        parts=parts,
        waivers=waived.waivers,
        powers=powers,
    )


def _with_columns(spec: Spec, evidence: Evidence) -> Evidence:
    """Return the evidence with columns that do not fit, which a check that compared nothing cannot tell."""
    features = evidence.features
    if features is None:
        return evidence
    checks = (quality.with_columns(check, len(features.names), spec) for check in evidence.checks)
    return replace(evidence, checks=tuple(checks))


def _with_evidence(spec: Spec, evidence: Evidence) -> Evidence:
    """Return the evidence with a check that cannot be judged, for want of rows, as no-evidence."""
    checks = []
    for check in evidence.checks:
        problem = custom.problem if check.custom else PROBLEMS.get(check.monitor)
        reason = problem(spec, check, evidence) if problem else None
        checks.append(check if reason is None else replace(check, status="no-evidence", reason=reason))
    return replace(evidence, checks=tuple(checks))


def _without_disagreeing(evidence: Evidence, why: Mapping[str, str]) -> Evidence:
    checks = tuple(
        replace(check, status="no-evidence", reason=why[check.step]) if check.step in why else check
        for check in evidence.checks
    )
    return replace(evidence, checks=checks)


def _judged(spec: Spec, evidence: Evidence, of_bias: Judged) -> List[Judged]:
    """Return what each monitor found, inputs first."""
    parts = {BIAS: of_bias}
    for check in evidence.checks:
        found = custom.judge if check.custom else JUDGES.get(check.monitor)
        if found and check.monitor not in parts:
            parts[check.monitor] = found(spec, check, evidence)
    order = dict.fromkeys((DATA_QUALITY, BIAS, MODEL_QUALITY, EXPLAINABILITY, *parts))
    return [parts[monitor] for monitor in order if monitor in parts]


def _not_checked(
    spec: Spec, evidence: Evidence, parts: Sequence[Judged], waiting: str | None
) -> Tuple[NotChecked, ...]:
    """Return everything that was not told, and why."""
    entries = [each for part in parts for each in part.not_checked]
    entries += evidence.collected.notes if evidence.collected else ()
    entries += [
        NotChecked(check.step, ESTABLISHED) for check in evidence.checks if check.status == "established"
    ]
    if waiting:
        made = {check.step for check in evidence.checks}
        entries += [
            NotChecked(each.step, waiting)
            for each in spec.checks
            if each.needs_labels and each.step not in made
        ]
    return tuple(entries)


def _waiting(spec: Spec, evidence: Evidence) -> str | None:
    """Return why checks that need labels are not made; None where labels have come."""
    if evidence.labels is not None and evidence.labels.status != "labels-missing":
        return None
    if not any(each.needs_labels for each in spec.checks):
        return None
    if evidence.labels is None and _misfits(evidence):
        return "the columns do not fit, so nothing was scored"
    return NOT_ARRIVED


def _misfits(evidence: Evidence) -> bool:
    return any(check.quality is not None and check.quality.misfit is not None for check in evidence.checks)


def _unscored(spec: Spec, evidence: Evidence) -> Evidence:
    """Return the evidence where a step broke before rows were joined: then labels are not what is missing."""
    if evidence.labels is not None or evidence.failed is None or _misfits(evidence):
        return evidence
    broken = tuple(
        CheckEvidence(
            each.step, each.check_type, each.monitor, "no-evidence", f"nothing was joined: {evidence.failed}"
        )
        for each in spec.checks
        if each.needs_labels
    )
    return replace(evidence, checks=(*evidence.checks, *broken))


def _without_labels(spec: Spec, evidence: Evidence) -> Verdict:
    """Return the verdict on rows without labels, of which nothing else is checked."""
    notes = evidence.collected.notes if evidence.collected else ()
    return assemble(
        spec,
        evidence,
        decision="labels-missing",
        summary=ruling.missing_labels(evidence),
        not_checked=(*(NotChecked(check.step, "it needs labels") for check in spec.checks), *notes),
    )


def _without_captures(spec: Spec, evidence: Evidence, collected: Collected) -> Verdict:
    """Return the verdict on a window in which nothing was captured, or nothing that can be judged."""
    if collected.status == UNUSABLE:
        decision, summary = "no-evidence", f"no evidence: {collected.reason or 'the captures are unusable'}"
        why = "the captures cannot be judged" if collected.window else "nothing was scored"
    elif collected.window is None:
        why = collected.reason or "there is none"
        decision, summary = "window-empty", f"no batch: {why}; put it there, and run again with --input"
        why = "there is no batch"
    else:
        window = collected.window
        told = f"window empty: nothing was captured from {window.start} until {window.end}"
        reason = f" ({collected.reason})" if collected.reason else ""
        decision, summary = "window-empty", f"{told}{reason}; give a window in which something was scored"
        why = "nothing was captured"
    return assemble(
        spec,
        evidence,
        decision=decision,
        summary=summary,
        not_checked=(*(NotChecked(check.step, why) for check in spec.checks), *collected.notes),
    )
