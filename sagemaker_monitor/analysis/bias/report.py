"""The bias section of an analysis: counts once per sensitive group, then every metric from the counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.bias import flip_test
from sagemaker_monitor.analysis.bias.metrics import METRICS, POST_TRAINING, Metric, named
from sagemaker_monitor.analysis.documents.analysis import BiasSection, FacetResult, MetricResult
from sagemaker_monitor.analysis.errors import AnalysisError, MetricError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.bias.samples import Group, Labels
    from sagemaker_monitor.analysis.columns import Column

NO_GROUP_VARIABLE = "Group variable is empty or not provided"


@dataclass(frozen=True)
class Facet:
    """One facet with its sensitive groups, the columns the flip test may compare rows by, and their counts.

    *tables* count the rows that the groups have positions of.
    """

    name: str
    groups: Sequence[Group]
    features: Sequence[Column]
    tables: Tables


def names_of(stage: str) -> tuple[str, ...]:
    """Return the names of all metrics of *stage* in report order."""
    names = named(stage)
    return tuple(sorted((*names, "FT"))) if stage == POST_TRAINING else names


def select(stage: str, methods: str | Sequence[str]) -> tuple[str, ...]:
    """Return the metrics that *methods* asks for, "all" or a list of names, in report order.

    Raises AnalysisError for a name that is no metric of *stage*.
    """
    known = names_of(stage)
    if methods == "all" or list(methods) == ["all"]:
        return known
    wanted = [methods] if isinstance(methods, str) else list(methods)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise AnalysisError(
            f"Invalid metric_name: metrics should be one of the registered metrics {list(known)}. "
            f"methods.{stage}_bias.methods has {unknown[:5]}"
        )
    return tuple(name for name in known if name in wanted)


def section(
    stage: str,
    methods: Sequence[str],
    *,
    label: str,
    labels: Labels,
    facets: Sequence[Facet],
) -> BiasSection:
    """Return the section of *stage* with the metrics called *methods*.

    A metric that cannot be computed is reported with the reason instead of a value.
    """
    results: dict[str, tuple[FacetResult, ...]] = {}
    for facet in facets:
        tests = _flip_tests(facet, labels.predicted) if "FT" in methods else [None] * len(facet.groups)
        entries = tuple(
            FacetResult(group.text, _metrics(methods, facet.tables, group, flip_test_result))
            for group, flip_test_result in zip(facet.groups, tests, strict=True)
        )
        results[facet.name] = results.get(facet.name, ()) + entries
    return BiasSection(label, results, labels.text)


class Tables:
    """The counts of labels, of all rows once, and of a group by its own rows alone.

    With *weights*, each row stands for so many.
    """

    def __init__(
        self, labels: Labels, group_variable: Column | None, weights: NDArray[np.int64] | None = None
    ) -> None:
        self._codes = labels.observed.astype(np.intp) * 2
        if labels.predicted is not None:
            self._codes += labels.predicted
        self._weights = weights
        self._all = self._count(self._codes, slice(None), 4)
        self._strata = None
        if group_variable is not None:
            self._strata = _strata(group_variable)
            self._number = int(self._strata.max(initial=-1)) + 1
            self._all_by_stratum = self._by_stratum(np.flatnonzero(self._strata >= 0))

    def of(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the table of counts of the group of *rows*, shape (2, 2, 2)."""
        inside = self._count(self._codes[rows], rows, 4)
        return np.stack([self._all - inside, inside]).reshape(2, 2, 2).astype(np.float64)

    def by_stratum(self, rows: NDArray[np.intp]) -> NDArray[np.float64] | None:
        """Return the tables by value of the group variable, (values, 2, 2, 2); None without any value."""
        if self._strata is None or not self._number:
            return None
        inside = self._by_stratum(rows[self._strata[rows] >= 0])
        tables = np.stack([self._all_by_stratum - inside, inside], axis=1)
        return tables.reshape(-1, 2, 2, 2).astype(np.float64)

    def _by_stratum(self, rows: NDArray[np.intp]) -> NDArray[np.float64] | NDArray[np.intp]:
        assert self._strata is not None
        codes = self._strata[rows] * 4 + self._codes[rows]
        return self._count(codes, rows, 4 * self._number).reshape(-1, 4)

    def _count(
        self, codes: NDArray[np.intp], rows: NDArray[np.intp] | slice, length: int
    ) -> NDArray[np.float64] | NDArray[np.intp]:
        """Return how many of *rows* have which of *codes*; as doubles, which hold whole numbers to 2^53."""
        return np.bincount(codes, None if self._weights is None else self._weights[rows], length)


def _strata(column: Column) -> NDArray[np.intp]:
    """Return the number of each row's group, by the groups' sorted values; -1 for an absent value."""
    strata = np.full(len(column.values), -1, dtype=np.intp)
    strata[column.present] = np.unique(column.values[column.present], return_inverse=True)[1]
    return strata


def _metrics(
    methods: Sequence[str], tables: Tables, group: Group, flip_test_result: MetricResult | None
) -> tuple[MetricResult, ...]:
    counts = tables.of(group.rows)
    grouped = any(METRICS[name].grouped for name in methods if name in METRICS)
    by_stratum = tables.by_stratum(group.rows) if grouped else None

    def result(name: str) -> MetricResult:
        if name == "FT" and flip_test_result is not None:
            return flip_test_result
        return _from_counts(METRICS[name], by_stratum if METRICS[name].grouped else counts)

    return tuple(result(name) for name in methods)


def _from_counts(metric: Metric, counts: NDArray[np.float64] | None) -> MetricResult:
    error = NO_GROUP_VARIABLE if counts is None else metric.error(counts)
    if error is not None or counts is None:
        return MetricResult(metric.name, metric.description, None, error)
    return MetricResult(metric.name, metric.description, float(metric.compute(counts)))


def _flip_tests(facet: Facet, predicted: NDArray[np.bool_] | None) -> list[MetricResult]:
    """Return the flip test of each of the facet's groups."""
    values: list[float | None] = [None] * len(facet.groups)
    if predicted is not None and len(facet.groups) >= flip_test.MANY:
        try:
            rows = [group.rows for group in facet.groups]
            values = flip_test.of_groups(flip_test.matrix_of(facet.features), rows, predicted)
        except MetricError as error:
            # What is wrong with the features is so for every group.
            return [MetricResult("FT", flip_test.DESCRIPTION, None, str(error)) for _ in facet.groups]
    return [
        _flip_test(facet.features, group, predicted)
        if value is None
        else MetricResult("FT", flip_test.DESCRIPTION, value)
        for group, value in zip(facet.groups, values, strict=True)
    ]


def _flip_test(features: Sequence[Column], group: Group, predicted: NDArray[np.bool_] | None) -> MetricResult:
    try:
        if predicted is None:
            raise MetricError("predicted_label_column has to be provided for Post training metrics")
        value = flip_test.FT(features, group.inside, predicted)
        return MetricResult("FT", flip_test.DESCRIPTION, value)
    except MetricError as error:
        return MetricResult("FT", flip_test.DESCRIPTION, None, str(error))
