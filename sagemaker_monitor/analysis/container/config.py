"""What analysis_config.json asks for, and whether this container can do it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.bias.metrics import POST_TRAINING, PRE_TRAINING
from sagemaker_monitor.analysis.bias.report import select
from sagemaker_monitor.analysis.container.answers import compiled
from sagemaker_monitor.analysis.container.payloads import CSV, JSON, JSON_LINES, check_templates
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Reference = str | int
    """A column, by name or zero-based index."""
    Value = int | float | str

INVALID = "Analysis configuration schema validation error."


@dataclass(frozen=True)
class FacetConfig:
    """A facet's column and its values or threshold."""

    column: Reference
    values: tuple[Value, ...]


@dataclass(frozen=True)
class PredictorConfig:
    """How the model is asked, and how its answer is read."""

    content_type: str = CSV
    accept_type: str = CSV
    content_template: str | None = None
    record_template: str | None = None
    label: Reference | None = None
    probability: Reference | None = None
    label_headers: tuple[Value, ...] = ()
    custom_attributes: str | None = None


@dataclass(frozen=True)
class AnalysisConfig:
    """A bias analysis of a CSV dataset."""

    headers: tuple[str, ...] | None
    label: Reference
    favourable: tuple[Value, ...]
    facets: tuple[FacetConfig, ...]
    group_variable: Reference | None
    predicted_label: Reference | None
    excluded_columns: tuple[Reference, ...]
    join_source: Reference | None
    probability_threshold: float
    methods: Mapping[str, tuple[str, ...]]
    predictor: PredictorConfig | None
    report: str | None
    report_title: str

    @classmethod
    def read(cls, file: Path) -> AnalysisConfig:
        """Read and check *file*; raises AnalysisError with Clarify's texts."""
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise AnalysisError(
                f"Unable to load analysis configuration as JSON. the input analysis_config has no {file.name}"
            ) from error
        except ValueError as error:
            raise AnalysisError(f"Unable to load analysis configuration as JSON. {error}") from error
        _check("analysis_config.json", document, _SCHEMA)
        _refuse_unsupported(document)
        return _parse(document)


def _parse(document: dict[str, Any]) -> AnalysisConfig:
    methods = {
        stage: select(stage, document["methods"][f"{stage}_bias"]["methods"])
        for stage in (PRE_TRAINING, POST_TRAINING)
        if f"{stage}_bias" in document["methods"]
    }
    if not methods:
        raise AnalysisError(
            f"{INVALID} analysis_config.json.methods asks for no analysis: "
            "give pre_training_bias or post_training_bias"
        )
    for key in ("label", "label_values_or_threshold", "facet"):
        if document.get(key) in (None, []):
            raise AnalysisError(f"{INVALID} analysis_config.json.{key} is missing: bias metrics need it")
    headers = document.get("headers")
    if headers and isinstance(document["label"], str) and document["label"] not in headers:
        raise AnalysisError(
            f"Headers must contain label. {document['label']!r} is not among {len(headers)} headers"
        )
    report = document["methods"].get("report")
    if report and (not report["name"] or set(report["name"]) & set("/\\\0")):
        raise AnalysisError(
            f"{INVALID} analysis_config.json.methods.report.name is a file name without a folder"
        )
    return AnalysisConfig(
        headers=tuple(headers) if headers else None,
        label=document["label"],
        favourable=tuple(document["label_values_or_threshold"]),
        facets=tuple(
            FacetConfig(each["name_or_index"], tuple(each.get("value_or_threshold", ())))
            for each in document["facet"]
        ),
        group_variable=document.get("group_variable"),
        predicted_label=document.get("predicted_label"),
        excluded_columns=tuple(document.get("excluded_columns", ())),
        join_source=document.get("joinsource_name_or_index"),
        probability_threshold=document.get("probability_threshold", 0.5),
        methods=methods,
        predictor=_predictor(document["predictor"], document["dataset_type"].lower())
        if "predictor" in document
        else None,
        report=report["name"] if report else None,
        report_title=(report or {}).get("title", "SageMaker Analysis Report"),
    )


def _predictor(document: dict[str, Any], dataset_type: str) -> PredictorConfig:
    content_type = document.get("content_type", dataset_type).lower()
    if content_type not in (CSV, JSON_LINES, JSON):
        content_type = CSV
    accept_type = document.get("accept_type", content_type).lower()
    content, record = document.get("content_template"), document.get("record_template")
    check_templates(content_type, content, record)
    return PredictorConfig(
        content_type=content_type,
        accept_type=accept_type,
        content_template=content,
        record_template=record,
        label=_place(document, "label", accept_type),
        probability=_place(document, "probability", accept_type),
        label_headers=tuple(document.get("label_headers", ())),
        custom_attributes=document.get("custom_attributes"),
    )


def _place(document: dict[str, Any], key: str, accept_type: str) -> Reference | None:
    """Return the column of a CSV answer, or the JMESPath expression into a JSON one."""
    value: Reference | None = document.get(key)
    if value is None or (accept_type != CSV and isinstance(value, str)):
        if isinstance(value, str):
            compiled(value, f"{INVALID} analysis_config.json.predictor.{key}")
        return value
    if accept_type != CSV or not str(value).isdecimal():
        what = "a JMESPath expression" if accept_type != CSV else "the zero-based index of a column"
        raise AnalysisError(
            f"{INVALID} analysis_config.json.predictor.{key} is {value!r}: for answers in {accept_type} it "
            f"is {what} of the model's answer"
        )
    return int(value)


_UNSUPPORTED = (
    *("dataset_uri", "facet_dataset_uri", "facet_headers", "predicted_label_dataset_uri"),
    *("predicted_label_headers", "segment_config", "time_series_data_config"),
)
_UNSUPPORTED_PREDICTOR = (*("endpoint_name", "target_model", "time_series_predictor_config"),)


def _refuse_unsupported(document: dict[str, Any]) -> None:
    """Refuse by name what Clarify knows and this container does not."""
    predictor = document.get("predictor", {})
    found = []
    if document["dataset_type"].lower() != CSV:
        found = [f"dataset_type {document['dataset_type']!r}"]
    if predictor.get("content_type", CSV).lower() not in (CSV, JSON_LINES, JSON):
        found += [f"predictor.content_type {predictor['content_type']!r}"]
    found += [
        f"methods.{key}" for key in document["methods"] if key in ("shap", "pdp", "asymmetric_shapley_value")
    ]
    found += [key for key in document if key in _UNSUPPORTED]
    found += [f"predictor.{key}" for key in predictor if key in _UNSUPPORTED_PREDICTOR]
    if found:
        raise AnalysisError(
            f"not supported by this container: {', '.join(found)}; "
            "it computes pre_training_bias and post_training_bias of text/csv datasets"
        )


# --- the schema, as much of it as can be told without knowing the method ------------------------

if TYPE_CHECKING:
    Checker = Callable[[str, Any], None]


def _is(*types: type) -> Checker:
    def check(where: str, value: Any) -> None:
        if not isinstance(value, types):
            allowed = " or ".join(
                {"str": "a text", "int": "an integer"}.get(t.__name__, f"a {t.__name__}") for t in types
            )
            raise AnalysisError(f"{INVALID} {where} must be {allowed}, not {type(value).__name__}")

    return check


def _list_of(item: Checker) -> Checker:
    def check(where: str, value: Any) -> None:
        _is(list)(where, value)
        for index, each in enumerate(value):
            item(f"{where}[{index}]", each)

    return check


def _one_of(*allowed: str) -> Checker:
    def check(where: str, value: Any) -> None:
        _is(str)(where, value)
        if value.lower() not in allowed:
            raise AnalysisError(f"{INVALID} {where} is {value!r}; allowed: {', '.join(allowed)}")

    return check


def _mapping(required: Mapping[str, Checker], optional: Mapping[str, Checker]) -> Checker:
    def check(where: str, value: Any) -> None:
        _is(dict)(where, value)
        for key in required:
            if key not in value:
                raise AnalysisError(f"{INVALID} {where}.{key} is missing")
        for key, each in value.items():
            checker = required.get(key) or optional.get(key)
            if checker is None:
                raise AnalysisError(
                    f"{INVALID} {where}.{key} is no key; allowed: {', '.join((*required, *optional))}"
                )
            checker(f"{where}.{key}", each)

    return check


def _anything(where: str, value: Any) -> None:
    """Accept *value*: another check refuses its key by name."""


def _check(where: str, document: Any, schema: Checker) -> None:
    schema(where, document)


_text, _integer, _reference, _value = _is(str), _is(int), _is(str, int), _is(int, float, str)


def _methods(where: str, value: Any) -> None:
    _is(str, list)(where, value)
    if isinstance(value, list):
        _list_of(_text)(where, value)


_SCHEMA = _mapping(
    {
        "dataset_type": _one_of(
            *("text/csv", "application/jsonlines", "application/json", "application/sagemakercapturejson"),
            *("application/x-parquet", "application/x-image"),
        ),
        "methods": _mapping(
            {},
            {
                "pre_training_bias": _mapping({"methods": _methods}, {}),
                "post_training_bias": _mapping({"methods": _methods}, {}),
                "report": _mapping({"name": _text}, {"title": _text}),
                **dict.fromkeys(("shap", "pdp", "asymmetric_shapley_value"), _anything),
            },
        ),
    },
    {
        "version": _text,
        "headers": _list_of(_text),
        "label": _reference,
        "predicted_label": _reference,
        "features": _text,
        "label_values_or_threshold": _list_of(_value),
        "probability_threshold": _is(float),
        "facet": _list_of(_mapping({"name_or_index": _reference}, {"value_or_threshold": _list_of(_value)})),
        "excluded_columns": _list_of(_reference),
        "joinsource_name_or_index": _reference,
        "group_variable": _reference,
        "predictor": _mapping(
            {},
            {
                **dict.fromkeys(
                    ("endpoint_name_prefix", "model_name", "instance_type", "accelerator_type"), _text
                ),
                "initial_instance_count": _integer,
                "content_type": _one_of(
                    *("text/csv", "application/jsonlines", "application/json"),
                    *("image/jpeg", "image/png", "application/x-npy"),
                ),
                "accept_type": _one_of("text/csv", "application/jsonlines", "application/json"),
                "label": _reference,
                "probability": _reference,
                "label_headers": _list_of(_reference),
                **dict.fromkeys(("custom_attributes", "content_template", "record_template"), _text),
                **dict.fromkeys(_UNSUPPORTED_PREDICTOR, _anything),
            },
        ),
        **dict.fromkeys(_UNSUPPORTED, _anything),
    },
)
