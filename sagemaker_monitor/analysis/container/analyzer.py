"""The Model Monitor analyzer: data and a previous baseline in; statistics, constraints and violations out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.container.analyzer_settings import MODEL_QUALITY, AnalyzerSettings
from sagemaker_monitor.analysis.documents.constraints import Constraints
from sagemaker_monitor.analysis.documents.statistics import Statistics
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.violations import QualityViolations
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.quality import checks
from sagemaker_monitor.analysis.quality.profile import profile
from sagemaker_monitor.analysis.quality.suggestion import suggest
from sagemaker_monitor.analysis.records import open_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TypeVar

    from sagemaker_monitor.analysis.container.paths import Paths
    from sagemaker_monitor.analysis.documents.violations import QualityViolation

    Document = TypeVar("Document")

COMPLETED = "Completed: Job completed successfully with no violations."
STATISTICS, CONSTRAINTS, VIOLATIONS = "statistics.json", "constraints.json", "constraint_violations.json"


def run(paths: Paths, environment: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Return the files to write, content by name, and the exit text. Raises AnalysisError for bad input."""
    settings = AnalyzerSettings.of(environment, paths)
    if settings.analysis_type == MODEL_QUALITY:
        raise AnalysisError(f"analysis_type {MODEL_QUALITY!r} is not supported; supported: data quality")
    required = _read(settings.constraints, Constraints.from_json)
    baseline = _read(settings.statistics, Statistics.from_json)
    dataset = open_dataset(settings.format, settings.source)
    names = dataset.names
    print(f"dataset: {len(names)} columns", flush=True)
    if dataset.doubt is not None:
        print(f"warning: {dataset.doubt}", flush=True)

    if required is not None:
        # The hosted analyzer ends here too, and leaves nothing but this document.
        if mismatch := checks.column_count(len(names), required):
            return _with_violations({}, mismatch)
        if len(names) == len(required.features):
            # Columns are the baseline's by their position, whatever they are called.
            names = tuple(each.name for each in required.features)
    domains = {
        place for place, each in enumerate(required.features if required else ()) if each.domains is not None
    }
    found = profile(names, dataset.blocks, count_texts_of=domains)
    print(f"dataset: {found.rows} rows", flush=True)
    files = {STATISTICS: found.statistics.to_json(), CONSTRAINTS: suggest(found.statistics).to_json()}
    if required is None or not required.config.evaluate_constraints:
        return files, COMPLETED
    violations = checks.violations(found.columns, required, baseline, drift_method=settings.drift_method)
    return _with_violations(files, violations)


def _with_violations(
    files: dict[str, str], violations: tuple[QualityViolation, ...]
) -> tuple[dict[str, str], str]:
    if not violations:
        # Without violations there is no document at all.
        return files, COMPLETED
    text = f"CompletedWithViolations: Job completed successfully with {len(violations)} violations."
    return {**files, VIOLATIONS: QualityViolations(violations).to_json()}, text


def _read(file: Path | None, reader: Callable[[str], Document]) -> Document | None:
    if file is None:
        return None
    try:
        return reader(file.read_text(encoding="utf-8"))
    except (OSError, DocumentError, UnicodeDecodeError) as error:
        raise AnalysisError(f"the baseline cannot be read: {error}") from error
