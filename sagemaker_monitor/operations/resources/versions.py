"""Versions of a pipeline: AWS makes one at each update and keeps them all."""

from __future__ import annotations

from datetime import datetime

from sagemaker_monitor.aws import Aws


def list_versions(aws: Aws, name: str) -> dict[int, datetime]:
    """Return the number of each version of a pipeline with its time, the newest first. Raises AwsError."""
    listed = aws.pages(
        "sagemaker", "list_pipeline_versions", "PipelineVersionSummaries", PipelineName=name, MaxResults=100
    )
    found = {int(each["PipelineVersionId"]): each["CreationTime"] for each in listed}
    return dict(sorted(found.items(), reverse=True))


def latest_version(aws: Aws, name: str) -> int:
    """Return the number of a pipeline's newest version. Raises AwsError."""
    newest = aws.call(
        "sagemaker", "list_pipeline_versions", PipelineName=name, SortOrder="Descending", MaxResults=1
    )["PipelineVersionSummaries"]
    return int(newest[0]["PipelineVersionId"])
