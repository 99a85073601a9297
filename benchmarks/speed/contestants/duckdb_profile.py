"""DuckDB: SUMMARIZE of the file, with approximate quantiles and distinct counts."""

from __future__ import annotations

import json
import sys

import duckdb

columns = duckdb.sql(f"SUMMARIZE SELECT * FROM read_csv('{sys.argv[1]}')").fetchall()
rows = duckdb.sql(f"SELECT count(*) FROM read_csv('{sys.argv[1]}')").fetchone()
answer = {"rows": rows[0] if rows else None}
for name, kind, _, _, _, mean, *_ in columns:
    if kind in ("BIGINT", "DOUBLE") and mean is not None:
        answer[f"{name}/mean"] = float(mean)
print(json.dumps(answer))
