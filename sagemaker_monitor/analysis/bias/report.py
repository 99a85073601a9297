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
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.bias.samples import Group, Labels
    from sagemaker_monitor.analysis.columns import Column

NO_GROUP_VARIABLE = "Group variable is empty or not provided"
_TOGETHER = 1 << 14
"""Tables of counts that are held at a time."""


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
    results: dict[str, tuple[FacetResult, ...]] = {facet.name: () for facet in facets}
    counted = [METRICS[name] for name in methods if name in METRICS]
    found = _of_counts(counted, [(facet.tables, group) for facet in facets for group in facet.groups])
    for facet in facets:
        tests = _flip_tests(facet, labels.predicted) if "FT" in methods else [None] * len(facet.groups)
        entries = []
        for group, test in zip(facet.groups, tests, strict=True):
            by_name = {each.name: each for each in (*next(found), *([] if test is None else [test]))}
            entries.append(FacetResult(group.text, tuple(by_name[name] for name in methods)))
        results[facet.name] += tuple(entries)
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


def _of_counts(
    metrics: Sequence[Metric], groups: Sequence[tuple[Tables, Group]]
) -> Iterator[list[MetricResult]]:
    """Yield the *metrics* of each group; many are computed together, which takes no longer than one."""
    grouped = any(each.grouped for each in metrics)
    plain: list[NDArray[np.float64] | None] = []
    by_stratum: list[NDArray[np.float64] | None] = []
    cells = 0
    for number, (tables, group) in enumerate(groups, 1):
        plain.append(tables.of(group.rows))
        by_stratum.append(tables.by_stratum(group.rows) if grouped else None)
        cells += 1 if by_stratum[-1] is None else len(by_stratum[-1])
        if cells >= _TOGETHER or number == len(groups):
            columns = [_computed(each, by_stratum if each.grouped else plain) for each in metrics]
            yield from ([each[place] for each in columns] for place in range(len(plain)))
            plain, by_stratum, cells = [], [], 0


def _computed(metric: Metric, tables: Sequence[NDArray[np.float64] | None]) -> list[MetricResult]:
    """Return the *metric* of each of *tables*, with the reason where there is none."""
    results = [MetricResult(metric.name, metric.description, None, NO_GROUP_VARIABLE)] * len(tables)
    alike: dict[int, list[int]] = {}
    for place, table in enumerate(tables):
        if table is not None:
            alike.setdefault(len(table), []).append(place)
    for places in alike.values():
        counts = np.stack([table for place in places if (table := tables[place]) is not None])
        values = metric.compute(counts).tolist()
        for place, value, error in zip(places, values, metric.errors(counts), strict=True):
            results[place] = MetricResult(metric.name, metric.description, None if error else value, error)
    return results


def _flip_tests(facet: Facet, predicted: NDArray[np.bool_] | None) -> list[MetricResult]:
    """Return the flip test of each of the facet's groups."""
    values: list[float | None] = [None] * len(facet.groups)
    if predicted is not None and len(facet.groups) >= flip_test.MANY:
        try:
            rows = [group.rows for group in facet.groups]
            values = flip_test.of_groups(flip_test.columns_of(facet.features), rows, predicted)
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
