"""Make the income example's files: a model, labelled rows, their mean record, and two hours of requests.

Without --recorded, people are made up by a seeded generator in the shape of the public data set, and a
logistic regression of them is written as Linear Learner's artifact. With it, FOLDER is what RECORDED_DATA
names: the data and the model of a public notebook, whose run on AWS is recorded.

In the hour `shortened` a form asks for neither years of schooling nor capital gains any more, and the
application sends the mean in their place.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import struct
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEATURES = (
    *("Age", "Workclass", "fnlwgt", "Education", "Education-Num", "Marital Status", "Occupation"),
    *("Relationship", "Ethnic group", "Sex", "Capital Gain", "Capital Loss", "Hours per week", "Country"),
)
NOT_ASKED = ("Education-Num", "Capital Gain")
"""What the shortened form leaves out."""
SEED = 2023
TRAINING_ROWS, BASELINE_ROWS, REQUESTS = 6000, 666, 334
WEIGHTS = {
    "Age": 0.04,
    "Education-Num": 0.35,
    "Marital Status": -0.25,
    "Relationship": -0.1,
    "Sex": 0.9,
    "Capital Gain": 0.0003,
    "Capital Loss": 0.0006,
    "Hours per week": 0.035,
}
"""How much more likely each feature makes a high income, in log-odds; the others do not matter."""
INTERCEPT = -9.0
DEGREES = (13, 3, 4, 5, 6, 0, 1, 2, 11, 15, 8, 7, 9, 12, 14, 10)
"""Codes of degrees, by years of schooling from 1 to 16: degrees are numbered in their names' order."""
Numbers = NDArray[np.float64]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files into a folder and name them."""
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
    """Return the files of made-up people; the same bytes every time."""
    draw = np.random.default_rng(SEED)
    training, baseline, asked = (people(draw, count) for count in (TRAINING_ROWS, BASELINE_ROWS, REQUESTS))
    labels, known = earns(draw, training), earns(draw, baseline)
    weights, bias = fit(training, labels)
    cells = [[int(value) for value in row] for row in baseline]
    return _files(cells, known.tolist(), asked.astype(int).tolist(), artifact(weights, bias))


def recorded(folder: Path) -> dict[str, bytes]:
    """Return the files of the recorded run: its rows and its model as they were."""
    adult = folder / "adult"
    baseline, asked = (
        [json.loads(line) for line in (adult / f"{name}-dataset.jsonl").read_text().splitlines()]
        for name in ("validation", "test")
    )
    return _files(
        [each["features"] for each in baseline],
        [each["label"] for each in baseline],
        [each["features"] for each in asked],
        (adult / "ll-adult-prediction-model.tar.gz").read_bytes(),
    )


def _files(
    baseline: list[list[Any]], labels: Iterable[Any], asked: list[list[Any]], model: bytes
) -> dict[str, bytes]:
    mean = [round(sum(column) / len(baseline)) for column in zip(*baseline, strict=True)]
    left_out = {FEATURES.index(name) for name in NOT_ASKED}
    shortened = [
        [mean[place] if place in left_out else cell for place, cell in enumerate(row)] for row in asked
    ]
    known = enumerate(zip(baseline, labels, strict=True), 1)
    return {
        "validation.csv": _lines([f"V{number:04}", *row, int(label)] for number, (row, label) in known),
        "mean.csv": _lines([mean]),
        "honest.jsonl": _requests(asked),
        "shortened.jsonl": _requests(shortened),
        "model.tar.gz": model,
    }


def people(draw: np.random.Generator, count: int) -> Numbers:
    """Return the features of *count* people, (count, 14), with about the spread of the public data."""

    def around(mean: float, deviation: float, low: float, high: float) -> Numbers:
        return np.clip(draw.normal(mean, deviation, count), low, high)

    def some(share: float, amounts: Numbers) -> Numbers:
        return np.where(draw.random(count) < share, amounts, 0)

    schooling = np.round(around(10, 2.6, 1, 16)).astype(int)
    columns = [
        around(38.6, 13, 17, 90),
        draw.choice(6, count, p=[0.03, 0.06, 0.75, 0.04, 0.08, 0.04]),
        draw.lognormal(12, 0.5, count),
        np.array(DEGREES)[schooling - 1],
        schooling,
        draw.choice(7, count, p=[0.14, 0.01, 0.46, 0.01, 0.32, 0.03, 0.03]),
        draw.integers(0, 14, count),
        draw.choice(6, count, p=[0.41, 0.26, 0.03, 0.15, 0.1, 0.05]),
        draw.choice(5, count, p=[0.01, 0.03, 0.1, 0.01, 0.85]),
        draw.random(count) < 0.67,
        some(0.08, np.minimum(draw.lognormal(9.2, 1, count), 99999)),
        some(0.05, around(1900, 350, 155, 4356)),
        around(40.5, 12, 1, 99),
        np.where(draw.random(count) < 0.9, 38, draw.integers(0, 40, count)),
    ]
    return np.round(np.column_stack(columns).astype(np.float64))


def earns(draw: np.random.Generator, features: Numbers) -> NDArray[np.bool_]:
    """Return who has a high income, by WEIGHTS and chance."""
    weights = np.array([WEIGHTS.get(name, 0.0) for name in FEATURES])
    return draw.random(len(features)) < 1 / (1 + np.exp(-(features @ weights + INTERCEPT)))


def fit(features: Numbers, labels: NDArray[np.bool_]) -> tuple[Numbers, float]:
    """Return weights (14,) and bias of a logistic regression, by Newton's method on standardised columns."""
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    rows = np.column_stack([(features - mean) / deviation, np.ones(len(features))])
    found = np.zeros(rows.shape[1])
    for _ in range(25):
        chance = 1 / (1 + np.exp(-(rows @ found)))
        curvature = rows.T @ (rows * (chance * (1 - chance))[:, None]) + 1e-6 * np.eye(len(found))
        found = found + np.linalg.solve(curvature, rows.T @ (labels - chance))
    weights = found[:-1] / deviation
    return weights, float(found[-1] - weights @ mean)


def artifact(weights: Numbers, bias: float) -> bytes:
    """Return model.tar.gz of a binary classifier as Linear Learner writes it: a zip with MXNet's files.

    Source of the layout: artifacts of the algorithm, and MXNet's NDArray serialisation.
    """
    count = len(weights)
    attributes = {"threshold": 0.5, "loss_type": "logistic", "predictor_type": "binary_classifier"}
    members = {
        "mx-mod-symbol.json": json.dumps(_graph(count)).encode(),
        "manifest.json": json.dumps(
            {"mx-mod": "mxnet_module", "additional-params.json": "json", "version": 1}
        ).encode(),
        "additional-params.json": json.dumps(attributes).encode(),
        "mx-mod-0000.params": _parameters(
            {"arg:fc0_weight": weights.reshape(count, 1), "arg:fc0_bias": np.array([[bias]])}
        ),
    }
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return _packed("model_algo-1", zipped.getvalue())


def _graph(count: int) -> dict[str, Any]:
    """Return the network: the logistic function of a dense layer."""

    def node(op: str, name: str, *inputs: int, **attributes: str) -> dict[str, Any]:
        described = {"op": op, "name": name, "inputs": [[each, 0, 0] for each in inputs]}
        return described | ({"attrs": attributes} if attributes else {})

    nodes = [
        node("null", "data"),
        node("null", "fc0_weight", __shape__=f"({count}, 1)"),
        node("dot", "dot0", 0, 1),
        node("null", "fc0_bias", __shape__="(1, 1)"),
        node("broadcast_add", "broadcast_plus0", 2, 3),
        node("null", "out_label"),
        node("LogisticRegressionOutput", "logisticregressionoutput0", 4, 5),
    ]
    return {
        "nodes": nodes,
        "arg_nodes": [place for place, each in enumerate(nodes) if each["op"] == "null"],
        "node_row_ptr": list(range(len(nodes) + 1)),
        "heads": [[len(nodes) - 1, 0, 0]],
        "attrs": {"mxnet_version": ["int", 10301]},
    }


def _parameters(arrays: Mapping[str, Numbers]) -> bytes:
    """Return float32 arrays as MXNet stores them: a list of arrays, then one of names."""
    content = struct.pack("<QQQ", 0x112, 0, len(arrays))
    for values in arrays.values():
        content += struct.pack("<IiI", 0xF993FAC9, 0, values.ndim)
        content += struct.pack(f"<{values.ndim}q", *values.shape) + struct.pack("<iii", 1, 0, 0)
        content += values.astype("<f4").tobytes()
    names = [struct.pack("<Q", len(name)) + name.encode() for name in arrays]
    return content + struct.pack("<Q", len(names)) + b"".join(names)


def _packed(name: str, content: bytes) -> bytes:
    """Return a tar.gz with one file; the same bytes every time."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o644
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _requests(rows: Iterable[list[Any]]) -> bytes:
    return "".join(f"{json.dumps({'features': row}, separators=(',', ':'))}\n" for row in rows).encode()


def _lines(rows: Iterable[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


if __name__ == "__main__":
    sys.exit(main())
