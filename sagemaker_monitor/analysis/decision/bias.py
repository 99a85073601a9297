"""What the bias checks mean under the policy, both stages together: findings, limits, what is left out.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, Iterator, Sequence, Tuple

from sagemaker_monitor.analysis.decision import judge as metrics
from sagemaker_monitor.analysis.decision.enough import Few, facet_shortages, total_shortages
from sagemaker_monitor.analysis.decision.evidence import CheckEvidence, Evidence
from sagemaker_monitor.analysis.decision.judge import Calibrated, Subject
from sagemaker_monitor.analysis.decision.judged import ESTABLISHED, Judged
from sagemaker_monitor.analysis.decision.spec import BIAS, Spec
from sagemaker_monitor.analysis.documents.verdict import Finding, Needed, NotChecked


@dataclass(frozen=True)
class Shortage:
    """What there are too few labelled rows for: the whole run, facets by name."""

    total: Tuple[Few, ...]
    facets: Dict[str, Few]

    def covers(self, facet: str) -> bool:
        return bool(self.total) or facet in self.facets

    def needed(self) -> Iterator[Needed]:
        """Yield how many rows would do."""
        yield from (Needed(f"{BIAS}/*", each.sample, each.rows) for each in self.total)
        for facet, each in self.facets.items():
            yield Needed(f"{BIAS}/*/{facet}", each.sample, each.rows)


NO_SHORTAGE = Shortage((), {})


def problem(spec: Spec, check: CheckEvidence, evidence: Evidence) -> str | None:
    """Return why a bias check that left a report is no evidence after all; None where it can be judged."""
    if check.status in ("compared", "established") and evidence.batch is None:
        return "the joined rows are missing"
    if check.status != "compared":
        return None
    if evidence.baseline is None:
        return "the version that it was compared with is unknown"
    calibrated = any(
        subject.kind == "calibrated" and subject.action == "fail"
        for subject in metrics.subjects(spec, [check])
    )
    known = evidence.baseline.of(BIAS)
    if known.sample is None and calibrated:
        return f"its limits cannot be calibrated: {known.problem or 'no baseline rows'}"
    return None


def judge(spec: Spec, evidence: Evidence, *, waiting: bool) -> tuple[Judged, dict[str, str]]:
    """Return what is found, and by step why a report does not belong to the rows; *waiting* is for labels."""
    usable = [
        check
        for check in evidence.checks
        if check.monitor == BIAS and check.status in ("compared", "established")
    ]
    shortage = NO_SHORTAGE if waiting else _shortage(spec, evidence)
    found = metrics.subjects(spec, usable)
    calibrated = _calibrated(spec, evidence, found, shortage)
    findings = _findings(spec, evidence, found, calibrated, shortage)
    judged = Judged(
        BIAS,
        findings=findings,
        not_checked=_left_out(found, shortage, calibrated),
        family=calibrated.family,
        limits=sum(each.action == "fail" and each.limit is not None for each in findings),
        short=tuple(each.why for each in shortage.total),
        few=tuple(each.why for each in shortage.facets.values()),
        lost=_lost(found, shortage),
        subjects=tuple(subject.name for subject in found),
        needed=tuple(shortage.needed()),
    )
    return judged, calibrated.disagreements


def _shortage(spec: Spec, evidence: Evidence) -> Shortage:
    checks = [check for check in evidence.checks if check.monitor == BIAS]
    if not checks:
        return NO_SHORTAGE
    what = "batch" if spec.pipeline.startswith("monitor") else "validation data"
    samples = [(what, evidence.batch)] if evidence.batch else []
    compared = any(check.status == "compared" for check in checks)
    before = evidence.baseline.of(BIAS).sample if evidence.baseline else None
    if compared and before:
        samples.append(("baseline", before))
    minimum = spec.gate.minimum_rows
    return Shortage(total_shortages(samples, minimum), facet_shortages(samples, spec.facets, minimum))


def _calibrated(spec: Spec, evidence: Evidence, found: Sequence[Subject], shortage: Shortage) -> Calibrated:
    """Return the calibrated limits of what can be judged."""
    skip = spec.gate.when_too_few != "warn"
    judged = [
        subject
        for subject in found
        if subject.check.status == "compared"
        and subject.kind is not None
        and subject.facet is not None
        and subject.unjudgeable() is None
        and not (skip and shortage.covers(subject.value.facet))
    ]
    baseline = evidence.baseline.of(BIAS).sample if evidence.baseline else None
    if evidence.batch is None or baseline is None:
        why = "no calibrated limit: the rows of batch or baseline are missing"
        left_out = {subject.name: why for subject in judged if subject.kind == "calibrated"}
        return replace(metrics.NOTHING, left_out=left_out)
    return metrics.calibrate(spec, judged, evidence.batch, baseline)


def _findings(
    spec: Spec, evidence: Evidence, found: Sequence[Subject], calibrated: Calibrated, shortage: Shortage
) -> Tuple[Finding, ...]:
    skip = spec.gate.when_too_few != "warn"
    labelled = evidence.labels.labelled if evidence.labels else 0
    return tuple(
        metrics.finding(
            subject, calibrated, rows=labelled, too_few=skip and shortage.covers(subject.value.facet)
        )
        for subject in found
    )


def _left_out(found: Sequence[Subject], shortage: Shortage, calibrated: Calibrated) -> Tuple[NotChecked, ...]:
    """Return everything about bias that was not told, and why."""
    entries = [NotChecked(f"{BIAS}/*", each.why) for each in shortage.total]
    entries += [NotChecked(f"{BIAS}/*/{facet}", each.why) for facet, each in shortage.facets.items()]
    for subject in found:
        why = subject.unjudgeable() or calibrated.left_out.get(subject.name)
        if why and why != ESTABLISHED:
            entries.append(NotChecked(subject.name, why))
    return tuple(entries)


def _lost(found: Sequence[Subject], shortage: Shortage) -> Tuple[str, ...]:
    """Return the metrics that must be judged, could be in the baseline, and cannot be in the batch."""
    return tuple(
        f"{subject.name} cannot be computed: {subject.value.error or 'no reason given'}"
        for subject in found
        if subject.action == "fail"
        and subject.value.value is None
        and subject.base is not None
        and not shortage.covers(subject.value.facet)
    )
