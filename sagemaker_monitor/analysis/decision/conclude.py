"""What is decided about one execution: pass, refused, inconclusive, or that the evidence is missing.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Sequence, Tuple

from sagemaker_monitor.analysis.decision import judge, quality, ruling
from sagemaker_monitor.analysis.decision.enough import shortages
from sagemaker_monitor.analysis.decision.evidence import CheckEvidence, Evidence
from sagemaker_monitor.analysis.decision.judge import Calibrated, Subject
from sagemaker_monitor.analysis.decision.quality import Judged
from sagemaker_monitor.analysis.decision.ruling import NO_SHORTAGE, Case, Shortage
from sagemaker_monitor.analysis.decision.spec import BIAS, DATA_QUALITY, Spec
from sagemaker_monitor.analysis.documents.verdict import (
    Baseline,
    Batch,
    Calibration,
    Check,
    Family,
    Finding,
    NotChecked,
    Verdict,
)

NOT_ARRIVED = "labels have not arrived"


def _with_evidence(spec: Spec, evidence: Evidence) -> Evidence:
    """Return the evidence with a check that cannot be judged, for want of rows, as no-evidence."""
    checks = []
    for check in evidence.checks:
        problem = quality.problem if check.monitor == DATA_QUALITY else _bias_problem
        reason = problem(spec, check, evidence)
        checks.append(check if reason is None else replace(check, status="no-evidence", reason=reason))
    return replace(evidence, checks=tuple(checks))


def _bias_problem(spec: Spec, check: CheckEvidence, evidence: Evidence) -> str | None:
    """Return why a bias check that left a report is no evidence after all; None where it can be judged."""
    if check.status in ("compared", "established") and evidence.batch is None:
        return "the joined rows are missing"
    if check.status != "compared":
        return None
    if evidence.baseline is None:
        return "the version that it was compared with is unknown"
    calibrated = any(
        subject.kind == "calibrated" and subject.action == "fail" for subject in judge.subjects(spec, [check])
    )
    if evidence.baseline.sample is None and calibrated:
        return f"its limits cannot be calibrated: {evidence.baseline.problem or 'no baseline rows'}"
    return None


def _shortage(spec: Spec, evidence: Evidence) -> Shortage:
    what = "batch" if spec.pipeline.startswith("monitor") else "validation data"
    samples = [(what, evidence.batch)] if evidence.batch else []
    if (
        evidence.baseline
        and evidence.baseline.sample
        and any(c.status == "compared" and c.monitor == BIAS for c in evidence.checks)
    ):
        samples.append(("baseline", evidence.baseline.sample))
    total, facets = shortages([(name, s) for name, s in samples if s], spec.facets, spec.gate.minimum_rows)
    return Shortage(total, facets)


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
    baseline = evidence.baseline.sample if evidence.baseline else None
    if evidence.batch is None or baseline is None:
        return judge.NOTHING
    return judge.calibrate(spec, judged, evidence.batch, baseline)


def _left_out(
    evidence: Evidence, found: Sequence[Subject], shortage: Shortage, calibrated: Calibrated
) -> Tuple[NotChecked, ...]:
    """Return everything about bias that was not told, and why."""
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


def _checks(evidence: Evidence) -> Tuple[Check, ...]:
    return tuple(
        Check(c.step, c.check_type, c.status, c.reason, c.report_uri, c.violations_uri, c.aws_violations)
        for c in evidence.checks
    )


def _baseline(evidence: Evidence) -> Baseline | None:
    version = evidence.baseline
    if version is None:
        return None
    rows = version.sample.rows if version.sample else version.features.rows if version.features else None
    return Baseline(
        model_package_arn=version.model_package_arn,
        rows=rows,
        data_uri=version.data_uri,
        constraints={c.step: c.baseline_uri for c in evidence.checks if c.baseline_uri},
    )


def conclude(spec: Spec, evidence: Evidence) -> Verdict:
    """Return the verdict on *evidence* under *spec*: nothing random, nothing read or written."""
    if evidence.collected is not None and evidence.collected.status == "window-empty":
        return _without_captures(spec, evidence)
    waiting = _waiting(spec, evidence)
    if waiting == NOT_ARRIVED and all(each.needs_labels for each in spec.checks):
        return _without_labels(spec, evidence)
    evidence = _with_evidence(spec, _unscored(spec, evidence) if waiting else evidence)
    shortage = NO_SHORTAGE if waiting else _shortage(spec, evidence)
    usable = [check for check in evidence.checks if check.status in ("compared", "established")]
    found = judge.subjects(spec, [check for check in usable if check.monitor == BIAS])
    calibrated = _calibrated(spec, evidence, found, shortage)
    checks = tuple(
        replace(check, status="no-evidence", reason=calibrated.disagreements[check.step])
        if check.step in calibrated.disagreements
        else check
        for check in evidence.checks
    )
    evidence = replace(evidence, checks=checks)
    inputs = _inputs(spec, evidence)
    findings = (*inputs.findings, *_bias_findings(spec, evidence, found, calibrated, shortage))
    case = Case(findings, shortage, _lost(found, shortage), inputs, waiting)
    decision, summary = ruling.rule_on(spec, evidence, case)
    not_checked = (*_left_out(evidence, found, shortage, calibrated), *inputs.not_checked)
    if waiting:
        not_checked += tuple(
            NotChecked(each.step, waiting)
            for each in spec.checks
            if each.needs_labels and each.step not in {check.step for check in evidence.checks}
        )
    names = (*(subject.name for subject in found), *inputs.subjects)
    return _verdict(
        spec,
        evidence,
        decision=decision,
        summary=summary,
        calibration=_together(spec, calibrated.summary, inputs.family),
        findings=findings,
        not_checked=(*not_checked, *judge.idle_rules(spec, names)),
    )


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


def _inputs(spec: Spec, evidence: Evidence) -> Judged:
    """Return what is found about the inputs; there is one check of them at most."""
    of_inputs = [check for check in evidence.checks if check.monitor == DATA_QUALITY]
    return quality.judge(spec, of_inputs[0], evidence) if of_inputs else Judged()


def _bias_findings(
    spec: Spec, evidence: Evidence, found: Sequence[Subject], calibrated: Calibrated, shortage: Shortage
) -> Tuple[Finding, ...]:
    skip = spec.gate.when_too_few != "warn"
    labelled = evidence.labels.labelled if evidence.labels else 0
    return tuple(
        judge.finding(
            subject, calibrated, rows=labelled, too_few=skip and shortage.covers(subject.value.facet)
        )
        for subject in found
    )


def _together(spec: Spec, bias: Calibration | None, inputs: Family | None) -> Calibration | None:
    """Return how all limits were found; each monitor has its part of the error rate, and parts add up."""
    if inputs is None:
        return bias
    if bias is None:
        return Calibration(
            inputs.method,
            inputs.false_refusals,
            inputs.replicates,
            inputs.limits,
            inputs.refuses_honest,
        )
    parts = (
        inputs,
        Family(BIAS, bias.method, bias.false_refusals, bias.replicates, bias.limits, bias.refuses_honest),
    )
    return Calibration(
        method="; ".join(f"{each.monitor}: {each.method}" for each in parts),
        false_refusals=spec.gate.false_refusals,
        replicates=min(each.replicates for each in parts),
        limits=sum(each.limits for each in parts),
        refuses_honest=round(min(1.0, sum(each.refuses_honest for each in parts)), 4),
        families=parts,
    )


def _without_labels(spec: Spec, evidence: Evidence) -> Verdict:
    """Return the verdict on a batch without labels, of which nothing else is checked."""
    return _verdict(
        spec,
        evidence,
        decision="labels-missing",
        summary=ruling.missing_labels(evidence),
        not_checked=tuple(NotChecked(check.step, "it needs labels") for check in spec.checks),
    )


def _without_captures(spec: Spec, evidence: Evidence) -> Verdict:
    """Return the verdict on a window in which nothing was captured."""
    window = evidence.collected.window if evidence.collected else None
    told = f" from {window.start} until {window.end}" if window else ""
    return _verdict(
        spec,
        evidence,
        decision="window-empty",
        summary=f"window empty: nothing was captured{told}; give a window in which batches were scored",
        not_checked=tuple(NotChecked(check.step, "nothing was captured") for check in spec.checks),
    )


def _batch(spec: Spec, evidence: Evidence) -> Batch:
    people = judge.people(spec, evidence)
    return replace(people, window=evidence.collected.window) if evidence.collected else people


def _verdict(
    spec: Spec,
    evidence: Evidence,
    *,
    decision: str,
    summary: str,
    not_checked: Tuple[NotChecked, ...],
    calibration: Calibration | None = None,
    findings: Tuple[Finding, ...] = (),
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
        batch=_batch(spec, evidence),
        baseline=_baseline(evidence),
        calibration=calibration,
        checks=_checks(evidence),
        findings=findings,
        not_checked=not_checked,
        carried_baseline_data_uri=evidence.run.carried_baseline_data_uri,
    )
