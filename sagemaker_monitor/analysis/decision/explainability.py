"""What an explainability check means under the policy: how alike features rank, and our limit of chance.

SageMaker flags an nDCG below 0.9, however many records there are: few features that trade places low in
the ranking never reach it, and in small batches of models with many features of equal weight chance may.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import List, Optional, Tuple

import numpy as np

from sagemaker_monitor.analysis.decision import attribution_chance, rules, wording
from sagemaker_monitor.analysis.decision.attributions import AttributionReport
from sagemaker_monitor.analysis.decision.enough import Few, few_in_total
from sagemaker_monitor.analysis.decision.evidence import CheckEvidence, Evidence
from sagemaker_monitor.analysis.decision.judged import Judged
from sagemaker_monitor.analysis.decision.spec import EXPLAINABILITY, Rule, Spec
from sagemaker_monitor.analysis.documents.verdict import (
    LOWER,
    Attribution,
    Family,
    Finding,
    Limit,
    Needed,
    NotChecked,
)

SUBJECT = f"{EXPLAINABILITY}/{wording.NDCG}"
THRESHOLD = 0.9
"""What SageMaker's own rule lets the nDCG be at least."""
AGREEMENT = 1e-6
"""How far SageMaker's nDCG may be from ours."""
NO_RECORDS = "the attributions of single records are missing"


def problem(spec: Spec, check: CheckEvidence, evidence: Evidence) -> str | None:
    """Return why a check that left a report is no evidence after all; None where it can be judged."""
    report = check.explained
    if report is None or check.status not in ("compared", "established"):
        return None
    differs = _other_rows(report, evidence)
    if differs or report.baseline is None:
        return differs
    now, before = report.current, report.baseline
    if set(now.features) != set(before.features):
        return f"it explains {len(now.features)} features, its baseline {len(before.features)} other ones"
    if report.drift is not None and not _same(report.drift, ndcg_of(report)):
        theirs, ours = report.drift, ndcg_of(report)
        return (
            f"its violation has an nDCG of {wording.number(theirs, ours)}, its report gives "
            f"{wording.number(ours, theirs)}: they are not the same data"
        )
    rule = rule_of(spec)
    if rule is not None and rule.kind == "calibrated" and rule.action == "fail":
        why = _uncalibrated(report)
        return f"its limit cannot be calibrated: {why}" if why else None
    return None


def _other_rows(report: AttributionReport, evidence: Evidence) -> str | None:
    """Return where a report and the records beside it tell different things."""
    known = evidence.baseline.features_of(EXPLAINABILITY) if evidence.baseline else None
    for what, side, table in (
        ("report", report.current, evidence.features),
        ("baseline", report.baseline, known),
    ):
        if side is None or side.records is None:
            continue
        if table is not None and len(side.records) != table.rows:
            return f"its {what} explains {len(side.records)} records, but there are {table.rows} rows"
        if side.aggregation() is None:
            return f"its {what} does not follow from the attributions beside it: they are not the same data"
    return None


def _same(theirs: float, ours: Optional[float]) -> bool:
    return ours is not None and abs(theirs - ours) <= AGREEMENT


def _uncalibrated(report: AttributionReport) -> str | None:
    """Return why the splits of records cannot be had; None where they can."""
    sides = (("batch", report.current), ("baseline", report.baseline))
    for what, side in sides:
        if side is not None and side.records is None:
            return f"{NO_RECORDS} in the {what}: {side.problem or 'there are none'}"
    used = {side.aggregation() for _, side in sides if side is not None}
    if len(used) > 1:
        return f"batch and baseline are aggregated differently ({' and '.join(sorted(map(str, used)))})"
    return None


def ndcg_of(report: AttributionReport) -> Optional[float]:
    """Return the nDCG of the report's ranking; None where there is none to compare with."""
    if report.baseline is None:
        return None
    before = np.array(list(report.baseline.values.values()))
    now = np.array([report.current.values[name] for name in report.baseline.features])
    found = float(attribution_chance.ndcg(before, now))
    return None if math.isnan(found) else found


def attributions(check: CheckEvidence) -> Tuple[Attribution, ...]:
    """Return what each feature contributes, now and in the baseline, in the dataset's order."""
    report = check.explained
    if report is None:
        return ()
    before = report.baseline.values if report.baseline else {}
    return tuple(Attribution(name, value, before.get(name)) for name, value in report.current.values.items())


def rule_of(spec: Spec) -> Optional[Rule]:
    return rules.rule_for(spec, SUBJECT)


@dataclass(frozen=True)
class Found:
    """The limit of the ranking, how it was found, and why there is none."""

    limit: Optional[Limit] = None
    family: Optional[Family] = None
    why: Optional[str] = None


def judge(spec: Spec, check: CheckEvidence, evidence: Evidence) -> Judged:
    """Return what is found about attributions by one check."""
    report = check.explained
    if report is None or check.status not in ("compared", "established"):
        return Judged(EXPLAINABILITY)
    if report.baseline is None:
        return Judged(EXPLAINABILITY, subjects=(SUBJECT,))
    few = _few(spec, report, evidence)
    judged = spec.gate.when_too_few == "warn" or not few
    rule, value = rule_of(spec), ndcg_of(report)
    found = limit_of(spec, report, rule, value) if judged else Found()
    finding = _finding(check, report, rule, value, found.limit)
    reasons = [*(each.why for each in few), *([found.why] if found.why else [])]
    refuses = rule is not None and rule.action == "fail"
    return Judged(
        EXPLAINABILITY,
        findings=(finding,),
        not_checked=tuple(NotChecked(SUBJECT, why) for why in reasons),
        family=found.family,
        limits=int(refuses and found.limit is not None),
        few=tuple(each.why for each in few),
        needed=tuple(Needed(SUBJECT, each.sample, each.rows) for each in few),
        lost=(f"{SUBJECT} cannot be judged: {found.why}",) if refuses and judged and value is None else (),
        subjects=(SUBJECT,),
    )


def _few(spec: Spec, report: AttributionReport, evidence: Evidence) -> Tuple[Few, ...]:
    least = spec.gate.minimum_rows.total
    what = "batch" if spec.pipeline.startswith("monitor") else "validation data"
    known = evidence.baseline.features_of(EXPLAINABILITY) if evidence.baseline else None
    counts: List[Tuple[str, Optional[int]]] = []
    for name, side, table in (
        (what, report.current, evidence.features),
        ("baseline", report.baseline, known),
    ):
        records = side.records if side is not None else None
        counts.append((name, len(records) if records is not None else table.rows if table else None))
    found = (few_in_total(rows, least, name, "explained rows") for name, rows in counts if rows is not None)
    return tuple(each for each in found if each)


def limit_of(spec: Spec, report: AttributionReport, rule: Optional[Rule], value: Optional[float]) -> Found:
    """Return the limit that the rule sets; with the records, also how often honest batches cross it."""
    if rule is None:
        return Found(why="no rule matches it")
    if rule.action == "ignore":
        return Found()
    if value is None:
        return Found(why="the baseline attributes nothing to any feature")
    missing = _uncalibrated(report)
    if missing and rule.kind == "calibrated":
        return Found(why=f"no calibrated limit: {missing}")
    if missing:
        return Found(_fixed(rule))
    if rule.kind != "calibrated" and rule.action != "fail":
        return Found(_fixed(rule))
    chance = _chance(spec, report)
    if rule.kind == "calibrated":
        limit = Limit("calibrated", chance.limit(spec.false_refusals), None)
    else:
        limit = _fixed(rule)
    family = Family(
        monitor=EXPLAINABILITY,
        method=attribution_chance.METHOD,
        false_refusals=spec.false_refusals,
        replicates=chance.splits - 1,
        limits=int(rule.kind == "calibrated"),
        refuses_honest=round(_beyond(limit, chance), 4),
    )
    return Found(limit, family if rule.action == "fail" else None)


def _chance(spec: Spec, report: AttributionReport) -> attribution_chance.Chance:
    now, before = report.current, report.baseline
    if before is None or now.records is None or before.records is None:
        raise ValueError(f"{SUBJECT} cannot be calibrated: {NO_RECORDS}")
    order = [now.features.index(name) for name in before.features]
    how = str(before.aggregation())
    return attribution_chance.chance(before.records, now.records[:, order], how, spec.false_refusals)


def _beyond(limit: Limit, chance: attribution_chance.Chance) -> float:
    """Return the share of splits that *limit* refuses."""
    return float(np.mean([limit.crossed_by(each) for each in chance.ndcg.tolist()]))


def _fixed(rule: Rule) -> Limit:
    """Return the limit of a rule that is not calibrated; the baseline's own ranking has an nDCG of 1."""
    if rule.kind == "aws":
        return Limit("aws", THRESHOLD, None)
    if rule.kind == "tolerance":
        return Limit("tolerance", 1.0 - float(rule.tolerance or 0.0), None)
    return rules.limit(rule, math.nan, 1.0)


def _finding(
    check: CheckEvidence,
    report: AttributionReport,
    rule: Optional[Rule],
    value: Optional[float],
    limit: Optional[Limit],
) -> Finding:
    aws = report.violations > 0
    crossed = False
    if limit is not None and value is not None:
        crossed = aws if limit.kind == "aws" else limit.crossed_by(value)
    found = Finding(
        check=check.step,
        monitor=check.monitor,
        metric=wording.NDCG,
        facet=None,
        facet_value=None,
        value=value,
        baseline=None,
        limit=limit,
        rule=None if rule is None else rule.match,
        action="none" if rule is None else rule.action,
        crossed=crossed,
        aws_violation=aws,
        message="",
        worse=LOWER,
        evidence_uri=check.report_uri,
    )
    records = report.current.records
    rows = 0 if records is None else len(records)
    return replace(found, message=wording.of_ranking(found, rows, _moved(check)))


def _moved(check: CheckEvidence) -> str:
    """Return which feature's place changed most, weighing places as nDCG does."""
    found = attributions(check)
    before = _places([abs(each.baseline or 0.0) for each in found])
    now = _places([abs(each.value) for each in found])
    gap = [abs(1 / math.log2(a + 1) - 1 / math.log2(b + 1)) for a, b in zip(before, now)]
    most = max(range(len(gap)), key=lambda place: gap[place], default=0)
    if not gap or not gap[most]:
        return ""
    return f"{found[most].feature} was number {before[most]} and is number {now[most]}"


def _places(values: List[float]) -> List[int]:
    """Return each value's place from the largest down, the first being 1."""
    order = sorted(range(len(values)), key=lambda place: -values[place])
    places = [0] * len(values)
    for place, at in enumerate(order, 1):
        places[at] = place
    return places
