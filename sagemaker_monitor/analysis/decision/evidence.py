"""What the checks of one execution left behind, before anything is judged.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterable, Mapping, Tuple

from sagemaker_monitor.analysis.decision.attributions import AttributionReport
from sagemaker_monitor.analysis.decision.baselines import NONE_ASKED
from sagemaker_monitor.analysis.decision.model_report import ModelReport
from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.spec import DATA_QUALITY
from sagemaker_monitor.analysis.decision.table import Table
from sagemaker_monitor.analysis.documents.analysis import Analysis
from sagemaker_monitor.analysis.documents.constraints import Constraints
from sagemaker_monitor.analysis.documents.custom import CustomStatistics, CustomViolation
from sagemaker_monitor.analysis.documents.lenient import Node
from sagemaker_monitor.analysis.documents.statistics import Statistics
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.verdict import (
    ACCEPT,
    CHECK,
    COLUMN_CHECKS,
    MODES,
    REFRESH,
    NotChecked,
    Window,
)
from sagemaker_monitor.analysis.documents.violations import (
    BiasViolations,
    QualityViolation,
    QualityViolations,
)

CAPTURED, UNUSABLE = "captured", "unusable"
"""Of a window that can be judged, and of one whose captures are no evidence."""


@dataclass(frozen=True)
class Value:
    """One metric of one facet as a report has it: *value* is None with the *error* that prevented it."""

    metric: str
    facet: str
    facet_value: str
    value: float | None
    error: str | None


@dataclass(frozen=True)
class QualityReport:
    """What a data quality check leaves, and the baseline's documents that it was held against.

    Where the columns' number differs SageMaker compares nothing else and leaves the violation alone.
    *counted* says the same where it was not asked to compare.
    """

    violations: tuple[QualityViolation, ...] = ()
    statistics: Statistics | None = None
    baseline: Statistics | None = None
    constraints: Constraints | None = None
    counted: QualityViolation | None = None

    @property
    def misfit(self) -> QualityViolation | None:
        """Return what says that columns are missing or too many."""
        return next((v for v in self.violations if v.constraint_check_type in COLUMN_CHECKS), self.counted)


@dataclass(frozen=True)
class CustomReport:
    """What a team's own monitor leaves, and the baseline's statistics that it was held against, if any."""

    statistics: CustomStatistics
    violations: tuple[CustomViolation, ...] = ()
    baseline: CustomStatistics | None = None


@dataclass(frozen=True)
class CheckEvidence:
    """One expected check: its status, and the values of its report and of the baseline it was held against.

    *status* is compared, established, no-evidence or broken, *mode* how it treated the baseline. *violated*
    has (facet, metric) pairs.
    A data quality check has *quality* instead of values, one of model quality *model*, and one of
    explainability *explained*, one of a team's own monitor *custom*.
    """

    step: str
    check_type: str
    monitor: str
    status: str
    reason: str | None = None
    report_uri: str | None = None
    violations_uri: str | None = None
    baseline_uri: str | None = None
    current: tuple[Value, ...] = ()
    baseline: tuple[Value, ...] = ()
    violated: frozenset[tuple[str, str]] = frozenset()
    quality: QualityReport | None = None
    model: ModelReport | None = None
    explained: AttributionReport | None = None
    mode: str = CHECK
    custom: CustomReport | None = None

    @property
    def aws_violations(self) -> int:
        """Return how many violations SageMaker reported, or a team's own monitor."""
        if self.custom is not None:
            return len(self.custom.violations)
        if self.quality is not None:
            return len(self.quality.violations)
        if self.model is not None:
            return len(self.model.violated)
        return self.explained.violations if self.explained is not None else len(self.violated)


@dataclass(frozen=True)
class Labels:
    """How much of the batch had labels."""

    status: str
    rows: int
    labelled: int
    overlap: float
    minimum_overlap: float
    duplicate_labels: int
    unmatched_labels: int


@dataclass(frozen=True)
class Asked:
    """How the run was asked to treat baselines: each monitor's mode where it was named, and why to accept."""

    modes: Mapping[str, str] = field(default_factory=dict)
    accept_reason: str | None = None

    def accepts(self, monitor: str) -> bool:
        """Return whether a person took responsibility for the new baseline of *monitor*."""
        return self.modes.get(monitor) == ACCEPT

    def carried_by(self, monitors: Iterable[str]) -> Tuple[str, ...]:
        """Return those of *monitors* whose new baseline the run was asked to carry."""
        return tuple(each for each in monitors if self.modes.get(each) in (ACCEPT, REFRESH))


NOTHING_ASKED = Asked()


def read_asked(modes: str, reason: str) -> Asked:
    """Return what *modes*, such as `bias=accept data_quality=check`, and *reason* say; none says nothing."""
    pairs = (each.partition("=") for each in modes.split() if modes != NONE_ASKED)
    found = {monitor: mode for monitor, _, mode in pairs}
    unknown = sorted(set(found.values()) - set(MODES))
    if unknown:
        raise DocumentError(f"the mode {unknown[0][:40]!r} is none of {', '.join(MODES)}")
    return Asked(found, reason.strip() if reason.strip() not in ("", NONE_ASKED) else None)


@dataclass(frozen=True)
class Run:
    """Which execution is judged, and what it was about."""

    execution_arn: str
    model_package_arn: str | None
    bundle_sha256: str
    created: str
    carried_baseline_data_uri: str | None
    asked: Asked = NOTHING_ASKED


@dataclass(frozen=True)
class BaselineRows:
    """Where the rows behind one monitor's baseline lie, and those with labels, or why they are not usable."""

    data_uri: str | None
    sample: Sample | None
    problem: str | None


@dataclass(frozen=True)
class BaselineVersion:
    """The approved version that the checks were held against, and the rows its baseline was computed from.

    *others* has the rows of monitors whose baseline was refreshed or accepted apart from the rest.
    """

    model_package_arn: str
    data_uri: str | None
    sample: Sample | None
    problem: str | None
    features: Table | None = None
    features_problem: str | None = None
    others: Mapping[str, BaselineRows] = field(default_factory=dict)

    def of(self, monitor: str) -> BaselineRows:
        """Return the rows behind the baseline of *monitor*."""
        return self.others.get(monitor) or BaselineRows(self.data_uri, self.sample, self.problem)

    def features_of(self, monitor: str) -> Table | None:
        """Return the inputs' rows where they are those behind the baseline of *monitor* too."""
        same = self.of(monitor).data_uri == self.of(DATA_QUALITY).data_uri
        return self.features if same else None


@dataclass(frozen=True)
class Collected:
    """What was captured in a window: *status* is captured, window-empty or unusable, which *reason* explains.

    Of an endpoint also which version answered, and *notes* that the verdict has to tell.
    """

    status: str
    rows: int
    window: Window | None
    """None of a batch, which is found by its name."""
    reason: str | None = None
    model_package_arn: str | None = None
    notes: tuple[NotChecked, ...] = ()

    @property
    def judged(self) -> bool:
        """Return whether there is anything that can be judged."""
        return self.status == CAPTURED


@dataclass(frozen=True)
class Evidence:
    """Everything there is to judge one execution by.

    *labels* is None where nothing was joined, *features* where no inputs are checked; *failed* names a
    step that broke before anything could be joined.
    """

    run: Run
    labels: Labels | None
    checks: tuple[CheckEvidence, ...]
    batch: Sample | None
    baseline: BaselineVersion | None
    features: Table | None = None
    collected: Collected | None = None
    failed: str | None = None

    @property
    def unlabelled_rows(self) -> int:
        """Return how many rows were checked without asking for labels."""
        if self.features is not None:
            return self.features.rows
        explained = [check.explained.current.records for check in self.checks if check.explained]
        return max((len(records) for records in explained if records is not None), default=0)


def read_report(text: str, check_type: str) -> tuple[Value, ...]:
    """Return the metrics of the section of Clarify's analysis.json that *check_type* writes.

    Where a facet has several entries, the first is the configured group (matched by position).
    """
    analysis = Analysis.from_json(text)
    section = {"DATA_BIAS": analysis.pre_training, "MODEL_BIAS": analysis.post_training}[check_type]
    if section is None:
        raise DocumentError(f"the report has no section for {check_type}")
    return tuple(
        Value(metric.name, facet, groups[0].value_or_threshold, metric.value, metric.error)
        for facet, groups in section.facets.items()
        for metric in (groups[0].metrics if groups else ())
    )


def read_violations(text: str) -> frozenset[tuple[str, str]]:
    """Return the (facet, metric) pairs of a bias check's constraint_violations.json."""
    return frozenset((each.facet, each.metric_name) for each in BiasViolations.from_json(text).violations)


def read_quality(
    violations: str | None,
    statistics: str | None = None,
    baseline: str | None = None,
    constraints: str | None = None,
) -> QualityReport:
    """Return what the documents of a data quality check say; raises DocumentError."""
    return QualityReport(
        QualityViolations.from_json(violations).violations if violations is not None else (),
        Statistics.from_json(statistics) if statistics is not None else None,
        Statistics.from_json(baseline) if baseline is not None else None,
        Constraints.from_json(constraints) if constraints is not None else None,
    )


def read_collected(document: object) -> Collected:
    """Return the collect step's summary/collect.json; keys about objects and manifests are left alone."""
    found = Node(document, "collect.json")
    if found.integer("schema_version") != 1:
        raise DocumentError("collect.json is not of schema_version 1")
    window = found.child("window") if found.has("window") else None
    return Collected(
        found.one_of("status", (CAPTURED, "window-empty", UNUSABLE)),
        found.integer("rows") if found.has("rows") else 0,
        Window(window.text("start"), window.text("end")) if window else None,
        found.text("reason") if found.has("reason") else None,
        (found.text("model_package_arn") or None) if found.has("model_package_arn") else None,
        tuple(NotChecked(each.text("name"), each.text("why")) for each in found.children("notes"))
        if found.has("notes")
        else (),
    )


def read_labels(document: object) -> Labels:
    """Return the join step's summary/labels.json."""
    if not isinstance(document, dict) or document.get("schema_version") != 1:
        raise DocumentError("labels.json is not of schema_version 1")
    try:
        return Labels(**{key: document[key] for key in Labels.__dataclass_fields__})
    except KeyError as error:
        raise DocumentError(f"labels.json has no {error.args[0]!r}") from error
