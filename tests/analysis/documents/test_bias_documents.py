"""The bias documents are read and written as Clarify writes them, and drift is judged by its rule."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from sagemaker_monitor.analysis.bias.drift import violations
from sagemaker_monitor.analysis.documents.analysis import (
    Analysis,
    BiasSection,
    DocumentError,
    FacetResult,
    MetricResult,
)
from sagemaker_monitor.analysis.documents.violations import BiasViolation, BiasViolations
from tests.parity.plugin import Parity


def analysis(**metrics: float | None) -> Analysis:
    """Return an analysis with *metrics* of one facet, after training."""
    results = tuple(
        MetricResult(name, f"Some Metric ({name})", value, None if value is not None else "why")
        for name, value in metrics.items()
    )
    section = BiasSection("approve", {"sex": (FacetResult("(100, 225]", results),)}, "1")
    return Analysis(post_training=section)


def test_recorded_documents_survive_reading_and_writing(recorded_data: Path, parity: Parity) -> None:
    """AWS's own baselines come out byte for byte as they went in."""
    for case in ("churn_bias_batch_csv", "adult_bias_endpoint_jsonl"):
        text = (recorded_data / "recorded" / case / "baseline_analysis.json").read_text()

        written = Analysis.from_json(text).to_json()
        parity.equal(case, "analysis.json, read and written again: every byte", text.strip(), written)


def test_recorded_violations_survive_reading_and_writing(recorded_data: Path, parity: Parity) -> None:
    """AWS's violations come out as the same document."""
    case = "churn_bias_batch_csv"
    text = (recorded_data / "recorded" / case / "constraint_violations.json").read_text()

    written = json.loads(BiasViolations.from_json(text).to_json())
    parity.equal(case, "constraint_violations.json, read and written again", json.loads(text), written)


def test_infinity_is_a_text_and_nothing_is_null() -> None:
    """JSON knows neither infinity nor NaN."""
    document = analysis(A=math.inf, B=-math.inf, C=math.nan, D=None)
    metrics = json.loads(document.to_json())["post_training_bias_metrics"]["facets"]["sex"][0]["metrics"]

    assert [each["value"] for each in metrics] == ["Infinity", "-Infinity", None, None]
    assert metrics[3]["error"] == "why"
    assert "error" not in metrics[0]
    assert Analysis.from_json(document.to_json()).to_json() == document.to_json()


def test_post_training_comes_first_in_the_document_and_last_in_the_order_of_stages() -> None:
    """Clarify writes post-training metrics first; violations start with pre-training ones."""
    section = BiasSection("y", {}, "1")
    both = Analysis(post_training=section, pre_training=section)

    assert list(json.loads(both.to_json())) == [
        "version",
        "post_training_bias_metrics",
        "pre_training_bias_metrics",
    ]
    assert [stage for stage, _ in both.sections] == ["pre_training", "post_training"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"pre_training_bias_metrics": {}}', "pre_training_bias_metrics is not a section"),
        ('{"pre_training_bias_metrics": {"facets": {"a": [{}]}}}', "is not a section"),
        (
            '{"pre_training_bias_metrics": {"facets": {"a": [{"value_or_threshold": "1", '
            '"metrics": [{"name": "CI", "value": "big"}]}]}}}',
            r"facets.a\[0\].CI: a metric's value",
        ),
    ],
)
def test_a_broken_analysis_is_refused_with_its_place(text: str, part: str) -> None:
    """A document that is no analysis says where it is not."""
    with pytest.raises(DocumentError, match=part):
        Analysis.from_json(text)


@pytest.mark.parametrize("text", ["nope", '{"violations": 1}', '{"violations": [{"facet": "a"}]}', "{}"])
def test_broken_violations_are_refused(text: str) -> None:
    """A document that is no list of violations is refused by name."""
    with pytest.raises(DocumentError, match=r"constraint_violations\.json"):
        BiasViolations.from_json(text)


@pytest.mark.parametrize(
    ("baseline", "current", "violates"),
    [
        (0.1, 0.1, False),
        (0.1, 0.11, True),
        (0.1, -0.11, True),
        (-0.2, 0.1, False),
        (0.0, 0.0, False),
        (0.8, 1.0, True),
        (0.9544, 0.9488, False),
        (0.1, math.inf, True),
        (math.inf, 5.0, False),
        (math.inf, -math.inf, False),
        (None, 5.0, False),
        (0.1, None, False),
    ],
)
def test_a_metric_drifts_when_its_magnitude_grows(
    baseline: float | None, current: float | None, violates: bool
) -> None:
    """Sign, direction and size of the growth do not matter; a missing value is not compared."""
    found = violations(analysis(DI=baseline), analysis(DI=current))

    assert bool(found) is violates


def test_a_violation_reads_as_clarifys() -> None:
    """The text names both values, infinity as the document writes it, and the current interval."""
    found = violations(analysis(TE=2.5), analysis(TE=math.inf))

    assert found == (
        BiasViolation(
            facet="sex",
            facet_value="(100, 225]",
            metric_name="TE",
            constraint_check_type="bias_drift_check",
            description="Metric value Infinity doesn't meet the baseline constraint requirement 2.5",
        ),
    )


def test_facets_are_matched_by_name_and_position() -> None:
    """Another interval text is the same facet; another name or stage is none of the baseline's."""
    result = FacetResult("(100, 232]", (MetricResult("DI", "", 2.0),))
    other_text = Analysis(post_training=BiasSection("y", {"sex": (result,)}, "1"))
    other_name = Analysis(post_training=BiasSection("y", {"age": (result,)}, "1"))
    other_stage = Analysis(pre_training=BiasSection("y", {"sex": (result,)}, "1"))

    assert len(violations(analysis(DI=1.0), other_text)) == 1
    assert violations(analysis(DI=1.0), other_name) == ()
    assert violations(analysis(DI=1.0), other_stage) == ()
