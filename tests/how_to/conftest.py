"""Each page of docs/how-to is held to what happens when it is followed."""

from tests.operations.captured import captured
from tests.operations.emulated import aws, conf, emulator, environment, model

__all__ = ["aws", "captured", "conf", "emulator", "environment", "model"]
