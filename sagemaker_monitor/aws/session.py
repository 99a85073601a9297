"""How every call to AWS is made: from one environment, to one account, with reads and writes told apart."""

from __future__ import annotations

import functools
import os
import random
import threading
import time
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sagemaker_monitor.aws.errors import AwsError, WriteRefusedError, explain

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config
    from botocore.session import Session

    from sagemaker_monitor.settings import Environment

READS = ("describe_", "list_", "get_", "head_", "search", "download_", "simulate_", "batch_get_")
"""How the names of operations that change nothing begin."""


class Aws:
    """AWS as one environment sees it; loopback for `local`. Made by connect()."""

    def __init__(self, environment: Environment, *, patient: bool = False) -> None:
        """Remember the environment; nothing is imported or sent before the first call."""
        self.environment = environment
        self.patient = patient
        self.writes: list[str] = []
        self.caller = ""
        """The caller's ARN, once the account was verified."""
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()
        self._account_verified = False

    def call(self, service: str, operation: str, /, **request: Any) -> dict[str, Any]:
        """Call one operation, such as `call("sagemaker", "describe_pipeline", PipelineName=…)`.

        Before the first operation that writes, the account is verified. Raises AwsError.
        """
        if not operation.startswith(READS):
            self.require_writable()
            self.writes.append(f"{service}:{operation}")
        response = self._send(service, operation, **request)
        return response if isinstance(response, dict) else {}

    def pages(self, service: str, operation: str, items: str, /, **request: Any) -> Iterator[dict[str, Any]]:
        """Yield every element of *items* over all pages of a listing operation. Raises AwsError."""
        while True:
            response = self.call(service, operation, **request)
            yield from response.get(items, ())
            token = response.get("NextToken")
            if not token:
                return
            request["NextToken"] = token

    def body(self, service: str, operation: str, /, **request: Any) -> bytes:
        """Call an operation that answers with a stream, and return all of it. Raises AwsError."""
        return self.answer_and_body(service, operation, **request)[1]

    def answer_and_body(
        self, service: str, operation: str, /, **request: Any
    ) -> tuple[dict[str, Any], bytes]:
        """Call an operation that answers with a stream; return the answer and all of it. Raises AwsError."""
        from botocore.exceptions import BotoCoreError

        response = self.call(service, operation, **request)
        try:
            content: bytes = response["Body"].read()
        except BotoCoreError as error:
            raise explain(error, service, operation, self.environment) from error
        return response, content

    @property
    def is_local(self) -> bool:
        """Whether this is the emulator."""
        return self.environment.endpoint_url is not None

    def expires_within(self, seconds: int) -> bool:
        """Return whether the credentials end so soon, and nothing renews them: those of variables."""
        credentials = self._session.get_credentials()
        if credentials is None or credentials.method != "env":
            return False
        refresh_needed = getattr(credentials, "refresh_needed", None)
        return refresh_needed is not None and bool(refresh_needed(refresh_in=seconds))

    def require_writable(self) -> None:
        """Check that the account is real and is the caller's; once. Raises WriteRefusedError, AwsError."""
        if self._account_verified:
            return
        environment = self.environment
        if environment.is_placeholder:
            raise WriteRefusedError(
                f"account {environment.account} of environment {environment.name!r} is a placeholder: "
                f"nothing was sent; put your account into conf/environments/{environment.name}.yaml"
            )
        identity = self._send("sts", "get_caller_identity")
        if identity.get("Account") != environment.account:
            raise WriteRefusedError(
                f"these credentials belong to account {identity.get('Account')} ({identity.get('Arn')}), "
                f"but environment {environment.name!r} is account {environment.account}: nothing was sent; "
                "use that account's credentials, or configure a role of it as roles.deploy"
            )
        self.caller = str(identity.get("Arn", ""))
        self._account_verified = True

    def _send(self, service: str, operation: str, /, **request: Any) -> Any:
        """Send it; a patient one again where AWS was busy or broken although botocore tried.

        botocore has a quota of retries for all calls of a client, which only answers of success fill
        up again: where most of what is asked for does not exist yet, a busy hour uses it up.
        """
        tries = TRIES if self.patient else 1
        for place in range(1, tries + 1):
            try:
                return self._once(service, operation, **request)
            except AwsError as error:
                # Without a code nothing answered: botocore has waited for that long enough.
                if place == tries or not (error.transient and error.code):
                    raise
            time.sleep(random.uniform(0, min(LONGEST_PAUSE, 2.0**place)))
        raise AssertionError("the last try returns or raises")

    def _once(self, service: str, operation: str, /, **request: Any) -> Any:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        place = (request.get("Bucket", ""), request.get("Key", ""))
        try:
            return getattr(self._client(service), operation)(**request)
        except (BotoCoreError, ClientError) as error:
            raise explain(error, service, operation, self.environment, *place) from error
        except Boto3Error as error:
            # upload_file and download_file wrap what really happened.
            cause = error.__context__ if isinstance(error.__context__, BotoCoreError | ClientError) else error
            raise explain(cause, service, operation, self.environment, *place) from error

    def _client(self, service: str) -> Any:
        # Clients may be shared by threads; making one may not. A patient one has its own for each thread:
        # a client slows down by itself, and one slow thread is enough to make all of them slow.
        key = f"{service} {threading.get_ident()}" if self.patient else service
        with self._making:
            if key not in self._clients:
                self._clients[key] = self._session.client(
                    service,  # type: ignore[call-overload]
                    endpoint_url=self.environment.endpoint_url,
                    config=_config(self.is_local, self.patient),
                )
            return self._clients[key]

    @cached_property
    def _session(self) -> boto3.Session:
        return _local_session(self.environment) if self.is_local else _aws_session(self.environment)


def connect(environment: Environment, *, patient: bool = False) -> Aws:
    """Return *environment*'s AWS; a *patient* one slows down and tries long where many things are written.

    Raises WriteRefusedError when endpoints and environment do not belong together.
    """
    if environment.endpoint_url is not None:
        host = urlsplit(environment.endpoint_url).hostname
        if not environment.is_local or host not in ("127.0.0.1", "::1"):
            raise WriteRefusedError(
                f"environment {environment.name!r} has endpoint_url {environment.endpoint_url!r}; "
                "only 'local' and 'local-…' may have one, and only on loopback: http://127.0.0.1:<port>"
            )
        return Aws(environment, patient=patient)
    redirected = sorted(
        name for name in os.environ if name.startswith("AWS_ENDPOINT_URL") and os.environ[name]
    )
    if redirected:
        raise WriteRefusedError(
            f"{', '.join(redirected)} would send the calls of environment {environment.name!r} elsewhere: "
            f"unset {'it' if len(redirected) == 1 else 'them'}; the emulator is the environment 'local'"
        )
    return Aws(environment, patient=patient)


def _aws_session(environment: Environment) -> boto3.Session:
    import boto3
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    from sagemaker_monitor.aws.assumed import assuming

    try:
        core = _sharing(Session())
        if environment.roles.deploy is not None:
            found = core.get_component("credential_provider").load_credentials
            core = assuming(core, environment, found, _config(local=False, patient=False))
        return boto3.Session(region_name=environment.region, botocore_session=core)
    except BotoCoreError as error:
        raise explain(error, "aws", "session", environment) from error


def _local_session(environment: Environment) -> boto3.Session:
    """Return a session that can see no credentials but these: real ones never reach loopback."""
    import boto3
    from botocore.credentials import Credentials
    from botocore.session import Session

    from sagemaker_monitor.aws.assumed import assuming

    nowhere = os.devnull
    core = Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, nowhere, None),
            "credentials_file": (None, None, nowhere, None),
        }
    )
    if environment.roles.deploy is not None:
        core = assuming(core, environment, lambda: Credentials(KEY, KEY), _config(local=True, patient=False))
        return boto3.Session(region_name=environment.region, botocore_session=_sharing(core))
    return boto3.Session(
        aws_access_key_id=KEY,
        aws_secret_access_key=KEY,
        region_name=environment.region,
        botocore_session=_sharing(core),
    )


def _sharing(core: Session) -> Session:
    """Return *core*, reading models of services where other sessions of this process have read them."""
    core.register_component("data_loader", _loader())
    return core


@functools.cache
def _loader() -> Any:
    from botocore.loaders import create_loader

    return create_loader(os.environ.get("AWS_DATA_PATH"))


KEY = "local"
"""What the emulator, which authenticates nobody, is given as credentials."""
TRIES = 8
LONGEST_PAUSE = 20.0
"""Seconds."""
MOST_CONNECTIONS = 16
_PATIENCE = {"mode": "adaptive", "total_max_attempts": 10}
"""Each call that is throttled makes all of them slower, by botocore's own measure of what is taken."""


def _config(local: bool, patient: bool) -> Config:
    from botocore.config import Config

    if local:
        # An empty mapping, and not None: a proxy of the process must not see loopback's traffic.
        return Config(
            proxies={},
            connect_timeout=3,
            max_pool_connections=MOST_CONNECTIONS,
            retries=_PATIENCE if patient else {"mode": "standard", "total_max_attempts": 2},  # type: ignore[arg-type]
            user_agent_extra="sagemaker-monitor",
        )
    # The mode "standard" retries throttling, 5xx and broken connections, and nothing else.
    return Config(
        ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]
        connect_timeout=10,
        max_pool_connections=MOST_CONNECTIONS,
        retries=_PATIENCE if patient else {"mode": "standard", "total_max_attempts": 6},  # type: ignore[arg-type]
        user_agent_extra="sagemaker-monitor",
    )


__all__ = ["Aws", "AwsError", "connect"]
