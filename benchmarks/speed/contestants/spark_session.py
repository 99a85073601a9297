"""Ending Spark so that what its Java process cost is counted."""

from __future__ import annotations

from typing import Any


def ended(session: Any) -> None:
    """Stop *session* and wait for its Java process: only a child that was waited for has its CPU told."""
    gateway = session.sparkContext._gateway
    session.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
