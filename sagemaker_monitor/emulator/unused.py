"""What services answer that nobody has used yet: with moto still unloaded there are no rules and no alarms.

Deploying asks for both, and moto takes a second to load.
"""

from __future__ import annotations

import json
from typing import Any

Environ = dict[str, Any]
Answer = tuple[str, list[tuple[str, str]], bytes]

_ALARMS = "GraniteServiceVersion20100801"
_NO_RULE = {"__type": "ResourceNotFoundException", "message": "Rule does not exist on EventBus default."}
_NO_ALARMS = b"\xa1\x6cMetricAlarms\x80"
"""An empty list in CBOR."""


def answer(environ: Environ) -> Answer | None:
    """Return the answer to a question that has one without moto; None for everything else."""
    target, path = environ.get("HTTP_X_AMZ_TARGET", ""), environ.get("PATH_INFO", "")
    if target == "AWSEvents.DescribeRule":
        return _answer("400 Bad Request", "application/x-amz-json-1.1", json.dumps(_NO_RULE).encode())
    if target == f"{_ALARMS}.DescribeAlarms":
        return _answer("200 OK", "application/x-amz-json-1.0", b'{"MetricAlarms": []}')
    if path == f"/service/{_ALARMS}/operation/DescribeAlarms":
        return _answer("200 OK", "application/cbor", _NO_ALARMS, ("smithy-protocol", "rpc-v2-cbor"))
    return None


def _answer(status: str, kind: str, content: bytes, *further: tuple[str, str]) -> Answer:
    return status, [("Content-Type", kind), ("Content-Length", str(len(content))), *further], content
