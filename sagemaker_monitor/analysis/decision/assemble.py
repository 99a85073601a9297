"""The verdict's document, put together from what was gathered and what was decided.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Sequence, Tuple

from sagemaker_monitor.analysis.decision import explainability, judge
from sagemaker_monitor.analysis.decision.evidence import Evidence
from sagemaker_monitor.analysis.decision.judged import Judged
from sagemaker_monitor.analysis.decision.spec import EXPLAINABILITY, Spec
from sagemaker_monitor.analysis.decision.waivers import waive
from sagemaker_monitor.analysis.documents.verdict import (
    ACCEPT,
    SEVERITIES,
    WARN,
    Attribution,
    Baseline,
    Batch,
    Calibration,
    Check,
    ConfiguredWaiver,
    Family,
    Finding,
    NotChecked,
    Power,
    Verdict,
)

MOST_FINDINGS = 2_000
MOST_NOT_CHECKED = 1_000
MOST_MESSAGE = 1_000
MOST_SUMMARY = 2_000
"""What a verdict lists, and characters of its texts: a report of 10,000 violations is linked, not copied."""


def assemble(
    spec: Spec,
    evidence: Evidence,
    *,
    decision: str,
    summary: str,
    not_checked: Tuple[NotChecked, ...],
    parts: Sequence[Judged] = (),
    waivers: Tuple[ConfiguredWaiver, ...] | None = None,
    powers: Tuple[Power, ...] = (),
) -> Verdict:
    """Return the verdict, with the findings of all *parts* and how their limits were found.

    Without *waivers* none had anything to cover.
    """
    findings: Tuple[Finding, ...] = tuple(each for part in parts for each in part.findings)
    if waivers is None:
        waivers = waive(spec, (), evidence.run.created).waivers
    families = [part.family for part in parts if part.family is not None]
    return Verdict(
        decision=decision,
        summary=shortened(summary, MOST_SUMMARY),
        model=spec.model,
        pipeline=spec.pipeline,
        environment=spec.environment,
        execution_arn=evidence.run.execution_arn,
        model_package_arn=evidence.run.model_package_arn,
        bundle_sha256=evidence.run.bundle_sha256,
        created=evidence.run.created,
        batch=_batch(spec, evidence),
        baseline=_baseline(evidence),
        calibration=_together(spec, families),
        checks=_checks(evidence),
        findings=_listed(findings),
        not_checked=not_checked[:MOST_NOT_CHECKED],
        carried_baseline_data_uri=evidence.run.carried_baseline_data_uri,
        attributions=_attributions(evidence),
        waivers=waivers,
        warnings=sum(each.severity == WARN for each in findings),
        maximum_warnings=spec.gate.maximum_warnings,
        findings_left_out=max(0, len(findings) - MOST_FINDINGS),
        not_checked_left_out=max(0, len(not_checked) - MOST_NOT_CHECKED),
        needed=tuple(each for part in parts for each in part.needed),
        power=powers,
    )


def _listed(findings: Tuple[Finding, ...]) -> Tuple[Finding, ...]:
    """Return the findings that a document lists, in their order: of too many what refuses and warns first."""
    places: Sequence[int] = range(len(findings))
    if len(findings) > MOST_FINDINGS:
        ranked = sorted(places, key=lambda place: (SEVERITIES.index(findings[place].severity), place))
        places = sorted(ranked[:MOST_FINDINGS])
    return tuple(
        replace(findings[at], message=shortened(findings[at].message, MOST_MESSAGE)) for at in places
    )


def shortened(text: str, most: int) -> str:
    """Return *text* with at most *most* characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _attributions(evidence: Evidence) -> Tuple[Attribution, ...] | None:
    """Return what each feature contributes; None where that was not measured."""
    checks = [check for check in evidence.checks if check.monitor == EXPLAINABILITY]
    return (explainability.attributions(checks[0]) if checks else ()) or None


def _together(spec: Spec, families: Sequence[Family]) -> Calibration | None:
    """Return how all limits were found; each monitor has its part of the error rate, and parts add up."""
    if not families:
        return None
    several = len(families) > 1
    method = (
        "; ".join(f"{each.monitor}: {each.method}" for each in families) if several else families[0].method
    )
    return Calibration(
        method=method,
        false_refusals=spec.gate.false_refusals if several else families[0].false_refusals,
        replicates=min(each.replicates for each in families),
        limits=sum(each.limits for each in families),
        refuses_honest=round(min(1.0, sum(each.refuses_honest for each in families)), 4),
        families=tuple(families) if several else None,
    )


def _checks(evidence: Evidence) -> Tuple[Check, ...]:
    return tuple(
        Check(
            step=each.step,
            check_type=each.check_type,
            status=each.status,
            reason=each.reason,
            report_uri=each.report_uri,
            violations_uri=each.violations_uri,
            aws_violations=each.aws_violations,
            mode=each.mode,
            accept_reason=evidence.run.asked.accept_reason if each.mode == ACCEPT else None,
        )
        for each in evidence.checks
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


def _batch(spec: Spec, evidence: Evidence) -> Batch:
    people = judge.people(spec, evidence)
    collected = evidence.collected
    return replace(people, window=collected.window) if collected and collected.window else people
