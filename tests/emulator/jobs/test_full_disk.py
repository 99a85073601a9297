"""Jobs whose end finds the disk full."""

from __future__ import annotations

import time

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.api.processing_jobs import create_processing_job
from tests.emulator.full_disk import fill, make_room
from tests.emulator.jobs.conftest import processing_request


def test_a_job_that_ends_on_a_full_disk_is_on_record_when_there_is_room(context: Context) -> None:
    """Its end is not lost: the job is InProgress until the record can be written, and then Failed."""
    request = processing_request()
    name = request["ProcessingJobName"]
    gate = context.config.state_dir / "go"
    script = f"import os,time\nwhile not os.path.exists({str(gate)!r}): time.sleep(.01)\n"
    script += "raise SystemExit('x' * 3000)"
    request["AppSpecification"] |= {"ContainerEntrypoint": ["python3", "-c", script]}
    create_processing_job(context, request)
    kept = lambda: context.store.get("processing-job", name) or {}  # noqa: E731
    deadline = time.monotonic() + 20
    while "ProcessingStartTime" not in kept() and time.monotonic() < deadline:
        time.sleep(0.01)
    fill(context.store)
    gate.touch()
    time.sleep(1)
    before = kept()["ProcessingJobStatus"]
    make_room(context.store)
    context.jobs.wait(context, "processing-job", name)

    assert before == "InProgress"
    assert kept()["ProcessingJobStatus"] == "Failed"
    assert "xxx" in kept()["FailureReason"]
