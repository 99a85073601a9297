"""How often the gate refuses an honest batch of the mortgage example, and how often it catches the shift.

    python benchmarks/gate_error_rates.py [--batches 200] [--rows 600] [--table]

Every batch goes through the documents that the checks leave and the code that decides, with the
policy of conf/models/mortgage.yaml. For each seed everybody who was not trained on is dealt anew to
baseline and held-out, so the error rate is over baselines too; --fixed keeps the example's baseline.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from examples.mortgage import prepare  # noqa: E402
from sagemaker_monitor.analysis.bias import drift, report, samples  # noqa: E402
from sagemaker_monitor.analysis.bias.metrics import POST_TRAINING, PRE_TRAINING  # noqa: E402
from sagemaker_monitor.analysis.columns import Column, Kind  # noqa: E402
from sagemaker_monitor.analysis.decision import evidence as gathered  # noqa: E402
from sagemaker_monitor.analysis.decision import spec as specification  # noqa: E402
from sagemaker_monitor.analysis.decision.conclude import conclude  # noqa: E402
from sagemaker_monitor.analysis.decision.sample import Sample, read_sample  # noqa: E402
from sagemaker_monitor.analysis.documents.analysis import Analysis  # noqa: E402
from sagemaker_monitor.analysis.documents.verdict import Verdict  # noqa: E402
from sagemaker_monitor.analysis.documents.verdict_json import from_json, to_json  # noqa: E402
from sagemaker_monitor.analysis.documents.violations import BiasViolations  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

STAGES = {"DATA_BIAS": PRE_TRAINING, "MODEL_BIAS": POST_TRAINING}
TABLE_ROWS = (100, 200, 300, 400, 600, 800, 1000)
CONFIDENCE = 1.959964
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True)
class Rates:
    """What became of a number of batches: how many got each decision."""

    decisions: Counter[str]

    @property
    def batches(self) -> int:
        """Return how many batches were decided."""
        return sum(self.decisions.values())

    def share(self, decision: str = "refused") -> float:
        """Return the share of batches that got *decision*."""
        return self.decisions[decision] / self.batches

    def interval(self, decision: str = "refused") -> tuple[float, float]:
        """Return the Wilson score interval, 95 %, of the share that got *decision*."""
        return wilson(self.decisions[decision], self.batches)


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson 1927)."""
    share, square = hits / trials, CONFIDENCE**2
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    spread = CONFIDENCE * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    return middle - spread / (1 + square / trials), middle + spread / (1 + square / trials)


@cache
def model_spec() -> specification.Spec:
    """Return what decide is told about the example's bias: the policy of conf/models/mortgage.yaml.

    The other monitors have their own parts of the error rate, and benchmarks of their own.
    """
    from sagemaker_monitor.settings import load_model
    from steps.spec import script_spec

    model = load_model("mortgage", ROOT / "conf")
    spec = specification.from_json(script_spec(model, "local", "monitor-batch"))
    return replace(spec, checks=tuple(check for check in spec.checks if check.monitor == specification.BIAS))


@cache
def model() -> bytes:
    """Return the example's model."""
    return prepare.train_model(prepare.deal().train)


def predicted(rows: prepare.Applications) -> NDArray[np.bool_]:
    """Return which applications the model favours."""
    answers: NDArray[np.bool_] = prepare.predict(model(), rows.features) > model_spec().threshold
    return answers


def sample(rows: prepare.Applications) -> Sample:
    """Return the rows as decide reads them from the join step's files."""
    keyed = prepare.labelled_csv(["-"] * len(rows), rows).splitlines(keepends=True)
    answers = prepare.predict(model(), rows.features)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        files = {
            "labelled": "".join(line.partition(",")[2] for line in keyed),
            "scored": "".join(f"{float(p)!r},{y}\n" for p, y in zip(answers, rows.label, strict=True)),
        }
        for name, text in files.items():
            (root / name).mkdir()
            (root / name / "data.csv").write_text(text)
        return read_sample(root / "labelled", root / "scored", model_spec())


def whole(name: str, numbers: NDArray[Any]) -> Column:
    """Return a column of whole numbers."""
    return Column(name, Kind.INTEGER, numbers.astype(np.int64), np.ones(len(numbers), dtype=bool))


def analysis(rows: prepare.Applications, check_type: str) -> Analysis:
    """Return the report that the check leaves, without the flip test, which has no calibrated limit."""
    spec, stage = model_spec(), STAGES[check_type]
    answers = whole("predicted", predicted(rows)) if stage == POST_TRAINING else None
    labels = samples.labels(whole(prepare.LABEL, rows.label), answers, [spec.favourable])
    facets, tables = [], report.Tables(labels, None)
    for facet in spec.facets:
        column = whole(facet.name, rows.facets[:, prepare.FACET_COLUMNS.index(facet.name)])
        facets.append(report.Facet(facet.name, samples.groups(column, list(facet.values)), (), tables))
    methods = [name for name in report.names_of(stage) if name != "FT"]
    section = report.section(stage, methods, label=prepare.LABEL, labels=labels, facets=facets)
    return Analysis(pre_training=section) if stage == PRE_TRAINING else Analysis(post_training=section)


def without_minimum(spec: specification.Spec) -> specification.Spec:
    """Return the specification with a policy that judges however few rows there are."""
    return replace(spec, gate=replace(spec.gate, minimum_rows=specification.MinimumRows(1, 1, 0)))


def decide(
    baseline: prepare.Applications, batch: prepare.Applications, spec: specification.Spec | None = None
) -> Verdict:
    """Return the verdict on *batch*, from documents written and read as in a run."""
    spec = spec or model_spec()
    checks = []
    for expected in spec.checks:
        before, now = analysis(baseline, expected.check_type), analysis(batch, expected.check_type)
        violations = BiasViolations(drift.violations(before, now)).to_json()
        checks.append(
            gathered.CheckEvidence(
                expected.step,
                expected.check_type,
                expected.monitor,
                "compared",
                current=gathered.read_report(now.to_json(), expected.check_type),
                baseline=gathered.read_report(before.to_json(), expected.check_type),
                violated=gathered.read_violations(violations),
            )
        )
    rows = len(batch)
    verdict = conclude(
        spec,
        gathered.Evidence(
            run=gathered.Run("arn:aws:sagemaker:execution", None, "0" * 64, "2026-01-01T00:00:00Z", None),
            labels=gathered.Labels("labels-complete", rows, rows, 1.0, spec.minimum_overlap, 0, 0),
            checks=tuple(checks),
            batch=sample(batch),
            baseline=gathered.BaselineVersion("arn:aws:sagemaker:version", None, sample(baseline), None),
        ),
    )
    return from_json(to_json(verdict))


def deal(seed: int, rows: int) -> tuple[prepare.Applications, prepare.Applications]:
    """Return baseline and held-out rows; a batch too large for the held-out takes from the baseline."""
    dealt = prepare.deal(seed)
    known = (dealt.validation, dealt.held_out)
    everybody = prepare.Applications(
        *(np.concatenate([getattr(part, name) for part in known]) for name in ("features", "facets", "label"))
    )
    size = min(len(dealt.validation), len(everybody) - rows)
    order = np.arange(len(everybody))
    return everybody.take(order[:size]), everybody.take(order[size:])


def rates(batches: int, rows: int, *, shifted: bool, fixed: bool = False, few: bool = False) -> Rates:
    """Return what is decided about *batches* random batches of *rows*, honest or with the planted shift.

    With *fixed* the baseline is the example's own each time; with *few* the policy's minimum rows are lifted.
    """
    decisions: Counter[str] = Counter()
    make = prepare.make_shifted_batch if shifted else prepare.make_honest_batch
    spec = without_minimum(model_spec()) if few else model_spec()
    for seed in range(batches):
        baseline, held_out = deal(prepare.SEED if fixed else seed, rows)
        decisions[decide(baseline, make(seed, rows, held_out=held_out), spec).decision] += 1
    return Rates(decisions)


def describe(what: str, found: Rates) -> str:
    """Return one line: the share refused with its interval, and every other decision."""
    low, high = found.interval()
    others = [f"{name} {count}" for name, count in sorted(found.decisions.items()) if name != "refused"]
    share = f"{found.share():6.1%} refused  [{low:.1%}, {high:.1%}] of {found.batches}"
    return f"{what:8} {share}  ({', '.join(others) or 'no other decision'})"


def table(batches: int) -> list[str]:
    """Return false refusals and detection by the batch's rows, the policy's minimum rows lifted."""
    lines = [f"{'rows':>5} {'baseline':>9} {'honest refused':>22} {'shift caught':>22}"]
    for rows in TABLE_ROWS:
        cells = []
        for shifted in (False, True):
            found = rates(batches, rows, shifted=shifted, few=True)
            low, high = found.interval()
            cells.append(f"{found.share():6.1%} [{low:.1%}, {high:.1%}]")
        baseline, _ = deal(0, rows)
        lines.append(f"{rows:>5} {len(baseline):>9} {cells[0]:>22} {cells[1]:>22}")
        print(lines[-1], file=sys.stderr, flush=True)
    return lines


def main() -> int:
    """Print the error rates."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batches", type=int, default=200, help="random batches of each kind")
    parser.add_argument("--rows", type=int, default=prepare.BATCH_ROWS, help="rows of a batch")
    parser.add_argument("--table", action="store_true", help="only error rates by the number of rows")
    parser.add_argument("--fixed", action="store_true", help="also with the example's own baseline")
    options = parser.parse_args()
    started = time.monotonic()
    if options.table:
        print("\n".join(table(options.batches)))
        return 0
    print(f"{options.rows} rows, every batch with a baseline of its own; 95 % intervals")
    print(describe("honest", rates(options.batches, options.rows, shifted=False)), flush=True)
    print(describe("shifted", rates(options.batches, options.rows, shifted=True)), flush=True)
    if options.fixed:
        print("the example's own baseline, batches from its 650 held-out rows")
        print(describe("honest", rates(options.batches, options.rows, shifted=False, fixed=True)), flush=True)
        print(describe("shifted", rates(options.batches, options.rows, shifted=True, fixed=True)), flush=True)
    print(f"{time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
