"""PySpark, which the hosted analyzer runs on: means, deviations, extremes, quantiles, distinct counts."""

from __future__ import annotations

import json
import sys

from pyspark.sql import SparkSession, functions
from spark_session import ended

session = SparkSession.builder.master("local[*]").config("spark.ui.enabled", "false").getOrCreate()
session.sparkContext.setLogLevel("ERROR")
frame = session.read.csv(sys.argv[1], header=True, inferSchema=True).cache()
numbers = [name for name, kind in frame.dtypes if kind in ("int", "bigint", "double")]
texts = [name for name in frame.columns if name not in numbers]
wanted = [functions.count(functions.lit(1)).alias("rows")]
for name in numbers:
    wanted += [functions.mean(name).alias(f"{name}/mean"), functions.count(name).alias(f"{name}/present")]
    wanted += [
        functions.stddev_pop(name),
        functions.min(name),
        functions.max(name),
        functions.approx_count_distinct(name),
    ]
found = frame.agg(*wanted).first().asDict()
frame.approxQuantile(numbers, [n / 10 for n in range(11)], 1 / 2048)
for name in texts:
    frame.groupBy(name).count().collect()
answer = {"rows": found["rows"]}
for name in numbers:
    answer[f"{name}/mean"] = found[f"{name}/mean"]
    answer[f"{name}/missing"] = found["rows"] - found[f"{name}/present"]
ended(session)
print(json.dumps(answer))
