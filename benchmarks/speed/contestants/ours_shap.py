"""This project's Kernel SHAP: CSV in, attributions of every row out; the model is called in this process.

Arguments: the folder, the model's kind, rows, baseline rows, samples.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
from model_function import answer_of, model_of

from sagemaker_monitor.analysis.explainability.kernel_shap import explain

folder, kind, (rows, baseline, samples) = Path(sys.argv[1]), sys.argv[2], map(int, sys.argv[3:6])
frame = pl.read_csv(folder / "rows.csv").drop("label")
model = model_of(folder, kind)
found = explain(
    frame[:rows], frame[:baseline], lambda each: model(each.to_numpy())[:, None], samples=samples, seed=1
)
print(answer_of(found.values[:, 0], float(found.expected[0]), frame[:rows].to_numpy(), model))
