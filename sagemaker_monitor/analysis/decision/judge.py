"""What the evidence means under the policy: every finding, the decision, and what could not be told.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Sequence

import numpy as np

from sagemaker_monitor.analysis.bias.metrics import METRICS, NEUTRAL
from sagemaker_monitor.analysis.decision import calibration, rules, wording
from sagemaker_monitor.analysis.decision.evidence import CheckEvidence, Evidence, Value
from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.spec import BIAS, BIAS_CHECKS, MONITORS, WORSE, Rule, Spec
from sagemaker_monitor.analysis.documents import custom
from sagemaker_monitor.analysis.documents import verdict as documents
from sagemaker_monitor.analysis.documents.verdict import Finding, Limit, NotChecked

AGREEMENT = 1e-6
"""How far a report may be from the same metric computed from the joined rows."""


@dataclass(frozen=True)
class Subject:
    """One metric of one facet as its check reported it, the baseline's, and the rule that speaks for it."""

    check: CheckEvidence
    value: Value
    baseline: Value | None
    rule: Rule | None
    facet: int | None

    @property
    def name(self) -> str:
        """Return what rules match."""
        return rules.subject(self.check.monitor, self.value.metric, self.value.facet)

    @property
    def base(self) -> float | None:
        """Return the baseline's value; None where there is none to compare with."""
        return None if self.baseline is None else self.baseline.value

    @property
    def action(self) -> str:
        """Return what crossing its limit means."""
        return "none" if self.rule is None else self.rule.action

    @property
    def kind(self) -> str | None:
        """Return the kind of limit its rule sets; None where no rule judges it."""
        return None if self.rule is None or self.rule.action == "ignore" else self.rule.kind

    def unjudgeable(self) -> str | None:
        """Return why its rule's limit cannot be applied; None where it can."""
        if self.rule is None:
            return "no rule matches it"
        if self.rule.action == "ignore":
            return None
        if self.value.value is None:
            return self.value.error or "not computable"
        if self.kind in ("between", "minimum", "maximum"):
            return None
        if self.check.status == "established":
            return "baseline established, nothing compared"
        if self.base is None:
            why = self.baseline.error if self.baseline else "the baseline does not have it"
            return f"no baseline: {why or 'not computable'}"
        if self.kind == "calibrated" and self.value.metric not in METRICS:
            return (
                "no calibrated limit: who is whose nearest neighbour does not follow from counts; "
                "give it a limit of its own"
            )
        return None


@dataclass(frozen=True)
class Calibrated:
    """Calibrated limits by (metric, facet index), what the verdict says of them, and disagreeing checks."""

    offsets: dict[tuple[str, int], rules.Offsets]
    scatter: dict[tuple[str, int], tuple[float, float]]
    family: documents.Family | None
    disagreements: dict[str, str]
    left_out: dict[str, str]


NOTHING = Calibrated({}, {}, None, {}, {})


def subjects(spec: Spec, checks: Sequence[CheckEvidence]) -> tuple[Subject, ...]:
    """Return every metric that the checks reported, with the first rule that matches it."""
    facets = {facet.name: place for place, facet in enumerate(spec.facets)}
    found = []
    for check in checks:
        before = {(value.facet, value.metric): value for value in check.baseline}
        for value in check.current:
            rule = rules.rule_for(spec, rules.subject(check.monitor, value.metric, value.facet))
            baseline = before.get((value.facet, value.metric)) if check.status == "compared" else None
            found.append(Subject(check, value, baseline, rule, facets.get(value.facet)))
    return tuple(found)


def _pair(subject: Subject) -> tuple[str, int]:
    if subject.facet is None:
        raise ValueError(f"{subject.name}: the facet is not one of the specification's")
    return subject.value.metric, subject.facet


def _disagreements(judged: Sequence[Subject], seen: calibration.Patterns) -> dict[str, str]:
    """Return, by check, where a report and the rows it should rest on tell different values."""
    found: dict[str, str] = {}
    if not judged:
        return found
    pairs = [_pair(subject) for subject in judged]
    for what, counts in (("report", seen.batch), ("baseline", seen.baseline)):
        computed = seen.values(counts.astype(np.float64), pairs)
        for subject, ours in zip(judged, computed):
            theirs = subject.value.value if what == "report" else subject.base
            if theirs is not None and not (theirs == ours or abs(theirs - ours) <= AGREEMENT):
                found.setdefault(
                    subject.check.step,
                    f"its {what} has {wording.number(theirs)} for {subject.name}, "
                    f"but its joined rows give {wording.number(float(ours))}: they are not the same data",
                )
    return found


def calibrate(spec: Spec, judged: Sequence[Subject], batch: Sample, baseline: Sample | None) -> Calibrated:
    """Return the calibrated limits: one family for what refuses, another for what warns."""
    left_out = _too_many_groups(judged, batch)
    judged = [subject for subject in judged if subject.name not in left_out]
    families = {
        action: [_pair(s) for s in judged if s.kind == "calibrated" and s.action == action]
        for action in ("fail", "warn")
    }
    fixed = [
        (_pair(s), s.rule)
        for s in judged
        if s.rule and s.action == "fail" and s.kind != "calibrated" and s.value.metric in METRICS
    ]
    every = [*families["fail"], *families["warn"]]
    if baseline is None or not (every or fixed):
        return replace(NOTHING, left_out=left_out)
    grouped = any(METRICS[metric].grouped for metric, _ in [*every, *(pair for pair, _ in fixed)])
    seen = calibration.patterns(baseline, batch, grouped=grouped)
    offsets: dict[tuple[str, int], rules.Offsets] = {}
    refused = 0.0
    chance = calibration.chance(seen, every) if every else None
    for action, members in families.items():
        if chance and members:
            limited = chance.offsets(members, spec.false_refusals)
            offsets.update(limited.offsets)
            refused += limited.refused if action == "fail" else 0.0
    simulation = calibration.simulate(seen, every, fixed)
    family = documents.Family(
        monitor=BIAS,
        method=calibration.METHOD,
        false_refusals=spec.false_refusals,
        replicates=calibration.SPLITS,
        limits=len(families["fail"]),
        refuses_honest=round(min(1.0, refused + simulation.refused), 4),
    )
    comparable = [s for s in judged if s.check.status == "compared" and s.kind == "calibrated"]
    return Calibrated(offsets, simulation.scatter, family, _disagreements(comparable, seen), left_out)


def _too_many_groups(judged: Sequence[Subject], batch: Sample) -> dict[str, str]:
    """Return what cannot be calibrated because the group variable has too many values, by name."""
    groups = 0 if batch.group is None else len(np.unique(batch.group))
    if groups <= calibration.MAX_GROUPS:
        return {}
    most = calibration.MAX_GROUPS
    why = f"no calibrated limit: the group variable has {groups} values, and at most {most} can be split"
    return {s.name: why for s in judged if s.value.metric in METRICS and METRICS[s.value.metric].grouped}


def _detects(limit: Limit, scatter: tuple[float, float]) -> Limit:
    """Return *limit* with the true values that nine of ten batches of this size would show as crossing."""
    below, above = scatter
    high = None if limit.high is None or not np.isfinite(below) else limit.high + below
    low = None if limit.low is None or not np.isfinite(above) else limit.low - above
    return replace(limit, detects_low=low, detects_high=high)


def limit_of(subject: Subject, calibrated: Calibrated) -> Limit | None:
    """Return the limit that the subject's rule sets for it; None where it sets none."""
    if subject.rule is None or subject.kind is None or subject.unjudgeable():
        return None
    neutral = NEUTRAL.get(subject.value.metric, 0.0)
    base = np.nan if subject.base is None else subject.base
    if subject.kind != "calibrated":
        return rules.limit(subject.rule, base, neutral)
    offsets = calibrated.offsets.get(_pair(subject))
    if offsets is None:
        return None
    limit = rules.limit(subject.rule, base, neutral, offsets)
    return _detects(limit, calibrated.scatter[_pair(subject)])


def finding(subject: Subject, calibrated: Calibrated, *, rows: int, too_few: bool) -> Finding:
    """Return what is found about one metric; where its facet has too few rows it is not judged."""
    limit = None if too_few else limit_of(subject, calibrated)
    value, rule = subject.value, subject.rule
    aws = (value.facet, value.metric) in subject.check.violated
    crossed = False
    if limit is not None and value.value is not None:
        crossed = limit.crossed_by(value.value)
        if limit.kind == "aws":
            crossed = aws and (crossed or (rule is not None and rule.direction != WORSE))
    found = Finding(
        check=subject.check.step,
        monitor=subject.check.monitor,
        metric=value.metric,
        facet=value.facet,
        facet_value=value.facet_value,
        value=value.value,
        baseline=subject.base,
        limit=limit,
        rule=None if rule is None else rule.match,
        action=subject.action,
        crossed=crossed,
        aws_violation=aws,
        message="",
        evidence_uri=subject.check.report_uri,
    )
    return replace(found, message=wording.message(found, rows, NEUTRAL.get(value.metric, 0.0)))


def idle_rules(spec: Spec, names: Sequence[str]) -> tuple[NotChecked, ...]:
    """Return the rules that judged none of *names*, and whether an earlier rule is why.

    Rules of a monitor that had nothing to judge this time are left out.
    """
    used = {id(rules.rule_for(spec, name)) for name in names}
    known = [rules.names(spec, name) for name in names]
    silent = {monitor for monitor in MONITORS if not any(name.startswith(f"{monitor}/") for name in names)}
    # What a team's own monitor may violate is not known: a rule for what it did not is none too many.
    silent.add(custom.MONITOR.rstrip("/"))
    return tuple(
        NotChecked(
            rule.match,
            "an earlier rule matches everything that this rule matches"
            if any(rules.selects(rule.match, each) for each in known)
            else "the rule matches no metric of this run",
        )
        for rule in spec.gate.rules
        if names and id(rule) not in used and _monitor(rule) not in silent
    )


def _monitor(rule: Rule) -> str:
    first = rule.match.partition("/")[0]
    return BIAS if first in BIAS_CHECKS else first


def people(spec: Spec, evidence: Evidence) -> documents.Batch:
    """Return how many rows and people were judged."""
    facets = []
    shown = {value.facet: value.facet_value for check in evidence.checks for value in check.current}
    for place, facet in enumerate(spec.facets if evidence.batch else ()):
        inside, inside_good, outside, outside_good = (
            evidence.batch.counts(place) if evidence.batch else (0, 0, 0, 0)
        )
        told = ",".join(map(str, facet.values)) if facet.threshold is None else f"> {facet.threshold:g}"
        facets.append(
            documents.FacetRows(
                facet.name,
                shown.get(facet.name, told),
                documents.Side(inside, inside_good),
                documents.Side(outside, outside_good),
            )
        )
    labels = evidence.labels
    if labels is None:
        return documents.Batch(evidence.unlabelled_rows, 0, 0.0, ())
    return documents.Batch(labels.rows, labels.labelled, labels.overlap, tuple(facets))
