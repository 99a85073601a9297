"""What the policy declares to matter: how likely this batch would catch it, and how many rows would do.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Dict, Iterator, List, Sequence, Tuple

from sagemaker_monitor.analysis.decision import rules
from sagemaker_monitor.analysis.decision.evidence import Evidence
from sagemaker_monitor.analysis.decision.judged import Judged
from sagemaker_monitor.analysis.decision.power import Effort, rows_needed
from sagemaker_monitor.analysis.decision.power_bias import BiasPower
from sagemaker_monitor.analysis.decision.power_drift import DriftPower
from sagemaker_monitor.analysis.decision.power_model import ModelPower
from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.shifts import UnreachableError
from sagemaker_monitor.analysis.decision.spec import (
    BIAS,
    BIAS_CHECKS,
    DATA_QUALITY,
    EXPLAINABILITY,
    MODEL_QUALITY,
    MONITORS,
    NEED_LABELS,
    Shift,
    Spec,
)
from sagemaker_monitor.analysis.decision.table import Table
from sagemaker_monitor.analysis.documents.verdict import Power

if TYPE_CHECKING:
    from sagemaker_monitor.analysis.decision.power import Power as Simulated

NO_ROWS = "the baseline's rows are missing"
NOT_COMPARED = "nothing was compared"
NO_SHIFT = "no shift of attributions is simulated: an nDCG does not say which features would trade places"


@dataclass(frozen=True)
class Simulators:
    """By monitor, what simulates its limits, or why nothing does."""

    known: Dict[str, Simulated]
    without: Dict[str, str]


def simulators(
    spec: Spec, sample: Sample | None, features: Table | None, *, predicted: bool = True
) -> Simulators:
    """Return what simulates each monitor beside the rows of one baseline.

    Without *predicted* labels its predictions are none, and nothing is told of them.
    """
    known: Dict[str, Simulated] = {}
    without = {EXPLAINABILITY: NO_SHIFT}
    if sample is None:
        without.update((monitor, NO_ROWS) for monitor in NEED_LABELS)
    else:
        known[BIAS] = BiasPower(spec, sample, predicted=predicted)
        if sample.scored is None:
            without[MODEL_QUALITY] = sample.unscored or "there are no scores"
        else:
            known[MODEL_QUALITY] = ModelPower(spec, sample.scored)
    if features is None:
        without[DATA_QUALITY] = NO_ROWS
    else:
        known[DATA_QUALITY] = DriftPower(spec, features)
    return Simulators(known, without)


def powers(spec: Spec, evidence: Evidence, effort: Effort | None = None) -> Tuple[Power, ...]:
    """Return how likely this batch catches each declared shift of what was compared in this run."""
    if not spec.gate.detect or evidence.baseline is None:
        return ()
    before, batch = evidence.baseline, evidence.batch
    compared = {check.monitor for check in evidence.checks if check.status == "compared"}
    asked = {monitor for shift in spec.gate.detect for monitor in monitors_of(shift)} & compared
    made = simulators(
        spec,
        before.sample if asked & set(NEED_LABELS) else None,
        before.features if DATA_QUALITY in asked else None,
    )
    rows = dict.fromkeys(NEED_LABELS, batch.rows if batch else 0)
    rows[DATA_QUALITY] = rows[EXPLAINABILITY] = evidence.unlabelled_rows
    found = [
        each
        for shift in spec.gate.detect
        for monitor in monitors_of(shift)
        if monitor in asked
        for each in _of(spec, shift, monitor, made, rows[monitor], effort or Effort())
    ]
    return tuple(found)


def monitors_of(shift: Shift) -> Tuple[str, ...]:
    """Return the monitors that a shift is about."""
    first = shift.match.partition("/")[0]
    first = BIAS if first in BIAS_CHECKS else first
    return tuple(monitor for monitor in MONITORS if fnmatchcase(monitor, first))


def _of(
    spec: Spec, shift: Shift, monitor: str, made: Simulators, rows: int, effort: Effort
) -> Iterator[Power]:
    told = Power(shift.match, shift.by, shift.power, None, rows, None, shift.required)
    simulated = made.known.get(monitor)
    if simulated is None:
        yield replace(told, why=made.without.get(monitor, NOT_COMPARED))
        return
    names = [name for name in simulated.names if rules.selects(shift.match, rules.names(spec, name))]
    if not names:
        yield replace(told, why="it does not follow from the baseline's rows")
    for name in names:
        yield power_of(simulated, replace(told, subject=name), effort)


def power_of(simulated: Simulated, asked: Power, effort: Effort) -> Power:
    """Return *asked* with how likely its number of rows catches the shift, and how many rows would do."""
    try:
        caught = simulated.caught(asked.subject, asked.by, asked.rows, effort)
        needed = rows_needed(
            simulated, asked.subject, asked.by, asked.wanted, effort, start=asked.rows, caught=caught
        )
    except UnreachableError as error:
        return replace(asked, why=str(error))
    return replace(asked, caught=round(caught, 3), rows_needed=needed)


def with_demands(parts: Sequence[Judged], found: Sequence[Power]) -> List[Judged]:
    """Return *parts*, of which those whose batch is too small for a required shift have too few rows."""
    lacking: Dict[str, List[str]] = {}
    for each in found:
        if each.required and not each.enough:
            first = each.subject.partition("/")[0]
            lacking.setdefault(BIAS if first in BIAS_CHECKS else first, []).append(told(each))
    return [replace(part, few=(*part.few, *lacking.get(part.monitor, ()))) for part in parts]


def told(each: Power) -> str:
    """Return one sentence about how likely a shift is caught, and how many rows would do."""
    moved = f"{each.subject} moved by {each.by:+g}"
    if each.caught is None:
        return f"{moved}: how likely that is caught cannot be told: {each.why}"
    said = f"{moved} would be caught in {each.caught:.0%} of batches of {each.rows} rows"
    if each.enough:
        return said
    if each.rows_needed is None:
        return f"{said}, and no number of rows makes that {each.wanted:.0%} beside this baseline and policy"
    return f"{said}; {each.wanted:.0%} take about {each.rows_needed} rows"
