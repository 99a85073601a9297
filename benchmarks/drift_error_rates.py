"""How often the gate refuses honest inputs by the batch's size, and how often it catches planted drift.

    python benchmarks/drift_error_rates.py [--batches 200] [--rows 100 600 10000]

Every batch and its baseline of 750 rows go through the analyzer's documents and the code that decides,
under one rule: a calibrated limit for every feature. Batches that fit are dealt from the mortgage
applications with a baseline of their own; larger ones, and theirs, are drawn from a population that is
made of them: applications drawn with replacement, each amount jittered by 3 %, so that there are as many
different people as are asked for and the truth is known. The same batches are held against SageMaker's
own rule: Robust, with a threshold of 0.1.
"""

from __future__ import annotations

import argparse
import io
import math
import sys
import tempfile
import time
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.gate_error_rates import Rates, deal, model_spec, wilson  # noqa: E402
from examples.mortgage import prepare  # noqa: E402
from sagemaker_monitor.analysis.container import analyzer  # noqa: E402
from sagemaker_monitor.analysis.container.paths import Paths  # noqa: E402
from sagemaker_monitor.analysis.decision import evidence as gathered  # noqa: E402
from sagemaker_monitor.analysis.decision import spec as specification  # noqa: E402
from sagemaker_monitor.analysis.decision.conclude import conclude  # noqa: E402
from sagemaker_monitor.analysis.decision.table import Table  # noqa: E402
from sagemaker_monitor.analysis.documents.verdict import Verdict  # noqa: E402
from sagemaker_monitor.analysis.documents.verdict_json import from_json, to_json  # noqa: E402

SIZES = (100, 200, 400, 600, 1_000, 3_000, 10_000)
DEALT = 600
"""The largest batch that is dealt from the applications; there are not enough for larger ones."""
BASELINE = prepare.VALIDATION_ROWS
JITTER = 0.03
INCOMES, OBLIGATIONS = 0.9, 1.05
"""What the planted drift multiplies incomes and the share of obligations in them by."""
DRIFT = "baseline_drift_check"
FORMAT = '{"csv": {"header": true, "output_columns_position": "START"}}'
CHECK = specification.ExpectedCheck("BatchMonitor-monitoring", "DATA_QUALITY", specification.DATA_QUALITY)


@dataclass(frozen=True)
class Outcomes:
    """What the gate and SageMaker's own rule made of the same batches."""

    gate: Rates
    robust: Rates


@cache
def policy() -> specification.Spec:
    """Return the example's specification with one rule: every feature's drift is calibrated and refuses."""
    known = model_spec()
    rule = specification.Rule(f"data_quality/{DRIFT}/*", "fail", tolerance="calibrated")
    few = specification.MinimumRows(1, 1, 0)
    return replace(
        known, facets=(), checks=(CHECK,), gate=replace(known.gate, rules=(rule,), minimum_rows=few)
    )


def drifted(
    features: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return applications of people who earn less and owe more of it."""
    changed = features.copy()
    income, owed = (prepare.FEATURES.index(name) for name in ("appinc", "obrat"))
    changed[:, income] = np.round(changed[:, income] * INCOMES)
    changed[:, owed] = np.round(changed[:, owed] * OBLIGATIONS, 4)
    return changed


def population(seed: int, rows: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return *rows* applications of the population, in the units of the source."""
    random = np.random.default_rng((3, seed))
    known = prepare.load_applications().features
    drawn = known[random.integers(0, len(known), rows)]
    # Flags and terms take few values: they stay what they are.
    amounts = [place for place in range(known.shape[1]) if len(np.unique(known[:, place])) > 20]
    drawn[:, amounts] *= 1 + JITTER * random.standard_normal((rows, len(amounts)))
    whole = [place for place, name in enumerate(prepare.FEATURES) if name in prepare.WHOLE]
    drawn[:, whole] = np.round(drawn[:, whole])
    return np.round(drawn, 4)


def samples(seed: int, rows: int) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], ...]:
    """Return the features of a baseline and of an honest batch of *rows*."""
    if rows > DEALT:
        both = population(seed, BASELINE + rows)
        return both[:BASELINE], both[BASELINE:]
    baseline, held_out = deal(seed, rows)
    return baseline.features, prepare.make_honest_batch(seed, rows, held_out=held_out).features


def cells(features: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> tuple[tuple[str, ...], ...]:
    """Return the columns as the example's files have them."""
    return tuple(
        tuple(str(int(value)) if name in prepare.WHOLE else repr(float(value)) for value in column)
        for name, column in zip(prepare.FEATURES, features.T, strict=True)
    )


def documents(columns: tuple[tuple[str, ...], ...], baseline: dict[str, str]) -> dict[str, str]:
    """Return what the analyzer writes for *columns*, held against the documents of *baseline*."""
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        root = Path(folder)
        (root / "data").mkdir()
        lines = [",".join(prepare.FEATURES), *map(",".join, zip(*columns, strict=True))]
        (root / "data" / "data.csv").write_text("\n".join(lines) + "\n")
        environment = {"dataset_source": str(root / "data"), "dataset_format": FORMAT}
        for name, text in baseline.items():
            (root / name).write_text(text)
            environment[f"baseline_{name.removesuffix('.json')}"] = str(root / name)
        return analyzer.run(Paths(root), environment)[0]


def decide(
    baseline: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    batch: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> Verdict:
    """Return the verdict on *batch*, from documents written and read as in a run."""
    columns = [cells(each) for each in (baseline, batch)]
    before = documents(columns[0], {})
    now = documents(columns[1], before)
    report = gathered.read_quality(
        now.get("constraint_violations.json"),
        now["statistics.json"],
        before["statistics.json"],
        before["constraints.json"],
    )
    tables = [Table(prepare.FEATURES, each, len(each[0])) for each in columns]
    found = gathered.Evidence(
        run=gathered.Run("arn:aws:sagemaker:execution", None, "0" * 64, "2026-01-01T00:00:00Z", None),
        labels=None,
        checks=(
            gathered.CheckEvidence(CHECK.step, CHECK.check_type, CHECK.monitor, "compared", quality=report),
        ),
        batch=None,
        baseline=gathered.BaselineVersion("arn:aws:sagemaker:version", None, None, None, tables[0]),
        features=tables[1],
    )
    return from_json(to_json(conclude(policy(), found)))


def robust_refuses(verdict: Verdict, baseline: int, rows: int) -> bool:
    """Return whether SageMaker's Robust rule alone would refuse: other violations do not hide drift here."""
    allowed = 0.1 + 1.8 * math.sqrt(1 / baseline + 1 / rows)
    return any(each.metric == DRIFT and (each.value or 0.0) > allowed for each in verdict.findings)


def rates(batches: int, rows: int, *, drift: bool) -> Outcomes:
    """Return what becomes of *batches* batches of *rows*, honest or with the planted drift."""
    gate: Counter[str] = Counter()
    robust: Counter[str] = Counter()
    for seed in range(batches):
        baseline, batch = samples(seed, rows)
        verdict = decide(baseline, drifted(batch) if drift else batch)
        gate[verdict.decision] += 1
        robust["refused" if robust_refuses(verdict, len(baseline), len(batch)) else "pass"] += 1
    return Outcomes(Rates(gate), Rates(robust))


def cell(found: Rates) -> str:
    """Return the share that was refused, with its interval."""
    low, high = wilson(found.decisions["refused"], found.batches)
    return f"{found.share():6.1%} [{low:.1%}, {high:.1%}]"


def describe(rows: int, honest: Outcomes, planted: Outcomes) -> str:
    """Return one line of the table."""
    shown = (honest.gate, honest.robust, planted.gate, planted.robust)
    return f"{rows:>6} " + " ".join(f"{cell(each):>23}" for each in shown)


HEADER = f"{'rows':>6} " + " ".join(
    f"{title:>23}"
    for title in ("honest refused", "by SageMaker's Robust", "drift caught", "by SageMaker's Robust")
)


def main() -> int:
    """Print the error rates by the batch's size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batches", type=int, default=200, help="random batches of each kind and size")
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES, help="sizes of batches")
    options = parser.parse_args()
    started = time.monotonic()
    print(f"{options.batches} batches of each kind, each with a baseline of {BASELINE}; 95 % intervals")
    print(HEADER)
    for rows in options.rows:
        honest, planted = (rates(options.batches, rows, drift=each) for each in (False, True))
        print(describe(rows, honest, planted), flush=True)
    print(f"{time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
