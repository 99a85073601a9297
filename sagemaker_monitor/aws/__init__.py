"""Talking to AWS, or to the emulator, which is the same thing: sessions, guards, errors and S3."""

from __future__ import annotations

from sagemaker_monitor.aws.errors import AwsError, NotFoundError, WriteRefusedError
from sagemaker_monitor.aws.session import Aws, connect

__all__ = ["Aws", "AwsError", "NotFoundError", "WriteRefusedError", "connect"]
