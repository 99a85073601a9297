"""Which values of definitions and files follow from configuration keys, and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sagemaker_monitor.operations.difference import MISSING
from sagemaker_monitor.operations.planning.rule import Facts


def submit_directory(facts: Facts) -> Any:
    """Return where a script lies in the model's container."""
    return MISSING if facts.get("artifact.entry_point") in (None, MISSING) else "/opt/ml/model/code"


def probability(facts: Facts) -> Any:
    """Return which value of an answer Clarify is given: none where the answer is that value alone."""
    if facts.get("schema.prediction.values") in (1, None, MISSING):
        return MISSING
    return facts.get(f"schema.prediction.{'probability' if _is_binary(facts) else 'label'}")


def _is_binary(facts: Facts) -> bool:
    return facts.get("schema.problem_type") == "BinaryClassification"


def threshold(facts: Facts) -> Any:
    """Return from which probability on a binary check counts an answer as positive."""
    return str(facts.get("schema.prediction.threshold")) if _is_binary(facts) else MISSING


def answer(*, binary: bool) -> Callable[[Facts], Any]:
    """Return what a binary check, or another one, calls the column of the model's answers."""
    return lambda facts: "prediction" if _is_binary(facts) == binary else MISSING


def facets(facts: Facts) -> Any:
    """Return the facets as Clarify's analysis configuration has them."""
    facets = facts.get("monitors.bias.facets")
    if not isinstance(facets, list) or not all(isinstance(facet, dict) for facet in facets):
        return MISSING
    return [
        {
            "name_or_index": facet.get("name"),
            "value_or_threshold": [facet["threshold"]] if "threshold" in facet else facet.get("values"),
        }
        for facet in facets
    ]


def headers(facts: Facts) -> Any:
    """Return the columns of the rows that bias is computed of."""
    features, facets = facts.get("schema.features"), facts.get("schema.facet_columns")
    if not isinstance(features, list) or not isinstance(facets, list):
        return MISSING
    return [*features, *facets, facts.get("schema.label")]


def input_filter(facts: Facts) -> Any:
    """Return the columns of a record that the model is sent."""
    features = facts.get("schema.features")
    return f"$[1:{1 + len(features)}]" if isinstance(features, list) else MISSING
