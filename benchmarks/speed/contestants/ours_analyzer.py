"""This project's analyzer: whole process, from the CSV to statistics.json and constraints.json.

Arguments: the file, and a folder: with a baseline's documents the data is checked against them, without they
are left there.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from sagemaker_monitor.analysis.container.__main__ import main
from sagemaker_monitor.analysis.short_lived import lives_shortly

# As the container does that is a process of its own.
lives_shortly()
baseline = Path(sys.argv[2]) if len(sys.argv) > 2 else None
compares = baseline is not None and (baseline / "statistics.json").exists()
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
    if compares:
        place = root / "processing/baseline"
        place.symlink_to(baseline.resolve())
        environment["baseline_statistics"] = "/opt/ml/processing/baseline/statistics.json"
        environment["baseline_constraints"] = "/opt/ml/processing/baseline/constraints.json"
    if main(["analyzer"], {**os.environ, **environment}):
        sys.exit(1)
    output = root / "processing/output"
    statistics = json.loads((output / "statistics.json").read_text())
    violations = output / "constraint_violations.json"
    found = json.loads(violations.read_text())["violations"] if violations.exists() else []
    if baseline is not None and not compares:
        for name in ("statistics.json", "constraints.json"):
            shutil.copy(output / name, baseline / name)
answer = {"rows": statistics["dataset"]["item_count"]}
if compares:
    drifted = [each for each in found if each["constraint_check_type"] == "baseline_drift_check"]
    answer["drifted"] = sorted(each["feature_name"] for each in drifted)
for feature in statistics["features"]:
    if numbers := feature.get("numerical_statistics"):
        answer[f"{feature['name']}/mean"] = numbers["mean"]
        answer[f"{feature['name']}/missing"] = numbers["common"]["num_missing"]
print(json.dumps(answer))
