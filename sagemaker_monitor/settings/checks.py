"""Which values, each fine alone, do not fit each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sagemaker_monitor.settings.alarm_checks import check_alarms
from sagemaker_monitor.settings.custom import check_custom, check_custom_in
from sagemaker_monitor.settings.endpoint_checks import check_endpoint, check_endpoint_in
from sagemaker_monitor.settings.environment import MONITOR_IMAGE, Environment
from sagemaker_monitor.settings.environment_checks import not_for_tags
from sagemaker_monitor.settings.errors import Finding, Path, listed, quoted
from sagemaker_monitor.settings.facet_checks import check_facets
from sagemaker_monitor.settings.gate import MinimumRows
from sagemaker_monitor.settings.model import Model
from sagemaker_monitor.settings.monitoring_checks import check_monitoring, check_monitoring_in
from sagemaker_monitor.settings.monitors import ExplainabilityMonitor
from sagemaker_monitor.settings.rules import check_gate
from sagemaker_monitor.settings.schedule_checks import (
    check_schedules,
    check_schedules_in,
)
from sagemaker_monitor.settings.spark_names import RENAME, unfit_for_spark

MAX_GROUP = 63
MAX_URI = 1024
MAX_CONTAINER_ARGUMENT = 256


def check_model(model: Model, environments: Sequence[str] | None = None) -> list[Finding]:
    """Return what is wrong with *model* beyond the type of each value; *environments* are those there are."""
    bias = model.monitors.bias
    findings = [
        *_artifact(model),
        *_columns(model),
        *_label(model),
        *_prediction(model),
        *_problem_type(model),
        *_names_for_spark(model),
        *_data(model),
        *_minimum_rows(model.gate.minimum_rows),
    ]
    findings += _inventory(model)
    if bias:
        findings += check_facets(bias, model)
    if model.monitors.explainability:
        findings += _explainability(model.monitors.explainability, model)
    findings += check_custom(model)
    findings += check_endpoint(model, environments)
    findings += check_monitoring(model, environments)
    findings += check_schedules(model)
    findings += check_alarms(model, environments)
    findings += check_gate(model.gate, model)
    return findings


def check_together(model: Model, environment: Environment) -> list[Finding]:
    """Return what keeps *model* from being run in *environment*; paths are the environment's."""
    findings: list[Finding] = []
    group = environment.model_package_group_name(model.model)
    if len(group) > MAX_GROUP:
        message = (
            f"gives {quoted(group)} for the model {model.model}: {len(group)} characters, at most {MAX_GROUP}"
        )
        findings.append((("registry", "model_package_group"), message))
    findings += _images(model, environment)
    findings += check_custom_in(model, environment)
    findings += check_endpoint_in(model, environment)
    findings += check_monitoring_in(model, environment)
    findings += check_schedules_in(model, environment)
    for key, uri, limit in _uris(model):
        length = len(environment.storage.resolve(uri))
        if length > limit:
            message = (
                f"makes {key} of the model {model.model} an S3 URI of {length} characters, at most {limit}"
            )
            findings.append((("storage", "prefix"), message))
    return findings


def _images(model: Model, environment: Environment) -> Iterator[Finding]:
    """Return the images that *model* needs and *environment* does not name."""
    own = [name for name in model.monitors.own if name not in model.monitors.of_teams]
    if own and MONITOR_IMAGE not in environment.images:
        message = (
            f"has no {MONITOR_IMAGE}, which engine: own of {listed(own)} of the model {model.model} needs: "
            f"give {MONITOR_IMAGE}: <repository>:<tag>"
        )
        yield ("images",), message


def check_shared(models: Sequence[Model], environment: Environment) -> list[Finding]:
    """Return the models of *environment* whose versions would mix in one model package group."""
    by_group: dict[str, list[str]] = {}
    for model in models:
        by_group.setdefault(environment.model_package_group(model.model), []).append(model.model)
    return [
        (
            ("registry", "model_package_group"),
            f"puts the versions of {listed(names)} into one group {quoted(group)}: write '{{model}}' into it",
        )
        for group, names in by_group.items()
        if len(names) > 1
    ]


def _artifact(model: Model) -> Iterator[Finding]:
    artifact, prediction = model.artifact, model.data_schema.prediction
    framework, version = artifact.framework, artifact.version
    if framework == "linear-learner":
        if version != "1":
            yield (
                ("artifact", "version"),
                f'is {quoted(version)}, and linear-learner\'s container has only "1"',
            )
        if artifact.entry_point is not None:
            yield ("artifact", "entry_point"), "linear-learner's container runs no script: remove it"
        if model.data_schema.is_binary and (prediction.probability, prediction.values) != (1, 2):
            yield (
                ("schema", "prediction"),
                "linear-learner answers its label, then P(1): write probability: 1 and values: 2",
            )
    elif version.isdecimal():
        yield ("artifact", "version"), f"is {quoted(version)}: {framework} has versions such as 1.2-1"
    if framework in ("scikit-learn", "script") and artifact.entry_point is None:
        yield (
            ("artifact",),
            f"{framework} needs entry_point: the script with model_fn in the archive's folder code/",
        )


def _columns(model: Model) -> Iterator[Finding]:
    schema = model.data_schema
    roles = {schema.record_key: "record_key"}
    if schema.label in roles:
        yield ("schema", "label"), f"{quoted(schema.label)} is also the record_key"
    roles.setdefault(schema.label, "label")
    for key, columns in (("features", schema.features), ("facet_columns", schema.facet_columns)):
        for index, name in enumerate(columns):
            if name in roles:
                yield (
                    ("schema", key, index),
                    f"the column {quoted(name)} is already in {roles[name]}: remove one",
                )
            roles.setdefault(name, key)


def _label(model: Model) -> Iterator[Finding]:
    if model.data_schema.is_binary and model.data_schema.favourable not in (0, 1):
        message = (
            f"must be 0 or 1, not {model.data_schema.favourable}: a binary classifier's labels are 0 and 1"
        )
        yield ("schema", "favourable"), message


def _explainability(monitor: ExplainabilityMonitor, model: Model) -> Iterator[Finding]:
    features = len(model.data_schema.features)
    path: Path = ("monitors", "explainability", "baseline")
    if monitor.engine == "own":
        yield (
            (*path[:2], "engine"),
            "cannot be own: attributions ask the model, and only SageMaker's check step starts a shadow "
            "endpoint for that; remove it",
        )
    if features < 2:
        yield path[:2], "needs two features at least: with one there is nothing to divide between them"
    if isinstance(monitor.baseline, str):
        return
    if not monitor.baseline:
        yield path, "has no row: give at least one, or mean"
    for index, row in enumerate(monitor.baseline):
        if len(row) != features:
            yield (
                (*path, index),
                f"has {len(row)} values, but there are {features} features: give one of each",
            )


def _names_for_spark(model: Model) -> Iterator[Finding]:
    """Return the features that Spark cannot name, which computes SageMaker's check of data quality."""
    monitor = model.monitors.data_quality
    if monitor is None or monitor.engine != "sagemaker":
        return
    unfit = set(unfit_for_spark(model.data_schema.features))
    for index, name in enumerate(model.data_schema.features):
        if name in unfit:
            message = (
                f"{quoted(name)} is a name that Spark cannot work with, which computes data_quality: "
                f"{RENAME}; files have no header, so that it is this name alone"
            )
            yield ("schema", "features", index), message


def _uris(model: Model) -> list[tuple[str, str, int]]:
    data = model.data
    uris = [
        ("artifact.model_data", model.artifact.model_data, MAX_URI),
        ("data.baseline", data.baseline, MAX_URI),
    ]
    explainability = model.monitors.explainability
    if explainability and isinstance(explainability.baseline, str) and explainability.baseline != "mean":
        uris.append(("monitors.explainability.baseline", explainability.baseline, MAX_URI))
    if data.batches:
        uris.append(("data.batches", data.batches, MAX_URI))
    if data.ground_truth:
        uris.append(("data.ground_truth.uri", data.ground_truth.uri, MAX_CONTAINER_ARGUMENT))
    return uris


def _prediction(model: Model) -> Iterator[Finding]:
    prediction = model.data_schema.prediction
    key = "probability" if model.data_schema.is_binary else "label"
    place = getattr(prediction, key)
    if place >= prediction.values:
        answers = "one value" if prediction.values == 1 else f"{prediction.values} values"
        message = f"is {place}, but the model answers {answers}, counted from 0: see values"
        yield ("schema", "prediction", key), message


def _problem_type(model: Model) -> Iterator[Finding]:
    """Return what the model's problem type has no use for."""
    schema, monitors = model.data_schema, model.monitors
    if schema.is_binary:
        if "label" in schema.prediction.model_fields_set:
            yield (
                ("schema", "prediction", "label"),
                "is for Regression and MulticlassClassification: the answer of a binary classifier is a "
                "probability; write probability",
            )
        return
    kind = schema.problem_type
    if "favourable" in schema.model_fields_set:
        yield ("schema", "favourable"), f"is for BinaryClassification, and problem_type is {kind}: remove it"
    for key in ("probability", "threshold"):
        if key in schema.prediction.model_fields_set:
            hint = "write label" if key == "probability" else "remove it"
            yield (
                ("schema", "prediction", key),
                f"is for BinaryClassification, and problem_type is {kind}: {hint}",
            )
    if monitors.bias:
        yield (
            ("monitors", "bias"),
            f"needs problem_type BinaryClassification, not {kind}: facets are compared by the shares of a "
            "favourable outcome, and limits of chance are known for two outcomes only; remove it",
        )
    if monitors.explainability:
        yield from _explained(monitors.explainability, kind)


def _explained(monitor: ExplainabilityMonitor, kind: str) -> Iterator[Finding]:
    path: Path = ("monitors", "explainability")
    if kind == "MulticlassClassification":
        yield (
            path,
            "cannot explain MulticlassClassification: contributions add up to an amount, and the model "
            "answers the name of a class, whose number means no more or less of anything; remove it",
        )
    elif monitor.use_logit:
        yield (*path, "use_logit"), f"needs a probability, and problem_type is {kind}: remove it"


def _data(model: Model) -> Iterator[Finding]:
    # S3 takes every object whose key begins with a prefix, so "batches" also takes "batches-labels/…".
    batches, labels = model.data.batches, model.data.ground_truth
    if batches and model.data.baseline.startswith(batches):
        yield (
            ("data", "baseline"),
            f"begins with data.batches ({quoted(batches)}): it would be scored as a batch",
        )
    if batches and labels and labels.uri.startswith(batches):
        message = f"begins with data.batches ({quoted(batches)}): labels would be scored as a batch"
        yield ("data", "ground_truth", "uri"), message
    if batches and labels and batches != labels.uri and batches.startswith(labels.uri):
        message = f"begins with data.ground_truth.uri ({quoted(labels.uri)}): batches would be read as labels"
        yield ("data", "batches"), message


def _minimum_rows(rows: MinimumRows) -> Iterator[Finding]:
    path: Path = ("gate", "minimum_rows")
    if rows.per_facet > rows.total:
        yield (
            (*path, "per_facet"),
            f"is {rows.per_facet}, more than total ({rows.total}), which then says nothing",
        )
    if rows.per_facet_and_label > rows.per_facet:
        message = (
            f"is {rows.per_facet_and_label}, more than per_facet ({rows.per_facet}), which then says nothing"
        )
        yield (*path, "per_facet_and_label"), message


def _inventory(model: Model) -> Iterator[Finding]:
    for key in ("id", "owner"):
        text = getattr(model.inventory, key)
        if text and (bad := not_for_tags(text)):
            message = f"holds {quoted(bad)}: it becomes a tag, of letters, digits, spaces and _.:/=+-@ only"
            yield ("inventory", key), message
