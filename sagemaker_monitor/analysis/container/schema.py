"""What may stand in analysis_config.json: its keys and their types, whatever the methods are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Checker = Callable[[str, Any], None]

INVALID = "Analysis configuration schema validation error."
DATASET_TYPES = (
    *("text/csv", "application/jsonlines", "application/json", "application/sagemakercapturejson"),
    *("application/x-parquet", "application/x-image"),
)
CONTENT_TYPES = (
    *("text/csv", "application/jsonlines", "application/json"),
    *("image/jpeg", "image/jpg", "image/png", "application/x-npy"),
)


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


def check_schema(document: Any) -> None:
    """Raise AnalysisError with Clarify's sentence and the place that is wrong."""
    _SCHEMA("analysis_config.json", document)


_text, _integer, _reference, _value = _is(str), _is(int), _is(str, int), _is(int, float, str)


def _methods(where: str, value: Any) -> None:
    _is(str, list)(where, value)
    if isinstance(value, list):
        _list_of(_text)(where, value)


def _row(where: str, value: Any) -> None:
    """Accept a row of cells, or a record in the dataset's JSON format."""
    _is(list, dict)(where, value)
    if isinstance(value, list):
        _list_of(_is(int, float, str, type(None)))(where, value)


def _baseline(where: str, value: Any) -> None:
    _is(str, list, dict)(where, value)
    if isinstance(value, list):
        _list_of(_row)(where, value)


_SHAP = _mapping(
    {},
    {
        "baseline": _baseline,
        **dict.fromkeys(("num_clusters", "num_samples", "seed"), _integer),
        **dict.fromkeys(("use_logit", "save_local_shap_values"), _is(bool)),
        "agg_method": _one_of("mean_abs", "median", "mean_sq"),
        "features_to_explain": _list_of(_reference),
        **dict.fromkeys(("text_config", "image_config"), _anything),
    },
)

_SCHEMA = _mapping(
    {
        "dataset_type": _one_of(*DATASET_TYPES),
        "methods": _mapping(
            {},
            {
                "pre_training_bias": _mapping({"methods": _methods}, {}),
                "post_training_bias": _mapping({"methods": _methods}, {}),
                "report": _mapping({"name": _text}, {"title": _text}),
                "shap": _SHAP,
                **dict.fromkeys(("pdp", "asymmetric_shapley_value"), _anything),
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
                "content_type": _one_of(*CONTENT_TYPES),
                "accept_type": _one_of("text/csv", "application/jsonlines", "application/json"),
                "label": _reference,
                "probability": _reference,
                "label_headers": _list_of(_reference),
                **dict.fromkeys(("custom_attributes", "content_template", "record_template"), _text),
                **dict.fromkeys(("endpoint_name", "target_model"), _text),
                "time_series_predictor_config": _anything,
            },
        ),
        **dict.fromkeys(("dataset_uri", "facet_dataset_uri", "predicted_label_dataset_uri"), _text),
        **dict.fromkeys(("facet_headers", "predicted_label_headers"), _list_of(_text)),
        **dict.fromkeys(("segment_config", "time_series_data_config"), _anything),
    },
)
