"""What SageMaker is told of a monitoring schedule: its job definition, and what Clarify is to analyse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sagemaker_monitor.settings.endpoint import CSV
from sagemaker_monitor.settings.monitoring import HOUR, NOW
from sagemaker_monitor.settings.schema import ExplainabilityMonitor, MonitoringSchedule
from steps.build import Build
from steps.clarify_check import facet_values

TYPES = {
    "data_quality": "DataQuality",
    "model_quality": "ModelQuality",
    "bias": "ModelBias",
    "explainability": "ModelExplainability",
}
"""The monitors of a model's file, and what SageMaker calls them: the MonitoringType."""
IMAGES = {"DataQuality": "model-monitor", "ModelQuality": "model-monitor"}
CLARIFY = "clarify"
PREPROCESSOR = Path(__file__).parent / "scripts" / "features_only.py"
OUTPUT = "/opt/ml/processing/output"
INPUT = "/opt/ml/processing/input"
Request = dict[str, Any]


@dataclass(frozen=True)
class Monitoring:
    """One schedule being described, which runs one of *images*; see monitoring_images()."""

    build: Build
    schedule: MonitoringSchedule
    images: Mapping[str, str]

    @property
    def type(self) -> str:
        """The MonitoringType."""
        return TYPES[self.schedule.monitor]

    @property
    def endpoint(self) -> str | None:
        """The endpoint that is watched; None where it is batches."""
        build = self.build
        return build.model.endpoint_in(build.environment.name) if self.schedule.of == "endpoint" else None


def monitoring_images(region: str) -> dict[str, str]:
    """Return the URIs of AWS's images in *region*, by the names that the SDK has for them."""
    from sagemaker.core import image_uris

    names = dict.fromkeys((*IMAGES.values(), CLARIFY))
    return {name: str(image_uris.retrieve(name, region=region)) for name in names}


def describe(monitoring: Monitoring) -> Request:
    """Return everything about a schedule that is known without asking AWS.

    What is not: which version's baseline it compares with, and, of explainability, which model is asked.
    """
    schedule = monitoring.schedule
    return {
        "monitor": schedule.monitor,
        "type": monitoring.type,
        "endpoint": monitoring.endpoint,
        "schedule_config": _schedule_config(schedule),
        "job_definition": _job_definition(monitoring),
        "analysis_config": _analysis_config(monitoring),
        "model": _model(monitoring.build) if schedule.monitor == "explainability" else None,
    }


def _schedule_config(schedule: MonitoringSchedule) -> Request:
    config = {"ScheduleExpression": schedule.expression}
    if schedule.expression != NOW:
        return config
    start, end = schedule.offsets
    return {**config, "DataAnalysisStartTime": _offset(start), "DataAnalysisEndTime": _offset(end)}


def _job_definition(monitoring: Monitoring) -> Request:
    build, schedule, kind = monitoring.build, monitoring.schedule, monitoring.type
    storage, checks, own = build.environment.storage, build.environment.compute.checks, schedule.compute
    runtime = own.max_runtime or min(checks.max_runtime, schedule.longest_runtime)
    key = {"KmsKeyId": storage.kms_key} if storage.kms_key else {}
    volume_key = {"VolumeKmsKeyId": storage.kms_key} if storage.kms_key else {}
    output = {
        "S3Uri": f"{build.model_root}/monitoring",
        "LocalPath": OUTPUT,
        "S3UploadMode": "Continuous" if kind in IMAGES else "EndOfJob",
    }
    request = {
        f"{kind}AppSpecification": _application(monitoring),
        f"{kind}JobInput": _input(monitoring),
        f"{kind}JobOutputConfig": {"MonitoringOutputs": [{"S3Output": output}], **key},
        "JobResources": {
            "ClusterConfig": {
                "InstanceCount": own.instance_count or 1,
                "InstanceType": own.instance_type or checks.instance_type,
                "VolumeSizeInGB": own.volume_size_gb or checks.volume_size_gb,
                **volume_key,
            }
        },
        "RoleArn": build.role,
        "StoppingCondition": {"MaxRuntimeInSeconds": int(runtime.total_seconds())},
        **_baseline(monitoring),
    }
    return request | ({"NetworkConfig": build.network} if build.network else {})


def _application(monitoring: Monitoring) -> Request:
    build, schedule, kind = monitoring.build, monitoring.schedule, monitoring.type
    published = "Enabled" if schedule.publish_cloudwatch_metrics else "Disabled"
    environment = {"publish_cloudwatch_metrics": published}
    found: Request = {"ImageUri": monitoring.images[IMAGES.get(kind, CLARIFY)]}
    if kind not in IMAGES:
        return {**found, "Environment": environment}
    if kind == "ModelQuality":
        found["ProblemType"] = build.model.data_schema.problem_type
        # Of JSON ground truth, which has facet columns beside the label.
        environment["ground_truth_attribute"] = build.model.data_schema.label
    script = schedule.record_preprocessor
    if script is not None:
        found["RecordPreprocessorSourceUri"] = build.asset(script.name, script.text.encode())
    elif kind == "DataQuality":
        found["RecordPreprocessorSourceUri"] = build.asset(PREPROCESSOR.name, PREPROCESSOR.read_bytes())
        if monitoring.endpoint is None:
            count = len(build.model.data_schema.features)
            environment |= {"FEATURES_FIRST": "1", "FEATURES_COUNT": str(count)}
    script = schedule.post_analytics_processor
    if script is not None:
        found["PostAnalyticsProcessorSourceUri"] = build.asset(script.name, script.text.encode())
    return {**found, "Environment": environment}


def _input(monitoring: Monitoring) -> Request:
    build, schedule = monitoring.build, monitoring.schedule
    start, end = schedule.offsets
    # Of NOW the schedule itself says which hours.
    offsets = {"StartTimeOffset": _offset(start), "EndTimeOffset": _offset(end)}
    common = {
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        **({} if schedule.expression == NOW else offsets),
        **_attributes(monitoring),
    }
    given: Request
    if monitoring.endpoint is not None:
        path = f"{INPUT}/endpoint"
        given = {"EndpointInput": {"EndpointName": monitoring.endpoint, "LocalPath": path, **common}}
    else:
        given = {
            "BatchTransformInput": {
                "DataCapturedDestinationS3Uri": f"{build.model_root}/capture",
                "DatasetFormat": {"Csv": {"Header": False}},
                "LocalPath": f"{INPUT}/batch",
                **common,
            }
        }
    if schedule.merges:
        given["GroundTruthS3Input"] = {"S3Uri": _ground_truth(monitoring)}
    return given


def _ground_truth(monitoring: Monitoring) -> str:
    own, data = monitoring.schedule.ground_truth, monitoring.build.model.data.ground_truth
    uri = own or (data.uri if data else None)
    assert uri is not None, "a schedule that merges labels says where they are"
    return monitoring.build.environment.storage.resolve(uri).rstrip("/")


def _attributes(monitoring: Monitoring) -> Request:
    """Return where the monitor finds features and answers in what was captured."""
    schedule, model = monitoring.schedule, monitoring.build.model
    schema = model.data_schema
    if schedule.monitor == "data_quality":
        return {}
    found: Request = {}
    endpoint = model.endpoint if monitoring.endpoint is not None else None
    if endpoint is not None and endpoint.requests.features and schedule.monitor != "model_quality":
        found["FeaturesAttribute"] = endpoint.requests.features
    place = schema.prediction.probability if schema.is_binary else schema.prediction.label
    if schedule.monitor == "explainability":
        # Which value of the shadow endpoint's answer is explained; it answers in CSV.
        return {**found, **({"InferenceAttribute": str(place)} if schema.prediction.values > 1 else {})}
    if endpoint is not None and endpoint.answer_type != CSV:
        where = str(endpoint.answers.prediction)
    elif endpoint is None and schedule.monitor == "model_quality":
        # The analyzer counts all columns of a batch's output row, Clarify those of the answer alone.
        where = str(1 + len(schema.features) + len(schema.facet_columns) + place)
    else:
        where = str(place)
    if not schema.is_binary:
        return {**found, "InferenceAttribute": where}
    threshold = schema.prediction.threshold
    return {**found, "ProbabilityAttribute": where, "ProbabilityThresholdAttribute": threshold}


def _baseline(monitoring: Monitoring) -> Request:
    """Return the documents that the model's file names; else upsert takes the approved version's."""
    given, storage = monitoring.schedule.baseline, monitoring.build.environment.storage
    if given is None:
        return {}
    documents = {"ConstraintsResource": {"S3Uri": storage.resolve(given.constraints)}}
    if given.statistics:
        documents["StatisticsResource"] = {"S3Uri": storage.resolve(given.statistics)}
    return {f"{monitoring.type}BaselineConfig": documents}


def _analysis_config(monitoring: Monitoring) -> Request | None:
    if monitoring.schedule.monitor == "bias":
        return _bias_config(monitoring)
    if monitoring.schedule.monitor == "explainability":
        return _explainability_config(monitoring)
    return None


def _bias_config(monitoring: Monitoring) -> Request:
    schema, bias = monitoring.build.model.data_schema, monitoring.build.model.monitors.bias
    assert bias is not None, "settings refuse a schedule of a monitor that the model does not have"
    facets = [
        {"name_or_index": facet.name, "value_or_threshold": facet_values(facet)} for facet in bias.facets
    ]
    config: Request = {"label_values_or_threshold": [schema.favourable], "facet": facets}
    if bias.group_variable:
        config["group_variable"] = bias.group_variable
    columns = _columns(monitoring, config)
    return {**config, "headers": [*columns, schema.label], "label": schema.label}


def _explainability_config(monitoring: Monitoring) -> Request:
    build = monitoring.build
    monitor = build.model.monitors.explainability
    assert monitor is not None, "settings refuse a schedule of a monitor that the model does not have"
    config: Request = {}
    columns = _columns(monitoring, config)
    if monitoring.endpoint is None and build.model.data_schema.facet_columns:
        config["excluded_columns"] = list(build.model.data_schema.facet_columns)
    predictor = {
        "instance_type": build.environment.compute.checks.instance_type,
        "initial_instance_count": build.environment.compute.checks.instance_count,
        "content_type": CSV,
        "accept_type": CSV,
    }
    return {**config, "headers": columns, "methods": {"shap": _shap(build, monitor)}, "predictor": predictor}


def _columns(monitoring: Monitoring, config: Request) -> list[str]:
    """Return the columns of a captured record but the label; in *config* a batch's identifier is named."""
    schema = monitoring.build.model.data_schema
    if monitoring.endpoint is not None:
        return list(schema.features)
    config["joinsource_name_or_index"] = schema.record_key
    return [schema.record_key, *schema.features, *schema.facet_columns]


def _shap(build: Build, monitor: ExplainabilityMonitor) -> Request:
    baseline: Any = monitor.baseline
    given: Request
    if baseline == "mean":
        given = {"num_clusters": 1}  # of one cluster, the centre is the mean record
    elif isinstance(baseline, str):
        given = {"baseline": build.environment.storage.resolve(baseline)}
    else:
        given = {"baseline": [list(row) for row in baseline]}
    return {
        **given,
        "num_samples": monitor.num_samples,
        "agg_method": monitor.agg_method,
        "use_logit": monitor.use_logit,
        "save_local_shap_values": False,
        **({} if monitor.seed is None else {"seed": monitor.seed}),
    }


def _model(build: Build) -> Request:
    """Return what CreateModel is told of the version that is asked, but which one that is."""
    request: Request = {"ExecutionRoleArn": build.role}
    return request | ({"VpcConfig": build.network["VpcConfig"]} if build.network else {})


def _offset(offset: timedelta) -> str:
    """Return an offset as SageMaker has it, such as -PT6H or -PT0H."""
    return f"-PT{int(-offset / HOUR)}H"
