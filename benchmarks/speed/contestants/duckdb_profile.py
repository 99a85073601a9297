"""DuckDB: SUMMARIZE of the file, with approximate quantiles and distinct counts."""

from __future__ import annotations

import json
import sys

import duckdb

connection = duckdb.connect()
file = f"read_csv('{sys.argv[1]}')"
columns = connection.execute(f"SUMMARIZE SELECT * FROM {file}").fetchall()
((rows,),) = connection.execute(f"SELECT count(*) FROM {file}").fetchall()
answer = {"rows": rows}
for name, kind, _, _, _, mean, *_ in columns:
    if kind in ("BIGINT", "DOUBLE") and mean is not None:
        answer[f"{name}/mean"] = float(mean)
print(json.dumps(answer))
