"""How batch transform asks the model: over one connection, and again where the model could not answer."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from sagemaker_monitor.emulator.jobs.csv_records import RecordError
from sagemaker_monitor.emulator.jobs.transform_plan import TransformPlan

_PAUSE = 0.2


class ModelFailedError(RecordError):
    """The model itself failed, or did not answer; asking again may help."""


class Model:
    """The model's containers, each over one connection; the answer of one is the request of the next."""

    def __init__(self, plan: TransformPlan) -> None:
        self._plan = plan
        self._containers = [_Container(urlsplit(each), plan.timeout) for each in plan.endpoints]

    def ask(self, payload: bytes) -> bytes:
        """Return the model's answer; raise RecordError with its words when it refuses."""
        kind = self._plan.content_type
        for container in self._containers:
            last = container is self._containers[-1]
            payload, kind = self._ask(container, payload, kind, self._plan.accept if last else "")
        return payload

    def _ask(self, container: _Container, payload: bytes, kind: str, accept: str) -> tuple[bytes, str]:
        for attempt in range(self._plan.retries + 1):
            if attempt:
                time.sleep(_PAUSE)
            try:
                return container.post(payload, kind, accept)
            except ModelFailedError:
                if attempt == self._plan.retries:
                    raise
        raise AssertionError("there is at least one attempt")


@dataclass
class _Container:
    """One model server."""

    url: SplitResult
    timeout: float
    connection: http.client.HTTPConnection | None = None

    def post(self, payload: bytes, kind: str, accept: str) -> tuple[bytes, str]:
        """Return the answer and its type; raise RecordError, ModelFailedError where the model is to blame."""
        headers = {**({"Content-Type": kind} if kind else {}), **({"Accept": accept} if accept else {})}
        connection = self.connection
        if connection is None:
            connection = http.client.HTTPConnection(
                self.url.hostname or "", self.url.port, timeout=self.timeout
            )
            self.connection = connection
        try:
            connection.request("POST", self.url.path, body=payload, headers=headers)
            response = connection.getresponse()
            answer = response.read()
        except TimeoutError as error:
            self._drop()
            raise ModelFailedError(
                f"the model did not answer within InvocationsTimeoutInSeconds of {self.timeout:g}"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            raise ModelFailedError(f"the model server does not answer: {error!r:.200}") from error
        if response.status != http.client.OK:
            words = answer.decode("utf-8", "replace").strip()[:500]
            failed = ModelFailedError if response.status >= http.client.INTERNAL_SERVER_ERROR else RecordError
            raise failed(
                f"the model answered {response.status}: {words or http.client.responses[response.status]}"
            )
        return answer, response.headers.get("Content-Type", "")

    def _drop(self) -> None:
        """Forget a connection whose answer may still come, to another question."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None
