"""What is watched, and for whom: the section monitors."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sagemaker_monitor.aws import AwsError
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.operations.adopting.draft import Draft
from sagemaker_monitor.operations.adopting.reader import Reader
from sagemaker_monitor.operations.adopting.sources import Baseline, Config, Sources
from sagemaker_monitor.settings import Environment

MOST_ROWS = 10
"""Rows of a SHAP baseline that are written out; more belong into a file."""
_SAID_ELSEWHERE = frozenset(
    {
        *("version", "dataset_type", "dataset_uri", "headers", "label", "features", "facet"),
        *("label_values_or_threshold", "group_variable", "probability_threshold", "predictor", "methods"),
        *("joinsource_name_or_index", "predicted_label", "excluded_columns"),
    }
)
"""Keys of an analysis configuration that other parts of the file say, or that only place the data."""
_METHODS = frozenset({"report", "pre_training_bias", "post_training_bias", "shap"})
_SHAP = frozenset({"baseline", "num_samples", "agg_method", "use_logit", "seed", "num_clusters"})
_SHAP_FREE = frozenset({"save_local_shap_values"})
"""Ours are always saved: decide computes chance from them."""


def write_monitors(draft: Draft, reader: Reader, sources: Sources, kinds: Collection[str]) -> None:
    """Write monitors; *kinds* are SageMaker's types of monitors that there are schedules or checks of."""
    if "DataQuality" in kinds:
        draft.put(("monitors", "data_quality"), {}, "types, missing values, categories and drift")
    if "ModelQuality" in kinds:
        draft.put(("monitors", "model_quality"), {}, "predictions against labels")
    _constraints(draft, sources.baselines)
    _write_bias(draft, sources)
    _write_explainability(draft, reader, sources.configs)
    for config in sources.configs:
        if config.told:
            _rest(draft, config)


def _constraints(draft: Draft, baselines: Sequence[Baseline]) -> None:
    """Tell how data quality is evaluated, where that is not as the analyzer suggests."""
    usual = {
        "evaluate_constraints": "Enabled",
        "emit_metrics": "Enabled",
        "datatype_check_threshold": 1.0,
        "domain_content_threshold": 1.0,
        "perform_comparison": "Enabled",
        "comparison_threshold": 0.1,
        "comparison_method": "Robust",
    }
    for baseline in baselines:
        if baseline.kind != "DataQuality":
            continue
        config = dict(baseline.content.get("monitoring_config") or {})
        config |= config.pop("distribution_constraints", None) or {}
        for key, value in config.items():
            if usual.get(key) != value:
                draft.note(
                    baseline.resource,
                    f"{key} of {baseline.uri}",
                    value,
                    "the schedule keeps comparing with this document; the baselines that pipelines compute "
                    f"have {usual.get(key, 'no such key')}",
                    "say the limit that refuses under gate.rules: data_quality/baseline_drift_check/*",
                )
        for feature in baseline.content.get("features") or ():
            own = [each for each in feature if "override" in each.lower()]
            if own:
                draft.note(
                    baseline.resource,
                    f"{own[0]} of {feature.get('name')} in {baseline.uri}",
                    feature[own[0]],
                    "the schedule keeps comparing with this document; pipelines' baselines have no overrides",
                    f"write a rule data_quality/*/{feature.get('name')} with action: ignore or warn",
                )


def _write_bias(draft: Draft, sources: Sources) -> None:
    configs = [each for each in sources.configs if each.content.get("facet")]
    if not configs:
        return
    chosen = [each for each in configs if each.told] or configs[:1]
    facets: dict[str, dict[str, Any]] = {}
    for config in chosen:
        for facet in _listed(config.content["facet"]):
            found = _facet(draft, config, facet, sources.baselines)
            if found is None:
                continue
            known = facets.setdefault(found["name"], found)
            if known != found:
                draft.note(
                    config.resource,
                    f"facet {found['name']}",
                    {key: value for key, value in found.items() if key != "name"},
                    "another monitor watches this column for another group, and a facet has one",
                    "put the values of both into one facet, if they are one group",
                )
    if not facets:
        return
    if draft.values["schema"]["problem_type"] != "BinaryClassification":
        for config in chosen:
            draft.note(
                config.resource,
                "facet",
                list(facets),
                "bias is watched for binary classifiers only",
                "the schedule keeps running; pipelines do not check it",
            )
        return
    draft.put(("monitors", "bias", "facets"), list(facets.values()))
    group = next(
        (each.content["group_variable"] for each in chosen if each.content.get("group_variable")), None
    )
    if group is not None:
        draft.put(("monitors", "bias", "group_variable"), group)
    schema = draft.values["schema"]
    beside = [
        name
        for name in dict.fromkeys([*facets, *([group] if group else [])])
        if name not in schema["features"] and name != schema["label"]
    ]
    if beside:
        draft.put(("schema", "facet_columns"), beside, "analysed, never sent to the model")


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return [value] if isinstance(value, Mapping) else list(value)


def _facet(
    draft: Draft, config: Config, facet: Mapping[str, Any], baselines: Sequence[Baseline]
) -> dict[str, Any] | None:
    headers = config.content.get("headers") or []
    name: Any = facet.get("name_or_index")
    if isinstance(name, int) and 0 <= name < len(headers):
        name = headers[name]
    given = facet.get("value_or_threshold")
    values = given if isinstance(given, list) else [] if given is None else [given]
    if not isinstance(name, str):
        why, do = "its column has no name", "name the column in schema.features and add the facet by hand"
    elif not values:
        why = "every value is a group of its own, and a facet names the group that is watched"
        do = "add the facet with the values that are watched"
    else:
        number = values[0] if len(values) == 1 else None
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        if number is not None and is_number and _is_threshold(name, number, baselines):
            return {"name": name, "threshold": float(number)}
        if all(isinstance(each, int | str) and not isinstance(each, bool) for each in values):
            return {"name": name, "values": values}
        if all(isinstance(each, float) and each.is_integer() for each in values):
            return {"name": name, "values": [int(each) for each in values]}
        why, do = "a facet's values are whole numbers or texts", "add the facet by hand, with a threshold"
    draft.note(config.resource, "facet", facet, why, do)
    return None


def _is_threshold(name: str, number: float, baselines: Sequence[Baseline]) -> bool:
    """Return whether *number* is a threshold: Clarify's own analysis tells, else how it looks."""
    for baseline in baselines:
        for stage in ("post_training_bias_metrics", "pre_training_bias_metrics"):
            facets = (baseline.content.get(stage) or {}).get("facets") or {}
            for each in facets.get(name) or ():
                # An interval, such as (100, 232], is what a threshold gives.
                return str(each.get("value_or_threshold", "")).startswith(("(", "["))
    return number not in (0, 1)


def _write_explainability(draft: Draft, reader: Reader, configs: Sequence[Config]) -> None:
    found = [each for each in configs if (each.content.get("methods") or {}).get("shap") is not None]
    chosen = next((each for each in found if each.told), found[0] if found else None)
    if chosen is None:
        return
    shap = chosen.content["methods"]["shap"]
    kind = draft.values["schema"]["problem_type"]
    if kind == "MulticlassClassification" or len(draft.values["schema"]["features"]) < 2:
        draft.note(
            chosen.resource,
            "methods.shap",
            shap,
            f"attributions of {kind} are not computed by pipelines",
            "the schedule keeps running",
        )
        return
    path = ("monitors", "explainability")
    _write_rows(draft, reader, chosen, shap)
    usual = {"num_samples": None, "agg_method": "mean_abs", "use_logit": False, "seed": None}
    for key, default in usual.items():
        if shap.get(key) is not None and shap[key] != default:
            draft.put((*path, key), shap[key])
    if shap.get("num_samples") is None:
        draft.note(
            chosen.resource,
            "methods.shap.num_samples",
            None,
            "Clarify chooses the number by the features then; ours is 200 by default",
            "write monitors.explainability.num_samples",
        )
    for key, value in shap.items():
        if key not in _SHAP | _SHAP_FREE:
            draft.note(
                chosen.resource,
                f"methods.shap.{key}",
                value,
                "pipelines' attributions have no such setting",
                "the schedule keeps it",
            )


def _write_rows(draft: Draft, reader: Reader, config: Config, shap: Mapping[str, Any]) -> None:
    path = ("monitors", "explainability", "baseline")
    baseline, width = shap.get("baseline"), len(draft.values["schema"]["features"])
    if baseline is None:
        clusters = shap.get("num_clusters") or 1
        draft.put(path, "mean", "the mean of whatever rows are explained, which moves with them")
        if clusters != 1:
            draft.note(
                config.resource,
                "methods.shap.num_clusters",
                clusters,
                "pipelines measure contributions from given rows, or from the mean of one cluster",
                "give rows under monitors.explainability.baseline",
            )
        return
    rows = _rows_at(reader, baseline) if isinstance(baseline, str) else _rows_of(baseline)
    if isinstance(baseline, str):
        relative = below(reader.aws.environment, baseline)
        if relative is not None:
            draft.put(path, relative)
            return
    if rows and len(rows) <= MOST_ROWS and all(len(row) == width for row in rows):
        draft.put(path, rows, "contributions are measured from it")
        return
    draft.guess(path, "mean", "the monitor's own baseline could not be written out, see what adopt said")
    draft.note(
        config.resource,
        "methods.shap.baseline",
        baseline,
        f"its rows are not at most {MOST_ROWS} of {width} numbers",
        "put them below the environment's storage as a CSV file, and name it",
    )


def _rows_of(baseline: Any) -> list[list[float]]:
    """Return the rows of a baseline as it stands in a configuration: lists, or objects with one list."""
    records = baseline if isinstance(baseline, list) else [baseline]
    if isinstance(baseline, Mapping):
        lists = [value for value in baseline.values() if isinstance(value, list)]
        records = lists[0] if len(lists) == 1 else []
    rows = []
    for record in records:
        row = record
        if isinstance(record, Mapping):
            lists = [value for value in record.values() if isinstance(value, list)]
            row = lists[0] if len(lists) == 1 else list(record.values())
        if not isinstance(row, list) or not all(
            isinstance(cell, int | float) and not isinstance(cell, bool) for cell in row
        ):
            return []
        rows.append(row)
    return rows


def _rows_at(reader: Reader, uri: str) -> list[list[float]]:
    try:
        text = read(reader.aws, uri).decode()
        return [[_number(cell) for cell in row] for row in csv.reader(io.StringIO(text)) if row]
    except (AwsError, ValueError):
        return []


def _number(cell: str) -> float:
    number = float(cell)
    return int(number) if number.is_integer() else number


def below(environment: Environment, uri: str) -> str | None:
    """Return *uri* relative to the environment's storage; None where it lies elsewhere."""
    root = f"{environment.storage.root}/"
    return uri.removeprefix(root) if uri.startswith(root) and uri != root else None


def _rest(draft: Draft, config: Config) -> None:
    """Tell what a configuration asks for beyond what the file can say."""
    methods = config.content.get("methods") or {}
    for key in ("pre_training_bias", "post_training_bias"):
        chosen = (methods.get(key) or {}).get("methods", "all")
        if chosen != "all":
            draft.note(
                config.resource,
                f"methods.{key}.methods",
                chosen,
                "pipelines compute every metric",
                "choose under gate.rules which of them refuse, such as bias/DPL/*",
            )
    unknown = {f"methods.{key}": value for key, value in methods.items() if key not in _METHODS}
    unknown |= {key: value for key, value in config.content.items() if key not in _SAID_ELSEWHERE}
    for field, value in unknown.items():
        draft.note(
            config.resource, field, value, "a model's file has no word for it", "the schedule keeps it"
        )
