"""What commands that build and compute nothing do not import."""

from __future__ import annotations

HEAVY = (
    *("sagemaker", "moto", "flask", "jsonschema"),
    *("numpy", "pandas", "polars", "pyarrow", "scipy", "xgboost"),
)
"""The SageMaker SDK, what only the emulator needs, and libraries of frames and numbers."""
