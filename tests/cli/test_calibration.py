"""What calibrate prints of what it simulated."""

from __future__ import annotations

import pytest

from sagemaker_monitor.analysis.documents.verdict import Limit, Power
from sagemaker_monitor.analysis.outlook import AtRows, Bound, Honest
from sagemaker_monitor.cli.render.calibration import print_calibration
from sagemaker_monitor.operations.calibrating import Calibrated

DRIFT = "data_quality/baseline_drift_check/income"


def calibrated(rows: int, wide: float) -> Calibrated:
    """Return what was simulated at so many rows, with detectable changes of *wide*."""
    limits = {
        "bias/DPL/black": Bound("fail", 0.2, Limit("calibrated", -0.2, 0.4, -wide, 0.2 + wide)),
        "bias/DI/black": Bound("fail", 0.8, Limit("calibrated", 0.6, 1.2, 0.8 - wide, 1.4)),
        DRIFT: Bound("fail", 0.0, Limit("calibrated", None, 0.1, None, 0.15)),
        "model_quality/auc": Bound("fail", 0.84, Limit("minimum", 0.75, None)),
    }
    power = Power(DRIFT, 0.12, 0.9, 0.77, rows, 750, False)
    at = AtRows(rows, {"bias": Honest(0.02, 0.025, limits)}, (power,), ())
    return Calibrated("s3://b/join", 750, (at,), {}, 0.05, {})


def test_the_table_names_what_moves_and_by_how_much(capsys: pytest.CaptureFixture[str]) -> None:
    """A change has its sign, drift is called drift, and a limit of one's own is told as a limit."""
    print_calibration("mortgage", calibrated(300, 0.5))
    rows = {" ".join(line.split()) for line in capsys.readouterr().out.splitlines()}

    assert {"bias/DPL/black +0.5", "bias/DI/black -0.5", "drift of income +0.15"} <= rows
    assert {"model_quality/auc limit ≥ 0.75", "drift of income +0.12 77%"} <= rows


def test_what_a_metric_cannot_reach_is_never_caught(capsys: pytest.CaptureFixture[str]) -> None:
    """With so few rows that only an impossible change would be caught, none is promised."""
    print_calibration("mortgage", calibrated(50, 0.9))
    rows = {" ".join(line.split()) for line in capsys.readouterr().out.splitlines()}

    assert {"bias/DPL/black none", "bias/DI/black none"} <= rows
