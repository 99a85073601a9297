"""Versions of a pipeline: AWS makes one at each update and keeps them all."""

from __future__ import annotations

from sagemaker_monitor.aws import Aws


def list_versions(aws: Aws, name: str) -> list[int]:
    """Return the numbers of a pipeline's versions, the newest first. Raises AwsError."""
    listed = aws.pages(
        "sagemaker", "list_pipeline_versions", "PipelineVersionSummaries", PipelineName=name, MaxResults=100
    )
    return sorted((int(each["PipelineVersionId"]) for each in listed), reverse=True)


def latest_version(aws: Aws, name: str) -> int:
    """Return the number of a pipeline's newest version. Raises AwsError."""
    newest = aws.call(
        "sagemaker", "list_pipeline_versions", PipelineName=name, SortOrder="Descending", MaxResults=1
    )["PipelineVersionSummaries"]
    return int(newest[0]["PipelineVersionId"])
