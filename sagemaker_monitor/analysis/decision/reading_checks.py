"""What a check step that succeeded left behind, by its type: the documents it names, and its baseline's.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional

from sagemaker_monitor.analysis.decision.attributions import (
    LOCAL,
    AttributionReport,
    Attributions,
    read_global,
    read_local,
)
from sagemaker_monitor.analysis.decision.attributions import read_violations as read_ranking_violations
from sagemaker_monitor.analysis.decision.baselines import (
    BASELINES,
    baseline_of,
    custom_baseline_of,
    other_baseline,
)
from sagemaker_monitor.analysis.decision.digests import PREFIX, digest, registered_digests
from sagemaker_monitor.analysis.decision.evidence import (
    NOTHING_ASKED,
    Asked,
    CheckEvidence,
    CustomReport,
    read_quality,
    read_report,
    read_violations,
)
from sagemaker_monitor.analysis.decision.model_report import read_model_report
from sagemaker_monitor.analysis.decision.own_engine import VIOLATED, documents_of
from sagemaker_monitor.analysis.decision.spec import ExpectedCheck
from sagemaker_monitor.analysis.documents import custom
from sagemaker_monitor.analysis.documents.custom import CustomStatistics, name_of
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.verdict import ACCEPT, BOOTSTRAP, CHECK, REFRESH

if TYPE_CHECKING:
    from sagemaker_monitor.analysis.decision.baselines import Service

    Texts = Dict[str, Optional[str]]
    Uris = Dict[str, Optional[str]]

ALTERED = "baseline-altered"


@dataclass(frozen=True)
class Left:
    """What a check step says of itself, and the approved *version* that it should have compared with."""

    service: Service
    expected: ExpectedCheck
    metadata: Dict[str, Any]
    version: Optional[Dict[str, Any]]
    asked: Asked = NOTHING_ASKED

    @property
    def skipped(self) -> bool:
        """Return whether nothing was compared."""
        return bool(self.metadata.get("SkipCheck"))

    @property
    def mode(self) -> str:
        """Return how the step treated the baseline."""
        if not self.metadata.get("RegisterNewBaseline"):
            return CHECK
        if not self.skipped:
            return REFRESH
        return ACCEPT if self.asked.accepts(self.expected.monitor) else BOOTSTRAP

    def uncompared(self) -> str | None:
        """Return why nothing may be concluded from a check that compared nothing; None where that is fine."""
        if not self.skipped:
            return None
        if self.mode == CHECK:
            return "nothing was compared, and the earlier baseline would be carried on: run it in a mode"
        if self.mode == ACCEPT:
            return None if self.asked.accept_reason else "its new baseline was accepted without a reason"
        if self.baseline_uri("Constraints") is not None:
            name = str((self.version or {}).get("ModelPackageArn")).rsplit("/", 1)[-1]
            return (
                f"nothing was compared, although version {name} has a baseline: compare with it (check, "
                "refresh), or accept the new one for a reason"
            )
        return None

    def without(self, status: str, reason: str) -> CheckEvidence:
        """Return the evidence of a check that cannot be judged."""
        expected = self.expected
        return CheckEvidence(
            expected.step, expected.check_type, expected.monitor, status, reason[:500], mode=self.mode
        )

    def uri(self, key: str) -> str | None:
        """Return the URI that the metadata has at *key*; empty ones are none."""
        return self.metadata.get(key) or None

    def baseline_uri(self, document: str) -> str | None:
        """Return the URI of the version's baseline: its Statistics or its Constraints."""
        if name_of(self.expected.check_type) is not None:
            folder = custom_baseline_of(self.version, self.expected.check_type)
            return folder and f"{folder}/{documents_of(self.expected.check_type)[document]}"
        part, constraints = BASELINES[self.expected.check_type]
        return baseline_of(self.version, part, constraints if document == "Constraints" else document)

    def other_baseline(self, *documents: str) -> str | None:
        """Return why the check was not held against the version's *documents*; None where it was."""
        problems = (other_baseline(self.metadata, each, self.baseline_uri(each)) for each in documents)
        return next((problem for problem in problems if problem), None)

    def altered(self, uris: Uris, texts: Texts) -> str | None:
        """Return which of the version's baselines is not what was registered; None where all are."""
        known = registered_digests(self.version or {})
        for key in ("constraints", "baseline"):
            uri, text = uris.get(key), texts.get(key)
            if uri and text is not None and known.get(uri) not in (None, digest(text)[len(PREFIX) :]):
                return f"{ALTERED}: {uri} has another SHA-256 than the version was registered with"
        return None

    def texts(self, uris: Uris) -> Texts:
        """Return the documents at *uris* by their names; None where there is none."""
        return {key: self.service.text(uri) if uri else None for key, uri in uris.items()}

    def found(self, uris: Uris, **parts: Any) -> CheckEvidence:
        """Return the evidence of a check that can be judged by its *parts*."""
        expected = self.expected
        return CheckEvidence(
            step=expected.step,
            check_type=expected.check_type,
            monitor=expected.monitor,
            status="established" if self.skipped else "compared",
            report_uri=uris["report"],
            violations_uri=uris["violations"],
            baseline_uri=uris["constraints"],
            mode=self.mode,
            **parts,
        )


def _documents(left: Left, uris: Uris, *baselines: str) -> Texts | CheckEvidence:
    """Return the documents at *uris*, the report among them; or why the check is no evidence.

    *baselines* are the documents that it must have been held against.
    """
    if uris["report"] is None:
        return left.without("no-evidence", "the step names no report")
    problem = None if left.skipped else left.other_baseline(*baselines)
    if problem:
        return left.without("no-evidence", problem)
    texts = left.texts(uris)
    problem = _absent(texts, uris) or left.altered(uris, texts)
    return left.without("no-evidence", problem) if problem else texts


def _absent(texts: Texts, uris: Uris) -> str | None:
    return next((f"{uri} does not exist" for key, uri in uris.items() if uri and texts[key] is None), None)


def _analysis_uris(left: Left) -> Uris:
    return {
        "report": left.uri("CalculatedBaselineConstraints"),
        "violations": left.uri("ViolationReport"),
        "constraints": None if left.skipped else left.baseline_uri("Constraints"),
    }


def _quality_uris(left: Left) -> Uris:
    return {
        "report": left.uri("CalculatedBaselineStatistics"),
        "violations": left.uri("ViolationReport"),
        "constraints": None if left.skipped else left.baseline_uri("Constraints"),
        "baseline": None if left.skipped else left.baseline_uri("Statistics"),
    }


def of_bias(left: Left) -> CheckEvidence:
    """Return the evidence of a bias check."""
    uris, kind = _analysis_uris(left), left.expected.check_type
    texts = _documents(left, uris, "Constraints")
    if isinstance(texts, CheckEvidence):
        return texts
    baseline, violations = texts["constraints"], texts["violations"]
    try:
        return left.found(
            uris,
            current=read_report(str(texts["report"]), kind),
            baseline=read_report(baseline, kind) if baseline is not None else (),
            violated=read_violations(violations) if violations is not None else frozenset(),
        )
    except DocumentError as error:
        return left.without("broken", str(error))


def of_data_quality(left: Left) -> CheckEvidence:
    """Return the evidence of a data quality check.

    Where the number of columns differs there are neither statistics nor constraints: SageMaker writes
    the violation alone, and it is all the evidence that is needed.
    """
    uris = _quality_uris(left)
    problem = None if left.skipped else left.other_baseline("Statistics", "Constraints")
    if problem:
        return left.without("no-evidence", problem)
    texts = left.texts(uris)
    problem = left.altered(uris, texts)
    if problem:
        return left.without("no-evidence", problem)
    try:
        report = read_quality(texts["violations"], texts["report"], texts["baseline"], texts["constraints"])
    except DocumentError as error:
        return left.without("broken", str(error))
    if not report.misfit:
        absent = _absent(texts, uris)
        if absent or uris["report"] is None:
            return left.without("no-evidence", absent or "the step names no report")
    kept = uris["report"] if texts["report"] is not None else None
    return left.found({**uris, "report": kept}, quality=report)


def of_model_quality(left: Left) -> CheckEvidence:
    """Return the evidence of a model quality check."""
    uris = _quality_uris(left)
    texts = _documents(left, uris, "Statistics", "Constraints")
    if isinstance(texts, CheckEvidence):
        return texts
    try:
        report = read_model_report(
            str(texts["report"]), texts["baseline"], texts["constraints"], texts["violations"]
        )
    except DocumentError as error:
        return left.without("broken", str(error))
    return left.found(uris, model=report)


def of_explainability(left: Left) -> CheckEvidence:
    """Return the evidence of an explainability check, with the attributions of single records beside it."""
    uris = _analysis_uris(left)
    texts = _documents(left, uris, "Constraints")
    if isinstance(texts, CheckEvidence):
        return texts
    violations = texts["violations"]
    try:
        count, stated = read_ranking_violations(violations) if violations is not None else (0, None)
        sides = [_attributions(left, texts[key], uris[key]) for key in ("report", "constraints")]
    except DocumentError as error:
        return left.without("broken", str(error))
    if sides[0] is None:
        return left.without("no-evidence", "the step names no report")
    return left.found(uris, explained=AttributionReport(sides[0], sides[1], count, stated))


def _attributions(left: Left, text: Optional[str], uri: Optional[str]) -> Attributions | None:
    """Return the report at *uri* and the records beside it; where these are unusable, why."""
    if text is None or uri is None:
        return None
    values = read_global(text)
    beside = f"{uri.rpartition('/')[0]}/{LOCAL}"
    local = left.service.text(beside)
    if local is None:
        return Attributions(values, None, f"{beside} does not exist")
    try:
        return Attributions(values, read_local(local, tuple(values)))
    except DocumentError as error:
        return Attributions(values, None, f"{beside}: {error}")


def of_custom(left: Left) -> CheckEvidence:
    """Return the evidence of a check by a team's own monitor, whose documents may be anything.

    Its statistics are required whatever happens: a container that wrote nothing has looked at nothing.
    """
    uris = _quality_uris(left)
    calculated = left.uri("CalculatedBaselineConstraints")
    read = {**uris, "carried": calculated if left.metadata.get("RegisterNewBaseline") else None}
    large = _too_large(left, read)
    if large:
        return left.without("broken", large)
    texts = _documents(left, read, "Statistics", "Constraints")
    if isinstance(texts, CheckEvidence):
        return texts
    baseline, violations = texts["baseline"], texts["violations"]
    try:
        for key, name in (
            ("constraints", "the baseline's constraints.json"),
            ("carried", "constraints.json"),
        ):
            if texts[key] is not None:
                custom.require_object(str(texts[key]), name)
        report = CustomReport(
            CustomStatistics.from_json(str(texts["report"])),
            custom.read_violations(violations) if violations is not None else (),
            CustomStatistics.from_json(baseline) if baseline is not None else None,
        )
    except DocumentError as error:
        return left.without("broken", str(error))
    if left.metadata.get(VIOLATED) and not report.violations:
        return left.without("no-evidence", "its job speaks of violations, and its document has none")
    return left.found(uris, custom=report)


def _too_large(left: Left, uris: Uris) -> str | None:
    """Return which of the documents is too large to be read; None where none is."""
    for uri in uris.values():
        size = left.service.size(uri) if uri else None
        if size is not None and size > custom.MOST_BYTES:
            return f"{uri} has {size} bytes; at most {custom.MOST_BYTES} are read"
    return None


READERS = {
    "DATA_BIAS": of_bias,
    "MODEL_BIAS": of_bias,
    "DATA_QUALITY": of_data_quality,
    "MODEL_QUALITY": of_model_quality,
    "MODEL_EXPLAINABILITY": of_explainability,
}
"""Who reads what a type of check leaves."""


def reader_of(check_type: str) -> Callable[[Left], CheckEvidence] | None:
    """Return who reads what a check of this type leaves; None where nobody does."""
    return of_custom if name_of(check_type) is not None else READERS.get(check_type)
