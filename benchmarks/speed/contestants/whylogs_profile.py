"""whylogs: a profile of the frame, with KLL sketches and frequent items."""

from __future__ import annotations

import json
import sys

import pandas
import whylogs

frame = pandas.read_csv(sys.argv[1])
view = whylogs.log(frame).view()
answer = {"rows": len(frame)}
for name, column in view.get_columns().items():
    summary = column.to_summary_dict()
    if not name.startswith("text"):
        answer[f"{name}/missing"] = int(frame[name].isna().sum())
        answer[f"{name}/mean"] = float(summary["distribution/mean"])
print(json.dumps(answer))
