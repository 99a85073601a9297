"""The verdict that an execution left in S3."""

from __future__ import annotations

import json

from sagemaker_monitor.analysis.documents.verdict import APPLIED, ConfiguredWaiver, Verdict
from sagemaker_monitor.analysis.documents.verdict_json import from_json
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import read


def read_verdict(aws: Aws, uri: str) -> Verdict:
    """Return the verdict at *uri*; NotFoundError when there is none, ValueError when it is not one."""
    return parse_verdict(read(aws, uri))


def parse_verdict(content: bytes) -> Verdict:
    """Return the verdict that *content* is; ValueError when it is none."""
    try:
        return from_json(json.loads(content))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def applied_waivers(verdict: Verdict) -> tuple[ConfiguredWaiver, ...]:
    """Return the waivers of the policy that covered something that crossed."""
    return tuple(each for each in verdict.waivers if each.status == APPLIED)
