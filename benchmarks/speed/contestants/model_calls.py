"""The floor of Kernel SHAP: the model is called for as many rows as there are synthetic ones.

Arguments: the folder, the model's kind, rows, baseline rows, samples.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
from model_function import model_of

AT_ONCE = 20_000

folder, kind, (rows, baseline, samples) = Path(sys.argv[1]), sys.argv[2], map(int, sys.argv[3:6])
matrix = pl.read_csv(folder / "rows.csv").drop("label")[:rows].to_numpy()
model = model_of(folder, kind)
synthetic = np.ascontiguousarray(np.resize(matrix, (AT_ONCE, matrix.shape[1])))
left = rows * samples * baseline + rows + baseline
while left > 0:
    model(synthetic[:left])
    left -= AT_ONCE
