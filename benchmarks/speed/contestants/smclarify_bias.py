"""smclarify: pandas reads the file, bias_report computes each facet's metrics."""

from __future__ import annotations

import json
import sys

import pandas
from smclarify.bias.report import FacetColumn, LabelColumn, StageType, bias_report

PRE = ["CI", "DPL", "JS", "KL", "KS", "LP", "TVD"]
POST = ["AD", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "GE", "RD", "SD", "TE"]

frame = pandas.read_csv(sys.argv[1])
label = LabelColumn("label", frame["label"], [1])
predicted = LabelColumn("predicted", frame["predicted"], [1])
features = frame.drop(columns=["label", "predicted"])
answer = {}
for name in sys.argv[2].split(","):
    for stage, metrics in ((StageType.PRE_TRAINING, PRE), (StageType.POST_TRAINING, POST)):
        report = bias_report(features, FacetColumn(name, [1]), label, stage, predicted, metrics=metrics)
        for entry in report:
            if entry["value_or_threshold"] == "1":
                answer.update({f"{name}/{metric['name']}": metric["value"] for metric in entry["metrics"]})
print(json.dumps(answer))
