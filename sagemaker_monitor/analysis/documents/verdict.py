"""What a verdict says: the decision on one run, what it rests on, and what could not be told.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass

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
SEVERITIES = REFUSE, WARN, WAIVED, NONE = ("refuse", "warn", "waived", "none")
MODES = BOOTSTRAP, CHECK, REFRESH, ACCEPT = ("bootstrap", "check", "refresh", "accept")
"""How a check treats the approved version's baseline."""
WAIVER_STATUSES = APPLIED, UNUSED, EXPIRED = ("applied", "unused", "expired")
COLUMN_CHECKS = ("missing_column_check", "extra_column_check")
"""Refuse whatever the policy says, and cannot be waived: nothing else is compared then."""
LOWER, HIGHER = "lower", "higher"


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
    """What became of one expected check, and in which mode it ran; accept has the reason that was given."""

    step: str
    check_type: str
    status: str
    reason: str | None
    report_uri: str | None
    violations_uri: str | None
    aws_violations: int
    mode: str = CHECK
    accept_reason: str | None = None


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

    def crossed_by(self, value: float, unit: float = 1.0) -> bool:
        """Return whether *value* lies outside, by more than the noise of floating point in its *unit*."""
        noise = NOISE * unit
        return (self.high is not None and value > self.high + noise) or (
            self.low is not None and value < self.low - noise
        )


@dataclass(frozen=True)
class Waiver:
    """What a person took responsibility for: findings that *match*, through the day *expires* (UTC)."""

    match: str
    reason: str
    approved_by: str
    expires: str


@dataclass(frozen=True)
class ConfiguredWaiver(Waiver):
    """A waiver of the policy: applied, unused or expired; *findings* is how many crossings it is about."""

    status: str
    findings: int


def severity_of(metric: str, action: str, *, crossed: bool, waived: bool) -> str:
    """Return what a finding means for the decision: refuse, warn, waived or none."""
    if metric in COLUMN_CHECKS and crossed:
        return REFUSE
    if not crossed or action not in ("fail", "warn"):
        return NONE
    if waived:
        return WAIVED
    return REFUSE if action == "fail" else WARN


@dataclass(frozen=True)
class Finding:
    """One metric of one facet, or one check of one feature: value, limit, and what that means.

    For data quality *metric* is SageMaker's constraint_check_type and *value* the distance between batch
    and baseline (baseline_drift_check), or the share of values that are as they must be. For model
    quality and explainability there is neither facet nor feature, and *worse* is the direction in which
    the metric is worse: lower or higher; None where a metric has no such direction. *waiver* is the one
    that covers a finding that crossed; *evidence_uri* is the document that *value* was read from.
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
    worse: str | None = None
    waiver: Waiver | None = None
    evidence_uri: str | None = None

    @property
    def severity(self) -> str:
        """Return what this means for the decision: refuse, warn, waived or none."""
        return severity_of(self.metric, self.action, crossed=self.crossed, waived=self.waiver is not None)


@dataclass(frozen=True)
class Attribution:
    """How much one feature contributes to the model's answers over all records, now and in the baseline."""

    feature: str
    value: float
    baseline: float | None


@dataclass(frozen=True)
class NotChecked:
    """Something that was not told, and why."""

    subject: str
    why: str


@dataclass(frozen=True)
class Needed:
    """Of what there are too few rows, and about how many of the *sample* (batch or baseline) would do.

    *rows* is None where nobody knows how rare it is.
    """

    subject: str
    sample: str
    rows: int | None


@dataclass(frozen=True)
class Power:
    """How likely a batch of *rows* catches that *subject* moved *by* so much: refuses it, or warns of it.

    *wanted* is how likely it should be, which about *rows_needed* reach; None where no number of rows does.
    *caught* is None where it cannot be told, and *why* says it.
    """

    subject: str
    by: float
    wanted: float
    caught: float | None
    rows: int
    rows_needed: int | None
    required: bool
    why: str | None = None

    @property
    def enough(self) -> bool:
        """Return whether it is as likely as it should be."""
        return self.caught is not None and self.caught >= self.wanted


@dataclass(frozen=True)
class Verdict:
    """The decision on one run.

    *carried_baseline_data_uri* is where the rows lie behind the baseline that a version registered by
    this run carries; None where the run registers none. *attributions* are in the dataset's order; None
    where they were not measured. *warnings* counts the findings that warn, and more than *maximum_warnings*
    refuse. A document has a limited number of findings and of what was not checked: how many it leaves out
    is said, and all of them count.
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
    attributions: tuple[Attribution, ...] | None = None
    waivers: tuple[ConfiguredWaiver, ...] = ()
    warnings: int = 0
    maximum_warnings: int | None = None
    findings_left_out: int = 0
    not_checked_left_out: int = 0
    needed: tuple[Needed, ...] = ()
    power: tuple[Power, ...] = ()

    @property
    def gate(self) -> str:
        """Return what the pipeline's condition reads: open or closed."""
        return "open" if self.decision in OPEN else "closed"
