"""Which configuration key a place in a definition or in a file tells, and what only follows from others.

A place without a rule is shown as it is: a rule is a convenience for the reader, never a condition for
being shown. Add one where a new key reaches a definition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.operations.difference import MISSING
from sagemaker_monitor.operations.planning.anatomy import CUSTOM_CHECK, OWN_CHECK
from sagemaker_monitor.settings.custom import RESERVED

STORAGE, BUNDLE = "\x00storage", "\x00bundle"
"""Stand for the storage root and for the bundle's own hash, which many values contain."""

Facts = Mapping[str, Any]
"""Configuration key to value; MISSING where the key is not set."""


@dataclass(frozen=True)
class Tells:
    """A place that tells the values of configuration keys."""

    facts: Callable[[Any], Facts]
    same_rest: Callable[[Any, Any], bool] = lambda _before, _after: True
    """Whether what the facts do not say of two values is the same."""


@dataclass(frozen=True)
class Follows:
    """A place whose value follows from configuration keys that other places tell.

    In some units it may follow in the *other* way.
    """

    expected: Callable[[Facts], Any]
    other: Callable[[Facts], Any] | None = None

    def explains(self, *sides: tuple[Any, Facts]) -> bool:
        """Return whether the values of both *sides* follow from their facts, in the same way."""
        ways = [way for way in (self.expected, self.other) if way is not None]
        return any(all(value == way(facts) for value, facts in sides) for way in ways)


def rule_for(pipeline: str, unit_type: str, path: str) -> Tells | Follows | None:
    """Return what the value at *path* of a unit means to the configuration; None when it is no key's."""
    if unit_type == "spec.json" and path.startswith("gate."):
        return _key(path)
    if unit_type == "pipeline" and path.startswith("Tags."):
        return _tag(path.removeprefix("Tags."))
    if unit_type == "parameters":
        return _PARAMETERS.get((pipeline, path)) or _PARAMETERS.get(("", path))
    if unit_type.startswith(CUSTOM_CHECK):
        return _of_team(unit_type, path)
    return _PLACES.get((unit_type, path)) or _ANYWHERE.get(path)


def _of_team(monitor: str, path: str) -> Tells | Follows | None:
    """Return what a value of the step of a team's own monitor means; which image it is, two keys can say."""
    variable = path.removeprefix("Arguments.Environment.")
    if variable not in (path, *RESERVED):
        return _optional(f"{monitor}.environment.{variable}")
    return _cluster("compute.checks").get(path) or _ANYWHERE.get(path)


def _key(name: str) -> Tells:
    return Tells(lambda value: {name: value})


def _only(name: str) -> Tells:
    """Return the rule of a place that has the key's value as a list's only one."""
    return Tells(lambda value: {name: value[0] if isinstance(value, list) and len(value) == 1 else value})


def _group(value: Any) -> dict[str, Any]:
    """Return the keys of a group's name, or of its ARN in a central registry."""
    place, _, name = str(value).rpartition("/")
    found: dict[str, Any] = {"registry.model_package_group": name}
    return {**found, "registry.account": place.split(":")[4]} if place else found


def _duration(name: str) -> Tells:
    return Tells(lambda value: {name: _iso(value)})


def _iso(seconds: Any) -> Any:
    """Return whole seconds as people configure them, such as PT1H30M; anything else unchanged."""
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
        return seconds
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return "PT" + "".join(
        f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if count
    )


def _offsets(value: Any) -> Facts:
    """Return the window of an endpoint, whose offsets are hours, as people configure it."""
    hours = value if isinstance(value, list) and len(value) == 2 else [value, value]
    told = [f"{'-' if hour < 0 else ''}PT{abs(hour)}H" if isinstance(hour, int) else hour for hour in hours]
    return {"endpoint.window.start": told[0], "endpoint.window.end": told[1]}


def _optional(name: str) -> Tells:
    return Tells(lambda value: {name: MISSING if value is None else value})


def _uri(name: str) -> Tells:
    """Return the rule of a URI that configuration may give relative to the storage root, or not at all."""
    return Tells(
        lambda value: {
            name: (value.removeprefix(f"{STORAGE}/") or MISSING) if isinstance(value, str) else value
        }
    )


_FRAMEWORKS = {
    "sagemaker-xgboost": "xgboost",
    "linear-learner": "linear-learner",
    "sagemaker-scikit-learn": "scikit-learn or script",
}
"""By the repository of the image that serves them."""


def _serving_image() -> Tells:
    def facts(value: Any) -> Facts:
        if not isinstance(value, str):
            return {"artifact.version": value}
        repository, _, tag = value.rpartition(":")
        name = repository.rpartition("/")[2]
        return {
            "artifact.framework": _FRAMEWORKS.get(name, name),
            "artifact.version": tag.removesuffix("-py3").removesuffix("-cpu"),
        }

    def same_registry(before: Any, after: Any) -> bool:
        # Frameworks have registries of their own, and the region is told elsewhere.
        old, new = (str(side).rpartition(":")[0] for side in (before, after))
        return old == new or old.rpartition("/")[2] != new.rpartition("/")[2]

    return Tells(facts, same_registry)


def _submit_directory(facts: Facts) -> Any:
    return MISSING if facts.get("artifact.entry_point") in (None, MISSING) else "/opt/ml/model/code"


def _serving(container: str) -> dict[str, Tells | Follows]:
    return {
        f"{container}.Image": _serving_image(),
        f"{container}.Environment.SAGEMAKER_PROGRAM": _optional("artifact.entry_point"),
        f"{container}.Environment.SAGEMAKER_SUBMIT_DIRECTORY": Follows(_submit_directory),
    }


def _own_image(name: str) -> Tells:
    return Tells(
        lambda value: {name: value.partition("/")[2] if isinstance(value, str) else value},
        lambda before, after: str(before).partition("/")[0] == str(after).partition("/")[0],
    )


def _network(value: Any) -> Facts:
    vpc = value.get("VpcConfig", {}) if isinstance(value, dict) else {}
    vpc = value if isinstance(value, dict) and "Subnets" in value else vpc
    return {
        "network.subnets": vpc.get("Subnets", MISSING),
        "network.security_groups": vpc.get("SecurityGroupIds", MISSING),
    }


def _same_isolation(before: Any, after: Any) -> bool:
    rests = [
        {
            key: inner
            for key, inner in value.items()
            if key not in ("VpcConfig", "Subnets", "SecurityGroupIds")
        }
        for value in (before, after)
        if isinstance(value, dict)
    ]
    if len(rests) == 2:
        return rests[0] == rests[1]
    return all(rest in ({}, {"EnableNetworkIsolation": False}) for rest in rests)


def _tag(name: str) -> Tells | None:
    own = name.removeprefix("sagemaker-monitor:")
    if own == name:
        return _key(f"tags.{name}")
    if own == "tier":
        return Tells(lambda value: {"inventory.tier": int(value) if str(value).isdecimal() else value})
    return _key(f"inventory.{own}") if own in ("id", "owner") else None


_ENGINES = ("data_quality", "model_quality", "bias")
_TOLD_BY_PRESENCE = ("data_quality", "model_quality", "explainability")
"""Monitors that may be configured without a key of their own."""


def _monitors(value: Any) -> Facts:
    """Return which monitors there are, from a list of their names or of checks."""
    present = {monitor for monitor, _ in _by_monitor(value)}
    return {f"monitors.{name}": {} if name in present else MISSING for name in _TOLD_BY_PRESENCE}


def _checks(value: Any) -> Facts:
    """Return which monitors there are and which of them an image of one's own computes, from the checks."""
    own = {
        each.get("monitor")
        for each in _by_entry(value)
        if isinstance(each, dict) and each.get("engine") == "own"
    }
    engines = {f"monitors.{name}.engine": "own" if name in own else MISSING for name in _ENGINES}
    return {**_monitors(value), **engines}


def _same_checks(before: Any, after: Any) -> bool:
    """Return whether two lists of checks differ only by who makes them and by monitors being there."""
    plain = [[_without_engine(each) for each in _by_entry(value)] for value in (before, after)]
    return plain[0] == plain[1] or _same_monitors(*plain)


def _without_engine(check: Any) -> Any:
    if not isinstance(check, dict):
        return check
    return {key: value for key, value in check.items() if key != "engine"}


def _by_entry(entries: Any) -> list[Any]:
    return entries if isinstance(entries, list) else []


def _same_monitors(before: Any, after: Any) -> bool:
    """Return whether two lists differ only by monitors being there or not."""
    old, new = list(_by_monitor(before)), list(_by_monitor(after))
    changed = {monitor for monitor, _ in old} ^ {monitor for monitor, _ in new}
    if not changed or not changed <= set(_TOLD_BY_PRESENCE):
        return False
    return [each for each in old if each[0] not in changed] == [
        each for each in new if each[0] not in changed
    ]


def _by_monitor(entries: Any) -> Iterator[tuple[Any, Any]]:
    for entry in entries if isinstance(entries, list) else ():
        yield (entry.get("monitor") if isinstance(entry, dict) else entry), entry


def _probability(facts: Facts) -> Any:
    """Return which value of an answer Clarify is given: none where the answer is that value alone."""
    if facts.get("schema.prediction.values") in (1, None, MISSING):
        return MISSING
    return facts.get(f"schema.prediction.{'probability' if _is_binary(facts) else 'label'}")


def _is_binary(facts: Facts) -> bool:
    return facts.get("schema.problem_type") == "BinaryClassification"


def _threshold(facts: Facts) -> Any:
    return str(facts.get("schema.prediction.threshold")) if _is_binary(facts) else MISSING


def _answer(*, binary: bool) -> Callable[[Facts], Any]:
    """Return what a binary check, or another one, calls the column of the model's answers."""
    return lambda facts: "prediction" if _is_binary(facts) == binary else MISSING


def _facet_expected(facts: Facts) -> Any:
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


def _headers(facts: Facts) -> Any:
    features, facets = facts.get("schema.features"), facts.get("schema.facet_columns")
    if not isinstance(features, list) or not isinstance(facets, list):
        return MISSING
    return [*features, *facets, facts.get("schema.label")]


def _input_filter(facts: Facts) -> Any:
    features = facts.get("schema.features")
    return f"$[1:{1 + len(features)}]" if isinstance(features, list) else MISSING


def _cluster(section: str) -> dict[str, Tells | Follows]:
    return {
        "Arguments.ProcessingResources.ClusterConfig.InstanceType": _key(f"{section}.instance_type"),
        "Arguments.ProcessingResources.ClusterConfig.VolumeSizeInGB": _key(f"{section}.volume_size_gb"),
        "Arguments.StoppingCondition.MaxRuntimeInSeconds": _duration(f"{section}.max_runtime"),
    }


_ANYWHERE: dict[str, Tells | Follows] = {
    "Arguments.RoleArn": _key("roles.execution"),
    "Arguments.ExecutionRoleArn": _key("roles.execution"),
    "Arguments.Environment.AWS_DEFAULT_REGION": _key("region"),
    "Arguments.NetworkConfig": Tells(_network, _same_isolation),
    "Arguments.VpcConfig": Tells(_network, _same_isolation),
    "Arguments.ProcessingResources.ClusterConfig.VolumeKmsKeyId": _key("storage.kms_key"),
    "Arguments.ProcessingOutputConfig.KmsKeyId": _key("storage.kms_key"),
    "Arguments.TransformOutput.KmsKeyId": _key("storage.kms_key"),
    "Arguments.TransformResources.VolumeKmsKeyId": _key("storage.kms_key"),
    "Arguments.DataCaptureConfig.KmsKeyId": _key("storage.kms_key"),
}

_BY_UNIT: dict[str, dict[str, Tells | Follows]] = {
    "pipeline": {
        "RoleArn": _key("roles.execution"),
        "ParallelismConfiguration.MaxParallelExecutionSteps": _key("compute.max_parallel_steps"),
    },
    "Processing": _cluster("compute.scripts"),
    "ClarifyCheck": _cluster("compute.checks"),
    "QualityCheck": {
        **_cluster("compute.checks"),
        "Arguments.Environment.problem_type": _key("schema.problem_type"),
        "Arguments.Environment.probability_threshold_attribute": Follows(_threshold),
        "Arguments.Environment.probability_attribute": Follows(_answer(binary=True)),
        "Arguments.Environment.inference_attribute": Follows(_answer(binary=False)),
    },
    OWN_CHECK: {
        **_cluster("compute.checks"),
        "Arguments.AppSpecification.ImageUri": _own_image("images.monitor"),
        "Arguments.Environment.problem_type": _key("schema.problem_type"),
        "Arguments.Environment.probability_threshold_attribute": Follows(
            lambda facts: str(facts.get("schema.prediction.threshold"))
        ),
    },
    "Model": _serving("Arguments.PrimaryContainer"),
    "Transform": {
        "Arguments.TransformResources.InstanceType": _key("compute.transform.instance_type"),
        "Arguments.TransformResources.InstanceCount": _key("compute.transform.instance_count"),
        "Arguments.TransformInput.ContentType": _key("schema.content_type"),
        "Arguments.DataProcessing.InputFilter": Follows(_input_filter),
    },
    "RegisterModel": {
        **_serving("Arguments.InferenceSpecification.Containers[0]"),
        "Arguments.InferenceSpecification.SupportedContentTypes": Follows(
            lambda facts: [facts.get("schema.content_type")]
        ),
        # A pipeline that registers a version once more need not have a transform that tells it.
        "Arguments.InferenceSpecification.SupportedTransformInstanceTypes": _only(
            "compute.transform.instance_type"
        ),
        "Arguments.InferenceSpecification.SupportedRealtimeInferenceInstanceTypes": Follows(
            lambda facts: [facts.get("compute.transform.instance_type")]
        ),
    },
    "spec.json": {
        **{
            f"columns.{name}": _key(f"schema.{name}")
            for name in ("record_key", "features", "facet_columns", "label")
        },
        "monitors": Tells(_monitors, _same_monitors),
        "checks": Tells(_checks, _same_checks),
        "problem_type": _key("schema.problem_type"),
        "prediction.probability": _key("schema.prediction.probability"),
        "prediction.label": _key("schema.prediction.label"),
        "prediction.values": _key("schema.prediction.values"),
        "favourable": _key("schema.favourable"),
        "threshold": _key("schema.prediction.threshold"),
        "facets": _key("monitors.bias.facets"),
        "group_variable": _optional("monitors.bias.group_variable"),
        "minimum_overlap": _key("data.ground_truth.minimum_overlap"),
        "endpoint.variants": _key("endpoint.variants"),
        "endpoint.window": Tells(_offsets),
        "endpoint.request_type": _key("endpoint.requests.content_type"),
        "endpoint.features": _optional("endpoint.requests.features"),
        "endpoint.record_key": _optional("endpoint.requests.record_key"),
        "endpoint.answer_type": _key("endpoint.answers.content_type"),
        "endpoint.prediction": _optional("endpoint.answers.prediction"),
        "endpoint.maximum_unusable": _key("endpoint.maximum_unusable"),
    },
    "analysis_config.json": {
        "dataset_type": _key("schema.content_type"),
        # What is explained are the features alone.
        "headers": Follows(_headers, lambda facts: facts.get("schema.features")),
        "label": _key("schema.label"),
        "excluded_columns": Follows(lambda facts: facts.get("schema.facet_columns") or MISSING),
        "label_values_or_threshold": Follows(lambda facts: [facts.get("schema.favourable")]),
        "facet": Follows(_facet_expected),
        "group_variable": Follows(lambda facts: facts.get("monitors.bias.group_variable", MISSING)),
        "probability_threshold": _key("schema.prediction.threshold"),
        "methods.shap.baseline": _uri("monitors.explainability.baseline"),
        "methods.shap.num_clusters": Follows(
            lambda facts: 1 if facts.get("monitors.explainability.baseline", MISSING) is MISSING else MISSING
        ),
        **{
            f"methods.shap.{name}": _key(f"monitors.explainability.{name}")
            for name in ("num_samples", "agg_method", "use_logit")
        },
        "methods.shap.seed": _optional("monitors.explainability.seed"),
        "predictor.label": Follows(_probability),
        "predictor.probability": Follows(_probability),
        "predictor.instance_type": _key("compute.checks.instance_type"),
        "predictor.initial_instance_count": _key("compute.checks.instance_count"),
        "predictor.content_type": _key("schema.content_type"),
    },
}

_PLACES = {(unit, path): rule for unit, rules in _BY_UNIT.items() for path, rule in rules.items()}

_PARAMETERS: dict[tuple[str, str], Tells | Follows] = {
    ("", "ModelPackageGroupName.DefaultValue"): Tells(_group),
    ("register", "ModelDataUrl.DefaultValue"): _uri("artifact.model_data"),
    ("register", "BaselineDataUri.DefaultValue"): _uri("data.baseline"),
    ("", "GroundTruthUri.DefaultValue"): _uri("data.ground_truth.uri"),
    ("", "EndpointName.DefaultValue"): _key("endpoint.name"),
    ("", "CaptureUri.DefaultValue"): _uri("endpoint.capture"),
}
"""Pipeline, empty for any, and path in its parameters."""
