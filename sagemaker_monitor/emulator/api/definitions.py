"""The definitions that executions ran, each text kept once however many executions ran it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.api.context import Context

_KIND = "definition"


def keep(context: Context, text: str) -> str:
    """Keep a definition, whatever becomes of its pipeline; return the key for an execution's record."""
    key = hashlib.sha256(text.encode()).hexdigest()
    context.store.create(_KIND, key, {"Text": text})
    return key


def definition_of(context: Context, execution: Mapping[str, Any]) -> str:
    """Return the JSON that the execution with this record ran."""
    kept = context.store.get(_KIND, execution["_Definition"])
    assert kept is not None  # nothing deletes it
    return str(kept["Text"])
