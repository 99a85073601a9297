"""KernelExplainer's values of a fixed function, as JSON: `shap_values.py FILE`, in an environment of its own.

FILE has `rows`, `baseline`, `weights` and `samples`; all coalitions are evaluated when samples suffice.
"""

import json
import sys
from pathlib import Path

import numpy as np
import shap

given = json.loads(Path(sys.argv[1]).read_text())
weights = np.array(given["weights"])


def model(rows):
    """Return one probability a row, with an interaction."""
    return 1 / (1 + np.exp(-(rows @ weights + rows[:, 0] * rows[:, 1])))


explainer = shap.KernelExplainer(model, np.array(given["baseline"]))
values = explainer.shap_values(np.array(given["rows"]), nsamples=given["samples"], l1_reg=False, silent=True)
print(json.dumps({"values": np.asarray(values).tolist(), "expected": float(explainer.expected_value)}))
