"""XGBoost's binary format up to 2.1, which today's XGBoost no longer reads, as a document that it does read.

The format is the structures of C++ written one after the other, little-endian: `LearnerModelParamLegacy`,
the names of objective and booster, `GBTreeModelParam`, then per tree `TreeParam`, nodes and their statistics,
then each tree's group and the attributes (dmlc/xgboost 0.90, src/learner.cc, src/gbm/gbtree_model.h and
include/xgboost/tree_model.h; 1.7.6 still has them).
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from xgboost import Booster, DMatrix, train
from xgboost.core import XGBoostError

PREFIX, SERIALIZED = b"binf", b"CONFIG-offset:"
_LEARNER = struct.Struct("<fIiiiII108x")
_TREES = struct.Struct("<iiiiqii128x")
_TREE = struct.Struct("<iiiiii124x")
_NODE = np.dtype([("parent", "<u4"), ("left", "<i4"), ("right", "<i4"), ("split", "<u4"), ("value", "<f4")])
_STATISTICS = np.dtype([("gain", "<f4"), ("hessian", "<f4"), ("weight", "<f4"), ("leaves", "<i4")])
_TOP_BIT, _NO_PARENT = np.uint32(1 << 31), 2147483647
_LONGEST_NAME, _MOST = 1 << 16, 1 << 26
_RENAMED = {"reg:linear": "reg:squarederror", "gpu:reg:linear": "reg:squarederror"}
_LOGISTIC = ("binary:logistic", "reg:logistic")
_EXPONENTIAL = ("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox")


class OldBinaryError(Exception):
    """The bytes are no such model, or one that is not read; the message says what it is."""


@dataclass(frozen=True)
class Header:
    """What a model says of itself first; *version* is (0, 0) before 1.0, which did not write it."""

    base_score: float
    features: int
    classes: int
    attributed: bool
    version: tuple[int, int]
    objective: str
    booster: str


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, size: int) -> bytes:
        if size < 0 or self._at + size > len(self._content):
            raise OldBinaryError("it ends too early")
        self._at += size
        return self._content[self._at - size : self._at]

    def fields(self, layout: struct.Struct) -> tuple[Any, ...]:
        return layout.unpack(self.take(layout.size))

    def array(self, kind: np.dtype[Any], count: int) -> Any:
        if not 0 <= count <= _MOST:
            raise OldBinaryError(f"it claims {count} entries")
        return np.frombuffer(self.take(count * kind.itemsize), kind)

    def text(self) -> str:
        length = self.count()
        try:
            return self.take(length).decode("utf-8")
        except UnicodeDecodeError as error:
            raise OldBinaryError("a name in it is no text") from error

    def count(self) -> int:
        (found,) = struct.unpack("<Q", self.take(8))
        if found > _LONGEST_NAME:
            raise OldBinaryError(f"a length in it is {found}")
        return int(found)


def read(content: bytes) -> Booster:
    """Return the booster that *content* holds. Raises OldBinaryError."""
    reader = _opened(content)
    header = _header(reader)
    if header.booster != "gbtree":
        raise OldBinaryError(f"its booster is {header.booster}, and only gbtree is read")
    document = _template(header)
    learner = document["learner"]
    trees, groups = _trees(reader, header)
    model = learner["gradient_booster"]["model"]
    step = max(header.classes, 1)
    model["trees"], model["tree_info"] = trees, groups
    model["iteration_indptr"] = sorted({*range(0, len(trees), step), len(trees)})
    model["gbtree_model_param"]["num_trees"] = str(len(trees))
    learner["learner_model_param"]["base_score"] = _base_score(header)
    learner["learner_model_param"]["boost_from_average"] = "0"
    learner["learner_model_param"]["num_feature"] = str(header.features)
    learner["feature_names"] = learner["feature_types"] = []
    if header.attributed:
        learner["attributes"] = {reader.text(): reader.text() for _ in range(reader.count())}
    booster = Booster()
    try:
        booster.load_model(bytearray(json.dumps(document).encode()))
    except XGBoostError as error:
        raise OldBinaryError(f"today's XGBoost refuses what is in it: {error!s:.300}") from error
    return booster


def header_of(content: bytes) -> Header:
    """Return what the model says of itself. Raises OldBinaryError."""
    return _header(_opened(content))


def _opened(content: bytes) -> _Reader:
    if content.startswith(SERIALIZED):  # a pickle's state since 1.0: the model, then its configuration
        content = content[len(SERIALIZED) + 8 :]
    return _Reader(content.removeprefix(PREFIX))


def _header(reader: _Reader) -> Header:
    base_score, features, classes, attributed, _, major, minor = reader.fields(_LEARNER)
    objective, booster = reader.text(), reader.text()
    if not (0 <= classes <= features * 1000 + 1000 and major < 10 and objective and booster.isalnum()):
        raise OldBinaryError("its beginning makes no sense")
    return Header(base_score, features, classes, attributed != 0, (major, minor), objective, booster)


def _template(header: Header) -> dict[str, Any]:
    """Return a model without trees, as this XGBoost writes one for the objective."""
    objective = _RENAMED.get(header.objective, header.objective)
    parameters = {"objective": objective} | ({"num_class": header.classes} if header.classes else {})
    empty = DMatrix(np.zeros((1, max(header.features, 1)), np.float32), label=[0.0])
    try:
        written = train(parameters, empty, 0).save_raw("json")
    except XGBoostError as error:
        raise OldBinaryError(f"its objective is {header.objective[:100]!r}: {error!s:.200}") from error
    found: dict[str, Any] = json.loads(written)
    return found


def _base_score(header: Header) -> str:
    """Return the score before any tree; until 1.0 it was stored as the margin, not as the prediction."""
    score = header.base_score
    if header.version < (1, 0):
        if header.objective in _LOGISTIC:
            score = 1.0 / (1.0 + math.exp(-score))
        elif header.objective in _EXPONENTIAL:
            score = math.exp(score)
    return repr(float(np.float32(score)))


def _trees(reader: _Reader, header: Header) -> tuple[list[dict[str, Any]], list[int]]:
    """Return the trees and the group, that is the class, of each."""
    count, *_ = reader.fields(_TREES)
    if not 0 <= count <= _MOST:
        raise OldBinaryError(f"it claims {count} trees")
    trees = [_tree(reader, number, header) for number in range(count)]
    return trees, reader.array(np.dtype("<i4"), count).tolist()


def _tree(reader: _Reader, number: int, header: Header) -> dict[str, Any]:
    roots, count, deleted, _, _, vector = reader.fields(_TREE)
    if roots != 1 or vector:
        raise OldBinaryError(f"tree {number} has {roots} roots and leaves of {vector} numbers")
    nodes = reader.array(_NODE, count)
    statistics = reader.array(_STATISTICS, count)
    for side in ("left", "right"):
        if count == 0 or nodes[side].max() >= count or nodes[side].min() < -1:
            raise OldBinaryError(f"tree {number} has branches that lead nowhere")
    none = nodes["parent"] == np.uint32(0xFFFFFFFF)
    parents = np.where(none, _NO_PARENT, nodes["parent"] & ~_TOP_BIT)
    return {
        "id": number,
        "tree_param": {
            "num_deleted": str(deleted),
            "num_feature": str(header.features),
            "num_nodes": str(count),
            "size_leaf_vector": "1",
        },
        "parents": parents.tolist(),
        "left_children": nodes["left"].tolist(),
        "right_children": nodes["right"].tolist(),
        "split_indices": (nodes["split"] & ~_TOP_BIT).tolist(),
        "split_conditions": nodes["value"].tolist(),
        "split_type": [0] * count,
        "default_left": (nodes["split"] >> np.uint32(31)).tolist(),
        "loss_changes": statistics["gain"].tolist(),
        "sum_hessian": statistics["hessian"].tolist(),
        "base_weights": statistics["weight"].tolist(),
        "categories": [],
        "categories_nodes": [],
        "categories_segments": [],
        "categories_sizes": [],
    }
