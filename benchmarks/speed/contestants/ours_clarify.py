"""This project's Clarify container: whole process, from analysis_config.json to analysis.json.

Arguments: the file; facets, of which those that end in = are told for each of their values; all or FT; the
group variable, if metrics that need one are asked for.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
from pathlib import Path

from sagemaker_monitor.analysis.container.__main__ import main
from sagemaker_monitor.analysis.short_lived import lives_shortly

# As the container does that is a process of its own.
lives_shortly()
PRE = ["CI", "DPL", "JS", "KL", "KS", "LP", "TVD"]
POST = ["AD", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "GE", "RD", "SD", "TE"]

file, facets, wanted, *grouped = Path(sys.argv[1]), sys.argv[2].split(","), *sys.argv[3:]
if grouped:
    PRE, POST = ["CDDL", *PRE], ["CDDPL", *POST]
with file.open() as lines:
    headers = next(csv.reader(lines))
with tempfile.TemporaryDirectory() as folder:
    root = Path(folder)
    data, config = root / "processing/input/data", root / "processing/input/config"
    data.mkdir(parents=True)
    config.mkdir(parents=True)
    (data / "data.csv").symlink_to(file.resolve())
    methods = {"post_training_bias": {"methods": ["FT"] if wanted == "FT" else POST}}
    document = {
        "dataset_type": "text/csv",
        "headers": headers,
        "label": "label",
        "predicted_label": "predicted",
        "label_values_or_threshold": [1],
        "facet": [
            {"name_or_index": name[:-1]}
            if name.endswith("=")
            else {"name_or_index": name, "value_or_threshold": [1]}
            for name in facets
        ],
        **({"group_variable": grouped[0]} if grouped else {}),
        "methods": methods if wanted == "FT" else {"pre_training_bias": {"methods": PRE}, **methods},
    }
    (config / "analysis_config.json").write_text(json.dumps(document))
    if main(["clarify"], {**os.environ, "SAGEMAKER_MONITOR_ROOT": folder}):
        sys.exit(1)
    analysis = json.loads((root / "processing/output/analysis.json").read_text())
answer = {
    f"{name}={entry['value_or_threshold']}/{metric['name']}": metric["value"]
    for section in ("pre_training_bias_metrics", "post_training_bias_metrics")
    if section in analysis
    for name, entries in analysis[section]["facets"].items()
    for entry in entries
    for metric in entry["metrics"]
}
print(json.dumps(answer))
