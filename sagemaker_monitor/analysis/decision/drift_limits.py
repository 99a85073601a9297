"""How far the rules let a check's features drift, and what that finds.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import math
from typing import Dict, List, Optional, Tuple

from sagemaker_monitor.analysis.decision import drift as distances
from sagemaker_monitor.analysis.decision import rules, wording
from sagemaker_monitor.analysis.decision.drift import Drift
from sagemaker_monitor.analysis.decision.enough import Few, few_in_total
from sagemaker_monitor.analysis.decision.evidence import CheckEvidence, Evidence, QualityReport
from sagemaker_monitor.analysis.decision.spec import DATA_QUALITY, Rule, Spec
from sagemaker_monitor.analysis.documents.constraints import CHI_SQUARED, ROBUST, FeatureConstraints
from sagemaker_monitor.analysis.documents.statistics import STRING
from sagemaker_monitor.analysis.documents.verdict import Family, Finding, Limit, Needed, NotChecked

DRIFT = "baseline_drift_check"
ROBUST_THRESHOLD = 0.1
"""The distance that SageMaker's suggested constraints let pass."""
ROBUST_FACTOR = 1.8
"""What SageMaker's Robust method multiplies the root of 1/n + 1/m by."""


def subject(check_type: str, feature: str) -> str:
    """Return what rules match: data_quality/<check>/<feature>."""
    return rules.subject(DATA_QUALITY, check_type, feature)


def feature_names(spec: Spec, report: QualityReport) -> Tuple[str, ...]:
    """Return the features of the baseline, in its columns' order."""
    if report.constraints is not None:
        return tuple(each.name for each in report.constraints.features)
    return spec.columns.features


def drift_rules(spec: Spec, report: QualityReport) -> Dict[str, Optional[Rule]]:
    """Return the rule that speaks for the drift of each feature; None where none does."""
    return {name: rules.rule_for(spec, subject(DRIFT, name)) for name in feature_names(spec, report)}


class DriftLimits:
    """The distances of one check and the limits that the rules set for them."""

    def __init__(self, spec: Spec, check: CheckEvidence, report: QualityReport, evidence: Evidence) -> None:
        self.spec, self.check, self.report = spec, check, report
        self.rules = drift_rules(spec, report)
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

    def rows(self) -> Tuple[Tuple[str, int], ...]:
        """Return how many rows batch and baseline have, where that is known."""
        what = "batch" if self.spec.pipeline.startswith("monitor") else "validation data"
        pairs = ((what, self.now, self.report.statistics), ("baseline", self.before, self.report.baseline))
        counts = (
            (name, table.rows if table else known.item_count if known else None)
            for name, table, known in pairs
        )
        return tuple((name, rows) for name, rows in counts if rows is not None)

    def _few(self) -> Tuple[Few, ...]:
        least = self.spec.gate.minimum_rows.total
        found = (few_in_total(rows, least, what) for what, rows in self.rows())
        return tuple(each for each in found if each)

    def needed(self) -> Tuple[Needed, ...]:
        """Return how many rows would do where there are too few."""
        return tuple(Needed(f"{DATA_QUALITY}/{DRIFT}/*", each.sample, each.rows) for each in self.few)

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
        both = [report and report.feature(name) for report in (self.report.statistics, self.report.baseline)]
        counts = [each.num_present for each in both if each and each.num_present]
        types = {each.inferred_type for each in both if each}
        if known is None or len(counts) < 2 or len(types) > 1:
            return None
        config, text = known.config, known.inferred_type == STRING
        if not (config.evaluate_constraints and config.perform_comparison):
            return None
        if text and config.categorical_drift_method == CHI_SQUARED:
            return None
        slack = ROBUST_FACTOR * math.sqrt(sum(1 / count for count in counts))
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
        rows = self.rows()[0][1]
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
                name, value, limit, rows=rows, aws=aws, allowed=self._robust(name), staged=self.staged
            ),
            feature=name,
            evidence_uri=self.check.report_uri,
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
        entries = [NotChecked(every, each.why) for each in self.few]
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
