"""An environment's AWS that answers what is asked and only notes what would be written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.aws.errors import NotFoundError, WriteRefusedError
from sagemaker_monitor.aws.session import READS, Aws

_REMEMBERED = ("describe_", "list_", "get_schedule")


class DryRun(Aws):
    """What *aws* is, except that nothing that writes is sent: `writes` names it.

    Descriptions and listings are asked once, so that everything that is concluded from them agrees.
    """

    def __init__(self, aws: Aws) -> None:
        """Look through *aws*, whose clients are used."""
        super().__init__(aws.environment, patient=aws.patient)
        self._real = aws
        self._answers: dict[str, dict[str, Any] | NotFoundError] = {}

    def call(self, service: str, operation: str, /, **request: Any) -> dict[str, Any]:
        """Ask the real one where *operation* reads; note it where it writes, with an empty answer."""
        if not operation.startswith(READS):
            self.writes.append(f"{service}:{operation}")
            return {}
        if not operation.startswith(_REMEMBERED):
            return self._real.call(service, operation, **request)
        question = _question(service, operation, request)
        if question not in self._answers:
            try:
                self._answers[question] = self._real.call(service, operation, **request)
            except NotFoundError as error:
                self._answers[question] = error
        answer = self._answers[question]
        if isinstance(answer, NotFoundError):
            raise answer
        return answer

    def expires_within(self, seconds: int) -> bool:
        """Ask the real one."""
        return self._real.expires_within(seconds)

    def require_writable(self) -> None:
        """Check that the credentials are of the environment's account; a placeholder may be looked at.

        Another account's answers would read as if nothing were deployed. Raises WriteRefusedError, AwsError.
        """
        environment = self.environment
        if self._account_verified:
            return
        account = self._real.call("sts", "get_caller_identity").get("Account")
        if account != environment.account:
            hint = (
                f"that is a placeholder: put your account into conf/environments/{environment.name}.yaml"
                if environment.is_placeholder
                else "use that account's credentials, or configure a role of it as roles.deploy"
            )
            raise WriteRefusedError(
                f"these credentials belong to account {account}, but environment {environment.name!r} is "
                f"account {environment.account}, whose state they cannot tell; {hint}"
            )
        self._account_verified = True


def _question(service: str, operation: str, request: Mapping[str, Any]) -> str:
    return json.dumps([service, operation, request], sort_keys=True, default=str)
