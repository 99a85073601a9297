"""What captured requests and answers are expected to look like, as the specification says it.

Runs under Python 3.8 with the standard library and jmespath only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Tuple

CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"


@dataclass(frozen=True)
class Expected:
    """Content types, and where in them things are.

    *features_at*, *key_at* and *prediction_at* are JMESPath, for JSON alone; of the *values* of a CSV answer
    to each record, the one at *prediction* is held against labels.
    """

    features: Tuple[str, ...]
    request_type: str = CSV
    features_at: str | None = None
    key_at: str | None = None
    answer_type: str = CSV
    prediction_at: str | None = None
    values: int = 1
    prediction: int = 0
    needs_answers: bool = True
    """Whether anything is watched that predictions are needed for."""


def read_expected(spec: Mapping[str, Any]) -> Expected:
    """Return what the specification expects of an endpoint's captures."""
    endpoint, prediction = spec["endpoint"], spec["prediction"]
    return Expected(
        features=tuple(spec["columns"]["features"]),
        request_type=endpoint["request_type"],
        features_at=endpoint["features"],
        key_at=endpoint["record_key"],
        answer_type=endpoint["answer_type"],
        prediction_at=endpoint["prediction"],
        values=prediction["values"],
        prediction=prediction["probability" if "probability" in prediction else "label"],
        needs_answers=endpoint["needs_answers"],
    )
