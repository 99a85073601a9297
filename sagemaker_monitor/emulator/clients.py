"""Clients of the services that moto plays, for what the emulator itself sends them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.config import Config
from botocore.loaders import create_loader
from botocore.session import Session

from sagemaker_monitor.emulator.api.context import Context


@functools.cache
def _loader() -> Any:
    """Return what reads the services' models, which it remembers: they are long."""
    return create_loader()


@contextmanager
def client(context: Context, service: str, region: str | None = None) -> Iterator[Any]:
    """Give a client of *service* in the region of *context*, unless another is named; nothing is retried."""
    session = Session()
    session.register_component("data_loader", _loader())
    session.set_credentials("emulator", "emulator")
    made: Any = session.create_client(
        service,
        endpoint_url=context.config.url,
        region_name=region or context.region,
        config=Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=60),
    )
    try:
        yield made
    finally:
        made.close()
