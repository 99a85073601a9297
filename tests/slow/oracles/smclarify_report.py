"""smclarify's report on a CSV, as JSON: `smclarify_report.py FILE CASES`, in an environment of its own.

CASES is a JSON list of objects with `facet`, `values` (or null) and `group`.
"""

import json
import math
import sys

import pandas
from smclarify.bias.report import FacetColumn, LabelColumn, StageType, bias_report


def number(value):
    """Return a value as Clarify's documents have it."""
    if value is None or isinstance(value, str):
        return value
    if math.isnan(value):
        return None
    return ("Infinity" if value > 0 else "-Infinity") if math.isinf(value) else value


frame = pandas.read_csv(sys.argv[1])
answers = []
for case in json.loads(sys.argv[2]):
    positive = case["positive"]
    label = LabelColumn("label", frame["label"], positive)
    predicted = LabelColumn("predicted", frame["predicted"], positive)
    features = frame.drop(columns=["label", "predicted"])
    found = {}
    for stage in (StageType.PRE_TRAINING, StageType.POST_TRAINING):
        report = bias_report(
            features,
            FacetColumn(case["facet"], case["values"]),
            label,
            stage,
            predicted,
            metrics=["all"],
            group_variable=features[case["group"]] if case["group"] else None,
        )
        for entry in report:
            values = {each["name"]: number(each["value"]) for each in entry["metrics"]}
            found.setdefault(entry["value_or_threshold"], {}).update(values)
    answers.append(found)
print(json.dumps(answers))
