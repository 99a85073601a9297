"""The documents of data quality are read as others write them and written as the analyzer does."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.analysis.documents import jackson
from sagemaker_monitor.analysis.documents.constraints import Constraints, MonitoringConfig
from sagemaker_monitor.analysis.documents.statistics import Statistics
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.violations import QualityViolation, QualityViolations


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (5.0, "5.0"),
        (5.092682820403929e-4, "5.092682820403929E-4"),
        (0.001, "0.001"),
        (9.99e-4, "9.99E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (-4.1022740759899534e-14, "-4.1022740759899534E-14"),
        (1.23456789e8, "1.23456789E8"),
        (1.7976931348623157e308, "1.7976931348623157E308"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (math.nan, "NaN"),
    ],
)
def test_doubles_are_printed_as_java_does(value: float, text: str) -> None:
    """Plain from a thousandth to below ten million, with an exponent beyond."""
    assert jackson.double(value) == text


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_numbers_come_back_whole(values: list[float]) -> None:
    """Whatever way a list is printed, alone or as an array, reading it gives the same bits."""
    for document in (values, np.array(values, dtype=np.float64)):
        found = json.loads(jackson.render(document))

        assert list(map(float.hex, found)) == list(map(float.hex, values))


@given(st.lists(st.floats() | st.integers(-(2**70), 2**70).map(float) | st.sampled_from([0.0, -0.0])))
def test_arrays_are_printed_as_their_numbers_are(values: list[float]) -> None:
    """Whole numbers alone, fractions, very large and small ones, infinity and NaN: one by one or together."""
    assert jackson.render(np.array(values, dtype=np.float64)) == jackson.render(values)


SCALARS = st.none() | st.booleans() | st.integers() | st.text()


@given(
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    )
)
def test_documents_come_back_whole(document: Any) -> None:
    """Every document is JSON, also with quotes, line ends and letters of any script in it."""
    assert json.loads(jackson.render(document)) == document


NUMERICAL = {
    "common": {"num_present": 2, "num_missing": 1},
    "mean": 1.5,
    "sum": 3.0,
    "std_dev": 0.5,
    "min": 1.0,
    "max": 2.0,
    "approximate_num_distinct_values": 2,
    "completeness": 0.67,
    "distribution": {
        "kll": {
            "buckets": [{"lower_bound": 1.0, "upper_bound": 2.0, "count": 2.0}],
            "sketch": {"parameters": {"c": 0.64, "k": 2048.0}, "data": [[1.0, 2.0]]},
        }
    },
}


def statistics(feature: dict[str, Any]) -> str:
    """Return a document with one feature."""
    return json.dumps({"version": 0.0, "dataset": {"item_count": 3}, "features": [feature]})


def test_keys_of_newer_containers_are_read_and_written() -> None:
    """What 2025 added is there, also after the document was written again."""
    text = statistics({"name": "a", "inferred_type": "Fractional", "numerical_statistics": NUMERICAL})

    assert json.loads(Statistics.from_json(text).to_json()) == json.loads(text)

    feature = Statistics.from_json(text).feature("a")

    assert feature is not None
    assert (feature.num_present, feature.num_missing) == (2, 1)
    assert feature.numbers is not None
    assert feature.numbers.mean == 1.5
    assert feature.numbers.distribution is not None
    assert feature.numbers.distribution.sketch.weight == 2
    assert Statistics.from_json(text).feature("b") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "statistics.json is not JSON"),
        ("[]", "statistics.json is list; it must be an object"),
        ('{"version": 0.0}', "statistics.json has no 'dataset'"),
        (statistics({"name": "a"}), "features[0] has no 'inferred_type'"),
        (statistics({"name": "a", "inferred_type": "Int"}), "inferred_type is 'Int'; it must be one of"),
        (
            statistics(
                {
                    "name": "a",
                    "inferred_type": "Integral",
                    "numerical_statistics": {
                        **NUMERICAL,
                        "distribution": {
                            "kll": {
                                "buckets": [],
                                "sketch": {"parameters": {"c": 0.64, "k": 2.0}, "data": [["x"]]},
                            }
                        },
                    },
                }
            ),
            "sketch.data holds something that is no number",
        ),
        (
            statistics(
                {
                    "name": "a",
                    "inferred_type": "Integral",
                    "numerical_statistics": {
                        **NUMERICAL,
                        "distribution": {
                            "kll": {
                                "buckets": [],
                                "sketch": {"parameters": {"c": 0.64, "k": 2.0}, "data": [[]]},
                            }
                        },
                    },
                }
            ),
            "sketch.data has no number; without values there is no distribution",
        ),
        (
            statistics(
                {
                    "name": "a",
                    "inferred_type": "String",
                    "string_statistics": {
                        "common": {"num_present": 1, "num_missing": 0},
                        "distinct_count": 1.0,
                        "distribution": {"categorical": {"buckets": [{"value": "x", "count": 0}]}},
                    },
                }
            ),
            "distribution.categorical has a count below 1",
        ),
    ],
)
def test_statistics_that_are_none_are_refused(text: str, reason: str) -> None:
    """The place and what is wrong there are told."""
    with pytest.raises(DocumentError) as caught:
        Statistics.from_json(text)

    assert reason in str(caught.value)


def test_the_narrowest_override_holds() -> None:
    """A feature's own words win over those nested in its constraints, which win over the common ones."""
    feature = {
        "name": "a",
        "inferred_type": "String",
        "completeness": 1.0,
        "string_constraints": {
            "domains": ["x"],
            "monitoring_config_overrides": {"datatype_check_threshold": 0.5, "domain_content_threshold": 0.4},
        },
        "monitoringConfigOverrides": {"domain_content_threshold": 0.3},
    }
    config = {"datatype_check_threshold": 0.9, "distribution_constraints": {"comparison_threshold": 0.2}}
    text = json.dumps({"version": 0, "features": [feature], "monitoring_config": config})

    constraints = Constraints.from_json(text)

    assert constraints.config == MonitoringConfig(datatype_check_threshold=0.9, comparison_threshold=0.2)
    (found,) = constraints.features
    assert found.config == MonitoringConfig(
        datatype_check_threshold=0.5, domain_content_threshold=0.3, comparison_threshold=0.2
    )


def test_violations_survive_reading_and_writing() -> None:
    """The three texts of each violation come back."""
    document = QualityViolations((QualityViolation("a", "data_type_check", 'Expected "x" …'),))

    assert QualityViolations.from_json(document.to_json()) == document
    with pytest.raises(DocumentError, match="has no 'violations'"):
        QualityViolations.from_json("{}")
