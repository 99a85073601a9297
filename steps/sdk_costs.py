"""What the SDK does again for every step of a definition, and needs to be done once.

None of it changes what is built: the golden definitions are the same bytes with and without. Costs are of
SDK 3.27; the tests beside tests/steps/test_sdk_costs.py notice when the SDK no longer has them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import botocore.loaders
import botocore.session

_create_loader = botocore.loaders.create_loader


@contextmanager
def paid_once() -> Iterator[None]:
    """Spare what the SDK repeats while definitions are built inside the block; imports the SDK.

    - Every boto3 session, and every look-up of an image's registry, reads botocore's models from disk anew,
      a hundred megabytes of JSON for one model's pipelines. Here they share one loader.
    - Every processing and transform step makes a client of the SDK's local mode, with boto3 clients of its
      own, to learn the name of one of its methods. The class knows it too.
    - Every session checks the defaults that it is given three times, and each time their schema first, which
      has ten thousand keys. What is given here is a constant that a test checks.
    """
    from sagemaker.core.config.config_manager import SageMakerConfig
    from sagemaker.core.helper import session_helper
    from sagemaker.mlops.workflow import steps

    with ExitStack() as stack:
        for module in (botocore.loaders, botocore.session):
            stack.enter_context(_replaced(module, "create_loader", _shared_loader))
        # Called for its methods' names only.
        local_client = steps.LocalSagemakerClient
        stack.enter_context(_replaced(steps, "LocalSagemakerClient", lambda: local_client))
        stack.enter_context(_replaced(session_helper, "validate_sagemaker_config", _unchecked))
        stack.enter_context(_replaced(SageMakerConfig, "validate_sagemaker_config", staticmethod(_unchecked)))
        yield


def _unchecked(_defaults: Any = None) -> None:
    """Check nothing."""


@functools.cache
def _shared_loader(search_path_string: str | None = None) -> Any:
    """Return the loader of the folders that AWS_DATA_PATH names, the same for all who ask."""
    return _create_loader(search_path_string)


@contextmanager
def _replaced(module: Any, name: str, value: Any) -> Iterator[None]:
    before = vars(module)[name]  # as it stands there: a class's static function is wrapped
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)
