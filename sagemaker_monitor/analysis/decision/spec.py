"""What decide was told to expect and to apply: the asset spec.json.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from sagemaker_monitor.analysis.documents.custom import MONITOR as CUSTOM
from sagemaker_monitor.analysis.documents.strict import DocumentError, Object, read
from sagemaker_monitor.analysis.documents.verdict import Waiver
from sagemaker_monitor.analysis.documents.waiver import read_waiver

ACTIONS = ("fail", "warn", "ignore")
WHEN_TOO_FEW = ("inconclusive", "warn", "fail")
BIAS, DATA_QUALITY = "bias", "data_quality"
MODEL_QUALITY, EXPLAINABILITY = "model_quality", "explainability"
MONITORS = (BIAS, DATA_QUALITY, MODEL_QUALITY, EXPLAINABILITY)
NEED_LABELS = (BIAS, MODEL_QUALITY)
SAGEMAKER, OWN = "sagemaker", "own"
ENGINES = (SAGEMAKER, OWN)
BINARY, MULTICLASS, REGRESSION = "BinaryClassification", "MulticlassClassification", "Regression"
PROBLEM_TYPES = (BINARY, MULTICLASS, REGRESSION)
DIRECTIONS = WORSE, BOTH = ("worse", "both")
BIAS_CHECKS = ("data_bias", "model_bias")
"""The types of bias check, which rules may name in the place of bias."""
WINDOW_PIPELINE = "monitor-ground-truth"


@dataclass(frozen=True)
class Columns:
    """The columns of the data, in the files' order: record key, features, facet columns, label."""

    record_key: str
    features: tuple[str, ...]
    facet_columns: tuple[str, ...]
    label: str


@dataclass(frozen=True)
class Facet:
    """A sensitive group: these values of the column, or strictly above the threshold."""

    name: str
    values: tuple[int | float | str, ...]
    threshold: float | None

    @property
    def group(self) -> str:
        """Return what rules call the group: its values, or >threshold."""
        return ",".join(map(str, self.values)) if self.threshold is None else f">{self.threshold:g}"


@dataclass(frozen=True)
class ExpectedCheck:
    """A check that must have left a report."""

    step: str
    check_type: str
    monitor: str
    engine: str = SAGEMAKER
    of_labels: bool = False
    """Whether a team's own monitor is given labels."""

    @property
    def needs_labels(self) -> bool:
        """Return whether it can be made only when the labels have arrived."""
        return self.of_labels or self.monitor in NEED_LABELS


@dataclass(frozen=True)
class MinimumRows:
    """Below these counts nothing can be told."""

    total: int
    per_facet: int
    per_facet_and_label: int


@dataclass(frozen=True)
class Rule:
    """One line of the policy; without any limit, AWS's own violation is the limit."""

    match: str
    action: str
    between: tuple[float, float] | None = None
    minimum: float | None = None
    maximum: float | None = None
    tolerance: float | str | None = None
    direction: str | None = None

    @property
    def kind(self) -> str:
        """Return the kind of limit this rule sets."""
        if self.tolerance is not None:
            return "calibrated" if isinstance(self.tolerance, str) else "tolerance"
        given = {"between": self.between, "minimum": self.minimum, "maximum": self.maximum}
        return next((kind for kind, value in given.items() if value is not None), "aws")


@dataclass(frozen=True)
class Shift:
    """What matters: *match* moving *by* so much; *power* is how likely a batch should catch it.

    Where that is *required*, a batch that would catch it less often has too few rows.
    """

    match: str
    by: float
    power: float = 0.9
    required: bool = False


@dataclass(frozen=True)
class Gate:
    """The policy: first matching rule wins."""

    false_refusals: float
    minimum_rows: MinimumRows
    when_too_few: str
    rules: tuple[Rule, ...]
    maximum_warnings: int | None = None
    waivers: tuple[Waiver, ...] = ()
    detect: tuple[Shift, ...] = ()


@dataclass(frozen=True)
class Spec:
    """Everything decide needs to know beforehand.

    *monitors* are those that the model has, in whichever pipeline; None in files of earlier versions.
    *favourable* and *threshold* are a binary classifier's; None for other problem types.
    """

    model: str
    pipeline: str
    environment: str
    columns: Columns
    favourable: int | float | str | None
    threshold: float | None
    facets: tuple[Facet, ...]
    group_variable: str | None
    minimum_overlap: float
    checks: tuple[ExpectedCheck, ...]
    gate: Gate
    monitors: tuple[str, ...] | None = None
    problem_type: str = BINARY
    alarms: tuple[str, ...] = ()
    """What alarms watch: matches without wildcards."""

    @property
    def false_refusals(self) -> float:
        """Return each monitor's part of the error rate: equal parts for those with calibrated limits.

        The policy and the model's monitors alone decide, so the parts add up to the promise when inputs
        are judged in one run and the same rows' labels in a later one.
        """
        calibrated = [r for r in self.gate.rules if r.kind == "calibrated" and r.action == "fail"]
        parts = sum(any(self._names(rule, monitor) for rule in calibrated) for monitor in MONITORS)
        return self.gate.false_refusals / max(parts, 1)

    @property
    def of_outcomes(self) -> frozenset[str]:
        """Return the monitors that wait for labels."""
        return frozenset(NEED_LABELS).union(each.monitor for each in self.checks if each.needs_labels)

    def _names(self, rule: Rule, monitor: str) -> bool:
        first = rule.match.partition("/")[0]
        first = BIAS if first in BIAS_CHECKS else first
        if self.monitors is not None:
            return monitor in self.monitors and fnmatchcase(monitor, first)
        # Inputs were judged earlier, by the same policy, where labels are judged by a window.
        watched = monitor in {each.monitor for each in self.checks} or self.pipeline == WINDOW_PIPELINE
        return first == monitor or (watched and fnmatchcase(monitor, first))


def _texts(o: Object, key: str) -> tuple[str, ...]:
    values = o.value(key)
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise DocumentError(f"{o.where}.{key} must be a list of texts")
    return tuple(values)


def _scalar(o: Object, key: str, value: object) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise DocumentError(f"{o.where}.{key} holds {type(value).__name__}; it must be a number or text")
    return value


def _columns(o: Object) -> Columns:
    return Columns(
        record_key=o.text("record_key"),
        features=_texts(o, "features"),
        facet_columns=_texts(o, "facet_columns"),
        label=o.text("label"),
    )


def _facet(o: Object) -> Facet:
    name, threshold = o.text("name"), None
    values: tuple[Any, ...] = ()
    if "values" in o.left:
        given = o.value("values")
        values = tuple(_scalar(o, "values", each) for each in (given if isinstance(given, list) else [given]))
    if "threshold" in o.left:
        threshold = o.optional_number("threshold")
    if bool(values) == (threshold is not None):
        raise DocumentError(f"{o.where} must have either values or threshold")
    return Facet(name, values, threshold)


def _check(o: Object) -> ExpectedCheck:
    engine = o.one_of("engine", ENGINES) if "engine" in o.left else SAGEMAKER
    of_labels = o.flag("needs_labels") if "needs_labels" in o.left else False
    return ExpectedCheck(o.text("step"), o.text("check_type"), o.text("monitor"), engine, of_labels)


def _minimum_rows(o: Object) -> MinimumRows:
    return MinimumRows(o.integer("total"), o.integer("per_facet"), o.integer("per_facet_and_label"))


def _between(o: Object) -> tuple[float, float] | None:
    value = o.value("between")
    if value is None:
        return None
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(isinstance(each, (int, float)) for each in value)
    ):
        raise DocumentError(f"{o.where}.between must be two numbers")
    return float(value[0]), float(value[1])


def _tolerance(o: Object) -> float | str | None:
    value = o.value("tolerance")
    if value is None or value == "calibrated":
        return value if value is None else "calibrated"
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise DocumentError(f"{o.where}.tolerance must be calibrated, or a number of at least 0")
    return float(value)


def _rule(o: Object) -> Rule:
    rule = Rule(
        match=o.text("match"),
        action=o.one_of("action", ACTIONS),
        between=_between(o) if "between" in o.left else None,
        minimum=o.optional_number("minimum") if "minimum" in o.left else None,
        maximum=o.optional_number("maximum") if "maximum" in o.left else None,
        tolerance=_tolerance(o) if "tolerance" in o.left else None,
        direction=o.one_of("direction", DIRECTIONS) if "direction" in o.left else None,
    )
    limits = (rule.between, rule.minimum, rule.maximum, rule.tolerance)
    if sum(each is not None for each in limits) > 1:
        raise DocumentError(f"{o.where} ({rule.match}) has more than one limit")
    return rule


def _shift(o: Object) -> Shift:
    shift = Shift(o.text("match"), o.number("by"), o.number("power"), o.flag("required"))
    if not 0 < shift.power < 1 or not shift.by:
        raise DocumentError(
            f"{o.where} ({shift.match}) must have a power between 0 and 1, and by other than 0"
        )
    return shift


def _gate(o: Object) -> Gate:
    false_refusals = o.number("false_refusals")
    if not 0 < false_refusals < 0.5:
        raise DocumentError(f"{o.where}.false_refusals is {false_refusals}; it must be above 0 and below 0.5")
    return Gate(
        false_refusals=false_refusals,
        minimum_rows=o.one("minimum_rows", _minimum_rows),
        when_too_few=o.one_of("when_too_few", WHEN_TOO_FEW),
        rules=o.each("rules", _rule),
        maximum_warnings=o.optional_integer("maximum_warnings") if "maximum_warnings" in o.left else None,
        waivers=o.each("waivers", read_waiver) if "waivers" in o.left else (),
        detect=o.each("detect", _shift) if "detect" in o.left else (),
    )


def _monitors(o: Object) -> tuple[str, ...] | None:
    if "monitors" not in o.left:
        return None
    found = _texts(o, "monitors")
    unknown = [each for each in found if each not in MONITORS and not each.startswith(CUSTOM)]
    if unknown:
        allowed = ", ".join((*MONITORS, f"{CUSTOM}<name>"))
        raise DocumentError(f"{o.where}.monitors has {unknown[0][:40]!r}; it may have {allowed}")
    return found


def _spec(o: Object) -> Spec:
    if o.integer("schema_version") != 1:
        raise DocumentError("spec.json has another schema_version than 1")
    for key in ("prediction", "rows_for_teams", "endpoint", "window", "scheduled_batch"):
        if key in o.left:
            # Where the probability stands, what is collected and what else is written is for other scripts.
            o.value(key)
    problem_type = o.one_of("problem_type", PROBLEM_TYPES) if "problem_type" in o.left else BINARY
    binary = problem_type == BINARY
    return Spec(
        model=o.text("model"),
        pipeline=o.text("pipeline"),
        environment=o.text("environment"),
        columns=o.one("columns", _columns),
        favourable=_scalar(o, "favourable", o.value("favourable")) if binary else None,
        threshold=o.number("threshold") if binary else None,
        facets=o.each("facets", _facet),
        group_variable=o.optional_text("group_variable"),
        minimum_overlap=o.number("minimum_overlap"),
        checks=o.each("checks", _check),
        gate=o.one("gate", _gate),
        monitors=_monitors(o),
        problem_type=problem_type,
        alarms=_texts(o, "alarms") if "alarms" in o.left else (),
    )


def from_json(document: object) -> Spec:
    """Return the specification that *document* is; DocumentError says what is wrong with it."""
    return read(document, "spec", _spec)
