"""How a verdict's findings are told: what crossed, and the rest, by group of people and by feature."""

from __future__ import annotations

import math
from collections.abc import Iterable

from sagemaker_monitor.analysis.documents.custom import CHECK_TYPE
from sagemaker_monitor.analysis.documents.custom import MONITOR as CUSTOM
from sagemaker_monitor.analysis.documents.verdict import Finding, Verdict
from sagemaker_monitor.reports.meanings import DRIFT, MEANINGS, MODEL, direction, worsened
from sagemaker_monitor.reports.scale import Scale, scale
from sagemaker_monitor.reports.wording import digits, number, sentence, text

MAX_CROSSINGS = 40

COLUMN_CHECKS = ("missing_column_check", "extra_column_check")
ABOUT_MODELS = {"model_quality": "model quality", "explainability": "attributions"}
"""What findings about the model as a whole are about, by their monitor."""


def group_name(facet: str, value: str) -> str:
    """Return a facet and its value as one name, such as `black = 1` or `age (30, 75]`."""
    joint = " " if value[:1] in "([" else " = "
    return text(f"{facet}{joint}{value}" if value else facet, 120)


def of_inputs(finding: Finding) -> bool:
    """Return whether *finding* is about the inputs, not about the model or a group of people."""
    return finding.facet is None and not of_model(finding)


def of_model(finding: Finding) -> bool:
    """Return whether *finding* is about the model as a whole: its quality, what it rests on, or else."""
    if finding.monitor in ABOUT_MODELS or of_custom(finding):
        return True
    # A monitor that this program does not know is about neither people nor inputs unless it says so.
    named = finding.facet is not None or finding.feature is not None
    return not named and finding.monitor != "data_quality"


def of_custom(finding: Finding) -> bool:
    """Return whether *finding* is of a monitor that a team brought as an image."""
    return finding.monitor.startswith(CUSTOM)


def about(finding: Finding) -> str:
    """Return what a finding is about: the model, a group of people, a feature, the columns, or a monitor."""
    if of_custom(finding):
        return text(", ".join(filter(None, (finding.monitor.removeprefix(CUSTOM), finding.feature))), 120)
    if of_model(finding):
        return ABOUT_MODELS.get(finding.monitor, text(finding.monitor, 60).replace("_", " "))
    if finding.facet is not None:
        return group_name(finding.facet, finding.facet_value or "")
    return text(finding.feature, 120) if finding.feature is not None else "columns"


def table_of(finding: Finding) -> str:
    """Return the title of the table that a finding of a model or a group of people stands in."""
    if of_custom(finding):
        return text(f"Custom monitor {finding.monitor.removeprefix(CUSTOM)}", 120)
    return sentence(about(finding)) if of_model(finding) else about(finding)


NOT_SIMULATED = "the limits of monitors of your own are not in it"
"""What is to be said beside an error rate."""


def has_custom(verdict: Verdict) -> bool:
    """Return whether a monitor that a team brought was compared, whose limits no error rate covers."""
    checks = (each for each in verdict.checks if each.check_type.startswith(CHECK_TYPE))
    return any(each.status == "compared" for each in checks)


def by_aws(finding: Finding) -> bool:
    """Return whether it is a violation by AWS's own rule; a team's monitor has rules of its own."""
    return finding.aws_violation and not of_custom(finding)


def outcome(finding: Finding) -> str:
    """Return what *finding* means: refuses, warns, waived, ignored, within, no value or no limit."""
    meant = {"refuse": "refuses", "warn": "warns", "waived": "waived"}.get(finding.severity)
    if meant is not None:
        return meant
    if finding.value is None:
        return "no value"
    if finding.limit is None:
        return "no limit"
    return "ignored" if finding.crossed else "within"


def allowed(finding: Finding, decimals: int) -> str:
    """Return the values that the finding's limit lets pass, as far as the metric can take them."""
    low, high = limits_of(finding)
    if low is None and high is None:
        return "–"
    if high is None:
        return f"≥ {number(low, decimals)}"
    return (
        f"≤ {number(high, decimals)}"
        if low is None
        else f"{number(low, decimals)} to {number(high, decimals)}"
    )


def most_telling_first(crossed: Iterable[Finding]) -> list[Finding]:
    """Return what crossed: wrong columns, other facts about inputs, the largest drift first, bias, quality.

    That the model decides otherwise comes last: it tells why, and that something is wrong the others tell.
    """

    def place(finding: Finding) -> tuple[int, float]:
        if not of_inputs(finding):
            if not of_model(finding):
                return 3, 0.0
            known = finding.metric in MODEL
            return 4, float(list(MODEL).index(finding.metric) if known else len(MODEL))
        if finding.metric in COLUMN_CHECKS:
            return 0, 0.0
        if finding.metric != DRIFT:
            return 1, 0.0
        high = finding.limit.high if finding.limit else None
        return 2, -(finding.value or 0.0) / high if high else -math.inf

    return sorted(crossed, key=place)


def drawn(finding: Finding) -> Scale | None:
    """Return where value, baseline, limits and neutral lie on a line; None where there is nothing to draw."""
    low, high = limits_of(finding)
    return scale(value=finding.value, baseline=finding.baseline, low=low, high=high, neutral=neutral(finding))


def neutral(finding: Finding) -> float | None:
    """Return the value that says that nothing is different; None where there is none."""
    if finding.monitor == "explainability":
        return 1.0
    if of_model(finding):
        return None
    meaning = MEANINGS.get(finding.metric)
    return 0.0 if finding.metric == DRIFT else meaning.neutral if meaning else None


def moved(finding: Finding) -> str:
    """Return in words how the metric moved from its baseline."""
    if of_custom(finding):
        # What is called recall may be anything to the team.
        return ""
    if of_model(finding):
        return worsened(finding)
    return direction(finding.metric, finding.value, finding.baseline)


def decimals_of(finding: Finding) -> int:
    """Return how many decimals keep the finding's numbers apart on paper."""
    # A ranking's limit is close to 1, which is the same ranking.
    same = [1.0] if finding.monitor == "explainability" else []
    return digits([finding.value, finding.baseline, *limits_of(finding), *same])


def limits_of(finding: Finding) -> tuple[float | None, float | None]:
    """Return the lowest and highest values that the limit lets pass, as far as the metric can go."""
    limit = finding.limit
    return (_reachable(finding, limit.low), limit.high) if limit else (None, None)


def _reachable(finding: Finding, low: float | None) -> float | None:
    """Return *low*, or None where the metric can never be below it."""
    meaning = None if of_custom(finding) else MEANINGS.get(finding.metric)
    return None if low is not None and low <= 0 and meaning and meaning.unsigned else low


def caught(finding: Finding, decimals: int) -> str:
    limit = finding.limit
    if limit is None:
        return ""
    sides = (("<", _reachable(finding, limit.detects_low)), (">", limit.detects_high))
    return " or ".join(
        f"{sign} {number(side, decimals)}" for sign, side in sides if side is not None and math.isfinite(side)
    )
