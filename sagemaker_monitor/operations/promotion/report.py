"""The report of a promoted version: of the run elsewhere that registered it, from what came along."""

from __future__ import annotations

from dataclasses import replace

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.gating import origin_of
from sagemaker_monitor.operations.promotion.execution import read_execution
from sagemaker_monitor.operations.reporting import Documents, report_input
from sagemaker_monitor.registry.promoted import read_promotion
from sagemaker_monitor.registry.versions import find_version
from sagemaker_monitor.reports import ReportInput
from sagemaker_monitor.settings import Model


def gather_promoted(aws: Aws, model: Model, number: int) -> ReportInput | None:
    """Return the documents of the run that registered version *number*; None where it was not promoted.

    Raises UsageError where the promotion's record is not whole, RegistryError, AwsError.
    """
    environment = aws.environment
    version = find_version(aws, environment.model_package_group(model.model), number)
    origin = origin_of(version, model.model, environment)
    promoted = read_promotion(aws, version, origin)
    if promoted is None:
        return None
    record, lineage = promoted.record, promoted.lineage
    if record is None or lineage is None:
        raise UsageError(f"version {number} has no report: {promoted.link.detail}")
    folder = origin.promotion_folder(lineage.sha256)
    documents = Documents(aws, {each.source: f"{folder}/{each.path}" for each in record.files})
    uri = f"{folder}/{record.verdict}"
    found = read_execution(read(aws, f"{folder}/{record.execution}"))
    document = report_input(aws, model, documents, uri, documents.read(uri, "verdict"), found)
    return replace(document, details={**document.details, "Promoted from": promoted.link.detail})
