"""fairlearn: pandas reads the file, one MetricFrame per facet gives what it has of Clarify's metrics."""

from __future__ import annotations

import json
import sys

import pandas
from fairlearn.metrics import MetricFrame, selection_rate
from sklearn.metrics import accuracy_score, precision_score, recall_score

frame = pandas.read_csv(sys.argv[1])
metrics = {
    "rate": selection_rate,
    "accuracy": accuracy_score,
    "recall": recall_score,
    "precision": precision_score,
}
answer = {}
for name in sys.argv[2].split(","):
    of = MetricFrame(
        metrics=metrics, y_true=frame["label"], y_pred=frame["predicted"], sensitive_features=frame[name]
    ).by_group
    answer[f"{name}=1/DPPL"] = float(of["rate"][0] - of["rate"][1])
    answer[f"{name}=1/DI"] = float(of["rate"][1] / of["rate"][0])
    answer[f"{name}=1/AD"] = float(of["accuracy"][0] - of["accuracy"][1])
    answer[f"{name}=1/RD"] = float(of["recall"][0] - of["recall"][1])
    answer[f"{name}=1/DAR"] = float(of["precision"][0] - of["precision"][1])
print(json.dumps(answer))
