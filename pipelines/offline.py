"""A session under which definitions are built with no network and no credentials, keeping every upload."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import boto3
from sagemaker.core.workflow.pipeline_context import PipelineSession

from pipelines.bundle import Asset, make_asset
from sagemaker_monitor.settings.schema import Environment
from steps.adapter import TELEMETRY_OFF


class OfflineError(Exception):
    """The SDK tried to do something, while a definition was built, that needs a network."""


class _OneClientEach(boto3.Session):
    """A session of boto3 that makes a client of each service once: nothing is sent by any of them."""

    def __init__(self, region: str) -> None:
        # Nothing is signed with these; boto3 wants some.
        super().__init__(aws_access_key_id="offline", aws_secret_access_key="offline", region_name=region)
        self._made: dict[str, Any] = {}

    def client(self, service_name: str, *arguments: Any, **options: Any) -> Any:
        """Return the client of *service_name*, whatever else is said of it."""
        if service_name not in self._made:
            self._made[service_name] = super().client(service_name, *arguments, **options)  # type: ignore[call-overload]
        return self._made[service_name]


_unsigned = functools.cache(_OneClientEach)
"""The session of a region, which all models' definitions are built with."""


class OfflineSession(PipelineSession):  # type: ignore[misc]
    """A PipelineSession that answers from the environment's configuration and keeps uploads as assets."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.assets: dict[str, Asset] = {}
        super().__init__(
            boto_session=_unsigned(environment.region),
            default_bucket=environment.storage.bucket,
            # Given, so that no defaults are read from this machine's files.
            sagemaker_config=TELEMETRY_OFF,
        )
        # With defaults the SDK validates them against their schema at each look-up: 160 times, for most
        # of the time that a build takes. Nothing that reports usage is called while building.
        self.sagemaker_config: dict[str, Any] = {}

    def keep_asset(self, name: str, content: bytes) -> str:
        """Keep *content* and return the S3 URI that upsert gives it: its hash is part of it."""
        asset = make_asset(self._environment.storage.root, name, content)
        self.assets[asset.uri] = asset
        return asset.uri

    def default_bucket(self) -> str:
        """Return the environment's bucket, asking nobody whether it exists."""
        return self._environment.storage.bucket

    def expand_role(self, role: str) -> str:
        """Return *role*, which configuration already gives as an ARN."""
        return role

    def upload_data(self, path: str, bucket: Any = None, key_prefix: str = "data", **_options: Any) -> str:
        """Keep a file that the SDK would upload; where it wanted it does not matter."""
        source = Path(path)
        if not source.is_file():
            raise OfflineError(f"the SDK wants to upload the folder {source.name!r}; an asset is one file")
        return self.keep_asset(source.name, source.read_bytes())

    def upload_string_as_file_body(self, body: str, bucket: str, key: str, kms_key: str | None = None) -> str:
        """Keep a text that the SDK would upload."""
        return self.keep_asset(key.rpartition("/")[2], body.encode())
