"""The Clarify container: config, dataset and model in; analysis, violations and report out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.bias.metrics import POST_TRAINING, PRE_TRAINING
from sagemaker_monitor.analysis.container import biasing
from sagemaker_monitor.analysis.container.config import AnalysisConfig
from sagemaker_monitor.analysis.container.inputs import open_dataset
from sagemaker_monitor.analysis.container.job import ENDPOINT_VARIABLE, monitor_of
from sagemaker_monitor.analysis.container.job_attributes import SOURCE, JobAttributes
from sagemaker_monitor.analysis.container.roles import Roles
from sagemaker_monitor.analysis.documents.analysis import Analysis
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sagemaker_monitor.analysis.container.explaining import Explaining
    from sagemaker_monitor.analysis.container.page.explanations import Attributions
    from sagemaker_monitor.analysis.container.paths import Paths
    from sagemaker_monitor.analysis.datasets.dataset import Dataset
    from sagemaker_monitor.analysis.documents.violations import AttributionViolation, BiasViolation

COMPLETED = "Completed: SageMaker XAI Analyzer ran successfully"


def run(paths: Paths, environment: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Return the files to write, content by name, and the exit text. Raises AnalysisError for bad input."""
    config_file = paths.config / "analysis_config.json"
    job = JobAttributes.of(environment)
    config = job.applied(AnalysisConfig.read(config_file, monitor=job.captured))
    monitor = monitor_of(environment)
    baseline_file = environment.get("baseline_constraints")
    baseline = _baseline(paths.resolve(baseline_file)) if baseline_file else None
    given = environment.get(SOURCE)
    source = paths.resolve(given) if given else paths.data
    dataset = open_dataset(config, paths, source, job)
    print(f"dataset: {len(dataset)} rows, {len(dataset.names)} columns", flush=True)
    analysis, explaining = analyse(config, dataset, paths, environment.get(ENDPOINT_VARIABLE))
    violations = _violations(baseline, analysis) if baseline else ()

    if monitor is not None:
        from sagemaker_monitor.analysis.container import metrics

        metrics.leave(paths, metrics.of_clarify(monitor, analysis))
    files = {"analysis.json": analysis.to_json(), config_file.name: config_file.read_text(encoding="utf-8")}
    files |= explaining.files if explaining else {}
    if config.report:
        from sagemaker_monitor.analysis.container.page.document import Subject, page

        subject = Subject.read(source, config_file, rows=len(dataset), columns=len(dataset.names))
        files[f"{config.report}.html"] = page(config.report_title, subject, analysis, _attributions(analysis))
    if violations:
        from sagemaker_monitor.analysis.documents.violations import clarify_document

        # Without violations Clarify writes no document at all.
        files["constraint_violations.json"] = clarify_document(violations)
        return (
            files,
            f"CompletedWithViolations: Job completed successfully with {len(violations)} violations.",
        )
    return files, COMPLETED


def analyse(
    config: AnalysisConfig, dataset: Dataset, paths: Paths, endpoint: str | None
) -> tuple[Analysis, Explaining | None]:
    """Return the analysis that *config* asks for, of the model at *endpoint* if needed, and what explains."""
    roles = Roles.of(config, dataset)
    bias = biasing.sections(config, dataset, roles, endpoint) if config.methods else {}
    explaining = None
    if config.shap:
        # What asks a model and explains it takes longer to load than a small bias job to do.
        from sagemaker_monitor.analysis.container.explaining import explained

        explaining = explained(config, dataset, roles, paths, endpoint)
    analysis = Analysis(
        pre_training=bias.get(PRE_TRAINING),
        post_training=bias.get(POST_TRAINING),
        explanations=explaining.explanations if explaining else None,
    )
    return analysis, explaining


def _violations(baseline: Analysis, analysis: Analysis) -> tuple[BiasViolation | AttributionViolation, ...]:
    # What compares takes longer to load than a small job without a baseline to do.
    from sagemaker_monitor.analysis.container import comparing

    return comparing.violations(baseline, analysis)


def _attributions(analysis: Analysis) -> list[Attributions]:
    """Return the explanations as the report shows them."""
    found = analysis.explanations.kernel_shap if analysis.explanations else {}
    return [(label, each.numbers, each.expected_value) for label, each in found.items()]


def _baseline(file: Path) -> Analysis:
    try:
        return Analysis.from_json(file.read_text(encoding="utf-8"))
    except (OSError, DocumentError, UnicodeDecodeError) as error:
        raise AnalysisError(f"the baseline cannot be read: {error}") from error
