"""smclarify: pandas reads the file, bias_report computes each facet's metrics."""

from __future__ import annotations

import json
import sys

import pandas
from smclarify.bias.report import FacetColumn, LabelColumn, StageType, bias_report

PRE = ["CI", "DPL", "JS", "KL", "KS", "LP", "TVD"]
POST = ["AD", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "GE", "RD", "SD", "TE"]

flips, grouped = sys.argv[3] == "FT", sys.argv[4:]
if grouped:
    PRE, POST = ["CDDL", *PRE], ["CDDPL", *POST]
frame = pandas.read_csv(sys.argv[1])
label = LabelColumn("label", frame["label"], [1])
predicted = LabelColumn("predicted", frame["predicted"], [1])
group = frame[grouped[0]] if grouped else None
features = frame.drop(columns=["label", "predicted"])
answer = {}
stages = [(StageType.POST_TRAINING, ["FT"] if flips else POST)]
for asked in sys.argv[2].split(","):
    name, each_value = asked.rstrip("="), asked.endswith("=")
    facet = FacetColumn(name, None if each_value else [1])
    for stage, metrics in stages if flips else [(StageType.PRE_TRAINING, PRE), *stages]:
        report = bias_report(features, facet, label, stage, predicted, metrics=metrics, group_variable=group)
        for entry in report:
            if each_value or entry["value_or_threshold"] == "1":
                about = f"{name}={entry['value_or_threshold']}"
                answer.update({f"{about}/{metric['name']}": metric["value"] for metric in entry["metrics"]})
print(json.dumps(answer))
