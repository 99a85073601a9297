"""What the check of a team's own monitor means under the policy: its violations, and limits of its metrics.

What the monitor measures only its team knows. So its violations are the limit, as SageMaker's are where
a rule sets none; a rule with a number is about a metric that its statistics state.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import re
from typing import Iterator, List, Optional

from sagemaker_monitor.analysis.decision import rules, wording
from sagemaker_monitor.analysis.decision.evidence import CheckEvidence, CustomReport, Evidence
from sagemaker_monitor.analysis.decision.judged import ESTABLISHED, Judged
from sagemaker_monitor.analysis.decision.spec import Rule, Spec
from sagemaker_monitor.analysis.documents.custom import CustomViolation
from sagemaker_monitor.analysis.documents.verdict import COLUMN_CHECKS, Finding, Limit, NotChecked

NO_CHANCE = "no calibrated limit: what chance does to it is not known; give it a limit of its own"


def problem(spec: Spec, check: CheckEvidence, evidence: Evidence) -> str | None:
    """Return why a check that left a report is no evidence after all; None where it can be judged."""
    if check.custom is None:
        return None
    if evidence.labels is None:
        return "nothing was joined"
    labels = evidence.labels
    given = labels.labelled if check.monitor in spec.of_outcomes else labels.rows
    counted = check.custom.statistics.item_count
    if counted != given:
        return f"its report counts {_rows(counted)}, but it was given {given}"
    return None


def judge(spec: Spec, check: CheckEvidence, evidence: Evidence) -> Judged:
    """Return what is found by one check of a team's own monitor."""
    if check.custom is None or check.status not in ("compared", "established"):
        return Judged(check.monitor)
    return _Check(spec, check, check.custom).judged()


class _Check:
    """One check with the rules that may speak of it."""

    def __init__(self, spec: Spec, check: CheckEvidence, report: CustomReport) -> None:
        self.spec, self.check, self.report = spec, check, report
        self.name = check.monitor.partition("/")[2]
        self.few = tuple(self._few())
        self.tells = not self.few or spec.gate.when_too_few == "warn"
        self.rules = [rule for rule in spec.gate.rules if self._may_speak(rule)]

    def judged(self) -> Judged:
        metrics = [self._metric(name, value) for name, value in self.report.statistics.metrics.items()]
        limits = sum(each.limit is not None and each.action == "fail" for each in metrics)
        if self.tells and self.check.status == "compared":
            # That nothing is violated is one thing that could have refused.
            limits += any(rule.action == "fail" for rule in self.rules)
        of_outcomes = self.check.monitor in self.spec.of_outcomes
        return Judged(
            self.check.monitor,
            findings=(*map(self._violation, self.report.violations), *metrics),
            not_checked=tuple(self._not_checked()),
            limits=limits,
            short=self.few if of_outcomes else (),
            few=self.few,
            lost=tuple(self._lost()) if self.tells else (),
        )

    def _few(self) -> Iterator[str]:
        least = self.spec.gate.minimum_rows.total
        batch = "batch" if self.spec.pipeline.startswith("monitor") else "validation data"
        sides = ((batch, self.report.statistics), ("baseline", self.report.baseline))
        for what, side in sides:
            if side is not None and side.item_count < least:
                yield f"the {what} has {_rows(side.item_count)}; {least} are needed to tell anything"

    def _may_speak(self, rule: Rule) -> bool:
        """Return whether *rule* can match anything of this monitor."""
        said = re.split(r"[*?\[]", rule.match)[0]
        ours = f"{self.check.monitor}/"
        return ours.startswith(said) or said.startswith(ours)

    def _rule(self, *names: str) -> Optional[Rule]:
        return rules.rule_for(self.spec, "/".join((self.check.monitor, *names)))

    def _violation(self, violation: CustomViolation) -> Finding:
        kind, subject = violation.constraint_check_type, violation.subject
        rule = self._rule(kind, subject)
        # Columns that do not fit mean here what they mean in data quality: no policy lets them pass.
        misfit = kind in COLUMN_CHECKS
        judged = misfit or (rule is not None and rule.action != "ignore" and self.tells)
        before = self.report.baseline.metrics if self.report.baseline else {}
        return self._finding(
            metric=kind,
            feature=subject,
            value=self.report.statistics.metrics.get(subject),
            baseline=before.get(subject),
            limit=Limit("aws", None, None) if judged else None,
            rule=None if misfit else rule,
            crossed=judged,
            aws=True,
            refuses=misfit,
            message=f"{self.name}: {wording.fact(kind, subject, violation.description or 'violated')}",
        )

    def _metric(self, name: str, value: Optional[float]) -> Finding:
        rule = self._rule(name)
        before = self.report.baseline.metrics.get(name) if self.report.baseline else None
        limit = _limit(rule, before) if self.tells and value is not None else None
        crossed = limit is not None and value is not None and limit.crossed_by(value)
        message = f"{self.name}: {name} is not computable"
        if value is not None:
            shown = wording.number(value, before, *((limit.low, limit.high) if limit else ()))
            held = wording.against(limit, value, before, self.report.statistics.item_count)
            message = f"{self.name}: {name} is {shown}, {held}"
        return self._finding(
            metric=name,
            feature=None,
            value=value,
            baseline=before,
            limit=limit,
            rule=rule,
            crossed=crossed,
            aws=False,
            message=message,
        )

    def _finding(
        self,
        *,
        metric: str,
        feature: Optional[str],
        value: Optional[float],
        baseline: Optional[float],
        limit: Optional[Limit],
        rule: Optional[Rule],
        crossed: bool,
        aws: bool,
        message: str,
        refuses: bool = False,
    ) -> Finding:
        return Finding(
            check=self.check.step,
            monitor=self.check.monitor,
            metric=metric,
            facet=None,
            facet_value=None,
            value=value,
            baseline=baseline,
            limit=limit,
            rule=None if rule is None else rule.match,
            action="fail" if refuses else "none" if rule is None else rule.action,
            crossed=crossed,
            aws_violation=aws,
            message=message,
            feature=feature,
            evidence_uri=self.check.violations_uri if aws else self.check.report_uri,
        )

    def _not_checked(self) -> Iterator[NotChecked]:
        for why in self.few:
            yield NotChecked(f"{self.check.monitor}/*", why)
        for violation in self.report.violations:
            names = violation.constraint_check_type, violation.subject
            rule, subject = self._rule(*names), "/".join((self.check.monitor, *names))
            if violation.constraint_check_type in COLUMN_CHECKS:
                continue
            if rule is None:
                yield NotChecked(subject, "no rule matches it")
            elif rule.action != "ignore" and rule.kind != "aws":
                yield NotChecked(subject, f"a limit ({rule.kind}) is for metrics; the violation counts")
        for name, value in self.report.statistics.metrics.items():
            speaking = self._rule(name)
            if speaking is None or speaking.action == "ignore":
                continue
            lack = self._unjudgeable(speaking, name, value)
            if lack:
                yield NotChecked(f"{self.check.monitor}/{name}", lack)
        for rule in self._without_metric():
            yield NotChecked(rule.match, "the rule has a limit, and no metric of this run is called so")

    def _unjudgeable(self, rule: Rule, name: str, value: Optional[float]) -> str | None:
        """Return why the limit of *rule* cannot be applied to a metric; None where it can, or has none."""
        if rule.kind == "aws":
            return None
        if value is None:
            return "not computable"
        if rule.kind == "calibrated":
            return NO_CHANCE
        known = self.report.baseline is not None and self.report.baseline.metrics.get(name) is not None
        if rule.kind == "tolerance" and not known:
            return ESTABLISHED if self.report.baseline is None else "no baseline: it does not have the metric"
        return None

    def _without_metric(self) -> List[Rule]:
        """Return the rules with a limit for this monitor alone that judge none of its metrics."""
        used = {id(self._rule(name)) for name in self.report.statistics.metrics}
        ours = f"{self.check.monitor}/"
        return [
            rule
            for rule in self.rules
            if rule.match.startswith(ours)
            and rule.action != "ignore"
            and rule.kind not in ("aws", "calibrated")
            and id(rule) not in used
        ]

    def _lost(self) -> Iterator[str]:
        """Yield what a rule that refuses has a limit for and the run no value."""
        for name, value in self.report.statistics.metrics.items():
            rule = self._rule(name)
            if value is None and rule is not None and rule.action == "fail" and rule.kind != "aws":
                yield f"{self.check.monitor}/{name} cannot be judged: not computable"
        for rule in self._without_metric():
            if rule.action == "fail" and not set("*?[") & set(rule.match):
                yield f"{rule.match} cannot be judged: the statistics have no such metric"


def _limit(rule: Optional[Rule], before: Optional[float]) -> Optional[Limit]:
    """Return the values that *rule* lets a metric have; None where it sets none, or needs a baseline.

    Which way a metric is worse only its team knows: a tolerance is for both sides.
    """
    if rule is None or rule.action == "ignore":
        return None
    if rule.kind == "between" and rule.between is not None:
        return Limit("between", *rule.between)
    if rule.kind == "minimum":
        return Limit("minimum", rule.minimum, None)
    if rule.kind == "maximum":
        return Limit("maximum", None, rule.maximum)
    if rule.kind == "tolerance" and before is not None and not isinstance(rule.tolerance, str):
        reach = rule.tolerance or 0.0
        return Limit("tolerance", before - reach, before + reach)
    return None


def _rows(count: int) -> str:
    return wording.several(count, "row")
