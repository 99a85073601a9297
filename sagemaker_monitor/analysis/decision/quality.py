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
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

from sagemaker_monitor.analysis.decision import drift as distances
from sagemaker_monitor.analysis.decision import rules, wording
from sagemaker_monitor.analysis.decision.drift import Drift
from sagemaker_monitor.analysis.decision.evidence import CheckEvidence, Evidence, QualityReport
from sagemaker_monitor.analysis.decision.spec import DATA_QUALITY, Rule, Spec
from sagemaker_monitor.analysis.decision.table import Table
from sagemaker_monitor.analysis.documents.constraints import CHI_SQUARED, ROBUST, FeatureConstraints
from sagemaker_monitor.analysis.documents.statistics import STRING, Statistics
from sagemaker_monitor.analysis.documents.verdict import Family, Finding, Limit, NotChecked
from sagemaker_monitor.analysis.documents.violations import QualityViolation

DRIFT = "baseline_drift_check"
FACTS = ("data_type_check", "completeness_check", "categorical_values_check")
ROBUST_FACTOR = 1.8
AGREEMENT = 1e-6
"""How far a mean in statistics.json may be from the rows', in deviations."""


@dataclass(frozen=True)
class Judged:
    """What is found about the inputs, and what could not be told.

    *limits* counts what could have refused, *few* says which rows are too few, *lost* what a rule that
    refuses could not be applied to. *rules* are those that spoke, of every rule that may.
    """

    findings: Tuple[Finding, ...] = ()
    not_checked: Tuple[NotChecked, ...] = ()
    family: Optional[Family] = None
    limits: int = 0
    few: Tuple[str, ...] = ()
    lost: Tuple[str, ...] = ()
    subjects: Tuple[str, ...] = ()


def subject(check_type: str, feature: str) -> str:
    """Return what rules match: data_quality/<check>/<feature>."""
    return rules.subject(DATA_QUALITY, check_type, feature)


def _names(spec: Spec, report: QualityReport) -> Tuple[str, ...]:
    if report.constraints is not None:
        return tuple(each.name for each in report.constraints.features)
    return spec.columns.features


def _drift_rules(spec: Spec, report: QualityReport) -> Dict[str, Optional[Rule]]:
    return {name: rules.first_match(spec.gate.rules, subject(DRIFT, name)) for name in _names(spec, report)}


def problem(spec: Spec, check: CheckEvidence, evidence: Evidence) -> str | None:
    """Return why a check that compared is no evidence after all; None where it can be judged."""
    report = check.quality
    if report is None or check.status != "compared" or report.misfit:
        return None
    if evidence.baseline is None:
        return "the version that it was compared with is unknown"
    before, now = evidence.baseline.features, evidence.features
    speaking = [rule for rule in _drift_rules(spec, report).values() if rule and rule.action == "fail"]
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


def judge(spec: Spec, check: CheckEvidence, evidence: Evidence) -> Judged:
    """Return what is found about the inputs by one check."""
    report = check.quality
    if report is None or check.status != "compared":
        return Judged()
    if report.misfit:
        return _misfit(check, report.misfit)
    names = _names(spec, report)
    facts = [_fact(spec, check, each) for each in report.violations if each.constraint_check_type != DRIFT]
    drift = _Drift(spec, check, report, evidence)
    return Judged(
        findings=(*facts, *drift.findings()),
        not_checked=(*drift.not_checked(), *_useless_numbers(spec, facts)),
        family=drift.family(),
        limits=drift.judged() + _facts_that_refuse(spec, report),
        few=drift.few,
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
        aws_violation=True,
        message=wording.fact(violation.constraint_check_type, None, violation.description),
    )
    why = "the columns do not fit, and SageMaker compares nothing else then"
    return Judged(findings=(finding,), not_checked=(NotChecked(f"{DATA_QUALITY}/*", why),), limits=1)


def _fact(spec: Spec, check: CheckEvidence, violation: QualityViolation) -> Finding:
    kind, feature = violation.constraint_check_type, violation.feature_name
    rule = rules.first_match(spec.gate.rules, subject(kind, feature))
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
    )


def _useless_numbers(spec: Spec, facts: Sequence[Finding]) -> List[NotChecked]:
    """Return where a rule has a number for a fact: SageMaker's violation counts all the same."""
    entries = []
    for fact in facts:
        name = subject(fact.metric, str(fact.feature))
        rule = rules.first_match(spec.gate.rules, name)
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
    speaking = (rules.first_match(spec.gate.rules, subject(kind, each.name)) for kind, each in asked)
    return sum(rule is not None and rule.action == "fail" for rule in speaking)


class _Drift:
    """The distances of one check and the limits that the rules set for them."""

    def __init__(self, spec: Spec, check: CheckEvidence, report: QualityReport, evidence: Evidence) -> None:
        self.spec, self.check, self.report = spec, check, report
        self.rules = _drift_rules(spec, report)
        self.before = evidence.baseline.features if evidence.baseline else None
        self.now = evidence.features
        self.flagged = {v.feature_name for v in report.violations if v.constraint_check_type == DRIFT}
        self.staged = any(v.constraint_check_type != DRIFT for v in report.violations)
        self.constraints = (
            {each.name: each for each in report.constraints.features} if report.constraints else {}
        )
        self.few = self._few()
        self.found = self._found()
        self.limits = self._limits() if not self.few or spec.gate.when_too_few == "warn" else {}

    def _rows(self) -> Tuple[Tuple[str, int], ...]:
        what = "batch" if self.spec.pipeline.startswith("monitor") else "validation data"
        pairs = ((what, self.now, self.report.statistics), ("baseline", self.before, self.report.baseline))
        counts = (
            (name, table.rows if table else known.item_count if known else None)
            for name, table, known in pairs
        )
        return tuple((name, rows) for name, rows in counts if rows is not None)

    def _few(self) -> Tuple[str, ...]:
        least = self.spec.gate.minimum_rows.total
        return tuple(
            f"the {what} has {rows} rows; {least} are needed to tell anything"
            for what, rows in self._rows()
            if rows < least
        )

    def _found(self) -> Drift | None:
        if self.before is None or self.now is None:
            return None
        known = [rule for rule in self.rules.values() if rule and rule.action != "ignore"]
        splits = any(rule.kind == "calibrated" or rule.action == "fail" for rule in known)
        return distances.drift(self.before, self.now, self.spec.false_refusals, splits=None if splits else 1)

    def _of(self, kind: str, action: str) -> List[str]:
        return [
            name for name, rule in self.rules.items() if rule and (rule.kind, rule.action) == (kind, action)
        ]

    def _limits(self) -> Dict[str, Limit]:
        """Return the limit of each feature that has one."""
        limits = {}
        for name in self.rules:
            if self._unjudgeable(name) is None:
                limit = self._fixed(name)
                if limit is not None:
                    limits[name] = limit
        for action in ("fail", "warn"):
            # Every feature that could be calibrated belongs, however its true values look.
            members = [n for n in self._of("calibrated", action) if self.found and n in self.found.features]
            if self.found and members:
                for name, high in self.found.limits(members, self.spec.false_refusals).items():
                    if self._unjudgeable(name) is None:
                        caught = self.found.caught(name, high)
                        limits[name] = Limit("calibrated", None, high, None, caught)
        return limits

    def _fixed(self, name: str) -> Limit | None:
        rule = self.rules[name]
        if rule is None or rule.action == "ignore":
            return None
        if rule.kind == "maximum":
            return Limit("maximum", None, rule.maximum)
        return Limit("aws", None, self._robust(name)) if rule.kind == "aws" else None

    def _robust(self, name: str) -> float | None:
        """Return the distance that SageMaker's own rule lets pass; None where it sets none."""
        known: FeatureConstraints | None = self.constraints.get(name)
        counts = [rows for _, rows in self._rows()]
        if known is None or len(counts) < 2 or not min(counts):
            return None
        config, text = known.config, known.inferred_type == STRING
        if not (config.evaluate_constraints and config.perform_comparison):
            return None
        if text and config.categorical_drift_method == CHI_SQUARED:
            return None
        slack = ROBUST_FACTOR * math.sqrt(sum(1 / rows for rows in counts))
        threshold = config.categorical_threshold if text else config.comparison_threshold
        return threshold + (slack if config.comparison_method == ROBUST else 0.0)

    def _unjudgeable(self, name: str) -> str | None:
        """Return why the rule for *name* cannot be applied; None where it can."""
        rule = self.rules[name]
        if rule is None:
            return "no rule matches it"
        if rule.action == "ignore":
            return None
        if rule.kind not in ("calibrated", "maximum", "aws"):
            return f"a distance has no {rule.kind}; give maximum, tolerance: calibrated, or no limit"
        if rule.kind == "aws" and (self.found is None or not self.staged):
            return None
        if self.found is None:
            return "the rows of batch or baseline are missing"
        if name in self.found.left_out:
            return self.found.left_out[name]
        if name not in self.found.features:
            return "the rows have no column of that name"
        return self.found.missing(name)

    def _value(self, name: str) -> float | None:
        if self.found is None or name not in self.found.features or self.found.missing(name):
            return None
        return self.found.distance(name)

    def findings(self) -> Tuple[Finding, ...]:
        """Return one finding per feature that has a distance, or that SageMaker flags."""
        return tuple(
            self._finding(name)
            for name in self.rules
            if self._value(name) is not None or name in self.flagged
        )

    def _finding(self, name: str) -> Finding:
        rule, limit, value, aws = (
            self.rules[name],
            self.limits.get(name),
            self._value(name),
            name in self.flagged,
        )
        crossed = False
        if limit is not None:
            strays = value is not None and limit.crossed_by(value)
            # After another violation SageMaker compares no distributions; its rule still holds.
            crossed = aws or (strays and self.staged) if limit.kind == "aws" else strays
        rows = self._rows()[0][1]
        return Finding(
            check=self.check.step,
            monitor=self.check.monitor,
            metric=DRIFT,
            facet=None,
            facet_value=None,
            value=value,
            baseline=None,
            limit=limit,
            rule=None if rule is None else rule.match,
            action="none" if rule is None else rule.action,
            crossed=crossed,
            aws_violation=aws,
            message=wording.drift(
                name, value, limit, rows=rows, aws=aws, allowed=None if self.staged else self._robust(name)
            ),
            feature=name,
        )

    def judged(self) -> int:
        """Return how many features have a limit that refuses."""
        return sum(self._refuses(name) for name in self.limits)

    def _refuses(self, name: str) -> bool:
        rule = self.rules[name]
        return rule is not None and rule.action == "fail"

    def lost(self) -> Tuple[str, ...]:
        """Return the features that must be judged, and whose batch cannot be compared with the baseline."""
        if self.found is None:
            return ()
        return tuple(
            f"{subject(DRIFT, name)} cannot be judged: {self.found.incomparable[name]}"
            for name in self.rules
            if self._refuses(name) and name in self.found.incomparable
        )

    def family(self) -> Family | None:
        """Return how the limits that refuse were found, and how often honest batches cross any of them."""
        highs = {
            n: limit.high for n, limit in self.limits.items() if self._refuses(n) and limit.high is not None
        }
        if self.found is None or not highs:
            return None
        known = {name: high for name, high in highs.items() if name in self.found.features}
        return Family(
            monitor=DATA_QUALITY,
            method=distances.METHOD,
            false_refusals=self.spec.false_refusals,
            replicates=self.found.splits - 1,
            limits=sum(limit.kind == "calibrated" and self._refuses(n) for n, limit in self.limits.items()),
            refuses_honest=round(self.found.refused(known), 4),
        )

    def not_checked(self) -> Tuple[NotChecked, ...]:
        """Return what was not told, and why."""
        every = f"{DATA_QUALITY}/{DRIFT}/*"
        entries = [NotChecked(every, why) for why in self.few]
        for name in self.rules:
            why = self._unjudgeable(name)
            if why is None and self.rules[name] and self.found:
                why = self.found.left_out.get(name)
            if why:
                entries.append(NotChecked(subject(DRIFT, name), why))
        if self.staged:
            why = "SageMaker found other violations and then compares none; the distances are from the rows"
            entries.append(NotChecked(every, why))
        for what, table in (("batch", self.now), ("baseline", self.before)):
            if table and table.kept < table.rows:
                why = f"distances rest on {table.kept} of the {what}'s {table.rows} rows, drawn at random"
                entries.append(NotChecked(every, why))
        return tuple(entries)
