"""shap: KernelExplainer, the same rows, baseline, number of samples and model.

Arguments: the folder, the model's kind, rows, baseline rows, samples.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas
import shap
from model_function import answer_of, model_of

folder, kind, (rows, baseline, samples) = Path(sys.argv[1]), sys.argv[2], map(int, sys.argv[3:6])
matrix = pandas.read_csv(folder / "rows.csv").drop(columns="label").to_numpy()
model = model_of(folder, kind)
explainer = shap.KernelExplainer(model, matrix[:baseline])
values = explainer.shap_values(matrix[:rows], nsamples=samples, l1_reg=False, silent=True)
print(answer_of(values, float(explainer.expected_value), matrix[:rows], model))
