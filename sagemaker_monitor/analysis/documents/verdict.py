"""What a verdict says: the decision on one run, what it rests on, and what could not be told.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.analysis.documents.strict import DocumentError, Object, read

SCHEMA_VERSION = 1
DECISIONS = (
    "pass",
    "refused",
    "inconclusive",
    "labels-missing",
    "window-empty",
    "no-evidence",
    "baseline-established",
)
OPEN = frozenset({"pass", "baseline-established"})
CHECK_STATUSES = ("compared", "established", "no-evidence", "broken")
LIMIT_KINDS = ("calibrated", "tolerance", "between", "minimum", "maximum", "aws")
NOISE = 1e-8
"""Differences of metrics below this are floating point's, not the data's."""
ACTIONS = ("fail", "warn", "ignore", "none")


@dataclass(frozen=True)
class Side:
    """Rows on one side of a facet, and how many of them were observed favourable."""

    rows: int
    favourable: int


@dataclass(frozen=True)
class FacetRows:
    """How many people stand behind a facet."""

    facet: str
    facet_value: str
    inside: Side
    outside: Side


@dataclass(frozen=True)
class Window:
    """The hours that the rows were captured in, the last one excluded; times of UTC as text."""

    start: str
    end: str


@dataclass(frozen=True)
class Batch:
    """The rows that were judged; *overlap* is the share of them that had a label."""

    rows: int
    labelled: int
    overlap: float
    facets: tuple[FacetRows, ...]
    window: Window | None = None


@dataclass(frozen=True)
class Baseline:
    """The approved version that was compared with; *constraints* maps a step to its document's URI."""

    model_package_arn: str
    rows: int | None
    data_uri: str | None
    constraints: dict[str, str]


@dataclass(frozen=True)
class Family:
    """The calibrated limits of one monitor that refuse, and its part of the policy's error rate."""

    monitor: str
    method: str
    false_refusals: float
    replicates: int
    limits: int
    refuses_honest: float


@dataclass(frozen=True)
class Calibration:
    """How the calibrated limits that refuse were found.

    *refuses_honest* is the simulated share of honest batches of this size that all failing limits
    together refuse, fixed ones included. *families* has each monitor's part where there are several:
    *refuses_honest* then is their sum, and so at least the truth.
    """

    method: str
    false_refusals: float
    replicates: int
    limits: int
    refuses_honest: float
    families: tuple[Family, ...] | None = None


@dataclass(frozen=True)
class Check:
    """What became of one expected check."""

    step: str
    check_type: str
    status: str
    reason: str | None
    report_uri: str | None
    violations_uri: str | None
    aws_violations: int


@dataclass(frozen=True)
class Limit:
    """Values outside [low, high] cross; None is no limit on that side.

    For calibrated limits, a true value beyond detects_low or detects_high would be caught in about
    nine of ten batches of this size.
    """

    kind: str
    low: float | None
    high: float | None
    detects_low: float | None = None
    detects_high: float | None = None

    def crossed_by(self, value: float) -> bool:
        """Return whether *value* lies outside, by more than the noise of floating point."""
        return (self.high is not None and value > self.high + NOISE) or (
            self.low is not None and value < self.low - NOISE
        )


@dataclass(frozen=True)
class Finding:
    """One metric of one facet, or one check of one feature: value, limit, and what that means.

    For data quality *metric* is SageMaker's constraint_check_type and *value* the distance between batch
    and baseline (baseline_drift_check), or the share of values that are as they must be.
    """

    check: str
    monitor: str
    metric: str
    facet: str | None
    facet_value: str | None
    value: float | None
    baseline: float | None
    limit: Limit | None
    rule: str | None
    action: str
    crossed: bool
    aws_violation: bool
    message: str
    feature: str | None = None


@dataclass(frozen=True)
class NotChecked:
    """Something that was not told, and why."""

    subject: str
    why: str


@dataclass(frozen=True)
class Verdict:
    """The decision on one run.

    *carried_baseline_data_uri* is where the rows lie behind the baseline that a version registered by
    this run carries; None where the run registers none.
    """

    decision: str
    summary: str
    model: str
    pipeline: str
    environment: str
    execution_arn: str
    model_package_arn: str | None
    bundle_sha256: str
    created: str
    batch: Batch | None
    baseline: Baseline | None
    calibration: Calibration | None
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    not_checked: tuple[NotChecked, ...]
    carried_baseline_data_uri: str | None = None

    @property
    def gate(self) -> str:
        """Return what the pipeline's condition reads: open or closed."""
        return "open" if self.decision in OPEN else "closed"


# --- to JSON -----------------------------------------------------------------------------------


def _number(value: float | None) -> float | str | None:
    """Return *value* as JSON has it: infinities as Clarify writes them."""
    if value is None or not math.isinf(value):
        return value
    return "Infinity" if value > 0 else "-Infinity"


def _facet_json(facet: FacetRows) -> dict[str, Any]:
    return {
        "facet": facet.facet,
        "facet_value": facet.facet_value,
        "inside": vars(facet.inside).copy(),
        "outside": vars(facet.outside).copy(),
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    limit = finding.limit
    document = dict(vars(finding))
    document["value"], document["baseline"] = _number(finding.value), _number(finding.baseline)
    document["limit"] = None if limit is None else {key: _number_or_text(v) for key, v in vars(limit).items()}
    return document


def _calibration_json(calibration: Calibration) -> dict[str, Any]:
    families = calibration.families
    return {**vars(calibration), "families": families and [dict(vars(each)) for each in families]}


def _number_or_text(value: float | str | None) -> float | str | None:
    return value if isinstance(value, str) else _number(value)


def to_json(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as the document verdict.json."""
    batch = verdict.batch
    return {
        "schema_version": SCHEMA_VERSION,
        "decision": verdict.decision,
        "gate": verdict.gate,
        "summary": verdict.summary,
        "model": verdict.model,
        "pipeline": verdict.pipeline,
        "environment": verdict.environment,
        "execution_arn": verdict.execution_arn,
        "model_package_arn": verdict.model_package_arn,
        "bundle_sha256": verdict.bundle_sha256,
        "created": verdict.created,
        "batch": batch
        and {
            **vars(batch),
            "facets": [_facet_json(facet) for facet in batch.facets],
            "window": batch.window and dict(vars(batch.window)),
        },
        "baseline": verdict.baseline
        and {**vars(verdict.baseline), "constraints": dict(verdict.baseline.constraints)},
        "calibration": verdict.calibration and _calibration_json(verdict.calibration),
        "checks": [dict(vars(check)) for check in verdict.checks],
        "findings": [_finding_json(finding) for finding in verdict.findings],
        "not_checked": [dict(vars(each)) for each in verdict.not_checked],
        "carried_baseline_data_uri": verdict.carried_baseline_data_uri,
    }


# --- from JSON ---------------------------------------------------------------------------------


def _side(o: Object) -> Side:
    return Side(rows=o.integer("rows"), favourable=o.integer("favourable"))


def _facet(o: Object) -> FacetRows:
    return FacetRows(o.text("facet"), o.text("facet_value"), o.one("inside", _side), o.one("outside", _side))


def _batch(o: Object) -> Batch:
    return Batch(
        rows=o.integer("rows"),
        labelled=o.integer("labelled"),
        overlap=o.number("overlap"),
        facets=o.each("facets", _facet),
        window=o.optional("window", _window),
    )


def _window(o: Object) -> Window:
    return Window(start=o.text("start"), end=o.text("end"))


def _texts(o: Object) -> dict[str, str]:
    return {key: o.text(key) for key in tuple(o.left)}


def _baseline(o: Object) -> Baseline:
    return Baseline(
        model_package_arn=o.text("model_package_arn"),
        rows=o.optional_integer("rows"),
        data_uri=o.optional_text("data_uri"),
        constraints=o.one("constraints", _texts),
    )


def _calibration(o: Object) -> Calibration:
    return Calibration(
        method=o.text("method"),
        false_refusals=o.number("false_refusals"),
        replicates=o.integer("replicates"),
        limits=o.integer("limits"),
        refuses_honest=o.number("refuses_honest"),
        families=_families(o),
    )


def _families(o: Object) -> tuple[Family, ...] | None:
    if o.left.get("families") is None:
        o.value("families")
        return None
    return o.each("families", _family)


def _family(o: Object) -> Family:
    return Family(
        monitor=o.text("monitor"),
        method=o.text("method"),
        false_refusals=o.number("false_refusals"),
        replicates=o.integer("replicates"),
        limits=o.integer("limits"),
        refuses_honest=o.number("refuses_honest"),
    )


def _check(o: Object) -> Check:
    return Check(
        step=o.text("step"),
        check_type=o.text("check_type"),
        status=o.one_of("status", CHECK_STATUSES),
        reason=o.optional_text("reason"),
        report_uri=o.optional_text("report_uri"),
        violations_uri=o.optional_text("violations_uri"),
        aws_violations=o.integer("aws_violations"),
    )


def _limit(o: Object) -> Limit:
    kind = o.one_of("kind", LIMIT_KINDS)
    return Limit(kind, *(o.optional_number(key) for key in ("low", "high", "detects_low", "detects_high")))


def _finding(o: Object) -> Finding:
    return Finding(
        check=o.text("check"),
        monitor=o.text("monitor"),
        metric=o.text("metric"),
        facet=o.optional_text("facet"),
        facet_value=o.optional_text("facet_value"),
        value=o.optional_number("value"),
        baseline=o.optional_number("baseline"),
        limit=o.optional("limit", _limit),
        rule=o.optional_text("rule"),
        action=o.one_of("action", ACTIONS),
        crossed=o.flag("crossed"),
        aws_violation=o.flag("aws_violation"),
        message=o.text("message"),
        feature=o.optional_text("feature"),
    )


def _not_checked(o: Object) -> NotChecked:
    return NotChecked(subject=o.text("subject"), why=o.text("why"))


def _verdict(o: Object) -> Verdict:
    version = o.integer("schema_version")
    if version != SCHEMA_VERSION:
        raise DocumentError(
            f"the verdict has schema_version {version}; this program reads {SCHEMA_VERSION}: "
            "use the release that wrote it"
        )
    gate = o.one_of("gate", ("open", "closed"))
    verdict = Verdict(
        decision=o.one_of("decision", DECISIONS),
        summary=o.text("summary"),
        model=o.text("model"),
        pipeline=o.text("pipeline"),
        environment=o.text("environment"),
        execution_arn=o.text("execution_arn"),
        model_package_arn=o.optional_text("model_package_arn"),
        bundle_sha256=o.text("bundle_sha256"),
        created=o.text("created"),
        batch=o.optional("batch", _batch),
        baseline=o.optional("baseline", _baseline),
        calibration=o.optional("calibration", _calibration),
        checks=o.each("checks", _check),
        findings=o.each("findings", _finding),
        not_checked=o.each("not_checked", _not_checked),
        carried_baseline_data_uri=o.optional_text("carried_baseline_data_uri"),
    )
    if gate != verdict.gate:
        raise DocumentError(f"the verdict's gate is {gate}, but its decision is {verdict.decision}")
    return verdict


def from_json(document: object) -> Verdict:
    """Return the verdict that *document* is; DocumentError says what is wrong with one that is none."""
    return read(document, "verdict", _verdict)
