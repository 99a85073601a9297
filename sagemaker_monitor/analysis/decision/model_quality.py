"""What a model quality check means under the policy: metrics against labels, and our limits of chance.

SageMaker's own rule flags every metric that is any worse than the baseline's, so half of all honest
batches violate each of them.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple

from sagemaker_monitor.analysis.decision import wording
from sagemaker_monitor.analysis.decision.confusion import Confusion
from sagemaker_monitor.analysis.decision.enough import Few, few_of_a_label, total_shortages
from sagemaker_monitor.analysis.decision.evidence import CheckEvidence, Evidence
from sagemaker_monitor.analysis.decision.judged import ESTABLISHED, Judged
from sagemaker_monitor.analysis.decision.measured import MOST_SPLIT, Rows
from sagemaker_monitor.analysis.decision.model_limits import ModelLimits, Subject, limits_of, subjects
from sagemaker_monitor.analysis.decision.model_report import ModelReport
from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.scored import Scored
from sagemaker_monitor.analysis.decision.spec import MODEL_QUALITY, Spec
from sagemaker_monitor.analysis.documents.model_statistics import ModelStatistics
from sagemaker_monitor.analysis.documents.verdict import Finding, Needed, NotChecked

if TYPE_CHECKING:
    from sagemaker_monitor.analysis.decision.measured import Counts, Measured

AGREEMENT = 1e-6
"""How far a report may be from the same metric computed from the joined rows, in units of the metric."""
MOST_TOLD = 6
"""Cells of a confusion matrix that a sentence counts."""


def problem(spec: Spec, check: CheckEvidence, evidence: Evidence) -> str | None:
    """Return why a check that left a report is no evidence after all; None where it can be judged."""
    report = check.model
    if report is None or check.status not in ("compared", "established"):
        return None
    if report.statistics.problem_type != spec.problem_type:
        return f"its report is one of {report.statistics.problem_type}, the model's is {spec.problem_type}"
    if evidence.batch is None:
        return "the joined rows are missing"
    sides = [("report", evidence.batch, report.statistics)]
    if check.status == "compared":
        if evidence.baseline is None:
            return "the version that it was compared with is unknown"
        known = evidence.baseline.of(MODEL_QUALITY)
        before = known.sample
        refusing = any(s.kind == "calibrated" and s.action == "fail" for s in subjects(spec, report))
        if before is None and refusing:
            return f"its limits cannot be calibrated: {known.problem or 'no baseline rows'}"
        if before is not None and report.baseline is not None:
            sides.append(("baseline", before, report.baseline))
    for what, sample, statistics in sides:
        differs = _disagreement(sample, statistics)
        if differs:
            return f"its {what} {differs}"
    return _wrong_violation(report)


def _disagreement(sample: Sample, known: ModelStatistics) -> str | None:
    """Return where a report and the rows it should rest on tell different things."""
    other = "they are not the same data"
    if known.item_count != sample.rows:
        return f"has {known.item_count} rows, but there are {sample.rows}: {other}"
    if sample.scored is None:
        return f"cannot be held against its rows: {sample.unscored or 'there are no scores'}"
    counted, cells = _counts(known), _counts_of(sample.scored)
    if counted is not None and cells is not None and counted != cells:
        return f"counts {_told(counted, cells)}, but its joined rows give {_told(cells, counted)}: {other}"
    units = sample.scored.units
    for name, ours in sample.scored.whole().items():
        metric = known.metrics.get(name)
        if metric is None or not (math.isfinite(metric.value) and math.isfinite(ours[0])):
            continue
        theirs, own = metric.value, float(ours[0])
        # Shares have the unit 1, and so has r2, which one absurd prediction takes to minus billions.
        if not abs(theirs - own) <= AGREEMENT * units.get(name, max(1.0, abs(own))):
            return (
                f"has {wording.number(theirs, own)} for {name}, "
                f"but its joined rows give {wording.number(own, theirs)}: {other}"
            )
    return None


def _counts(known: ModelStatistics) -> Optional[Counts]:
    """Return the confusion matrix's counts other than 0 by actual and predicted class."""
    if known.confusion_matrix is None:
        return None
    cells = known.confusion_matrix.items()
    return _merged({(one, other): count for one, row in cells for other, count in row.items()})


def _merged(counts: Counts) -> Counts:
    """Return counts other than 0, with one text for each class."""
    found: Counts = {}
    for (actual, predicted), count in counts.items():
        key = _class(actual), _class(predicted)
        if count:
            found[key] = found.get(key, 0) + count
    return found


def _class(name: str) -> str:
    """Return one text for a class however it is written: 1 and 1.0 are the same."""
    try:
        number = float(name)
    except ValueError:
        return name.strip()
    return str(int(number)) if number.is_integer() else repr(number)


def _counts_of(measured: Measured) -> Optional[Counts]:
    counts = measured.counts()
    return None if counts is None else _merged(counts)


def _told(counts: Counts, others: Counts) -> str:
    """Return counts in words: 60 of class 1 predicted as 1; of many the first that *others* differ in."""
    told = sorted(counts)
    if len(told) > MOST_TOLD:
        told = [cell for cell in sorted({*counts, *others}) if counts.get(cell) != others.get(cell)][:1]
    return ", ".join(f"{counts.get(cell, 0)} of class {cell[0]} predicted as {cell[1]}" for cell in told)


def _wrong_violation(report: ModelReport) -> str | None:
    """Return which violation the report's own values do not bear out; None where they all do."""
    known = report.constraints.constraints if report.constraints else {}
    for name in sorted(report.violated):
        metric = report.statistics.metrics.get(name)
        if name not in known or metric is None or not known[name].violated_by(metric.value):
            return f"it has a violation of {name}, which its report does not bear out"
    return None


def judge(spec: Spec, check: CheckEvidence, evidence: Evidence) -> Judged:
    """Return what is found about the model's predictions by one check."""
    report = check.model
    if report is None or check.status not in ("compared", "established") or evidence.batch is None:
        return Judged(MODEL_QUALITY)
    compared = evidence.baseline if check.status == "compared" else None
    before = compared.of(MODEL_QUALITY).sample if compared else None
    samples = _samples(spec, evidence.batch, before)
    short = total_shortages(samples, spec.gate.minimum_rows)
    few = _few(spec, samples)
    found = subjects(spec, report)
    judged = spec.gate.when_too_few == "warn" or not (short or few)
    limits = (
        limits_of(spec, found, evidence.batch.scored, before.scored if before else None)
        if judged
        else ModelLimits({})
    )
    findings = tuple(_finding(check, report, each, limits, evidence.batch.rows) for each in found)
    return Judged(
        MODEL_QUALITY,
        findings=findings,
        not_checked=_not_checked(
            found, limits, [*(each.why for each in (*short, *few)), *_new_classes(samples)]
        ),
        family=limits.family,
        limits=sum(each.limit is not None and each.action == "fail" for each in findings),
        short=tuple(each.why for each in short),
        few=tuple(each.why for each in few),
        lost=_lost(found) if judged else (),
        subjects=tuple(each.name for each in found),
        needed=tuple(Needed(f"{MODEL_QUALITY}/*", each.sample, each.rows) for each in (*short, *few)),
    )


def _samples(spec: Spec, batch: Sample, baseline: Optional[Sample]) -> List[Tuple[str, Sample]]:
    what = "batch" if spec.pipeline.startswith("monitor") else "validation data"
    return [(what, batch)] + ([("baseline", baseline)] if baseline is not None else [])


def _few(spec: Spec, samples: Sequence[Tuple[str, Sample]]) -> Tuple[Few, ...]:
    reasons = (
        few_of_a_label(sample.scored, spec.gate.minimum_rows, what)
        for what, sample in samples
        if isinstance(sample.scored, Scored)
    )
    return tuple(why for why in reasons if why)


def _parts(samples: Sequence[Tuple[str, Sample]]) -> List[str]:
    """Return which samples have so many rows that limits rest on a part of them."""
    return [
        f"limits rest on {MOST_SPLIT} of the {what}'s {sample.rows} rows, drawn at random"
        for what, sample in samples
        if isinstance(sample.scored, Rows) and sample.rows > MOST_SPLIT
    ]


def _finding(
    check: CheckEvidence, report: ModelReport, each: Subject, limits: ModelLimits, rows: int
) -> Finding:
    limit, aws = limits.limits.get(each.metric), each.metric in report.violated
    crossed = False
    if limit is not None and each.value is not None:
        crossed = report.flagged(each.metric) if limit.kind == "aws" else each.crossed_by(limit)
    found = Finding(
        check=check.step,
        monitor=check.monitor,
        metric=each.metric,
        facet=None,
        facet_value=None,
        value=each.value,
        baseline=each.base,
        limit=limit,
        rule=None if each.rule is None else each.rule.match,
        action=each.action,
        crossed=crossed,
        aws_violation=aws,
        message="",
        worse=each.worse,
        evidence_uri=check.report_uri,
    )
    return replace(found, message=wording.of_model(found, rows))


def _new_classes(samples: Sequence[Tuple[str, Sample]]) -> Tuple[str, ...]:
    """Return what is said of a batch with observed classes of which the baseline has no row."""
    scored = [sample.scored for _, sample in samples if isinstance(sample.scored, Confusion)]
    if len(scored) < 2:
        return ()
    now, before = (each.rows_by_class() for each in scored)
    new = [rows for name, rows in now.items() if name not in before]
    if not new:
        return ()
    classes = "a class" if len(new) == 1 else f"{len(new)} classes"
    return (
        f"{wording.several(sum(new), 'row')} of {classes} that the baseline has no row of: "
        "how good the model was at them is not known",
    )


def _not_checked(found: Sequence[Subject], limits: ModelLimits, few: Sequence[str]) -> Tuple[NotChecked, ...]:
    entries = [NotChecked(f"{MODEL_QUALITY}/*", why) for why in few]
    for each in found:
        why = each.unjudgeable() or limits.left_out.get(each.metric)
        if why and why != ESTABLISHED:
            entries.append(NotChecked(each.name, why))
    return tuple(entries)


def _lost(found: Sequence[Subject]) -> Tuple[str, ...]:
    """Return the metrics that must be judged and have no value in the batch."""
    return tuple(
        f"{each.name} cannot be judged: {each.unjudgeable()}"
        for each in found
        if each.action == "fail" and each.value is None
    )
