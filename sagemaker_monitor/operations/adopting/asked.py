"""What a real-time endpoint is asked and answers: the section endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sagemaker_monitor.operations.adopting.draft import Draft
from sagemaker_monitor.operations.adopting.places import below
from sagemaker_monitor.operations.adopting.served import Endpoint
from sagemaker_monitor.operations.adopting.sources import Attributes, Config, Sources
from sagemaker_monitor.settings import Environment

LINES, JSON = "application/jsonlines", "application/json"


def write_endpoint(
    draft: Draft, name: str, endpoint: Endpoint | None, sources: Sources, environment: Environment
) -> None:
    """Write the section endpoint of the endpoint called *name*; None where it could not be described."""
    draft.put(("endpoint", "name"), {environment.name: name}, "by environment; others have none yet")
    if endpoint is not None:
        capture = below(environment, endpoint.destination) if endpoint.destination else None
        if capture:
            draft.put(("endpoint", "capture"), capture)
        if not endpoint.captures:
            draft.note(
                endpoint.resource,
                "DataCaptureConfig",
                endpoint.destination or None,
                "it captures nothing now, so that there is nothing to watch",
                "turn data capture on (UpdateEndpoint)",
            )
    _write_window(draft, sources.attributes)
    _write_formats(draft, endpoint, sources)


def _write_window(draft: Draft, attributes: Sequence[Attributes]) -> None:
    for each in attributes:
        start, end = each.input.get("StartTimeOffset"), each.input.get("EndTimeOffset")
        if start and not each.is_batch:
            draft.put(("endpoint", "window"), {"start": start, "end": plain_offset(end or "PT0H")})
            return


def plain_offset(text: str) -> str:
    """Return an offset as our files have it: SDKs write no offset as -PT0H."""
    return "PT0H" if text in ("-PT0H", "-PT0M", "-PT0S", "-P0D", "P0D", "PT0S") else text


def _write_formats(draft: Draft, endpoint: Endpoint | None, sources: Sources) -> None:
    attributes = [each for each in sources.attributes if not each.is_batch]
    features = next((each for each in attributes if each.input.get("FeaturesAttribute")), None)
    if features is None:
        return
    expression = features.input["FeaturesAttribute"]
    content_type = _content_type(expression, endpoint, sources.configs)
    draft.put(("endpoint", "requests", "content_type"), content_type)
    draft.put(("endpoint", "requests", "features"), expression, f"FeaturesAttribute of {features.resource}")
    binary = draft.values["schema"]["problem_type"] == "BinaryClassification"
    prediction, where = _prediction(attributes, sources.configs, binary)
    path = ("endpoint", "answers", "prediction")
    if prediction is not None:
        draft.put(path, prediction, where)
    else:
        what = "P(1)" if binary else "the prediction"
        draft.guess(path, "score" if content_type == LINES else "predictions[*].score", f"JMESPath of {what}")


def _content_type(expression: str, endpoint: Endpoint | None, configs: Sequence[Config]) -> str:
    said = [(each.content.get("predictor") or {}).get("content_type") for each in configs]
    said += [each.content.get("dataset_type") for each in configs]
    said += list(endpoint.json_types) if endpoint and len(endpoint.json_types) == 1 else []
    known = [each for each in said if each in (LINES, JSON)]
    return str(known[0]) if known else JSON if "[" in expression else LINES


def _prediction(
    attributes: Sequence[Attributes], configs: Sequence[Config], binary: bool
) -> tuple[str | None, str]:
    """Return where an answer has P(1), or the predicted value, and what says so."""
    keys = ("ProbabilityAttribute",) if binary else ("InferenceAttribute", "ProbabilityAttribute")
    found: list[tuple[Any, str]] = [
        (each.input.get(key), f"{key} of {each.resource}") for key in keys for each in attributes
    ]
    for config in configs:
        predictor = config.content.get("predictor") or {}
        names = (
            ("probability", "label") if "shap" in (config.content.get("methods") or {}) else ("probability",)
        )
        found += [(predictor.get(name), f"predictor.{name} of {config.resource}") for name in names]
    for value, where in found:
        if isinstance(value, str) and value and not value.isdecimal():
            return value, where
    return None, ""
