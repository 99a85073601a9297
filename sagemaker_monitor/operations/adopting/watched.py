"""What is watched, and for whom: the section monitors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sagemaker_monitor.operations.adopting.draft import Draft
from sagemaker_monitor.operations.adopting.explained import write_explainability
from sagemaker_monitor.operations.adopting.reader import Reader
from sagemaker_monitor.operations.adopting.sources import Baseline, Config, Sources

_SAID_ELSEWHERE = frozenset(
    {
        *("version", "dataset_type", "dataset_uri", "headers", "label", "features", "facet"),
        *("label_values_or_threshold", "group_variable", "probability_threshold", "predictor", "methods"),
        *("joinsource_name_or_index", "predicted_label", "excluded_columns"),
    }
)
"""Keys of an analysis configuration that other parts of the file say, or that only place the data."""
_METHODS = frozenset({"report", "pre_training_bias", "post_training_bias", "shap"})


def write_monitors(draft: Draft, reader: Reader, sources: Sources, kinds: Collection[str]) -> None:
    """Write monitors; *kinds* are SageMaker's types of monitors that there are schedules or checks of."""
    if "DataQuality" in kinds:
        draft.put(("monitors", "data_quality"), {}, "types, missing values, categories and drift")
    if "ModelQuality" in kinds:
        draft.put(("monitors", "model_quality"), {}, "predictions against labels")
    _constraints(draft, sources.baselines)
    _write_bias(draft, sources)
    write_explainability(draft, reader, sources.configs)
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
    group = _group(draft, chosen)
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


def _group(draft: Draft, configs: Sequence[Config]) -> str | None:
    """Return the column that groups are made by, if one is named."""
    for config in configs:
        name = _named(config, config.content.get("group_variable"))
        if name is not None:
            return name
        if config.content.get("group_variable") is not None:
            draft.note(
                config.resource,
                "group_variable",
                config.content["group_variable"],
                "its column has no name",
                "name the column under monitors.bias.group_variable",
            )
    return None


def _named(config: Config, name: Any) -> str | None:
    """Return the name of a column that is given by name or by index; None where there is none."""
    headers = config.content.get("headers") or []
    if isinstance(name, int) and not isinstance(name, bool) and 0 <= name < len(headers):
        name = headers[name]
    return name if isinstance(name, str) and name else None


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return [value] if isinstance(value, Mapping) else list(value)


def _facet(
    draft: Draft, config: Config, facet: Mapping[str, Any], baselines: Sequence[Baseline]
) -> dict[str, Any] | None:
    name = _named(config, facet.get("name_or_index"))
    given = facet.get("value_or_threshold")
    values = given if isinstance(given, list) else [] if given is None else [given]
    if name is None:
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
