"""The role that an environment's calls are made with, where one is configured: assumed, and again in time."""

from __future__ import annotations

import functools
import getpass
import os
import re
from typing import TYPE_CHECKING, Any

from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session

    from sagemaker_monitor.settings import Environment

METHOD = "assume-role"
_NAME_LIMIT = 64
"""Characters that STS takes as RoleSessionName."""
_UNSAFE = re.compile(r"[^\w+=,.@-]+", re.ASCII)


def assuming(core: Session, environment: Environment, source: Any, config: Config) -> Session:
    """Return *core* with the credentials of the environment's deploying role.

    They come from STS in the environment's region when the first call needs them, with the credentials
    that *source* returns when it is called; and again before they expire. For an hour each time: what
    every role allows, also one that a role assumes.
    """
    role = environment.roles.deploy
    assert role is not None, "asked for only where one is configured"
    provider = _Assumed(core, environment, role, source, config)
    core.register_component("credential_provider", CredentialResolver([provider]))
    return core


def session_name() -> str:
    """Return what CloudTrail shall call these sessions: this tool and the build, or the person, that uses it.

    STS takes letters, digits and +=,.@-_ only, at most 64.
    """
    build = os.environ.get("CODEBUILD_BUILD_ID", "").partition(":")[0]
    number = os.environ.get("CODEBUILD_BUILD_NUMBER", "")
    try:
        who = "-".join(filter(None, (build, number))) or getpass.getuser()
    except (KeyError, OSError):
        who = "unknown"  # a process whose number no user has
    return _UNSAFE.sub("-", f"sagemaker-monitor-{who}")[:_NAME_LIMIT]


class _Assumed(CredentialProvider):
    """Credentials of a session of the environment's deploying role."""

    METHOD = METHOD

    def __init__(
        self, core: Session, environment: Environment, role: str, source: Any, config: Config
    ) -> None:
        super().__init__(core)
        self._environment = environment
        self._role = role
        self._source = source
        self._config = config

    def load(self) -> DeferredRefreshableCredentials | None:
        """Return credentials that are asked for when they are used; None where there are none to ask with."""
        source = self._source()
        if source is None:
            return None
        extra = {"RoleSessionName": session_name()}
        if self._environment.roles.external_id is not None:
            extra["ExternalId"] = self._environment.roles.external_id
        client = functools.partial(
            self.session.create_client,
            region_name=self._environment.region,
            endpoint_url=self._environment.endpoint_url,
            config=self._config,
        )
        fetcher = AssumeRoleCredentialFetcher(client, source, self._role, extra_args=extra)
        return DeferredRefreshableCredentials(fetcher.fetch_credentials, METHOD)
