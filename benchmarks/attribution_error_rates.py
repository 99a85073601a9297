"""How often the gate refuses attributions that are as they were, and how often those of changed inputs.

    python benchmarks/attribution_error_rates.py [--batches 200] [--rows 100 600] [--reference mean fixed]

Every batch of the mortgage example is explained by Kernel SHAP of the example's model, 200 samples a record,
and goes with a baseline of its own through the documents that the check leaves and the code that decides,
under one rule: a calibrated limit for the nDCG. Attributions are measured from the mean record: of the rows
that are explained themselves (the default of conf/models), or of the training rows, the same for both. The
planted change is a source that is no longer read: every income is the median. The same batches are held
against SageMaker's own rule: an nDCG of at least 0.9.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.gate_error_rates import Rates, deal, model, model_spec, wilson  # noqa: E402
from examples.mortgage import prepare  # noqa: E402
from sagemaker_monitor.analysis.decision import evidence as gathered  # noqa: E402
from sagemaker_monitor.analysis.decision import spec as specification  # noqa: E402
from sagemaker_monitor.analysis.decision.attributions import (  # noqa: E402
    AttributionReport,
    Attributions,
    read_global,
    read_local,
    read_violations,
)
from sagemaker_monitor.analysis.decision.conclude import conclude  # noqa: E402
from sagemaker_monitor.analysis.documents.analysis import (  # noqa: E402
    Analysis,
    Explanation,
    Explanations,
)
from sagemaker_monitor.analysis.documents.verdict import Verdict  # noqa: E402
from sagemaker_monitor.analysis.documents.verdict_json import from_json, to_json  # noqa: E402
from sagemaker_monitor.analysis.documents.violations import AttributionViolations  # noqa: E402
from sagemaker_monitor.analysis.explainability import drift  # noqa: E402
from sagemaker_monitor.analysis.explainability.kernel_shap import explain  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SIZES = (100, 600)
SAMPLES = 200
INCOME = "appinc"
MEAN, FIXED = "mean", "fixed"
CHECK = specification.ExpectedCheck(
    "ModelExplainability", "MODEL_EXPLAINABILITY", specification.EXPLAINABILITY
)
RULE = specification.Rule("explainability/ndcg", "fail", tolerance="calibrated")


@dataclass(frozen=True)
class Outcomes:
    """What the gate and SageMaker's own rule made of the same batches."""

    gate: Rates
    aws: Rates


@cache
def policy() -> specification.Spec:
    """Return the example's specification with one rule: the ranking is calibrated and refuses."""
    known = model_spec()
    gate = replace(known.gate, rules=(RULE,), minimum_rows=specification.MinimumRows(1, 1, 0))
    return replace(known, facets=(), checks=(CHECK,), gate=gate, monitors=(specification.EXPLAINABILITY,))


@cache
def scorer() -> Callable[[pl.DataFrame], Array]:
    """Return the example's model as the explainer asks it."""
    import xgboost

    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(model()))

    def scores(frame: pl.DataFrame) -> Array:
        return np.asarray(booster.inplace_predict(frame.to_numpy()), dtype=np.float64).reshape(-1, 1)

    return scores


def frame(features: Array) -> pl.DataFrame:
    """Return the features by name."""
    return pl.DataFrame(
        {name: features[:, at].astype(np.float64) for at, name in enumerate(prepare.FEATURES)}
    )


@cache
def training_mean() -> Array:
    """Return the mean record of the training rows, shape (1, features)."""
    mean: Array = prepare.deal().train.features.mean(axis=0, keepdims=True)
    return mean


def without_income(features: Array) -> Array:
    """Return the features with everybody's income the median."""
    changed = features.copy()
    place = prepare.FEATURES.index(INCOME)
    changed[:, place] = np.median(changed[:, place])
    return changed


@dataclass(frozen=True)
class Explained:
    """The two documents that the check leaves of some rows."""

    analysis: str
    local: str

    @property
    def explanations(self) -> Explanations:
        """The report's section."""
        found = Analysis.from_json(self.analysis).explanations
        assert found is not None
        return found

    def read(self) -> Attributions:
        """Return what decide reads."""
        return Attributions(read_global(self.analysis), read_local(self.local, prepare.FEATURES))


def explained(features: Array, seed: int, reference: str) -> Explained:
    """Return what the check leaves of *features*, measured from the *reference*."""
    start = training_mean() if reference == FIXED else features.mean(axis=0, keepdims=True)
    found = explain(frame(features), frame(start), scorer(), samples=SAMPLES, seed=seed)
    values = found.values[:, 0]
    means = dict(zip(prepare.FEATURES, np.abs(values).mean(axis=0).tolist(), strict=True))
    section = Explanations({"label0": Explanation(means, float(found.expected[0]))})
    columns = {f"{name}_label0": values[:, at] for at, name in enumerate(prepare.FEATURES)}
    return Explained(Analysis(explanations=section).to_json(), pl.DataFrame(columns).write_csv())


def decide(before: Explained, now: Explained) -> Verdict:
    """Return the verdict on *now*, from documents written and read as in a run."""
    violations = drift.violations(before.explanations, now.explanations)
    count, stated = read_violations(AttributionViolations(violations).to_json()) if violations else (0, None)
    report = AttributionReport(now.read(), before.read(), count, stated)
    check = gathered.CheckEvidence(CHECK.step, CHECK.check_type, CHECK.monitor, "compared", explained=report)
    found = gathered.Evidence(
        run=gathered.Run("arn:aws:sagemaker:execution", None, "0" * 64, "2026-01-01T00:00:00Z", None),
        labels=None,
        checks=(check,),
        batch=None,
        baseline=gathered.BaselineVersion("arn:aws:sagemaker:version", None, None, None),
    )
    return from_json(to_json(conclude(policy(), found)))


def rates(batches: int, rows: int, reference: str, *, changed: bool) -> Outcomes:
    """Return what becomes of *batches* batches of *rows*, honest or with the planted change."""
    gate: Counter[str] = Counter()
    aws: Counter[str] = Counter()
    for seed in range(batches):
        baseline, held_out = deal(seed, rows)
        features = prepare.make_honest_batch(seed, rows, held_out=held_out).features
        now = explained(without_income(features) if changed else features, 2 * seed + 1, reference)
        verdict = decide(explained(baseline.features, 2 * seed, reference), now)
        gate[verdict.decision] += 1
        aws["refused" if any(each.aws_violation for each in verdict.findings) else "pass"] += 1
    return Outcomes(Rates(gate), Rates(aws))


def cell(found: Rates) -> str:
    """Return the share that was refused, with its interval."""
    low, high = wilson(found.decisions["refused"], found.batches)
    return f"{found.share():6.1%} [{low:.1%}, {high:.1%}]"


HEADER = f"{'from':>6} {'rows':>5} " + " ".join(
    f"{title:>22}"
    for title in ("honest refused", "by SageMaker's rule", "change caught", "by SageMaker's rule")
)


def describe(reference: str, rows: int, honest: Outcomes, planted: Outcomes) -> str:
    """Return one line of the table."""
    shown = (honest.gate, honest.aws, planted.gate, planted.aws)
    return f"{reference:>6} {rows:>5} " + " ".join(f"{cell(each):>22}" for each in shown)


def main() -> int:
    """Print the error rates by what attributions are measured from, and by the batch's size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batches", type=int, default=200, help="random batches of each kind and size")
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES, help="sizes of batches, up to 600")
    parser.add_argument("--reference", nargs="+", default=(MEAN, FIXED), choices=(MEAN, FIXED))
    options = parser.parse_args()
    started = time.monotonic()
    print(f"{options.batches} batches of each kind, each with a baseline of its own; 95 % intervals")
    print(HEADER)
    for reference in options.reference:
        for rows in options.rows:
            both = (rates(options.batches, rows, reference, changed=each) for each in (False, True))
            print(describe(reference, rows, *both), flush=True)
    print(f"{time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
