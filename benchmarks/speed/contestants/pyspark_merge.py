"""PySpark: both read as JSON, joined, written as JSON."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from merged_answer import answer_of
from pyspark.sql import SparkSession
from spark_session import ended

source = Path(sys.argv[1])
session = SparkSession.builder.master("local[*]").config("spark.ui.enabled", "false").getOrCreate()
session.sparkContext.setLogLevel("ERROR")
part = "struct<observedContentType:string,mode:string,data:string,encoding:string>"
captured = session.read.schema(
    f"captureData struct<endpointInput:{part},endpointOutput:{part}>, "
    "eventMetadata struct<eventId:string,inferenceId:string,inferenceTime:string>, eventVersion string"
).json(f"{source}/captured/*/*/*/*")
labels = session.read.schema(
    "groundTruthData struct<data:string,encoding:string>, eventMetadata struct<eventId:string>"
).json(f"{source}/labels/*/*/*/*")
labels = labels.selectExpr("eventMetadata.eventId as id", "groundTruthData").dropDuplicates(["id"])
merged = captured.join(labels, captured["eventMetadata.inferenceId"] == labels["id"]).drop("id")
with tempfile.TemporaryDirectory(dir=source.parent) as folder:
    merged.write.json(f"{folder}/merged")
    ended(session)
    files = sorted(Path(folder, "merged").glob("part-*"))
    print(answer_of(sum(1 for file in files for _ in file.open("rb")), files))
