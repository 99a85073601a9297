"""Which state an alarm has by its data points.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
MORE = 2
"""Periods that are looked at beyond those that are evaluated, so that data that come late are found."""
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
_MISSING = {"missing", "ignore", "breaching", "notBreaching"}


@dataclass(frozen=True)
class State:
    """A state, and the sentence that says why."""

    value: str
    reason: str


def unable(alarm: Mapping[str, Any]) -> str | None:
    """Return why an alarm is not evaluated here; None for one that is."""
    if alarm.get("Metrics"):
        return "metric math is not evaluated"
    if alarm.get("Statistic") not in STATISTICS:
        return f"the statistic {alarm.get('ExtendedStatistic') or alarm.get('Statistic')} is not evaluated"
    if alarm.get("ComparisonOperator") not in _COMPARED:
        return f"the comparison {alarm.get('ComparisonOperator')} is not evaluated"
    return None


def evaluate(alarm: Mapping[str, Any], points: Sequence[float | None]) -> State | None:
    """Return the state by *points*, one a period, the newest last, None where data are missing.

    They are those of the evaluation range: more than are evaluated. None is the state that there was.
    """
    count = int(alarm["EvaluationPeriods"])
    needed = int(alarm.get("DatapointsToAlarm") or count)
    compare = _COMPARED[alarm["ComparisonOperator"]]
    missing = alarm.get("TreatMissingData") or "missing"
    assert missing in _MISSING, missing
    threshold = float(alarm["Threshold"])
    # As many real ones as are asked for, however old, before any is made up.
    real = [(place, value) for place, value in enumerate(points) if value is not None][-count:]
    breaching = [value for _, value in real if compare(value, threshold)]
    left = count - len(real)
    crossed = len(breaching) + (left if missing == "breaching" else 0) >= needed
    if not crossed and len(real) == len(breaching) and missing in ("missing", "ignore"):
        if missing == "ignore":
            return None
        # Where all that came since was missing or breached, a breach as old as those needed is enough.
        if not real or len(points) - real[0][0] < needed:
            return State(INSUFFICIENT, f"Insufficient Data: {left} datapoints were unknown.")
        crossed = True
    told = ", ".join(f"{value:g}" for value in (breaching if crossed else [each for _, each in real])[-5:])
    beyond = f"{'' if crossed else 'not '}{_words(alarm['ComparisonOperator'])} the threshold ({threshold:g})"
    return State(ALARM if crossed else OK, f"Threshold Crossed: [{told or 'no data'}] {beyond}.")


def _words(operator: str) -> str:
    words = operator.removesuffix("Threshold").removesuffix("To")
    return "".join(f" {each.lower()}" if each.isupper() else each for each in words).strip()
