"""Which decision the findings add up to, and the sentence that says it to a person.

Columns that do not fit outrank everything: nothing else can be told then. No evidence outranks the
rest: a check that broke may have hidden the worst. Then comes what inputs and attributions are refused
for, since it holds whichever labels have arrived. Too few rows or labels for the whole run outrank a
refusal by bias or model quality; too few for one facet do not undo a refusal by another. What is waived
refuses nothing and is told; more warnings than the policy takes refuse.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet, Iterable, List, Sequence, Tuple

from sagemaker_monitor.analysis.decision import wording
from sagemaker_monitor.analysis.decision.evidence import CheckEvidence, Evidence
from sagemaker_monitor.analysis.decision.judged import Judged
from sagemaker_monitor.analysis.decision.spec import (
    BIAS,
    DATA_QUALITY,
    EXPLAINABILITY,
    MODEL_QUALITY,
    NEED_LABELS,
    Spec,
)
from sagemaker_monitor.analysis.documents.verdict import (
    ACCEPT,
    COLUMN_CHECKS,
    REFRESH,
    REFUSE,
    WAIVED,
    WARN,
    Finding,
)

SHOWN = 3
"""Reasons that the summary names; the findings have all of them."""
CALLED = {
    DATA_QUALITY: "the inputs",
    EXPLAINABILITY: "attributions",
    BIAS: "bias",
    MODEL_QUALITY: "model quality",
}


@dataclass(frozen=True)
class Case:
    """What there is to decide by: *waiting* says why checks that need labels were left out, if they were.

    *of_outcomes* are the monitors that need labels, *unlikely* the declared shifts that a batch of this size
    would not catch as often as is asked for.
    """

    parts: Tuple[Judged, ...]
    waiting: str | None
    of_outcomes: FrozenSet[str] = frozenset(NEED_LABELS)
    unlikely: Tuple[str, ...] = ()

    @property
    def findings(self) -> Tuple[Finding, ...]:
        """Return all monitors' findings."""
        return tuple(each for part in self.parts for each in part.findings)

    def of(self, severity: str) -> List[Finding]:
        """Return the findings that mean *severity*."""
        return [each for each in self.findings if each.severity == severity]

    @property
    def short(self) -> Tuple[str, ...]:
        """Return why nothing that needs labels can be told, for want of rows."""
        reasons = (why for part in self.parts if part.monitor in self.of_outcomes for why in part.short)
        return tuple(dict.fromkeys(reasons))

    @property
    def few(self) -> Tuple[str, ...]:
        """Return which rows are too few: for everything, or else for a part of it."""
        few = [why for part in self.parts if part.monitor in self.of_outcomes for why in part.few]
        others = [why for part in self.parts if part.monitor not in self.of_outcomes for why in part.few]
        return tuple(dict.fromkeys([*(self.short or few), *others]))

    @property
    def lost(self) -> Tuple[str, ...]:
        """Return what must be judged and has no value."""
        return tuple(why for part in self.parts for why in part.lost)


def rule_on(spec: Spec, evidence: Evidence, case: Case) -> tuple[str, str]:
    """Return the decision, and the sentence that says it to a person."""
    missing = [check for check in evidence.checks if check.status in ("no-evidence", "broken")]
    misfit = [each for each in case.findings if each.metric in COLUMN_CHECKS]
    if misfit:
        return "refused", _refusal(misfit)
    if missing or not evidence.checks:
        return "no-evidence", _about(missing)
    refusing = case.of(REFUSE)
    labels = evidence.labels
    partial = labels is not None and not case.waiting and labels.status == "labels-partial"
    partial = partial and any(check.monitor in case.of_outcomes for check in evidence.checks)
    strict = spec.gate.when_too_few
    uncertain = partial or (case.short and strict == "inconclusive")
    certain = [each for each in refusing if each.monitor not in case.of_outcomes]
    if certain:
        return "refused", _refusal(certain if uncertain else refusing)
    if labels is not None and partial:
        return "inconclusive", (
            f"inconclusive: {labels.labelled} of {labels.rows} rows have labels ({labels.overlap:.0%}); "
            f"{labels.minimum_overlap:.0%} are needed"
        )
    if case.short and strict == "inconclusive":
        return "inconclusive", f"inconclusive: {case.short[0]}"
    if refusing:
        return "refused", _refusal(refusing)
    most = spec.gate.maximum_warnings
    warned = case.of(WARN)
    if most is not None and len(warned) > most:
        return "refused", f"refused: {_warnings(warned)}; the policy takes {most or 'none'}"
    if case.few and strict == "fail":
        return "refused", f"refused: {case.few[0]}, and the policy refuses what cannot be told"
    few = case.few if strict == "inconclusive" else ()
    if few or case.lost:
        return "inconclusive", f"inconclusive: {_several([*few, *case.lost])}"
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
    limits = sum(part.limits for part in case.parts)
    accepted = [check.step for check in evidence.checks if check.mode == ACCEPT]
    if len(established) == len(evidence.checks) and not case.waiting:
        return "baseline-established", _established(evidence, established, accepted)
    unmade = evidence.run.asked.carried_by(sorted(case.of_outcomes)) if case.waiting else ()
    if unmade:
        also = f"and {' and '.join(map(_called, unmade))} was to have a new baseline"
        return "labels-missing", missing_labels(evidence, also)
    # Where a person accepted what is new, no rule has to find what it could refuse.
    if not limits and not accepted:
        if case.waiting:
            return "labels-missing", missing_labels(evidence, f"and {_alone(evidence, case)} refuse nothing")
        if any(rule.action == "fail" for rule in spec.gate.rules):
            return "inconclusive", "inconclusive: no rule that may refuse found a metric that could be judged"
    said = _held(evidence, case)
    waived = case.of(WAIVED)
    if waived:
        first = wording.most_telling(waived)
        said += f"; {wording.several(len(waived), 'crossing')} waived, such as: {_waived(first)}"
    warned = case.of(WARN)
    if warned:
        said += f"; {_warnings(warned)}"
    if established:
        said += f"; {_established(evidence, established, accepted, there=True)}"
    refreshed = [check.step for check in evidence.checks if check.mode == REFRESH]
    if refreshed:
        said += f"; new baseline for {', '.join(refreshed)}"
    if case.waiting:
        said += f"; {_unlabelled(spec)} not checked: {case.waiting}"
    if case.unlikely:
        said += f"; {_several(case.unlikely)}"
    return "pass", said


def _established(
    evidence: Evidence, established: List[str], accepted: List[str], *, there: bool = False
) -> str:
    """Return for which checks nothing was compared, and why: there was no baseline, or a person accepted."""
    others = [step for step in established if step not in accepted]
    told = []
    if others:
        where = f" for {', '.join(others)}" if there or accepted else ""
        told.append(f"baseline established{where}, nothing compared{' there' if where else ''}")
    if accepted:
        reason = evidence.run.asked.accept_reason
        told.append(f"new baseline of {', '.join(accepted)} accepted without comparing: {reason}")
    return "; ".join(told)


def _warnings(warned: Sequence[Finding]) -> str:
    return f"{wording.several(len(warned), 'warning')}, such as: {wording.most_telling(warned).message}"


def _waived(finding: Finding) -> str:
    waiver = finding.waiver
    by = f" (until {waiver.expires}, approved by {waiver.approved_by})" if waiver else ""
    return f"{finding.message}{by}"


def _alone(evidence: Evidence, case: Case) -> str:
    """Return what is checked without labels."""
    called = [_called(m) for m in _in_order(_monitors(evidence)) if m not in case.of_outcomes]
    return f"{' and '.join(called) or 'the inputs'} alone"


def _unlabelled(spec: Spec) -> str:
    """Return which monitors wait for labels, and the verb that goes with them."""
    known = {each.monitor for each in spec.checks}
    called = [_called(monitor) for monitor in _in_order(known) if monitor in spec.of_outcomes]
    return f"{' and '.join(called)} {'was' if len(called) == 1 else 'were'}"


def _called(monitor: str) -> str:
    """Return a monitor in words; a team's own by the name that it gave."""
    return CALLED.get(monitor) or monitor.partition("/")[2] or monitor


def _in_order(monitors: Iterable[str]) -> List[str]:
    """Return SageMaker's monitors in the order in which they are told, then those of teams' own."""
    given = list(monitors)
    return [*(m for m in CALLED if m in given), *sorted(m for m in given if m not in CALLED)]


def _monitors(evidence: Evidence) -> List[str]:
    return list(dict.fromkeys(check.monitor for check in evidence.checks))


def _held(evidence: Evidence, case: Case) -> str:
    """Return how many limits held, and at how many rows: first what needs no label, then what does."""
    watched = _monitors(evidence)
    labelled = evidence.labels.labelled if evidence.labels else 0
    limits = {part.monitor: part.limits - _waived_limits(part) for part in case.parts}
    if len(watched) == 1 and watched[0] in case.of_outcomes:
        return f"pass: {wording.several(limits.get(watched[0], 0), 'limit')} held at {labelled} rows"
    groups = (
        ([m for m in _in_order(watched) if m not in case.of_outcomes], f"{rows(evidence)} rows"),
        ([m for m in _in_order(watched) if m in case.of_outcomes], f"{labelled} labelled rows"),
    )
    told: List[str] = []
    for monitors, size in groups:
        counts = [(limits[m], _called(m)) for m in monitors if limits.get(m)]
        if not counts:
            continue
        first = f"{wording.several(counts[0][0], 'limit')} of {counts[0][1]}" if not told else _of(counts[0])
        held = "held " if not told else ""
        others = "".join(f" and {_of(each)}" for each in counts[1:])
        told.append(f"{first}{others} {held}at {size}")
    return f"pass: {', '.join(told) or f'0 limits held at {rows(evidence)} rows'}"


def _waived_limits(part: Judged) -> int:
    """Return how many limits that refuse were crossed and waived: they did not hold."""
    return sum(each.severity == WAIVED and each.action == "fail" for each in part.findings)


def _of(count: Tuple[int, str]) -> str:
    return f"{count[0]} of {count[1]}"


def rows(evidence: Evidence) -> int:
    """Return how many rows the batch has, with or without labels."""
    if evidence.labels is not None:
        return evidence.labels.rows
    return evidence.unlabelled_rows


def missing_labels(evidence: Evidence, also: str = "") -> str:
    """Return the sentence about a batch none of whose labels have arrived."""
    told = wording.several(rows(evidence), "row")
    also = f", {also}" if also else ""
    return f"labels missing: {told} scored and none has a label yet{also}; run again when they have arrived"
