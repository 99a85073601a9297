"""How findings and decisions are said to a person.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import math
import re
from typing import Sequence

from sagemaker_monitor.analysis.documents.verdict import COLUMN_CHECKS, HIGHER, Finding, Limit

# What a value above neutral, and one below it, says about the people inside the facet.
MEANING = {
    "CI": ("fewer rows than the others", "more rows than the others"),
    "DPL": ("favourable labels are rarer than for the others", "favourable labels are more frequent"),
    "CDDL": ("refused more than accepted, within groups", "accepted more than refused, within groups"),
    "DPPL": (
        "favourable predictions are rarer than for the others",
        "favourable predictions are more frequent",
    ),
    "DI": (
        "favourable predictions are more frequent",
        "favourable predictions are rarer than for the others",
    ),
    "CDDPL": ("predicted to be refused more, within groups", "predicted to be refused less, within groups"),
    "RD": ("deserving people are recognised less often", "deserving people are recognised more often"),
    "SD": ("undeserving people are recognised more often", "undeserving people are recognised less often"),
    "DAR": ("favourable predictions are right less often", "favourable predictions are right more often"),
    "DRR": ("unfavourable predictions are right more often", "unfavourable predictions are right less often"),
    "DCA": (
        "more favourable predictions than labels warrant",
        "fewer favourable predictions than labels warrant",
    ),
    "DCR": (
        "fewer unfavourable predictions than labels warrant",
        "more unfavourable predictions than labels warrant",
    ),
    "AD": ("predictions are wrong more often", "predictions are right more often"),
    "TE": ("errors turn out unfavourable more often", "errors turn out favourable more often"),
    "FT": ("treated better than similar people", "treated worse than similar people"),
}
UNDIRECTED = {"GE": "errors are spread unequally over people"}
DISTANCE = "labels are distributed differently than for the others"
# What it says about a model that one of its metrics is worse.
WORSE = {
    "auc": "scores tell the two classes apart less well",
    "accuracy": "fewer predictions are right",
    "recall": "fewer of the rows observed as 1 are recognised",
    "precision": "fewer of the rows predicted as 1 turn out to be",
    "f1": "recall and precision together are lower",
    "f0_5": "recall and precision together, precision counting more, are lower",
    "f2": "recall and precision together, recall counting more, are lower",
    "true_positive_rate": "fewer of the rows observed as 1 are recognised",
    "true_negative_rate": "fewer of the rows observed as 0 are recognised",
    "false_positive_rate": "more of the rows observed as 0 are taken for 1",
    "false_negative_rate": "more of the rows observed as 1 are missed",
    "weighted_recall": "fewer rows are recognised as their class, each class counting by its rows",
    "weighted_precision": "fewer of the rows predicted as a class turn out to be of it",
    "weighted_f1": "recall and precision of the classes together are lower",
    "weighted_f0_5": "recall and precision of the classes together, precision counting more, are lower",
    "weighted_f2": "recall and precision of the classes together, recall counting more, are lower",
    "mae": "predictions are farther from the labels on average",
    "rmse": "predictions are farther from the labels, large errors counting more",
    "mse": "squared errors of the predictions are larger on average",
    "r2": "predictions explain less of how the labels vary",
}
NDCG = "ndcg"
SAME_RANKING = 1.0
"""The nDCG of a ranking with itself."""
MOST_TELLING = (
    "DPPL",
    "DI",
    "DPL",
    "RD",
    "AD",
    "SD",
    "TE",
    "DCR",
    "DCA",
    "DAR",
    "DRR",
    "FT",
    "CDDPL",
    "CDDL",
)


FACTS = ("data_type_check", "completeness_check", "categorical_values_check")
DRIFT = "baseline_drift_check"
LONGEST = 300
MOST_ALIKE = 1e-6
"""Values that differ by less, or by less of their size where they are small, are the same to a person."""
SMALL = 5e-4
"""Below this a person needs the first digits that are not 0."""
LARGE = 1e3
"""From here on, fractions tell a person less than the digits before them; five digits are enough."""
SHARES = (
    (re.compile(r"Observed: (?:Only )?([0-9.Ee+-]+)%"), 100.0),
    (re.compile(r"Value: ([0-9.Ee+-]+[0-9])"), 1.0),
)
"""How SageMaker writes the share that it observed, and what makes it one."""


def number(value: float | None, *others: float | None) -> str:
    """Return *value* with as many digits as a person reads, and more where *others* would look the same."""
    if value is None:
        return "not computable"
    if value in (float("inf"), float("-inf")):
        return "infinite" if value > 0 else "minus infinite"
    digits = 3 if abs(value) < 0.1 else 2
    if 0 < abs(value) < SMALL:
        digits = 1 - math.floor(math.log10(abs(value)))
    if abs(value) >= LARGE:
        digits = max(0, 4 - math.floor(math.log10(abs(value))))
    alike = MOST_ALIKE * min(1.0, abs(value) or 1.0)
    close = [each for each in others if each is not None and alike < abs(each - value) < float("inf")]
    while any(f"{each:.{digits}f}" == f"{value:.{digits}f}" for each in close):
        digits += 1
    return f"{value:,.{digits}f}"


def meaning(metric: str, value: float, neutral: float) -> str:
    """Return in a few words what *value* says about the people inside the facet."""
    if metric in MEANING:
        return "" if value == neutral else MEANING[metric][0 if value > neutral else 1]
    return "" if value == neutral else UNDIRECTED.get(metric, DISTANCE)


def _allowed(limit: Limit, value: float, *others: float) -> str:
    """Return the side of *limit* that matters for *value*: at most 0.21, at least 0.80."""
    if limit.high is not None and (value > limit.high or limit.low is None):
        return f"at most {number(limit.high, value, *others)}"
    if limit.low is not None and (value < limit.low or limit.high is None):
        return f"at least {number(limit.low, value, *others)}"
    return f"{number(limit.low)} to {number(limit.high)}"


def against(limit: Limit | None, value: float, baseline: float | None, rows: int, *others: float) -> str:
    """Return what *value* was held against, as half a sentence; numbers differ from *others* on paper."""
    held = "" if baseline is None else f" (baseline {number(baseline)})"
    if limit is None:
        return f"not judged{held}"
    if limit.low is None and limit.high is None:
        return f"no limit: chance alone may take it anywhere at {rows} rows{held}"
    allowed = _allowed(limit, value, *others)
    if limit.kind == "calibrated":
        return f"{allowed} is explained by chance at {rows} rows{held}"
    if limit.kind == "aws":
        return f"{allowed} by SageMaker's own rule{held}"
    return f"{allowed} is allowed{held}"


def message(finding: Finding, rows: int, neutral: float) -> str:
    """Return one sentence about *finding*: value, limit, and who is disadvantaged."""
    if finding.value is None:
        return f"{finding.metric} for {finding.facet} is not computable"
    said = against(finding.limit, finding.value, finding.baseline, rows)
    means = meaning(finding.metric, finding.value, neutral)
    tail = f"; {finding.facet}: {means}" if means and (finding.crossed or finding.aws_violation) else ""
    return f"{finding.metric} for {finding.facet} is {_value(finding)}, {said}{tail}"


def _value(finding: Finding, *others: float) -> str:
    limit = finding.limit
    return number(finding.value, *((limit.low, limit.high) if limit else ()), *others)


def of_model(finding: Finding, rows: int) -> str:
    """Return one sentence about a metric of model quality: value, limit, and what is worse."""
    if finding.value is None:
        return f"{finding.metric} is not computable"
    said = against(finding.limit, finding.value, finding.baseline, rows)
    worse = WORSE.get(finding.metric, f"{finding.worse} is worse")
    tail = f"; {worse}" if finding.crossed and _is_worse(finding) else ""
    return f"{finding.metric} is {_value(finding)}, {said}{tail}"


def _is_worse(finding: Finding) -> bool:
    if finding.value is None or finding.baseline is None:
        return False
    return finding.value > finding.baseline if finding.worse == HIGHER else finding.value < finding.baseline


def of_ranking(finding: Finding, rows: int, moved: str) -> str:
    """Return one sentence about how features rank compared with the baseline; *moved* is who moved most."""
    if finding.value is None:
        return "nDCG of the features' ranking is not computable"
    said = against(finding.limit, finding.value, None, rows, SAME_RANKING)
    tail = f"; {moved}" if moved and (finding.crossed or finding.aws_violation) else ""
    return f"nDCG of the features' ranking is {_value(finding, SAME_RANKING)}, {said}{tail}"


def fact(check_type: str, feature: str | None, description: str) -> str:
    """Return one sentence about a violation of types, missing values, categories or columns."""
    said = " ".join(description.split())[:LONGEST].rstrip(". ")
    return said if feature is None else f"{check_type} for {feature}: {said}"


def share_in(description: str) -> float | None:
    """Return the share that SageMaker observed, where its description of a violation has it."""
    for pattern, unit in SHARES:
        found = pattern.search(description)
        if found:
            return float(found.group(1)) / unit
    return None


def drift(
    feature: str,
    value: float | None,
    limit: Limit | None,
    *,
    rows: int,
    aws: bool,
    allowed: float | None,
    staged: bool,
) -> str:
    """Return one sentence about a feature's distance; *allowed* is what SageMaker's own rule lets pass.

    With *staged* it was not applied, as other violations were found first.
    """
    rule = "" if allowed is None else f" (at most {number(allowed)})"
    said = "flags it" if aws else "lets it pass" if not staged else "was not applied beside other violations"
    theirs = f"SageMaker's own rule{rule} {said}"
    if value is None:
        return f"{feature} has drifted from the baseline by SageMaker's own rule; its distance is not known"
    said = f"the distance of {feature} from its baseline is {number(value)}"
    if limit is not None and limit.kind == "aws":
        return f"{said}; {theirs}"
    crossed = limit is not None and limit.crossed_by(value)
    tail = f"; {theirs}" if allowed is not None and (crossed or aws) else ""
    return f"{said}, {against(limit, value, None, rows)}{tail}"


def most_telling(findings: Sequence[Finding]) -> Finding:
    """Return the finding a person understands best: rates before distances, facts before drift."""
    order = {metric: place for place, metric in enumerate((*COLUMN_CHECKS, *MOST_TELLING, *WORSE, *FACTS))}
    return min(
        findings,
        key=lambda finding: (
            order.get(finding.metric, len(order)),
            -(finding.value or 0.0) if finding.metric == DRIFT else 0.0,
        ),
    )


def several(count: int, thing: str) -> str:
    """Return *count* things, in the right number."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
