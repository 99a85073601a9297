"""How often the gate refuses a model that is as good as it was, and how often one that became worse.

    python benchmarks/model_quality_error_rates.py [--batches 200] [--rows 100 300 600] [--noise 0.6]

Every batch of the mortgage example is scored by the example's model, and goes with a baseline of its own
through the analyzer's documents and the code that decides, under one rule: a calibrated limit for every
metric. The planted degradation is labels that follow from the features less: a share of the batch's labels
is dealt anew among the rows. The same batches are held against SageMaker's own rule: no metric may be worse
than the baseline's.
"""

from __future__ import annotations

import argparse
import io
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

from benchmarks.gate_error_rates import Rates, deal, model, model_spec, wilson  # noqa: E402
from examples.mortgage import prepare  # noqa: E402
from sagemaker_monitor.analysis.container import analyzer  # noqa: E402
from sagemaker_monitor.analysis.container.paths import Paths  # noqa: E402
from sagemaker_monitor.analysis.decision import evidence as gathered  # noqa: E402
from sagemaker_monitor.analysis.decision import spec as specification  # noqa: E402
from sagemaker_monitor.analysis.decision.conclude import conclude  # noqa: E402
from sagemaker_monitor.analysis.decision.model_report import read_model_report  # noqa: E402
from sagemaker_monitor.analysis.decision.sample import Sample, read_sample  # noqa: E402
from sagemaker_monitor.analysis.documents.verdict import Verdict  # noqa: E402
from sagemaker_monitor.analysis.documents.verdict_json import from_json, to_json  # noqa: E402

SIZES = (100, 300, 600)
NOISE = 0.6
"""Share of the labels that are dealt anew in a degraded batch."""
FORMAT = '{"csv": {"header": true, "output_columns_position": "START"}}'
CHECK = specification.ExpectedCheck("ModelQuality", "MODEL_QUALITY", specification.MODEL_QUALITY)
RULE = specification.Rule("model_quality/*", "fail", tolerance="calibrated")


@dataclass(frozen=True)
class Outcomes:
    """What the gate and SageMaker's own rule made of the same batches."""

    gate: Rates
    aws: Rates


@cache
def policy() -> specification.Spec:
    """Return the example's specification with one rule: every metric is calibrated and refuses."""
    known = model_spec()
    gate = replace(known.gate, rules=(RULE,), minimum_rows=specification.MinimumRows(1, 1, 1))
    return replace(known, facets=(), checks=(CHECK,), gate=gate, monitors=(specification.MODEL_QUALITY,))


def degraded(rows: prepare.Applications, seed: int, noise: float) -> prepare.Applications:
    """Return the same applications with a share *noise* of their labels dealt anew among them."""
    random = np.random.default_rng((5, seed))
    drawn = np.flatnonzero(random.random(len(rows)) < noise)
    label = rows.label.copy()
    label[drawn] = label[random.permutation(drawn)]
    return replace(rows, label=label)


class Scoring:
    """Applications with the model's answers, as files of the join step."""

    def __init__(self, rows: prepare.Applications) -> None:
        answers = prepare.predict(model(), rows.features)
        keyed = prepare.labelled_csv(["-"] * len(rows), rows).splitlines(keepends=True)
        pairs = zip(answers.tolist(), rows.label.tolist(), strict=True)
        self.labelled = "".join(line.partition(",")[2] for line in keyed)
        self.scored = "prediction,label\n" + "".join(f"{answer!r},{label}\n" for answer, label in pairs)

    def sample(self) -> Sample:
        """Return the rows as decide reads them."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name in ("labelled", "scored"):
                (root / name).mkdir()
                (root / name / "data.csv").write_text(getattr(self, name))
            return read_sample(root / "labelled", root / "scored", policy())

    def documents(self, baseline: dict[str, str]) -> dict[str, str]:
        """Return what the analyzer writes, held against the documents of *baseline*."""
        with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
            root = Path(folder)
            (root / "data").mkdir()
            (root / "data" / "data.csv").write_text(self.scored)
            environment = {
                "analysis_type": "MODEL_QUALITY",
                "problem_type": "BinaryClassification",
                "probability_attribute": "prediction",
                "ground_truth_attribute": "label",
                "probability_threshold_attribute": str(policy().threshold),
                "dataset_source": str(root / "data"),
                "dataset_format": FORMAT,
            }
            for name, text in baseline.items():
                (root / name).write_text(text)
                environment[f"baseline_{name.removesuffix('.json')}"] = str(root / name)
            return analyzer.run(Paths(root), environment)[0]


def decide(baseline: prepare.Applications, batch: prepare.Applications) -> Verdict:
    """Return the verdict on *batch*, from documents written and read as in a run."""
    scored = Scoring(baseline), Scoring(batch)
    before = scored[0].documents({})
    now = scored[1].documents(before)
    report = read_model_report(
        now["statistics.json"],
        before["statistics.json"],
        before["constraints.json"],
        now.get("constraint_violations.json"),
    )
    rows = len(batch)
    found = gathered.Evidence(
        run=gathered.Run("arn:aws:sagemaker:execution", None, "0" * 64, "2026-01-01T00:00:00Z", None),
        labels=gathered.Labels("labels-complete", rows, rows, 1.0, policy().minimum_overlap, 0, 0),
        checks=(
            gathered.CheckEvidence(CHECK.step, CHECK.check_type, CHECK.monitor, "compared", model=report),
        ),
        batch=scored[1].sample(),
        baseline=gathered.BaselineVersion("arn:aws:sagemaker:version", None, scored[0].sample(), None),
    )
    return from_json(to_json(conclude(policy(), found)))


def rates(batches: int, rows: int, *, noise: float) -> Outcomes:
    """Return what becomes of *batches* batches of *rows* whose labels are noisier by *noise*; 0 is honest."""
    gate: Counter[str] = Counter()
    aws: Counter[str] = Counter()
    for seed in range(batches):
        baseline, held_out = deal(seed, rows)
        batch = degraded(prepare.make_honest_batch(seed, rows, held_out=held_out), seed, noise)
        verdict = decide(baseline, batch)
        gate[verdict.decision] += 1
        aws["refused" if any(each.aws_violation for each in verdict.findings) else "pass"] += 1
    return Outcomes(Rates(gate), Rates(aws))


def cell(found: Rates) -> str:
    """Return the share that was refused, with its interval."""
    low, high = wilson(found.decisions["refused"], found.batches)
    return f"{found.share():6.1%} [{low:.1%}, {high:.1%}]"


HEADER = f"{'rows':>5} " + " ".join(
    f"{title:>22}"
    for title in ("honest refused", "by SageMaker's rule", "worse caught", "by SageMaker's rule")
)


def describe(rows: int, honest: Outcomes, worse: Outcomes) -> str:
    """Return one line of the table."""
    return f"{rows:>5} " + " ".join(
        f"{cell(each):>22}" for each in (honest.gate, honest.aws, worse.gate, worse.aws)
    )


def main() -> int:
    """Print the error rates by the batch's size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batches", type=int, default=200, help="random batches of each kind and size")
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES, help="sizes of batches, up to 600")
    parser.add_argument("--noise", type=float, default=NOISE, help="share of labels that are dealt anew")
    options = parser.parse_args()
    started = time.monotonic()
    print(f"{options.batches} batches of each kind, each with a baseline of its own; 95 % intervals")
    print(HEADER)
    for rows in options.rows:
        honest, worse = (rates(options.batches, rows, noise=each) for each in (0.0, options.noise))
        print(describe(rows, honest, worse), flush=True)
    print(f"{time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
