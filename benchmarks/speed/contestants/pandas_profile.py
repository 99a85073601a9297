"""pandas: count, mean, deviation, extremes, ten buckets, value counts: less than a profile with sketches."""

from __future__ import annotations

import json
import sys

import numpy
import pandas

frame = pandas.read_csv(sys.argv[1])
answer = {"rows": len(frame)}
for name in frame.columns:
    column = frame[name]
    if pandas.api.types.is_numeric_dtype(column):
        present = column.dropna()
        numpy.histogram(present, bins=10)
        present.std(ddof=0)
        answer[f"{name}/mean"] = float(present.mean())
        answer[f"{name}/missing"] = int(column.isna().sum())
    else:
        column.value_counts()
print(json.dumps(answer))
