"""AIF360: pandas reads the file, one ClassificationMetric per facet gives six of Clarify's metrics."""

from __future__ import annotations

import json
import sys

import pandas
from aif360.datasets import BinaryLabelDataset
from aif360.metrics import BinaryLabelDatasetMetric, ClassificationMetric

frame = pandas.read_csv(sys.argv[1])
facets = sys.argv[2].split(",")
columns = [*facets, "label"]
observed = BinaryLabelDataset(df=frame[columns], label_names=["label"], protected_attribute_names=facets)
predicted = observed.copy()
predicted.labels = frame[["predicted"]].to_numpy(dtype=float)
answer = {}
for name in facets:
    groups = {"unprivileged_groups": [{name: 1}], "privileged_groups": [{name: 0}]}
    labels = BinaryLabelDatasetMetric(observed, **groups)
    of = ClassificationMetric(observed, predicted, **groups)
    answer[f"{name}=1/DPL"] = -float(labels.mean_difference())
    answer[f"{name}=1/DPPL"] = -float(of.mean_difference())
    answer[f"{name}=1/DI"] = float(of.disparate_impact())
    answer[f"{name}=1/RD"] = -float(of.equal_opportunity_difference())
    answer[f"{name}=1/AD"] = float(of.accuracy(privileged=True) - of.accuracy(privileged=False))
    answer[f"{name}=1/DAR"] = float(of.precision(privileged=True) - of.precision(privileged=False))
print(json.dumps(answer))
