"""What contestants need beside a table: captures and labels, a baseline, a model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.speed import data

LABELLED = 0.98
HOUR = "2026/11/30/07"


def captures(folder: Path, rows: int, labelled: float = LABELLED) -> Path:
    """Return a folder with what an endpoint captured, `captured/`, and labels of so many, `labels/`."""
    path = folder / f"captures-{rows}-{labelled}"
    if path.exists():
        return path
    unfinished = path.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    random = np.random.default_rng(rows + 5)
    cells = random.normal(0, 1, (rows, 8)).round(4).tolist()
    scores, labels = random.random(rows).round(6).tolist(), random.integers(0, 2, rows).tolist()
    ids = [f"{high:08x}-{low:08x}" for high, low in random.integers(0, 2**32, (rows, 2)).tolist()]
    for name in ("captured", "labels"):
        (unfinished / name / HOUR).mkdir(parents=True)
    with (unfinished / "captured" / HOUR / "captures.jsonl").open("w") as file:
        for each, row, score in zip(ids, cells, scores, strict=True):
            text = ",".join(map(str, row))
            file.write(
                '{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT",'
                f'"data":"{text}","encoding":"CSV"}},"endpointOutput":{{"observedContentType":"text/csv",'
                f'"mode":"OUTPUT","data":"{score}","encoding":"CSV"}}}},"eventMetadata":{{"eventId":'
                f'"event-{each}","inferenceId":"{each}","inferenceTime":"2026-11-30T07:00:00Z"}},'
                '"eventVersion":"0"}\n'
            )
    chosen = random.permutation(rows)[: int(rows * labelled)].tolist()
    with (unfinished / "labels" / HOUR / "labels.jsonl").open("w") as file:
        for place in chosen:
            file.write(
                f'{{"groundTruthData":{{"data":"{labels[place]}","encoding":"CSV"}},"eventMetadata":'
                f'{{"eventId":"{ids[place]}"}},"eventVersion":"0"}}\n'
            )
    unfinished.rename(path)
    return path


def drifted(folder: Path, rows: int) -> Path:
    """Return a folder with `baseline.csv`, `current.csv`, and the baseline's statistics and constraints."""
    path = folder / f"drifted-{rows}"
    if path.exists():
        return path
    before, now = data.measurements(folder, rows), data.measurements(folder, rows, shift=0.75)
    unfinished = path.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    (unfinished / "baseline.csv").symlink_to(before.resolve())
    (unfinished / "current.csv").symlink_to(now.resolve())
    program = Path(__file__).parent / "contestants" / "ours_analyzer.py"
    subprocess.run(
        [sys.executable, str(program), str(before), str(unfinished)],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ},
    )
    unfinished.rename(path)
    return path


def models(folder: Path, rows: int = 10_000) -> Path:
    """Return a folder with `rows.csv`, `booster.json`, an XGBoost model of it, and `weights.json`."""
    rows = 10_000
    path = folder / f"models-{rows}"
    if path.exists():
        return path
    import polars as pl
    import xgboost

    table = data.explained(folder, rows)
    frame = pl.read_csv(table)
    unfinished = path.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    (unfinished / "rows.csv").symlink_to(table.resolve())
    features = frame.drop("label").to_numpy()
    booster = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 4, "seed": 1, "nthread": 1},
        xgboost.DMatrix(features, frame["label"].to_numpy()),
        num_boost_round=50,
    )
    booster.save_model(unfinished / "booster.json")
    (unfinished / "weights.json").write_text(json.dumps(np.linspace(-1, 1, 14).tolist()))
    unfinished.rename(path)
    return path
