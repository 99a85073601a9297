"""statistics.json of data quality: what a dataset's features look like, with sketches of their numbers.

Runs under Python 3.8 with numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple

import numpy as np

from sagemaker_monitor.analysis.documents import jackson
from sagemaker_monitor.analysis.documents.lenient import Node, load
from sagemaker_monitor.analysis.documents.strict import DocumentError

NAME = "statistics.json"
INTEGRAL, FRACTIONAL, STRING, UNKNOWN = "Integral", "Fractional", "String", "Unknown"
NUMERIC = (INTEGRAL, FRACTIONAL)
TYPES = (*NUMERIC, STRING, UNKNOWN)
_DISTINCT = "approximate_num_distinct_values"
if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]


@dataclass(frozen=True)
class Bucket:
    """How many values lie from a lower bound, inclusive, to an upper one; only the last includes that."""

    lower_bound: float
    upper_bound: float
    count: float


@dataclass(frozen=True, eq=False)
class Sketch:
    """A KLL sketch: the items of each level, each of which stands for 2^level values."""

    c: float
    k: float
    levels: Tuple[Values, ...]

    @property
    def weight(self) -> int:
        """Return how many values the sketch stands for."""
        return sum(len(items) << level for level, items in enumerate(self.levels))

    def cumulative(self) -> Tuple[Values, Values]:
        """Return the distinct items, ascending, and how many values are at most as large as each."""
        items = np.concatenate([np.zeros(0), *self.levels])
        weights = np.concatenate(
            [np.zeros(0, np.int64), *(np.full(len(each), 1 << i) for i, each in enumerate(self.levels))]
        )
        order = np.argsort(items, kind="stable")
        items, ranks = items[order], np.cumsum(weights[order])
        last = np.append(items[1:] != items[:-1], True)[: len(items)]
        return items[last], ranks[last]


@dataclass(frozen=True)
class Distribution:
    """Ten buckets of equal width, and the sketch that they were counted from."""

    buckets: Tuple[Bucket, ...]
    sketch: Sketch


@dataclass(frozen=True)
class Numbers:
    """What is known of a numerical feature; the deviation is that of a population.

    Containers of 2025 also tell how many distinct values there are, estimated, and the completeness.
    """

    mean: float
    sum: float
    std_dev: float
    min: float
    max: float
    distribution: Optional[Distribution]
    distinct: Optional[int] = None
    completeness: Optional[float] = None


@dataclass(frozen=True)
class Texts:
    """How many distinct texts a feature has; with few of them, which and how often."""

    distinct_count: float
    counts: Optional[Dict[str, int]]


@dataclass(frozen=True)
class FeatureStatistics:
    """One feature; numbers or texts according to its type, neither when it never has a value."""

    name: str
    inferred_type: str
    num_present: int
    num_missing: int
    numbers: Optional[Numbers] = None
    texts: Optional[Texts] = None


@dataclass(frozen=True)
class Statistics:
    """The features of a dataset, in its columns' order."""

    item_count: int
    features: Tuple[FeatureStatistics, ...]
    version: float = 0.0

    def feature(self, name: str) -> Optional[FeatureStatistics]:
        """Return the feature called *name*, or None."""
        return next((each for each in self.features if each.name == name), None)

    def to_json(self) -> str:
        """Return the document as the analyzer writes it."""
        return jackson.render(
            {
                "version": self.version,
                "dataset": {"item_count": self.item_count},
                "features": [_feature(each) for each in self.features],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Statistics:
        """Read the document; keys that newer containers add are left alone. Raises DocumentError."""
        document = load(text, NAME)
        return cls(
            item_count=document.child("dataset").integer("item_count"),
            features=tuple(_read_feature(each) for each in document.children("features")),
            version=document.double("version"),
        )


def _feature(feature: FeatureStatistics) -> Dict[str, Any]:
    result: Dict[str, Any] = {"name": feature.name, "inferred_type": feature.inferred_type}
    common = {"num_present": feature.num_present, "num_missing": feature.num_missing}
    if feature.inferred_type in NUMERIC:
        result["numerical_statistics"] = {"common": common, **_numbers(feature.numbers)}
    else:
        result["string_statistics"] = {"common": common, **_texts(feature.texts)}
    return result


def _numbers(numbers: Optional[Numbers]) -> Dict[str, Any]:
    if numbers is None:
        return {}
    result: Dict[str, Any] = {
        "mean": numbers.mean,
        "sum": numbers.sum,
        "std_dev": numbers.std_dev,
        "min": numbers.min,
        "max": numbers.max,
    }
    if numbers.distinct is not None:
        result[_DISTINCT] = numbers.distinct
    if numbers.completeness is not None:
        result["completeness"] = numbers.completeness
    if numbers.distribution is not None:
        sketch = numbers.distribution.sketch
        result["distribution"] = {
            "kll": {
                "buckets": [vars(each) for each in numbers.distribution.buckets],
                "sketch": {"parameters": {"c": sketch.c, "k": sketch.k}, "data": list(sketch.levels)},
            }
        }
    return result


def _texts(texts: Optional[Texts]) -> Dict[str, Any]:
    if texts is None:
        return {}
    result: Dict[str, Any] = {"distinct_count": texts.distinct_count}
    if texts.counts is not None:
        buckets = [{"value": value, "count": count} for value, count in texts.counts.items()]
        result["distribution"] = {"categorical": {"buckets": buckets}}
    return result


def _read_feature(node: Node) -> FeatureStatistics:
    name, inferred_type = node.text("name"), node.one_of("inferred_type", TYPES)
    if node.has("numerical_statistics"):
        found = node.child("numerical_statistics")
        common = found.child("common")
        numbers = _read_numbers(found) if found.has("mean") else None
        texts = None
    elif node.has("string_statistics"):
        found = node.child("string_statistics")
        common = found.child("common")
        numbers, texts = None, _read_texts(found) if found.has("distinct_count") else None
    else:
        return FeatureStatistics(name, inferred_type, 0, 0)
    return FeatureStatistics(
        name, inferred_type, common.integer("num_present"), common.integer("num_missing"), numbers, texts
    )


def _read_numbers(node: Node) -> Numbers:
    return Numbers(
        mean=node.double("mean"),
        sum=node.double("sum"),
        std_dev=node.double("std_dev"),
        min=node.double("min"),
        max=node.double("max"),
        distribution=_read_distribution(node),
        distinct=node.integer(_DISTINCT) if node.has(_DISTINCT) else None,
        completeness=node.number("completeness") if node.has("completeness") else None,
    )


def _read_distribution(node: Node) -> Optional[Distribution]:
    if not node.has("distribution"):
        return None
    distribution = node.child("distribution")
    if not distribution.has("kll"):
        return None
    kll = distribution.child("kll")
    sketch = kll.child("sketch")
    parameters = sketch.child("parameters")
    levels = tuple(_level(items, sketch.where) for items in sketch.items("data"))
    if not any(len(level) for level in levels):
        raise DocumentError(f"{sketch.where}.data has no number; without values there is no distribution")
    return Distribution(
        buckets=tuple(
            Bucket(each.double("lower_bound"), each.double("upper_bound"), each.double("count"))
            for each in kll.children("buckets")
        ),
        sketch=Sketch(parameters.double("c"), parameters.double("k"), levels),
    )


def _level(items: Any, where: str) -> Values:
    try:
        level = np.array(items, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DocumentError(f"{where}.data holds something that is no number") from error
    if level.ndim != 1 or bool(np.isnan(level).any()):
        raise DocumentError(f"{where}.data must be a list of lists of numbers")
    return level


def _read_texts(node: Node) -> Texts:
    counts = None
    if node.has("distribution"):
        distribution = node.child("distribution")
        if distribution.has("categorical"):
            buckets = distribution.child("categorical").children("buckets")
            counts = {each.text("value"): each.integer("count") for each in buckets}
            if counts and min(counts.values()) < 1:
                raise DocumentError(f"{distribution.where}.categorical has a count below 1")
    return Texts(node.double("distinct_count"), counts)
