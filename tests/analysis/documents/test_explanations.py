"""analysis.json and constraint_violations.json of explanations: AWS's form, read back, and checked."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from sagemaker_monitor.analysis.documents.analysis import Analysis, Explanation, Explanations
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.violations import (
    AttributionViolation,
    AttributionViolations,
    BiasViolations,
)
from tests.parity.plugin import Parity


def explained(**values: float | None) -> Analysis:
    """Return an analysis that explains one output."""
    return Analysis(explanations=Explanations({"label0": Explanation(values, 0.25)}))


def test_the_recorded_document_is_rendered_byte_by_byte(recorded_data: Path, parity: Parity) -> None:
    """AWS's analysis.json of a linear model is read and written again without a difference."""
    case = "adult_shap_endpoint_jsonl"
    text = (recorded_data / "recorded" / case / "baseline_analysis.json").read_text()

    what = "analysis.json, read and written again: every byte"
    parity.equal(case, what, text, Analysis.from_json(text).to_json())


def test_features_and_labels_keep_their_order() -> None:
    """Features stand in dataset order, labels in the model's, expected_value last, after the version."""
    text = Analysis(
        explanations=Explanations({"no": Explanation({"b": 1.0, "a": 2.0}, 0.5), "yes": Explanation({}, 0.5)})
    ).to_json()

    assert text == (
        '{\n    "version": "1.0",\n    "explanations": {\n        "kernel_shap": {\n            "no": {\n'
        '                "global_shap_values": {\n                    "b": 1.0,\n'
        '                    "a": 2.0\n                },\n                "expected_value": 0.5\n'
        '            },\n            "yes": {\n                "global_shap_values": {},\n'
        '                "expected_value": 0.5\n            }\n        }\n    }\n}'
    )


def test_numbers_that_are_not_finite_are_null() -> None:
    """NaN and infinity are written as null, which JSON has, and read as absent, Python's NaN included."""
    written = explained(a=math.nan, b=math.inf, c=None, d=1.0).to_json()

    values = json.loads(written)["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
    assert values == {"a": None, "b": None, "c": None, "d": 1.0}
    assert Analysis.from_json(written) == explained(a=None, b=None, c=None, d=1.0)
    assert Analysis.from_json(written.replace("null", "NaN", 1)) == Analysis.from_json(written)


def test_a_document_may_have_bias_alone_or_other_explanations() -> None:
    """Without Kernel SHAP there are no explanations: partial dependence is left aside."""
    assert Analysis.from_json('{"version": "1.0"}').explanations is None
    assert Analysis.from_json('{"explanations": {"pdp": []}}').explanations is None


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ([], "explanations is list; it must be an object"),
        ({"kernel_shap": 3}, "explanations.kernel_shap is int; it must be an object"),
        ({"kernel_shap": {"label0": 3}}, "label0 has no object 'global_shap_values'"),
        ({"kernel_shap": {"label0": {}}}, "label0 has no object 'global_shap_values'"),
        (
            {"kernel_shap": {"label0": {"global_shap_values": {"Age": "high"}}}},
            r"label0\.global_shap_values\.Age is 'high'; it must be a number or null",
        ),
        (
            {"kernel_shap": {"label0": {"global_shap_values": {}, "expected_value": True}}},
            r"label0\.expected_value is 'True'; it must be a number or null",
        ),
    ],
)
def test_what_is_no_explanation_is_named_with_its_place(section: object, message: str) -> None:
    """A malformed section is refused, and the message leads to the key."""
    with pytest.raises(DocumentError, match=message):
        Analysis.from_json(json.dumps({"version": "1.0", "explanations": section}))


def test_violations_have_the_recorded_form() -> None:
    """The document has the recorded keys in their order, and is read back; a bias report is not one."""
    violation = AttributionViolation(
        label="label0",
        metric_name="shap",
        constraint_check_type="feature_attribution_drift_check",
        description="Feature attribution drift 0.860173572903856 exceeds threshold 0.9",
    )
    text = AttributionViolations((violation,)).to_json()

    assert text == (
        '{\n    "version": "1.0",\n    "violations": [\n        {\n            "label": "label0",\n'
        '            "metric_name": "shap",\n'
        '            "constraint_check_type": "feature_attribution_drift_check",\n'
        '            "description": "Feature attribution drift 0.860173572903856 exceeds threshold 0.9"\n'
        "        }\n    ]\n}"
    )
    assert AttributionViolations.from_json(text).violations == (violation,)
    with pytest.raises(DocumentError, match="is not one of a bias check"):
        BiasViolations.from_json(text)
    with pytest.raises(DocumentError, match="is not one of an explainability check"):
        AttributionViolations.from_json(text.replace("label0", "x").replace('"label"', '"facet"'))
