"""What a data quality check means under the policy: SageMaker's violations, and our limits of drift.

Types, missing values and categories are facts: SageMaker's violation is the limit, whatever kind of
limit a rule sets, and however few rows there are. Columns that are missing or too many refuse under
any policy. Drift is judged by the distance between batch and baseline, which SageMaker's Robust
method lowers by 1.8 times the root of 1/n + 1/m: it hides drift in small batches, and flags harmless
drift in large ones.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import List, Sequence

from sagemaker_monitor.analysis.decision import rules, wording
from sagemaker_monitor.analysis.decision.drift_limits import (
    DRIFT,
    DriftLimits,
    drift_rules,
    feature_names,
    subject,
)
from sagemaker_monitor.analysis.decision.evidence import CheckEvidence, Evidence, QualityReport
from sagemaker_monitor.analysis.decision.judged import Judged
from sagemaker_monitor.analysis.decision.spec import DATA_QUALITY, Spec
from sagemaker_monitor.analysis.decision.table import Table
from sagemaker_monitor.analysis.documents.statistics import Statistics
from sagemaker_monitor.analysis.documents.verdict import COLUMN_CHECKS, Finding, Limit, NotChecked
from sagemaker_monitor.analysis.documents.violations import QualityViolation

FACTS = ("data_type_check", "completeness_check", "categorical_values_check")
AGREEMENT = 1e-6
"""How far a mean in statistics.json may be from the rows', in deviations."""


def problem(spec: Spec, check: CheckEvidence, evidence: Evidence) -> str | None:
    """Return why a check that compared is no evidence after all; None where it can be judged."""
    report = check.quality
    if report is None or check.status != "compared" or report.misfit:
        return None
    if evidence.baseline is None:
        return "the version that it was compared with is unknown"
    before, now = evidence.baseline.features, evidence.features
    speaking = [rule for rule in drift_rules(spec, report).values() if rule and rule.action == "fail"]
    if any(rule.kind in ("calibrated", "maximum") for rule in speaking):
        if now is None:
            return "the rows of the inputs are missing"
        if before is None:
            why = evidence.baseline.features_problem or "no baseline rows"
            return f"its limits cannot be calibrated: {why}"
    for what, table, known in (
        ("report", now, report.statistics),
        ("baseline", before, report.baseline),
    ):
        differs = _disagreement(table, known) if table and known else None
        if differs:
            return f"its {what} {differs}: they are not the same data"
    if before and now and len(before.names) != len(now.names):
        counts = f"the batch has {len(now.names)} columns and the baseline {len(before.names)}"
        return f"{counts}, and no violation says so"
    return None


def _disagreement(table: Table, known: Statistics) -> str | None:
    """Return where a report and the rows it should rest on tell different things."""
    if known.item_count != table.rows:
        return f"has {known.item_count} rows, but there are {table.rows}"
    if len(known.features) != len(table.names):
        return f"has {len(known.features)} features, but the rows have {len(table.names)}"
    if table.kept < table.rows:
        return None
    for feature, column in zip(known.features, table.columns):
        cells = [cell for cell in column if cell]
        if len(cells) != feature.num_present:
            return f"has {feature.num_present} values of {feature.name}, but there are {len(cells)}"
        if feature.numbers is not None and cells:
            try:
                mean = math.fsum(float(cell.replace(" ", "")) for cell in cells) / len(cells)
            except ValueError:
                return f"has {feature.name} as numbers, but there is text"
            if abs(mean - feature.numbers.mean) > AGREEMENT * max(feature.numbers.std_dev, abs(mean), 1e-300):
                return f"has another mean of {feature.name} than its rows"
    return None


def with_columns(check: CheckEvidence, columns: int, spec: Spec) -> CheckEvidence:
    """Return *check* with what is wrong with the number of *columns* where it was not asked to compare."""
    known = len(spec.columns.features)
    if check.quality is None or check.status != "established" or columns == known:
        return check
    kind, word = COLUMN_CHECKS[columns > known], ("missing", "extra")[columns > known]
    counted = QualityViolation(
        feature_name=f"{word.capitalize()} columns",
        constraint_check_type=kind,
        description=f"There are {word} columns: the rows have {columns}, the model has {known} features",
    )
    return replace(check, quality=replace(check.quality, counted=counted))


def judge(spec: Spec, check: CheckEvidence, evidence: Evidence) -> Judged:
    """Return what is found about the inputs by one check."""
    report = check.quality
    if report is not None and report.misfit:
        return _misfit(check, report.misfit)
    if report is None or check.status != "compared":
        return Judged(DATA_QUALITY)
    names = feature_names(spec, report)
    facts = [_fact(spec, check, each) for each in report.violations if each.constraint_check_type != DRIFT]
    drift = DriftLimits(spec, check, report, evidence)
    return Judged(
        DATA_QUALITY,
        findings=(*facts, *drift.findings()),
        not_checked=(*drift.not_checked(), *_useless_numbers(spec, facts)),
        family=drift.family(),
        limits=drift.judged() + _facts_that_refuse(spec, report),
        few=tuple(each.why for each in drift.few),
        needed=drift.needed(),
        lost=drift.lost(),
        subjects=tuple(subject(kind, name) for kind in (*FACTS, DRIFT) for name in names),
    )


def _misfit(check: CheckEvidence, violation: QualityViolation) -> Judged:
    finding = Finding(
        check=check.step,
        monitor=check.monitor,
        metric=violation.constraint_check_type,
        facet=None,
        facet_value=None,
        value=None,
        baseline=None,
        limit=Limit("aws", None, None),
        rule=None,
        action="fail",
        crossed=True,
        aws_violation=check.status == "compared",
        message=wording.fact(violation.constraint_check_type, None, violation.description),
        evidence_uri=check.violations_uri or check.report_uri,
    )
    why = "the columns do not fit, and nothing else is compared then"
    return Judged(DATA_QUALITY, (finding,), (NotChecked(f"{DATA_QUALITY}/*", why),), limits=1)


def _fact(spec: Spec, check: CheckEvidence, violation: QualityViolation) -> Finding:
    kind, feature = violation.constraint_check_type, violation.feature_name
    rule = rules.rule_for(spec, subject(kind, feature))
    judged = rule is not None and rule.action != "ignore"
    return Finding(
        check=check.step,
        monitor=check.monitor,
        metric=kind,
        facet=None,
        facet_value=None,
        value=wording.share_in(violation.description),
        baseline=None,
        limit=Limit("aws", None, None) if judged else None,
        rule=None if rule is None else rule.match,
        action="none" if rule is None else rule.action,
        crossed=judged,
        aws_violation=True,
        message=wording.fact(kind, feature, violation.description),
        feature=feature,
        evidence_uri=check.violations_uri,
    )


def _useless_numbers(spec: Spec, facts: Sequence[Finding]) -> List[NotChecked]:
    """Return where a rule has a number for a fact: SageMaker's violation counts all the same."""
    entries = []
    for fact in facts:
        name = subject(fact.metric, str(fact.feature))
        rule = rules.rule_for(spec, name)
        if rule is not None and rule.action != "ignore" and rule.kind not in ("aws", "calibrated"):
            entries.append(
                NotChecked(name, f"a {rule.kind} is for distances only; SageMaker's violation counts")
            )
        elif rule is None:
            entries.append(NotChecked(name, "no rule matches it"))
    return entries


def _facts_that_refuse(spec: Spec, report: QualityReport) -> int:
    """Return how many types, completenesses and sets of categories a violation of would refuse."""
    known = report.constraints.features if report.constraints else ()
    asked = [(kind, each) for kind in FACTS for each in known if kind != FACTS[2] or each.domains is not None]
    speaking = (rules.rule_for(spec, subject(kind, each.name)) for kind, each in asked)
    return sum(rule is not None and rule.action == "fail" for rule in speaking)
