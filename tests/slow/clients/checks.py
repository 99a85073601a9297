"""What each flow has to find, whichever client it is written for: results that AWS's own containers gave."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.parity import comparing

Found = dict[str, Any]
TOLERANCE = 1e-15


def same(recorded: Any, found: Any) -> None:
    """Require every number within the tolerance, in texts too, and everything else equal."""
    comparing.close(recorded, found, tolerance=TOLERANCE, ordered=False, in_texts=True).require()


def document(data: Path, *parts: str) -> Any:
    """Return a recorded document."""
    return json.loads(data.joinpath("recorded", *parts).read_text())


def bias_batch(found: Found, data: Path) -> None:
    """The baseline and the seven violations of the churn batch; `baseline`, `violations`, `status`, `log`."""
    case = "churn_bias_batch_csv"
    same(document(data, case, "baseline_analysis.json"), found["baseline"])
    same(document(data, case, "constraint_violations.json"), found["violations"])
    assert len(found["violations"]["violations"]) == 7
    assert found["status"] == "CompletedWithViolations"
    assert any("CompletedWithViolations" in line for line in found["log"]), found["log"]


BY_FLOW: dict[str, Callable[[Found, Path], None]] = {"bias_batch": bias_batch}
