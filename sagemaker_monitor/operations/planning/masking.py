"""What must not be shown of a definition that anyone may have written: values that look like secrets."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from sagemaker_monitor.operations.difference import MISSING, Difference

HIDDEN = "(not shown)"

_SECRET = re.compile(
    r"secret|passw|token|credential|api.?key|private.?key|access.?key|authori[sz]ation", re.IGNORECASE
)
_SHOWN_VARIABLES = frozenset({"AWS_DEFAULT_REGION", "AWS_REGION"})
_IN_TEXT = re.compile(
    r"(?P<key>\b(?:AKIA|ASIA)[A-Z0-9]{16}\b)"
    r"|(?<=://)[^/@\s]+@"
    r"|(?<=[?&])X-Amz-(?:Signature|Credential|Security-Token)=[^&\s]+",
)


def masked(difference: Difference) -> Difference:
    """Return *difference* without what may be a secret; that something differs stays visible."""
    before, after = (_mask(difference.subject, value) for value in (difference.before, difference.after))
    text = difference.text
    if before == after and before is not MISSING:
        text = "another value, which is not shown"
    elif _SECRET.search(text):
        text = f"other elements {HIDDEN}"
    return replace(difference, before=before, after=after, text=text)


def _mask(subject: str, value: Any) -> Any:
    parts = subject.split(".")
    if "Environment" in parts[:-1] and parts[-1] not in _SHOWN_VARIABLES:
        return value if value is MISSING else HIDDEN
    if isinstance(value, str) and value and any(_SECRET.search(part) for part in parts[-2:]):
        return HIDDEN
    return _inside(value)


def _inside(value: Any) -> Any:
    if isinstance(value, str):
        if value.startswith("-") and "=" in value and _SECRET.search(value.partition("=")[0]):
            return f"{value.partition('=')[0]}={HIDDEN}"
        return _IN_TEXT.sub(HIDDEN, value)
    if isinstance(value, dict):
        return {
            key: HIDDEN if _SECRET.search(str(key)) and isinstance(inner, str) and inner else _inside(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        # A program's arguments: what follows an option is its value.
        follows = [False, *(isinstance(inner, str) and _is_secret_option(inner) for inner in value)]
        return [HIDDEN if hidden else _inside(inner) for hidden, inner in zip(follows, value, strict=False)]
    return value


def _is_secret_option(value: str) -> bool:
    return value.startswith("-") and "=" not in value and _SECRET.search(value) is not None
