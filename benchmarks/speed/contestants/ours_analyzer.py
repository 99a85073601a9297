"""This project's analyzer: whole process, from the CSV to statistics.json and constraints.json."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from sagemaker_monitor.analysis.container.__main__ import main

with tempfile.TemporaryDirectory() as folder:
    root = Path(folder)
    source = root / "processing/input/baseline_dataset_input"
    source.mkdir(parents=True)
    (source / "data.csv").symlink_to(Path(sys.argv[1]).resolve())
    environment = {
        "SAGEMAKER_MONITOR_ROOT": folder,
        "dataset_format": '{"csv": {"header": true}}',
        "dataset_source": "/opt/ml/processing/input/baseline_dataset_input",
        "output_path": "/opt/ml/processing/output",
        "publish_cloudwatch_metrics": "Disabled",
    }
    if main(["analyzer"], {**os.environ, **environment}):
        sys.exit(1)
    statistics = json.loads((root / "processing/output/statistics.json").read_text())
answer = {"rows": statistics["dataset"]["item_count"]}
for feature in statistics["features"]:
    if numbers := feature.get("numerical_statistics"):
        answer[f"{feature['name']}/mean"] = numbers["mean"]
        answer[f"{feature['name']}/missing"] = numbers["common"]["num_missing"]
print(json.dumps(answer))
