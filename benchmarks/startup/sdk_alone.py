"""What the SageMaker SDK takes for a model's definitions alone: `sdk_alone.py CONF MODEL [spared]`.

Prints how many seconds of CPU went into reading the configuration, which are not the SDK's.
"""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from sagemaker_monitor.settings import load
from steps.adapter import sdk_environment


def main(conf: str, name: str, *spared: str) -> None:
    """Build the definitions of model *name*, as its builders do, and keep nothing; *spared* as build does."""
    model, environment = load(name, "local", Path(conf))
    read = time.process_time()
    with sdk_environment(environment.region):
        import boto3
        from sagemaker.core.workflow.pipeline_context import PipelineSession

        from pipelines import monitor_batch, monitor_endpoint, monitor_ground_truth, register
        from pipelines.names import pipelines_of
        from pipelines.offline import OfflineSession
        from steps.sdk_costs import paid_once

        class Session(PipelineSession):  # type: ignore[misc]
            """The SDK's own session; what it would send to S3 or ask IAM for is answered here."""

            def default_bucket(self) -> str:
                return environment.storage.bucket

            def expand_role(self, role: str) -> str:
                return role

            def keep_asset(self, name: str, content: bytes) -> str:
                return f"s3://{environment.storage.bucket}/assets/{len(content)}/{name}"

            def upload_data(self, path: str, *_words: Any, **_options: Any) -> str:
                return f"s3://{environment.storage.bucket}/{Path(path).name}"

            def upload_string_as_file_body(self, body: str, bucket: str, key: str, **_options: Any) -> str:
                return f"s3://{bucket}/{key}"

        # No defaults are given: with some, the SDK checks them at each of hundreds of look-ups.
        def plain() -> Any:
            return Session(boto_session=boto3.Session("local", "local", region_name=environment.region))

        builders: dict[str, Any] = {
            "register": register,
            "monitor-batch": monitor_batch,
            "monitor-endpoint": monitor_endpoint,
            "monitor-ground-truth": monitor_ground_truth,
        }
        with paid_once() if spared else nullcontext():
            session = OfflineSession(environment) if spared else plain()
            for pipeline in pipelines_of(model, environment.name):
                builders[pipeline].get_pipeline(model, environment, session).definition()
    print(read)


if __name__ == "__main__":
    main(*sys.argv[1:])
