"""Make the churn example's files: a model, labelled baseline rows, a batch, and its labels.

Without --recorded, customers are made up by a seeded generator in the shape of the public data set: 69
columns, of which 51 say the state. With it, FOLDER is what RECORDED_DATA names: the data and the model of a
public notebook, whose run on AWS is recorded.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import sys
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

KEY, LABEL = "customer", "Churn"
STATES = (
    *("AK", "AL", "AR", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "HI", "IA", "ID", "IL", "IN", "KS"),
    *("KY", "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV"),
    *("NY", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY"),
)
AREAS = ("408", "415", "510")
FEATURES = (
    *("Account Length", "VMail Message", "Day Mins", "Day Calls", "Eve Mins", "Eve Calls", "Night Mins"),
    *("Night Calls", "Intl Mins", "Intl Calls", "CustServ Calls"),
    *(f"State_{state}" for state in STATES),
    *(f"Area Code_{area}" for area in AREAS),
    *("Int'l Plan_no", "Int'l Plan_yes", "VMail Plan_no", "VMail Plan_yes"),
)
SEED = 2023
TRAINING_ROWS, BASELINE_ROWS, BATCH_ROWS = 2333, 666, 334
LONG_ACCOUNT = 100
LEAVING = 0.5
"""The share of long-standing customers who stay that leave in the batch, whatever the model expects."""
PARAMETERS = {
    "objective": "binary:logistic",
    "max_depth": 5,
    "eta": 0.2,
    "min_child_weight": 2,
    "nthread": 1,
    "seed": SEED,
}
ROUNDS = 40
Rows = list[list[str]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the four files into a folder and name them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the files go")
    parser.add_argument("--recorded", type=Path, metavar="FOLDER", help="real data and model, in this folder")
    options = parser.parse_args(arguments)
    files = recorded(options.recorded) if options.recorded else generated()
    options.output.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (options.output / name).write_bytes(content)
        print(options.output / name)
    return 0


def generated() -> dict[str, bytes]:
    """Return the files of made-up customers; the same bytes every time."""
    draw = np.random.default_rng(SEED)
    parts = [_customers(draw, rows) for rows in (TRAINING_ROWS, BASELINE_ROWS, BATCH_ROWS)]
    (train, left), (baseline, baseline_left), (batch, batch_left) = parts
    long_standing = batch[:, 0] > LONG_ACCOUNT
    batch_left = batch_left | (long_standing & (draw.random(BATCH_ROWS) < LEAVING))
    return _files(
        _cells(baseline), baseline_left.tolist(), _cells(batch), batch_left.tolist(), _fit(train, left)
    )


def recorded(folder: Path) -> dict[str, bytes]:
    """Return the files of the recorded run: its rows as they were, its model as JSON, labels by its record.

    The labels of the window were not published; those in the record give every count that was.
    """
    churn = folder / "churn"
    with (churn / "validation-dataset-with-header.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    if header != [LABEL, *FEATURES]:
        raise SystemExit(f"{churn} does not hold the data set that this example is about")
    with (churn / "test-dataset-input-cols.csv").open(newline="") as file:
        batch = [row for row in csv.reader(file) if row]
    case = folder / "recorded" / "churn_bias_batch_csv" / "reconstructed_ground_truth.json"
    labels = json.loads(case.read_text())["labels"]
    model = (churn / "xgb-churn.json").read_bytes()
    return _files([row[1:] for row in rows], [row[0] for row in rows], batch, labels, model)


def _files(
    baseline: Rows, baseline_labels: Iterable[Any], batch: Rows, labels: Iterable[Any], model: bytes
) -> dict[str, bytes]:
    known = zip(_keys("V", baseline), baseline, baseline_labels, strict=True)
    keys = _keys("B", batch)
    return {
        "validation.csv": _lines([key, *row, str(int(label))] for key, row, label in known),
        "batch.csv": _lines([key, *row] for key, row in zip(keys, batch, strict=True)),
        "labels.csv": _lines(
            [[KEY, LABEL], *([key, str(int(label))] for key, label in zip(keys, labels, strict=True))]
        ),
        "model.tar.gz": _packed(model),
    }


def _customers(draw: np.random.Generator, rows: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return features (rows, 69), with the spread of the public data, and who left."""

    def around(mean: float, deviation: float, low: float = 0.0, digits: int = 0) -> NDArray[np.float64]:
        return np.round(np.maximum(draw.normal(mean, deviation, rows), low), digits)

    mail, abroad = draw.random(rows) < 0.27, draw.random(rows) < 0.09
    columns = [
        around(101, 41, 1),
        np.where(mail, around(29, 8, 1), 0),
        around(179, 56, 0, 1),
        around(100, 20),
        around(202, 53, 0, 1),
        around(101, 20),
        around(199, 50, 0, 1),
        around(100, 20),
        around(10.2, 2.9, 0, 1),
        draw.poisson(4.4, rows),
        draw.poisson(1.6, rows),
    ]
    for count in (len(STATES), len(AREAS)):
        columns += list(np.eye(count)[draw.integers(0, count, rows)].T)
    columns += [~abroad, abroad, ~mail, mail]
    day, service = columns[2], columns[10]
    score = -5 + 0.09 * np.maximum(day - 210, 0) + 2.5 * np.maximum(service - 2, 0) + 4 * abroad
    left = draw.random(rows) < 1 / (1 + np.exp(-score))
    return np.column_stack(columns).astype(np.float64), left


def _cells(features: NDArray[np.float64]) -> Rows:
    return [
        [str(int(value)) if value == int(value) else repr(float(value)) for value in row] for row in features
    ]


def _fit(features: NDArray[np.float64], left: NDArray[np.bool_]) -> bytes:
    import xgboost

    booster = xgboost.train(PARAMETERS, xgboost.DMatrix(features, left, nthread=1), ROUNDS)
    return bytes(booster.save_raw("json"))


def _packed(model: bytes) -> bytes:
    """Return model.tar.gz with the booster as AWS's container reads it; the same bytes every time."""
    document = json.loads(model)
    parameters = document["learner"]["learner_model_param"]
    # XGBoost 3.1 and later write "[1.6E-1]", which 1.7 in AWS's container does not take for a number.
    parameters["base_score"] = parameters["base_score"].strip("[]")
    content = json.dumps(document, separators=(",", ":")).encode()
    member = tarfile.TarInfo("xgboost-model")
    member.size, member.mode = len(content), 0o644
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _keys(letter: str, rows: Sequence[Any]) -> list[str]:
    return [f"{letter}{number:04d}" for number in range(1, len(rows) + 1)]


def _lines(rows: Iterable[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


if __name__ == "__main__":
    sys.exit(main())
