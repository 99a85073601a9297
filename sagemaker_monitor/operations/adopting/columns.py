"""Which column plays which part, as configurations, baselines and job definitions tell it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.operations.adopting.draft import Choices, Draft
from sagemaker_monitor.operations.adopting.sources import Attributes, Config, Sources
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.settings.errors import quoted

BINARY = "BinaryClassification"
PROBLEM_TYPES = {
    "binary_classification_constraints": BINARY,
    "multiclass_classification_constraints": "MulticlassClassification",
    "regression_constraints": "Regression",
}
"""The section of a baseline's constraints of model quality to its problem type."""
RECORD_KEY = "record_id"


@dataclass(frozen=True)
class Told:
    """What one resource says of the columns: their names in order without the label, and the label."""

    resource: str
    features: tuple[str, ...]
    label: str | None


def write_schema(draft: Draft, sources: Sources, choices: Choices) -> None:
    """Write the section schema but for prediction. Raises UsageError that names the option that helps."""
    label = _label(sources, choices)
    features = _features(draft, sources, choices, label)
    problem_type = _problem_type(draft, sources)
    draft.put(("schema", "label"), label, "the observed outcome; the last column of a file")
    if problem_type == BINARY:
        _write_favourable(draft, sources.configs)
    draft.put(("schema", "features"), list(features), "in the order that the monitors name them")
    _write_record_key(draft, choices, {label, *features})


def told(config: Config) -> Told | None:
    """Return what a configuration says of columns; None where it names none."""
    content = config.content
    headers = content.get("headers")
    if not isinstance(headers, list) or not all(isinstance(each, str) for each in headers) or not headers:
        return None
    label = content.get("label")
    name: str | None = None
    if isinstance(label, str) and label in headers:
        name = label
    elif isinstance(label, int) and 0 <= label < len(headers):
        name = headers[label]
    elif label or content.get("facet") or "pre_training_bias" in (content.get("methods") or {}):
        # In JSON the label is an expression, and its header comes after those of the features.
        name = headers[-1]
    beside = {content.get("joinsource_name_or_index"), content.get("predicted_label")}
    features = tuple(each for each in headers if each != name and each not in beside)
    return Told(config.resource, features, name)


def _told(sources: Sources) -> Iterator[Told]:
    for config in sources.configs:
        found = told(config)
        if found is not None:
            yield found


def _label(sources: Sources, choices: Choices) -> str:
    if choices.label is not None:
        return choices.label
    for found in _told(sources):
        if found.label:
            return found.label
    for job in sources.jobs:
        if name := job.variables.get("ground_truth_attribute"):
            return name
    raise UsageError(
        "which column is the label stands in none of the resources that were read: give it with --label"
    )


def _features(draft: Draft, sources: Sources, choices: Choices, label: str) -> tuple[str, ...]:
    found = [
        Told(each.resource, tuple(x for x in each.features if x != label), label) for each in _told(sources)
    ]
    for baseline in sources.baselines:
        if baseline.kind == "DataQuality":
            names = [str(each.get("name", "")) for each in baseline.content.get("features") or ()]
            found.append(Told(baseline.resource, tuple(name for name in names if name != label), label))
    if choices.columns:
        key = choices.record_key
        given = tuple(name for name in choices.columns if name not in (label, key))
        found.insert(0, Told("--data", given, label))
    found = [each for each in found if each.features]
    if not found:
        raise UsageError(
            "the names of the features stand in none of the resources that were read: give --data with a CSV "
            "file that has them as its header, in the model's order"
        )
    chosen = found[0]
    for other in found[1:]:
        if other.features != chosen.features:
            draft.note(
                other.resource,
                "columns",
                list(other.features),
                f"those of {chosen.resource} were taken; these are {_how(other.features, chosen.features)}",
                "look which ones the model is sent, and correct schema.features",
            )
    return chosen.features


def _how(other: Sequence[str], chosen: Sequence[str]) -> str:
    if set(other) == set(chosen):
        return "the same in another order"
    more, less = sorted(set(other) - set(chosen)), sorted(set(chosen) - set(other))
    return "others: " + ", ".join([*(f"+{each}" for each in more[:5]), *(f"-{each}" for each in less[:5])])


def _problem_type(draft: Draft, sources: Sources) -> str:
    found: dict[str, str] = {
        each.problem_type: each.resource for each in sources.attributes if each.problem_type
    }
    for baseline in sources.baselines:
        for section, kind in PROBLEM_TYPES.items():
            if section in baseline.content:
                found.setdefault(kind, baseline.resource)
    if any(each.content.get("facet") for each in sources.configs):
        found.setdefault(BINARY, "the bias monitor")
    for job in sources.jobs:
        if said := job.variables.get("problem_type"):
            found.setdefault(said, job.resource)
    path = ("schema", "problem_type")
    if not found:
        draft.guess(path, BINARY, "no resource says it; or MulticlassClassification, or Regression")
        return BINARY
    chosen, *others = found
    draft.put(path, chosen)
    for other in others:
        draft.note(
            found[other],
            "problem type",
            other,
            f"a model has one problem type, and {found[chosen]} says {chosen}",
            "are these monitors of one model? If so, correct schema.problem_type",
        )
    return chosen


def _write_favourable(draft: Draft, configs: Sequence[Config]) -> None:
    path = ("schema", "favourable")
    values = [
        (each, each.content["label_values_or_threshold"])
        for each in configs
        if each.content.get("label_values_or_threshold") is not None
    ]
    if not values:
        draft.guess(path, 1, "no resource says which value of the label is the good outcome, 0 or 1")
        return
    first, value = values[0]
    good = _zero_or_one(value)
    if good is None:
        draft.note(
            first.resource,
            "label_values_or_threshold",
            value,
            "the label of a binary classifier is 0 or 1, and one of them is the good outcome",
            "write the label as 0 and 1 in data files, and correct schema.favourable",
        )
        draft.guess(path, 1, f"the monitor counts {value} as the good outcome")
        return
    draft.put(path, good, "what the bias monitor counts as the good outcome")
    for other, value in values[1:]:
        if _zero_or_one(value) != good:
            draft.note(
                other.resource,
                "label_values_or_threshold",
                value,
                f"{first.resource} says {good}, and a model has one good outcome",
                "correct schema.favourable if this one is meant",
            )


def _zero_or_one(value: Any) -> int | None:
    only = value[0] if isinstance(value, list) and len(value) == 1 else value
    try:
        number = float(only)
    except (TypeError, ValueError):
        return None
    return int(number) if number in (0.0, 1.0) else None


def _write_record_key(draft: Draft, choices: Choices, taken: set[str]) -> None:
    path = ("schema", "record_key")
    if choices.record_key is not None:
        if choices.record_key in taken:
            raise UsageError(
                f"--record-key {quoted(choices.record_key)} is the label or a feature: name a column that "
                "the model is not sent"
            )
        draft.put(path, choices.record_key, "never sent to the model")
        return
    name = RECORD_KEY
    while name in taken:
        name += "_"
    draft.guess(path, name, "no monitor of SageMaker has one; the first column of data files; --record-key")


def write_prediction(draft: Draft, sources: Sources, framework: str) -> None:
    """Write schema.prediction, which needs the problem type and the features."""
    binary = draft.values["schema"]["problem_type"] == BINARY
    features = len(draft.values["schema"]["features"])
    if framework == "linear-learner" and binary:
        draft.put(("schema", "prediction", "probability"), 1, "Linear Learner answers its label, then P(1)")
        draft.put(("schema", "prediction", "values"), 2)
    else:
        _write_place(draft, sources.attributes, features, binary)
    if binary:
        _write_threshold(draft, sources)


def _write_place(draft: Draft, attributes: Sequence[Attributes], features: int, binary: bool) -> None:
    key, field = ("probability", "ProbabilityAttribute") if binary else ("label", "InferenceAttribute")
    for each in attributes:
        text = str(each.input.get(field) or "")
        if not text.isdecimal():
            continue
        # A batch's row has the features first: model quality counts from its beginning.
        place = int(text) - features if each.is_batch and int(text) >= features else int(text)
        if place:
            draft.put(("schema", "prediction", key), place, f"{field} of {each.resource}")
            why = "at least as many as the place of the answer asks for: how many does the model answer?"
            draft.guess(("schema", "prediction", "values"), place + 1, why)
        return


def _write_threshold(draft: Draft, sources: Sources) -> None:
    found = [
        (each.resource, each.input["ProbabilityThresholdAttribute"])
        for each in sources.attributes
        if each.input.get("ProbabilityThresholdAttribute") is not None
    ]
    found += [
        (each.resource, each.content["probability_threshold"])
        for each in sources.configs
        if each.content.get("probability_threshold") is not None
    ]
    if not found:
        return
    where, value = found[0]
    if isinstance(value, int | float) and 0 < value < 1:
        draft.put(("schema", "prediction", "threshold"), float(value), "the model predicts 1 above it")
    else:
        found = [*found[:1], (where, value)]
    for resource, other in found[1:]:
        if other != value or not 0 < other < 1:
            draft.note(
                resource,
                "probability threshold",
                other,
                f"a model has one threshold between 0 and 1, and {where} says {value}",
                "correct schema.prediction.threshold if this one is meant",
            )
