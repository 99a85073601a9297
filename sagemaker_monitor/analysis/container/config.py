"""What analysis_config.json asks for, and whether this container can do it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.bias.metrics import POST_TRAINING, PRE_TRAINING
from sagemaker_monitor.analysis.bias.report import select
from sagemaker_monitor.analysis.container.payloads import CSV, JSON, JSON_LINES, check_templates
from sagemaker_monitor.analysis.container.schema import INVALID, check_schema
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.expressions import compiled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sagemaker_monitor.analysis.container.shap_config import ShapConfig

    Reference = str | int
    """A column, by name or zero-based index; in JSON the expression that finds it."""
    Value = int | float | str

CAPTURED = "application/sagemakercapturejson"
PARQUET = "application/x-parquet"
_STAGES = (PRE_TRAINING, POST_TRAINING)


@dataclass(frozen=True)
class FacetConfig:
    """A facet's column and its values or threshold."""

    column: Reference
    values: tuple[Value, ...]


@dataclass(frozen=True)
class SideConfig:
    """A dataset of its own for some columns."""

    uri: str
    headers: tuple[str, ...] | None


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
class DataConfig:
    """Where the dataset's rows are, and what its columns are for."""

    type: str
    uri: str | None
    headers: tuple[str, ...] | None
    features: str | None
    label: Reference | None
    predicted_label: Reference | None
    excluded_columns: tuple[Reference, ...]
    join_source: Reference | None
    facets: SideConfig | None
    predicted_labels: SideConfig | None

    @property
    def is_table(self) -> bool:
        """Whether labels are columns of files, by name or index, rather than found in records."""
        return self.type in (CSV, PARQUET)


@dataclass(frozen=True)
class AnalysisConfig:
    """An analysis: its data, what is favourable and for whom it is asked, the methods and the model.

    *methods* has the metrics of each stage of bias that is asked for.
    """

    data: DataConfig
    favourable: tuple[Value, ...]
    facets: tuple[FacetConfig, ...]
    group_variable: Reference | None
    probability_threshold: float
    methods: Mapping[str, tuple[str, ...]]
    shap: ShapConfig | None
    predictor: PredictorConfig | None
    report: str | None
    report_title: str

    @classmethod
    def read(cls, file: Path, *, monitor: bool = False) -> AnalysisConfig:
        """Read and check *file*; raises AnalysisError with Clarify's texts.

        The configuration of a *monitor* leaves out the dataset's type and the methods, which follow.
        """
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise AnalysisError(
                f"Unable to load analysis configuration as JSON. the input analysis_config has no {file.name}"
            ) from error
        except ValueError as error:
            raise AnalysisError(f"Unable to load analysis configuration as JSON. {error}") from error
        if monitor and isinstance(document, dict):
            document = {**_of_a_monitor(), **document}
        check_schema(document)
        _refuse_unsupported(document)
        return _parse(document)


def _of_a_monitor() -> dict[str, Any]:
    methods: dict[str, Any] = {f"{stage}_bias": {"methods": "all"} for stage in _STAGES}
    return {"dataset_type": CAPTURED, "methods": {"report": {"name": "report"}, **methods}}


def _parse(document: dict[str, Any]) -> AnalysisConfig:
    methods = {
        stage: select(stage, document["methods"][f"{stage}_bias"]["methods"])
        for stage in _STAGES
        if f"{stage}_bias" in document["methods"]
    }
    shap = _shap(document["methods"]["shap"]) if "shap" in document["methods"] else None
    if not methods and shap is None:
        raise AnalysisError(
            f"{INVALID} analysis_config.json.methods asks for no analysis: "
            "give pre_training_bias, post_training_bias or shap"
        )
    data = _data(document)
    if methods:
        _check_bias(document, data)
    if shap is not None and "predictor" not in document:
        raise AnalysisError(
            f"{INVALID} analysis_config.json.predictor is missing: methods.shap explains a model"
        )
    report = document["methods"].get("report")
    if report and (not report["name"] or set(report["name"]) & set("/\\\0")):
        raise AnalysisError(
            f"{INVALID} analysis_config.json.methods.report.name is a file name without a folder"
        )
    predictor = document.get("predictor")
    return AnalysisConfig(
        data=data,
        favourable=tuple(document.get("label_values_or_threshold", ())),
        facets=tuple(
            FacetConfig(each["name_or_index"], tuple(each.get("value_or_threshold", ())))
            for each in document.get("facet", ())
        ),
        group_variable=document.get("group_variable"),
        probability_threshold=float(document.get("probability_threshold", 0.5)),
        methods=methods,
        shap=shap,
        predictor=None if predictor is None else _predictor(predictor, data.type),
        report=report["name"] if report else None,
        report_title=(report or {}).get("title", "SageMaker Analysis Report"),
    )


def _shap(document: dict[str, Any]) -> ShapConfig:
    from sagemaker_monitor.analysis.container.shap_config import ShapConfig

    return ShapConfig.of(document)


def _check_bias(document: dict[str, Any], data: DataConfig) -> None:
    """Refuse a configuration that lacks what bias metrics need."""
    needed = ("label_values_or_threshold", "facet") + (() if data.type == CAPTURED else ("label",))
    for key in needed:
        if document.get(key) in (None, []):
            raise AnalysisError(f"{INVALID} analysis_config.json.{key} is missing: bias metrics need it")


def _data(document: dict[str, Any]) -> DataConfig:
    headers, label = document.get("headers"), document.get("label")
    data = DataConfig(
        type=document["dataset_type"].lower(),
        uri=document.get("dataset_uri"),
        headers=tuple(headers) if headers else None,
        features=document.get("features"),
        label=label,
        predicted_label=document.get("predicted_label"),
        excluded_columns=tuple(document.get("excluded_columns", ())),
        join_source=document.get("joinsource_name_or_index"),
        facets=_side(document, "facet"),
        predicted_labels=_side(document, "predicted_label"),
    )
    if data.type in (JSON_LINES, JSON):
        _check_expressions(data)
    elif data.is_table and headers and isinstance(label, str) and label not in headers:
        raise AnalysisError(f"Headers must contain label. {label!r} is not among {len(headers)} headers")
    if data.type != CSV and (data.facets or data.predicted_labels):
        raise AnalysisError(
            f"{INVALID} facet_dataset_uri and predicted_label_dataset_uri are only supported for {CSV}, "
            f"not for dataset_type {data.type!r}"
        )
    return data


def _check_expressions(data: DataConfig) -> None:
    if data.type == JSON and data.features is None:
        raise AnalysisError(
            f"{INVALID} features JMESPath is required for application/json dataset_type, "
            "such as instances[*].features"
        )
    for key in ("features", "label", "predicted_label"):
        expression = getattr(data, key)
        if expression is None:
            continue
        if not isinstance(expression, str):
            raise AnalysisError(
                f"{INVALID} analysis_config.json.{key} is {expression!r}: for {data.type} it is a JMESPath "
                "expression"
            )
        compiled(expression, f"{INVALID} analysis_config.json.{key}")


def _side(document: dict[str, Any], what: str) -> SideConfig | None:
    uri, headers = document.get(f"{what}_dataset_uri"), document.get(f"{what}_headers")
    if uri is None:
        if headers is not None:
            raise AnalysisError(
                f"{INVALID} analysis_config.json.{what}_headers needs {what}_dataset_uri, which they are of"
            )
        return None
    return SideConfig(uri, tuple(headers) if headers else None)


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


_UNSUPPORTED = ("segment_config", "time_series_data_config")
_UNSUPPORTED_METHODS = ("pdp", "asymmetric_shapley_value")
_UNSUPPORTED_SHAP = ("text_config", "image_config")
_UNSUPPORTED_PREDICTOR = ("target_model", "time_series_predictor_config")


def _refuse_unsupported(document: dict[str, Any]) -> None:
    """Refuse by name what Clarify knows and this container does not."""
    predictor = document.get("predictor", {})
    found = []
    if document["dataset_type"].lower() == "application/x-image":
        found = [f"dataset_type {document['dataset_type']!r}"]
    if predictor.get("content_type", CSV).lower() not in (CSV, JSON_LINES, JSON):
        found += [f"predictor.content_type {predictor['content_type']!r}"]
    found += [f"methods.{key}" for key in document["methods"] if key in _UNSUPPORTED_METHODS]
    found += [
        f"methods.shap.{key}" for key in document["methods"].get("shap", ()) if key in _UNSUPPORTED_SHAP
    ]
    found += [key for key in document if key in _UNSUPPORTED]
    found += [f"predictor.{key}" for key in predictor if key in _UNSUPPORTED_PREDICTOR]
    if found:
        raise AnalysisError(
            f"not supported by this container: {', '.join(found)}; "
            "it computes pre_training_bias, post_training_bias and shap of tables: "
            "no images, texts or time series"
        )
