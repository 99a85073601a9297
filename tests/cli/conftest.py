"""Every test here may have an emulator of its own."""

from tests.cli.endless import endless
from tests.operations.captured import captured
from tests.operations.emulated import aws, conf, emulator, environment, model

__all__ = ["aws", "captured", "conf", "emulator", "endless", "environment", "model"]
