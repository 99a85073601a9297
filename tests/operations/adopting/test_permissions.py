"""What adopt calls is what it is said to call."""

from __future__ import annotations

from pathlib import Path

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.adopting.adopt import Asked
from tests.operations.adopting import notebook
from tests.operations.adopting.test_adopt import adopted
from tests.policy.judging import judged
from tests.policy.recording import recorded


def test_adopt_calls_what_is_said(aws: Aws, conf: Path, emulator: Server) -> None:
    """All monitors of an endpoint, whose documents lie in a bucket that --read names."""
    notebook.make_bucket(aws)
    notebook.make_model(aws)
    notebook.make_endpoint(aws)
    notebook.make_monitors(aws)
    with recorded(emulator) as calls:
        adopted(aws, conf, Asked(endpoint="churn"), framework=None)
    scope = Scope(aws.environment, ("churn",), locations=(f"s3://{notebook.BUCKET}/",))
    found = judged(calls.requests, "adopt", scope)

    assert found.denied == ()
    assert {action for sid, action in found.used if sid == "WhatOthersMade"} >= {
        f"sagemaker:Describe{what}" for what in ("MonitoringSchedule", "Endpoint", "EndpointConfig", "Model")
    }
