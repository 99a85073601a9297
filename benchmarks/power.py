"""Whether declared shifts are caught as often as is told, on data with known truth.

    python benchmarks/power.py [--batches 150] [--only bias]

For each shift the baseline's rows of the mortgage example are weighed so that the metric's true value is
the declared one, batches are drawn from them, and every batch goes through the code that decides, with
limits of its own. What is told comes from one simulation: limits of a typical batch, 1,000 draws.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import drift_error_rates, gate_error_rates, model_quality_error_rates  # noqa: E402
from benchmarks.gate_error_rates import sample, wilson, without_minimum  # noqa: E402
from examples.mortgage import prepare  # noqa: E402
from sagemaker_monitor.analysis.decision.power import Effort  # noqa: E402
from sagemaker_monitor.analysis.decision.power_bias import BiasPower  # noqa: E402
from sagemaker_monitor.analysis.decision.power_drift import DriftPower  # noqa: E402
from sagemaker_monitor.analysis.decision.power_model import ModelPower  # noqa: E402
from sagemaker_monitor.analysis.decision.table import Table  # noqa: E402

CASES = (
    ("bias", "bias/DPPL/black", 0.25, (300, 1_000)),
    ("bias", "bias/DPPL/old", 0.15, (300, 1_000)),
    ("drift", "data_quality/baseline_drift_check/appinc", 0.12, (300, 600)),
    ("drift", "data_quality/baseline_drift_check/gdlin", 0.08, (300, 600)),
    ("model", "model_quality/recall", -0.05, (100, 300)),
    ("model", "model_quality/auc", -0.1, (100, 300)),
)


@dataclass(frozen=True)
class Checked:
    """One shift at one number of rows: what is told, and how many of how many batches were refused."""

    name: str
    by: float
    rows: int
    told: float
    refused: int
    batches: int

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % score interval of the share refused."""
        return wilson(self.refused, self.batches)

    def __str__(self) -> str:
        """Return one line of the table."""
        low, high = self.interval
        share = self.refused / self.batches
        told = f"{self.told:>6.1%} {share:>8.1%} [{low:.1%}, {high:.1%}]"
        return f"{f'{self.name} {self.by:+g}':<48} {self.rows:>5} {told} of {self.batches}"


@cache
def baseline() -> prepare.Applications:
    """Return the example's own baseline."""
    return prepare.deal().validation


Decide = Callable[[prepare.Applications], str]


def of_bias(name: str, by: float) -> tuple[Any, np.ndarray[Any, Any], Decide]:
    """Return the simulator, weights of the baseline's rows, and what decides a batch."""
    known = without_minimum(gate_error_rates.model_spec())
    # What only warns has a family of its own, and refuses nothing.
    failing = tuple(rule for rule in known.gate.rules if rule.action == "fail")
    spec = replace(known, gate=replace(known.gate, rules=failing))
    rows = sample(baseline())
    power = BiasPower(spec, rows)
    flags = np.vstack([rows.inside, rows.observed, rows.predicted]).T.tolist()
    seen = power.seen
    kinds = np.vstack([seen.inside, seen.observed, seen.predicted]).T.tolist()
    place = {tuple(kind): number for number, kind in enumerate(kinds)}
    weights = power.shifted(power.pairs[name], by) / power.weights
    return (
        power,
        np.array([weights[place[tuple(row)]] for row in flags]),
        lambda batch: gate_error_rates.decide(baseline(), batch, spec).decision,
    )


def of_drift(name: str, by: float) -> tuple[Any, np.ndarray[Any, Any], Decide]:
    """Return the same of a feature's drift."""
    columns = drift_error_rates.cells(baseline().features)
    power = DriftPower(drift_error_rates.policy(), Table(prepare.FEATURES, columns, len(baseline())))
    weights = np.empty(len(baseline()))
    weights[power.order] = power.shifted(power.features[name], by)
    return (
        power,
        weights,
        lambda batch: drift_error_rates.decide(baseline().features, batch.features).decision,
    )


def of_model(name: str, by: float) -> tuple[Any, np.ndarray[Any, Any], Decide]:
    """Return the same of a metric of model quality."""
    power = ModelPower(model_quality_error_rates.policy(), sample(baseline()).scored)
    weights = np.empty(len(baseline()))
    weights[power.order] = power.shifted(power.subjects[name], by)
    return power, weights, lambda batch: model_quality_error_rates.decide(baseline(), batch).decision


MAKE = {"bias": of_bias, "drift": of_drift, "model": of_model}


def check(kind: str, name: str, by: float, rows: int, batches: int) -> Checked:
    """Return what is told of a shift and what happens to *batches* batches of *rows* that have it."""
    power, weights, decide = MAKE[kind](name, by)
    told = power.caught(name, by, rows, Effort())
    shares = weights / weights.sum()
    refused = 0
    for seed in range(batches):
        drawn = np.random.default_rng((11, seed, rows)).choice(len(shares), rows, p=shares)
        refused += decide(baseline().take(drawn)) == "refused"
    return Checked(name, by, rows, told, refused, batches)


def checks(batches: int, only: str | None = None, *, small: bool = False) -> Iterator[Checked]:
    """Yield every case; with *small* each shift at one number of rows."""
    for kind, name, by, sizes in CASES:
        if only in (None, kind):
            yield from (check(kind, name, by, rows, batches) for rows in (sizes[:1] if small else sizes))


def main() -> int:
    """Print what is told beside what happens."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batches", type=int, default=150, help="batches of each shift and size")
    parser.add_argument("--only", choices=tuple(MAKE), help="one monitor")
    parser.add_argument("--small", action="store_true", help="the first number of rows of each shift alone")
    options = parser.parse_args()
    started = time.monotonic()
    print(f"{'shift':<48} {'rows':>5} {'told':>6} {'refused':>8}, 95 % interval")
    for each in checks(options.batches, options.only, small=options.small):
        print(each, flush=True)
    print(f"{time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
