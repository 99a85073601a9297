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
    """One facet with its sensitive groups, and the columns the flip test may compare rows by."""

    name: str
    groups: Sequence[Group]
    features: Sequence[Column]


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
    group_variable: Column | None,
) -> BiasSection:
    """Return the section of *stage* with the metrics called *methods*.

    A metric that cannot be computed is reported with the reason instead of a value.
    """
    strata = None if group_variable is None else _strata(group_variable)
    results: dict[str, tuple[FacetResult, ...]] = {}
    for facet in facets:
        entries = tuple(
            FacetResult(group.text, _metrics(methods, group.inside, labels, facet.features, strata))
            for group in facet.groups
        )
        results[facet.name] = results.get(facet.name, ()) + entries
    return BiasSection(label, results, labels.text)


def count(
    inside: NDArray[np.bool_],
    observed: NDArray[np.bool_],
    predicted: NDArray[np.bool_] | None = None,
    strata: NDArray[np.intp] | None = None,
) -> NDArray[np.float64]:
    """Return the table of counts, shape (2, 2, 2), or (strata, 2, 2, 2) with a stratum's number by row.

    Rows whose stratum is negative are left out. Without *predicted*, all count as not favoured.
    """
    code = inside.astype(np.intp) * 4 + observed * 2
    if predicted is not None:
        code += predicted
    if strata is None:
        return np.bincount(code, minlength=8).reshape(2, 2, 2).astype(np.float64)
    present = strata >= 0
    number = int(strata.max(initial=-1)) + 1
    table = np.bincount((strata * 8 + code)[present], minlength=8 * number)
    return table.reshape(number, 2, 2, 2).astype(np.float64)


def _strata(column: Column) -> NDArray[np.intp]:
    """Return the number of each row's group, by the groups' sorted values; -1 for an absent value."""
    strata = np.full(len(column.values), -1, dtype=np.intp)
    strata[column.present] = np.unique(column.values[column.present], return_inverse=True)[1]
    return strata


def _metrics(
    methods: Sequence[str],
    inside: NDArray[np.bool_],
    labels: Labels,
    features: Sequence[Column],
    strata: NDArray[np.intp] | None,
) -> tuple[MetricResult, ...]:
    counts = count(inside, labels.observed, labels.predicted)
    by_group = None
    if strata is not None and any(METRICS[name].grouped for name in methods if name in METRICS):
        by_group = count(inside, labels.observed, labels.predicted, strata)

    def result(name: str) -> MetricResult:
        if name == "FT":
            return _flip_test(features, inside, labels.predicted)
        return _from_counts(METRICS[name], by_group if METRICS[name].grouped else counts)

    return tuple(result(name) for name in methods)


def _from_counts(metric: Metric, counts: NDArray[np.float64] | None) -> MetricResult:
    error = NO_GROUP_VARIABLE if counts is None or not len(counts) else metric.error(counts)
    if error is not None or counts is None:
        return MetricResult(metric.name, metric.description, None, error)
    return MetricResult(metric.name, metric.description, float(metric.compute(counts)))


def _flip_test(
    features: Sequence[Column], inside: NDArray[np.bool_], predicted: NDArray[np.bool_] | None
) -> MetricResult:
    try:
        if predicted is None:
            raise MetricError("predicted_label_column has to be provided for Post training metrics")
        return MetricResult("FT", flip_test.DESCRIPTION, flip_test.FT(features, inside, predicted))
    except MetricError as error:
        return MetricResult("FT", flip_test.DESCRIPTION, None, str(error))
