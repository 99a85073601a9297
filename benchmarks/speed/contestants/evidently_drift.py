"""Evidently: pandas reads both files, DataDriftPreset says which columns drifted."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas
from evidently import Report
from evidently.presets import DataDriftPreset

folder = Path(sys.argv[2])
current = pandas.read_csv(sys.argv[1])
reference = pandas.read_csv(folder / "baseline.csv")
found = Report([DataDriftPreset()]).run(current, reference).dict()
drifted = []
for metric in found["metrics"]:
    config = metric.get("config", {})
    if "ValueDrift" in metric.get("metric_name", "") and float(metric["value"]) >= config["threshold"]:
        drifted.append(config["column"])
print(json.dumps({"rows": len(current), "drifted": sorted(drifted)}))
