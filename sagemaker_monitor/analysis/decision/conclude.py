"""What is decided about one execution: pass, refused, inconclusive, or that the evidence is missing.

No evidence outranks everything: a check that broke may have hidden the worst. Too few rows or labels
for the whole run outrank a refusal; too few for one facet do not undo a refusal by another.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Sequence

from sagemaker_monitor.analysis.decision import judge, wording
from sagemaker_monitor.analysis.decision.enough import shortages
from sagemaker_monitor.analysis.decision.evidence import CheckEvidence, Evidence
from sagemaker_monitor.analysis.decision.judge import Calibrated, Subject
from sagemaker_monitor.analysis.decision.spec import Spec
from sagemaker_monitor.analysis.documents.verdict import Baseline, Check, Finding, NotChecked, Verdict

SHOWN = 3
"""Reasons that the summary names; the findings have all of them."""


@dataclass(frozen=True)
class _Shortage:
    """What there are too few rows for: the whole run, facets by name."""

    total: tuple[NotChecked, ...]
    facets: dict[str, str]

    def covers(self, facet: str) -> bool:
        return bool(self.total) or facet in self.facets


def _with_evidence(spec: Spec, evidence: Evidence) -> Evidence:
    """Return the evidence with a check that cannot be judged, for want of rows, as no-evidence."""
    checks = []
    for check in evidence.checks:
        reason = None
        if check.status in ("compared", "established") and evidence.batch is None:
            reason = "the joined rows are missing"
        elif check.status == "compared" and evidence.baseline is None:
            reason = "the version that it was compared with is unknown"
        elif check.status == "compared" and evidence.baseline and evidence.baseline.sample is None:
            calibrated = any(
                subject.kind == "calibrated" and subject.action == "fail"
                for subject in judge.subjects(spec, [check])
            )
            if calibrated:
                reason = f"its limits cannot be calibrated: {evidence.baseline.problem or 'no baseline rows'}"
        checks.append(check if reason is None else replace(check, status="no-evidence", reason=reason))
    return replace(evidence, checks=tuple(checks))


def _shortage(spec: Spec, evidence: Evidence) -> _Shortage:
    what = "batch" if spec.pipeline.startswith("monitor") else "validation data"
    samples = [(what, evidence.batch)] if evidence.batch else []
    if (
        evidence.baseline
        and evidence.baseline.sample
        and any(c.status == "compared" for c in evidence.checks)
    ):
        samples.append(("baseline", evidence.baseline.sample))
    total, facets = shortages([(name, s) for name, s in samples if s], spec.facets, spec.gate.minimum_rows)
    return _Shortage(total, facets)


def _calibrated(spec: Spec, evidence: Evidence, found: Sequence[Subject], shortage: _Shortage) -> Calibrated:
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
    baseline = evidence.baseline.sample if evidence.baseline else None
    if evidence.batch is None or baseline is None:
        return judge.NOTHING
    return judge.calibrate(spec, judged, evidence.batch, baseline)


def _left_out(
    spec: Spec, evidence: Evidence, found: Sequence[Subject], shortage: _Shortage, calibrated: Calibrated
) -> tuple[NotChecked, ...]:
    """Return everything that was not told, and why."""
    entries = [*shortage.total]
    entries += [NotChecked(f"bias/*/{facet}", why) for facet, why in shortage.facets.items()]
    entries += [
        NotChecked(check.step, "baseline established, nothing compared")
        for check in evidence.checks
        if check.status == "established"
    ]
    for subject in found:
        why = subject.unjudgeable() or calibrated.left_out.get(subject.name)
        if why and why != "baseline established, nothing compared":
            entries.append(NotChecked(subject.name, why))
    return (*entries, *judge.idle_rules(spec, found))


def _lost(found: Sequence[Subject], shortage: _Shortage) -> list[str]:
    """Return the metrics that must be judged, could be in the baseline, and cannot be in the batch."""
    return [
        f"{subject.name} cannot be computed: {subject.value.error or 'no reason given'}"
        for subject in found
        if subject.action == "fail"
        and subject.value.value is None
        and subject.base is not None
        and not shortage.covers(subject.value.facet)
    ]


def _decide(
    spec: Spec, evidence: Evidence, found: Sequence[Subject], shortage: _Shortage, findings: Sequence[Finding]
) -> tuple[str, str]:
    """Return the decision, and the sentence that says it to a person."""
    missing = [check for check in evidence.checks if check.status in ("no-evidence", "broken")]
    if missing or not evidence.checks:
        return "no-evidence", _about(missing)
    labels = evidence.labels
    if labels.status == "labels-partial":
        return "inconclusive", (
            f"inconclusive: {labels.labelled} of {labels.rows} rows have labels ({labels.overlap:.0%}); "
            f"{labels.minimum_overlap:.0%} are needed"
        )
    strict = spec.gate.when_too_few
    few = [each.why for each in shortage.total] or [*shortage.facets.values()]
    if shortage.total and strict == "inconclusive":
        return "inconclusive", f"inconclusive: {few[0]}"
    refusing = [each for each in findings if each.crossed and each.action == "fail"]
    if refusing:
        return "refused", _refusal(refusing)
    if few and strict == "fail":
        return "refused", f"refused: {few[0]}, and the policy refuses what cannot be told"
    lost = _lost(found, shortage)
    if (few and strict == "inconclusive") or lost:
        return (
            "inconclusive",
            f"inconclusive: {_several([*(few if strict == 'inconclusive' else []), *lost])}",
        )
    return _passing(spec, evidence, findings)


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


def _passing(spec: Spec, evidence: Evidence, findings: Sequence[Finding]) -> tuple[str, str]:
    established = [check.step for check in evidence.checks if check.status == "established"]
    if len(established) == len(evidence.checks):
        return "baseline-established", "baseline established, nothing compared"
    judged = [each for each in findings if each.action == "fail" and each.limit is not None]
    if not judged and any(rule.action == "fail" for rule in spec.gate.rules):
        return "inconclusive", "inconclusive: no rule that may refuse found a metric that could be judged"
    said = f"pass: {wording.several(len(judged), 'limit')} held at {evidence.labels.labelled} rows"
    warned = [each for each in findings if each.crossed and each.action == "warn"]
    if warned:
        first = wording.most_telling(warned).message
        said += f"; {wording.several(len(warned), 'warning')}, such as: {first}"
    if established:
        said += f"; baseline established for {', '.join(established)}, nothing compared there"
    return "pass", said


def _checks(evidence: Evidence) -> tuple[Check, ...]:
    return tuple(
        Check(c.step, c.check_type, c.status, c.reason, c.report_uri, c.violations_uri, len(c.violated))
        for c in evidence.checks
    )


def _baseline(evidence: Evidence) -> Baseline | None:
    version = evidence.baseline
    if version is None:
        return None
    return Baseline(
        model_package_arn=version.model_package_arn,
        rows=version.sample.rows if version.sample else None,
        data_uri=version.data_uri,
        constraints={c.step: c.baseline_uri for c in evidence.checks if c.baseline_uri},
    )


def conclude(spec: Spec, evidence: Evidence) -> Verdict:
    """Return the verdict on *evidence* under *spec*: nothing random, nothing read or written."""
    if evidence.labels.status == "labels-missing":
        return _without_labels(spec, evidence)
    evidence = _with_evidence(spec, evidence)
    shortage = _shortage(spec, evidence)
    usable = [check for check in evidence.checks if check.status in ("compared", "established")]
    found = judge.subjects(spec, usable)
    calibrated = _calibrated(spec, evidence, found, shortage)
    checks = tuple(
        replace(check, status="no-evidence", reason=calibrated.disagreements[check.step])
        if check.step in calibrated.disagreements
        else check
        for check in evidence.checks
    )
    evidence = replace(evidence, checks=checks)
    skip = spec.gate.when_too_few != "warn"
    findings = tuple(
        judge.finding(
            subject,
            calibrated,
            rows=evidence.labels.labelled,
            too_few=skip and shortage.covers(subject.value.facet),
        )
        for subject in found
    )
    decision, summary = _decide(spec, evidence, found, shortage, findings)
    return _verdict(
        spec,
        evidence,
        decision=decision,
        summary=summary,
        calibrated=calibrated,
        findings=findings,
        not_checked=_left_out(spec, evidence, found, shortage, calibrated),
    )


def _without_labels(spec: Spec, evidence: Evidence) -> Verdict:
    """Return the verdict on a batch none of whose labels have arrived."""
    rows = wording.several(evidence.labels.rows, "row")
    return _verdict(
        spec,
        evidence,
        decision="labels-missing",
        summary=f"labels missing: {rows} scored and none has a label yet; run again when they have arrived",
        calibrated=judge.NOTHING,
        findings=(),
        not_checked=tuple(NotChecked(check.step, "it needs labels") for check in spec.checks),
    )


def _verdict(
    spec: Spec,
    evidence: Evidence,
    *,
    decision: str,
    summary: str,
    calibrated: Calibrated,
    findings: tuple[Finding, ...],
    not_checked: tuple[NotChecked, ...],
) -> Verdict:
    return Verdict(
        decision=decision,
        summary=summary,
        model=spec.model,
        pipeline=spec.pipeline,
        environment=spec.environment,
        execution_arn=evidence.run.execution_arn,
        model_package_arn=evidence.run.model_package_arn,
        bundle_sha256=evidence.run.bundle_sha256,
        created=evidence.run.created,
        batch=judge.people(spec, evidence),
        baseline=_baseline(evidence),
        calibration=calibrated.summary,
        checks=_checks(evidence),
        findings=findings,
        not_checked=not_checked,
        carried_baseline_data_uri=evidence.run.carried_baseline_data_uri,
    )
