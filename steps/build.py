"""What a step needs to know of the pipeline it is made for: model, environment, names, and where files go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from sagemaker_monitor.settings.schema import Environment, Model

if TYPE_CHECKING:
    from steps.spec import Check


@runtime_checkable
class KeepsAssets(Protocol):
    """A session that keeps what would be uploaded, instead of uploading it."""

    def keep_asset(self, name: str, content: bytes) -> str:
        """Keep *content* and return the S3 URI it will have."""


@dataclass(frozen=True)
class Build:
    """One pipeline being built: *pipeline* of *model* for *environment*, under an SDK session."""

    model: Model
    environment: Environment
    pipeline: str
    sagemaker_session: Any
    checks: tuple[Check, ...] | None = None
    """The checks that a verdict is about, where they are not all that the pipeline of this name makes."""

    @property
    def role(self) -> str:
        """The role that the pipeline's jobs run under."""
        return self.environment.roles.execution

    @property
    def model_root(self) -> str:
        """The S3 URI below which this model's executions and captures live."""
        return f"{self.environment.storage.root}/{self.model.model}"

    def output(self, *parts: str) -> Any:
        """Return the S3 URI of *parts* below the running execution, known when it runs."""
        from sagemaker.core.workflow.execution_variables import ExecutionVariables
        from sagemaker.core.workflow.functions import Join

        return Join(
            on="/",
            values=[f"{self.model_root}/{self.pipeline}", ExecutionVariables.PIPELINE_EXECUTION_ID, *parts],
        )

    def asset(self, name: str, content: bytes) -> str:
        """Return the S3 URI of a file called *name*, which the session keeps or uploads."""
        session = self.sagemaker_session
        if isinstance(session, KeepsAssets):
            return session.keep_asset(name, content)
        return _upload(session, self.environment.storage, name, content)

    @property
    def network(self) -> dict[str, Any] | None:
        """The VPC of jobs as requests have it, None outside a VPC."""
        from steps.adapter import network_request

        network = self.environment.network
        return network_request(network.subnets, network.security_groups) if network else None


def _upload(session: Any, storage: Any, name: str, content: bytes) -> str:
    """Upload *content* under its hash; for teams that build under a session of their own."""
    import hashlib

    key = f"{storage.prefix}/assets/{hashlib.sha256(content).hexdigest()}/{name}"
    encryption = (
        {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": storage.kms_key} if storage.kms_key else {}
    )
    session.boto_session.client("s3").put_object(Bucket=storage.bucket, Key=key, Body=content, **encryption)
    return f"s3://{storage.bucket}/{key}"
