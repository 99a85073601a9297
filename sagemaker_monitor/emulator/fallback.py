"""Services that only have to answer, which moto plays; it is imported when the first of them is asked."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from typing import Any

from sagemaker_monitor.emulator import unused

Environ = dict[str, Any]

SERVICES = frozenset({"iam", "sts", "sns", "sqs", "events", "monitoring", "logs", "ssm", "kms", "codebuild"})
"""Signing names of the services passed on. The rest is refused: moto's answers would look like work done."""
_RULES = frozenset(
    f"AWSEvents.{each}"
    for each in ("PutRule", "DeleteRule", "EnableRule", "DisableRule", "PutTargets", "RemoveTargets")
)

_SESSION_KEY = "Credential=ASIA"
"""How the access keys begin that AssumeRole gives."""


_OF_ALARMS = frozenset(
    ("PutMetricAlarm", "SetAlarmState", "DeleteAlarms", "EnableAlarmActions", "DisableAlarmActions")
)
_OF_METRICS = re.compile(r"/service/\w+/operation/(\w+)$|^GraniteServiceVersion20100801\.(\w+)$")
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")


class Fallback:
    """moto's server application, made on first use."""

    def __init__(self, account: str, noted: Callable[[str, str], None] = lambda _region, _name: None) -> None:
        """Answer as *account*; *noted* is told the region and operation when metrics or alarms change."""
        self._account = account
        self._noted = noted
        self._lock = threading.Lock()
        self._application: Any = None
        self.rules_revision = 0
        """How often EventBridge's rules or targets were changed."""

    def knows(self, environ: Environ, body: bytes) -> bool:
        """Return whether moto knows better: a role made in it, or who calls with a role's session."""
        if self._application is None:
            return False
        if b"Action=GetRole&" not in body:
            return _is_sessions_question(environ, body)
        return self.answer(environ, body)[0].startswith("200")

    def policies_of(self, arn: str) -> list[Any] | None:
        """Return the policies of a role that was made in moto, documents or their JSON; None of another."""
        if self._application is None:
            return None
        from moto.iam.models import iam_backends

        with self._lock:
            backends = iam_backends[self._account].values()
            role = next((role for each in backends for role in each.get_roles() if role.arn == arn), None)
            if role is None:
                return None
            attached = [
                version.document
                for policy in role.managed_policies.values()
                for version in policy.versions
                if version.version_id == policy.default_version_id
            ]
            return [*role.policies.values(), *attached]

    def answer(self, environ: Environ, body: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status, headers and content for a request. Raises NotImplementedError, among others."""
        started: list[tuple[str, list[tuple[str, str]]]] = []
        inner = {
            **environ,
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
        }
        if not _is_sessions_question(environ, body):  # the role may be another account's
            inner["HTTP_X_MOTO_ACCOUNT_ID"] = self._account
        inner.pop("HTTP_TRANSFER_ENCODING", None)  # the body is whole now
        known = unused.answer(environ) if self._application is None else None
        if known is not None:
            return known
        with self._lock:  # moto's backends are dictionaries without locks
            if self._application is None:
                self._application = _load()
            chunks = self._application(inner, lambda *head: started.append(head[:2]))
            content = b"".join(chunks)
            self.rules_revision += environ.get("HTTP_X_AMZ_TARGET") in _RULES
        status, headers = started[-1]
        operation = _of_cloudwatch(environ, body)
        if operation in _OF_ALARMS or operation == "PutMetricData":
            self._noted(_region(environ), operation)
        kept = [each for each in headers if each[0].lower() not in ("connection", "content-length")]
        return status, [*kept, ("Content-Length", str(len(content)))], content


def _is_sessions_question(environ: Environ, body: bytes) -> bool:
    """Whether somebody asks who they are, with the keys of a session that AssumeRole has begun."""
    return b"Action=GetCallerIdentity&" in body and _SESSION_KEY in environ.get("HTTP_AUTHORIZATION", "")


def _of_cloudwatch(environ: Environ, body: bytes) -> str:
    """Return the operation of a request to CloudWatch, in any of its protocols; else nothing."""
    if "/monitoring/aws4_request" not in environ.get("HTTP_AUTHORIZATION", ""):
        return ""
    for text in (environ.get("HTTP_X_AMZ_TARGET", ""), environ.get("PATH_INFO", "")):
        found = _OF_METRICS.search(text)
        if found:
            return found[1] or found[2]
    action = _ACTION.search(body[:2000])
    return action[1].decode() if action else ""


def _region(environ: Environ) -> str:
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("/monitoring/")[0]
    return str(scope.rpartition("/")[2])


def _load() -> Any:
    from moto.server import DomainDispatcherApplication, create_backend_app

    def create(service: str) -> Any:
        application = create_backend_app(service)
        # Flask would turn what moto does not implement into an HTML page with status 500.
        application.config["PROPAGATE_EXCEPTIONS"] = True
        return application

    return DomainDispatcherApplication(create)
