"""An emulator with what a notebook left in S3."""

from __future__ import annotations

import pytest

from sagemaker_monitor.aws import Aws
from tests.operations.adopting import notebook


@pytest.fixture
def others(aws: Aws) -> Aws:
    """The emulator, with the notebook's bucket and baselines."""
    notebook.make_bucket(aws)
    notebook.make_documents(aws)
    return aws
