"""Whether data meets a baseline's constraints, in the stages and words of Model Monitor's analyzer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.documents.constraints import CHI_SQUARED, ROBUST
from sagemaker_monitor.analysis.documents.jackson import double
from sagemaker_monitor.analysis.documents.statistics import STRING, UNKNOWN
from sagemaker_monitor.analysis.documents.violations import QualityViolation
from sagemaker_monitor.analysis.quality import distances

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sagemaker_monitor.analysis.documents.constraints import (
        Constraints,
        FeatureConstraints,
        MonitoringConfig,
    )
    from sagemaker_monitor.analysis.documents.statistics import FeatureStatistics, Statistics
    from sagemaker_monitor.analysis.quality.profile import ColumnProfile

EXTRA_COLUMN_CHECK, MISSING_COLUMN_CHECK = "extra_column_check", "missing_column_check"
DATA_TYPE_CHECK = "data_type_check"
COMPLETENESS_CHECK = "completeness_check"
CATEGORICAL_VALUES_CHECK = "categorical_values_check"
BASELINE_DRIFT_CHECK = "baseline_drift_check"

DRIFT_BESIDE_OTHERS = False
"""Whether drift is reported for a dataset that has other violations.

Runs recorded from AWS since 2021 never show both, even at distances near 1, also not for columns without a
violation of their own. The container of 2020 could report both.
"""


def column_count(columns: int, constraints: Constraints) -> tuple[QualityViolation, ...]:
    """Return the one violation when the dataset has not as many columns as the baseline, which ends all."""
    expected = len(constraints.features)
    if columns == expected or not constraints.config.evaluate_constraints:
        return ()
    kind, check = ("extra", EXTRA_COLUMN_CHECK) if columns > expected else ("missing", MISSING_COLUMN_CHECK)
    text = (
        f"There are {kind} columns in current dataset. Number of columns in current dataset: {columns}, "
        f"Number of columns in baseline constraints: {expected}"
    )
    return (QualityViolation(f"{kind.capitalize()} columns", check, text),)


def violations(
    columns: Sequence[ColumnProfile],
    constraints: Constraints,
    baseline: Statistics | None,
    *,
    drift_method: str | None = None,
    drift_beside_others: bool = DRIFT_BESIDE_OTHERS,
) -> tuple[QualityViolation, ...]:
    """Return what *columns*, in the order of the baseline's, do not meet.

    Without *baseline* statistics nothing is known of drift. *drift_method* replaces what the constraints say
    about categorical features.
    """
    checked = [
        (each, column)
        for each, column in zip(constraints.features, columns, strict=True)
        if constraints.config.evaluate_constraints and each.config.evaluate_constraints
    ]
    found = [violation for each, column in checked for violation in _constraint_checks(each, column)]
    if baseline is None or (found and not drift_beside_others):
        return tuple(found)
    evaluated = {each.name for each, _ in checked}
    measured = _measured(columns, constraints, baseline, drift_method)
    found.extend(each.violation(name) for name, each in measured if name in evaluated and each.too_far)
    return tuple(found)


def drift(
    columns: Sequence[ColumnProfile],
    constraints: Constraints,
    baseline: Statistics | None,
    *,
    drift_method: str | None = None,
) -> dict[str, float]:
    """Return by feature what drift is judged by: a distance, or a p-value; nothing where neither is known."""
    if baseline is None:
        return {}
    return {name: each.value for name, each in _measured(columns, constraints, baseline, drift_method)}


@dataclass(frozen=True)
class _Drift:
    """How far a feature is from the baseline, and what is too far."""

    value: float
    threshold: float
    is_probability: bool = False

    @property
    def too_far(self) -> bool:
        # Deequ gives a probability for the robust chi-squared test, which is small when distributions differ.
        return self.value < self.threshold if self.is_probability else self.value > self.threshold

    def violation(self, name: str) -> QualityViolation:
        what, how = ("p-value", "is below") if self.is_probability else ("distance", "exceeds")
        value, threshold = double(self.value), double(self.threshold)
        text = f"Baseline drift {what}: {value} {how} threshold: {threshold}"
        return QualityViolation(name, BASELINE_DRIFT_CHECK, text)


def _measured(
    columns: Sequence[ColumnProfile], constraints: Constraints, baseline: Statistics, method: str | None
) -> Iterator[tuple[str, _Drift]]:
    known = {each.name: each for each in baseline.features}
    for each, column in zip(constraints.features, columns, strict=True):
        before = known.get(each.name)
        config = each.config
        if method is not None:
            config = replace(config, categorical_drift_method=method)
        if before is not None and config.perform_comparison:
            found = _drift(before, column, config)
            if found is not None:
                yield each.name, found


def _constraint_checks(required: FeatureConstraints, column: ColumnProfile) -> Iterator[QualityViolation]:
    config, types = required.config, column.types
    # Of a feature that never had a value, nothing is known that a value could contradict.
    if types.present and required.inferred_type != UNKNOWN:
        share = types.share(required.inferred_type)
        if share < config.datatype_check_threshold:
            text = (
                "Data type match requirement is not met. "
                f"Expected data type: {required.inferred_type}, "
                f"Expected match: {_percent(config.datatype_check_threshold)}. "
                f"Observed: Only {_percent(share)} of data is {required.inferred_type}."
            )
            yield QualityViolation(required.name, DATA_TYPE_CHECK, text)
    completeness = types.present / (types.present + types.missing)
    if required.completeness is not None and completeness < required.completeness:
        text = (
            f"Completeness requirement is not met. Expected completeness: {_percent(required.completeness)}. "
            f"Observed: {_percent(completeness)}."
        )
        yield QualityViolation(required.name, COMPLETENESS_CHECK, text)
    if required.domains is not None and types.present:
        share = _share_inside(required.domains, column)
        if share < config.domain_content_threshold:
            text = f"Value: {double(share)} does not meet the constraint requirement! "
            yield QualityViolation(required.name, CATEGORICAL_VALUES_CHECK, text)


def _share_inside(domains: Sequence[str], column: ColumnProfile) -> float:
    inside = {*domains}
    counts = column.frequencies.counts() if column.frequencies else {}
    return sum(count for value, count in counts.items() if value in inside) / column.types.present


def _drift(before: FeatureStatistics, column: ColumnProfile, config: MonitoringConfig) -> _Drift | None:
    now = column.statistics
    if before.inferred_type != now.inferred_type:
        return None
    if now.inferred_type == STRING:
        if before.texts is not None and before.texts.counts and column.frequencies is not None:
            return _categorical_drift(before.texts.counts, column.frequencies.counts(), config)
    elif before.numbers is not None and now.numbers is not None:
        one, other = before.numbers.distribution, now.numbers.distribution
        if one is not None and other is not None:
            distance = distances.numerical(one.sketch, other.sketch)
            rows = one.sketch.weight, other.sketch.weight
            return _Drift(_corrected(distance, rows, config), config.comparison_threshold)
    return None


def _categorical_drift(
    before: Mapping[str, int], now: Mapping[str, int], config: MonitoringConfig
) -> _Drift | None:
    threshold = config.categorical_threshold
    if config.categorical_drift_method != CHI_SQUARED:
        rows = sum(before.values()), sum(now.values())
        return _Drift(_corrected(distances.categorical(before, now), rows, config), threshold)
    test = distances.chi_squared(now, before)
    if test is None:
        return None
    if config.comparison_method == ROBUST:
        return _Drift(test.p_value, threshold, is_probability=True)
    return _Drift(test.statistic, threshold)


def _corrected(distance: float, rows: tuple[int, int], config: MonitoringConfig) -> float:
    return distances.robust(distance, *rows) if config.comparison_method == ROBUST else distance


def _percent(share: float) -> str:
    return f"{double(share * 100)}%"
