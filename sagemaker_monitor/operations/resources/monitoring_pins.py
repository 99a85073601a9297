"""What a monitoring schedule is only once AWS was asked: whose baseline it has, which model it asks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pipelines.bundle import Asset, canonical_json, make_asset
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.resources.monitoring_parts import part_name
from sagemaker_monitor.operations.watchable import require_region, require_watchable
from sagemaker_monitor.registry.versions import Version, latest_approved
from sagemaker_monitor.settings import Model

CHECK_TYPES = {
    "DataQuality": ("DATA_QUALITY",),
    "ModelQuality": ("MODEL_QUALITY",),
    "ModelBias": ("DATA_BIAS", "MODEL_BIAS"),
    "ModelExplainability": ("MODEL_EXPLAINABILITY",),
}
"""MonitoringType to the check types whose baselines it compares with."""
ANALYSIS, CONFIG = "analysis.json", "analysis_config.json"


class WaitingError(Exception):
    """A schedule cannot be deployed yet; the message says what it waits for."""


@dataclass(frozen=True)
class Pinned:
    """What a schedule is in full: its job definition, the files that it names, and the model that it asks."""

    job_definition: Mapping[str, Any]
    files: tuple[Asset, ...] = ()
    version: int | None = None
    """The version whose baseline it compares with; None where the model's file names documents."""
    analysis: Mapping[str, Any] | None = None
    model: tuple[str, Mapping[str, Any]] | None = None
    """Name and request of the model."""


@dataclass
class Pinning:
    """Asks AWS for what the schedules of one model depend on, each thing once."""

    aws: Aws
    model: Model
    _baselines: dict[tuple[str, ...], Asset] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The model package group of the model's versions."""
        return self.aws.environment.model_package_group(self.model.model)

    @property
    def root(self) -> str:
        """The URI below which everything of the environment lives."""
        return self.aws.environment.storage.root

    @cached_property
    def approved(self) -> Version:
        """The latest approved version. Raises WaitingError when there is none."""
        version = latest_approved(self.aws, self.group)
        if version is None:
            raise WaitingError(
                f"for an approved version of {self.group}, whose baseline it compares with: run register and "
                "gate --apply, then upsert again"
            )
        return version

    def pin(self, name: str, description: Mapping[str, Any]) -> Pinned:
        """Return what the schedule called *name* is. Raises WaitingError, AwsError."""
        kind, definition = description["type"], dict(description["job_definition"])
        self._require_captures(description)
        files: list[Asset] = []
        version = None
        if f"{kind}BaselineConfig" not in definition:
            version = self.approved.number
            definition[f"{kind}BaselineConfig"] = self._baseline(kind, files)
        model = self._model(name, description["model"])
        analysis = description["analysis_config"]
        if analysis is not None:
            if model is not None:
                analysis = {**analysis, "predictor": {**analysis["predictor"], "model_name": model[0]}}
            files.append(make_asset(self.root, CONFIG, canonical_json(analysis).encode()))
            application = f"{kind}AppSpecification"
            definition[application] = {**definition[application], "ConfigUri": files[-1].uri}
        return Pinned(definition, tuple(files), version, analysis, model)

    def _baseline(self, kind: str, files: list[Asset]) -> dict[str, Any]:
        version, types = self.approved, CHECK_TYPES[kind]
        missing = [each for each in types if each not in version.baselines]
        if missing:
            raise WaitingError(
                f"for a version of {self.group} with a baseline of {missing[0]}, which the approved version "
                f"{version.number} has not: run register and gate --apply, then upsert again"
            )
        if len(types) > 1:
            # Live data is analysed before and after training at once, and compared with one document.
            files.append(self._together(tuple(version.baselines[each] for each in types)))
            return {"ConstraintsResource": {"S3Uri": files[-1].uri}}
        documents = {"ConstraintsResource": {"S3Uri": version.baselines[types[0]]}}
        if kind == "DataQuality" and types[0] in version.statistics:
            documents["StatisticsResource"] = {"S3Uri": version.statistics[types[0]]}
        return documents

    def _together(self, uris: tuple[str, ...]) -> Asset:
        """Return one analysis of the sections of several."""
        if uris not in self._baselines:
            sections: dict[str, Any] = {}
            for uri in uris:
                try:
                    sections |= json.loads(read(self.aws, uri))
                except NotFoundError as error:
                    raise WaitingError(
                        f"for the baseline of version {self.approved.number}, {uri}: it is gone"
                    ) from error
                except (ValueError, TypeError) as error:
                    raise WaitingError(
                        f"for a baseline that can be read: {uri} of version {self.approved.number} is none"
                    ) from error
            content = json.dumps(sections, indent=4, sort_keys=True, ensure_ascii=False)
            self._baselines[uris] = make_asset(self.root, ANALYSIS, content.encode())
        return self._baselines[uris]

    def _model(self, name: str, request: Mapping[str, Any] | None) -> tuple[str, Mapping[str, Any]] | None:
        if request is None:
            return None
        whole = {**request, "PrimaryContainer": {"ModelPackageName": self.approved.arn}}
        return part_name(name, whole), whole

    def _require_captures(self, description: Mapping[str, Any]) -> None:
        name = description["endpoint"]
        if name is None:
            return
        try:
            endpoint = self.aws.call("sagemaker", "describe_endpoint", EndpointName=name)
            config = self.aws.call(
                "sagemaker",
                "describe_endpoint_config",
                EndpointConfigName=endpoint.get("EndpointConfigName", name),
            )
        except NotFoundError as error:
            raise WaitingError(f"for the endpoint {name}: deploy it, then upsert again") from error
        capture = config.get("DataCaptureConfig") or {}
        modes = " ".join(each["CaptureMode"] for each in capture.get("CaptureOptions", ()))
        missing = [part for part in _parts(description["type"]) if part not in modes]
        if not capture.get("EnableCapture") or missing:
            what = "nothing" if not capture.get("EnableCapture") else f"no {missing[0].lower()}"
            raise WaitingError(
                f"for data capture: the endpoint {name} captures {what}; give its configuration a "
                "DataCaptureConfig of Input and Output, then upsert again"
            )
        try:
            require_watchable(self.aws, self.model, name)
            require_region(self.aws, name, capture["DestinationS3Uri"])
        except UsageError as error:
            raise WaitingError(f"for an endpoint that can be watched: {error}") from error


def _parts(kind: str) -> Iterable[str]:
    """Return which parts of requests a monitor looks at."""
    return {"ModelQuality": ("Output",), "ModelBias": ("Input", "Output")}.get(kind, ("Input",))
