"""What a job used: which instances it had, and for how long they are billed."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.aws.storage import read

Kind = Literal["processing", "transform", "training", "endpoint"]
"""What instances are used for; each has prices of its own."""
HOUR = 3600.0


class UnknownUseError(Exception):
    """What a job used cannot be known; the message says why."""


@dataclass(frozen=True)
class Instances:
    """Instances of one type that are used for one thing."""

    kind: Kind
    instance_type: str
    at_most: bool = False
    """Whether the time is only known not to be longer, as that of a shadow endpoint."""


@dataclass(frozen=True)
class Use:
    """*count* instances, used for *seconds* each."""

    what: Instances
    count: int
    seconds: float

    @property
    def hours(self) -> float:
        """Instance-hours."""
        return self.count * self.seconds / HOUR


@dataclass(frozen=True)
class JobUse:
    """What one job used, and what of it is not known."""

    uses: tuple[Use, ...]
    unknown: str = ""


class Jobs:
    """Reads jobs; may be asked by several threads."""

    def __init__(self, aws: Aws) -> None:
        """Remember where to ask."""
        self._aws = aws
        self._configs: dict[str, Any] = {}
        self._reading = threading.Lock()

    def use_of(self, arn: str) -> JobUse:
        """Return what the job *arn* used. Raises UnknownUseError where its record does not say, AwsError.

        A processing or transform job is billed from its start on instances to its end, a training job for
        BillableTimeInSeconds; each instance of it, by the second
        (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTransformJob.html,
        …/API_DescribeTrainingJob.html). One that never started used nothing.
        """
        kind, _, name = arn.rpartition(":")[2].partition("/")
        ask = {
            "processing-job": self._processing,
            "transform-job": self._transform,
            "training-job": self._training,
        }.get(kind)
        if ask is None:
            raise UnknownUseError(f"jobs of the kind {kind} are not counted")
        try:
            return ask(name)
        except NotFoundError as error:
            raise UnknownUseError(f"the record of {kind} {name} was deleted") from error

    def _processing(self, name: str) -> JobUse:
        job = self._aws.call("sagemaker", "describe_processing_job", ProcessingJobName=name)
        cluster = job["ProcessingResources"]["ClusterConfig"]
        seconds = _seconds(name, job, "ProcessingStartTime", "ProcessingEndTime")
        own = Use(Instances("processing", cluster["InstanceType"]), cluster["InstanceCount"], seconds)
        try:
            shadow = self._shadow(job, seconds)
        except UnknownUseError as error:
            return JobUse((own,), str(error))
        return JobUse((own, *shadow))

    def _shadow(self, job: Mapping[str, Any], seconds: float) -> tuple[Use, ...]:
        """Return the endpoint that a Clarify job brings up and takes down, for no longer than itself runs.

        Its instances stand in the analysis configuration, under predictor; where that names an endpoint,
        that one is asked and none is made.
        """
        inputs = job.get("ProcessingInputs", ())
        uris = [each["S3Input"]["S3Uri"] for each in inputs if each.get("InputName") == "analysis_config"]
        if not uris:
            return ()
        predictor = self._config(uris[0]).get("predictor")
        if not isinstance(predictor, dict) or predictor.get("endpoint_name"):
            return ()
        count, instance_type = predictor.get("initial_instance_count", 1), predictor.get("instance_type")
        if not isinstance(instance_type, str) or not isinstance(count, int):
            raise UnknownUseError(f"{uris[0]} does not say which instances its shadow endpoint has")
        return (Use(Instances("endpoint", instance_type, at_most=True), count, seconds),)

    def _config(self, uri: str) -> Mapping[str, Any]:
        with self._reading:
            if uri not in self._configs:
                self._configs[uri] = self._read_config(uri)
            found = self._configs[uri]
        if isinstance(found, str):
            raise UnknownUseError(f"whether a shadow endpoint was asked is not known: {found}")
        return dict(found)

    def _read_config(self, uri: str) -> Mapping[str, Any] | str:
        try:
            found = json.loads(read(self._aws, uri))
        except (AwsError, ValueError, RecursionError) as error:
            return f"{uri}: {error}"
        return found if isinstance(found, dict) else f"{uri} is not a JSON object"

    def _transform(self, name: str) -> JobUse:
        job = self._aws.call("sagemaker", "describe_transform_job", TransformJobName=name)
        resources = job["TransformResources"]
        seconds = _seconds(name, job, "TransformStartTime", "TransformEndTime")
        what = Instances("transform", resources["InstanceType"])
        return JobUse((Use(what, resources["InstanceCount"], seconds),))

    def _training(self, name: str) -> JobUse:
        job = self._aws.call("sagemaker", "describe_training_job", TrainingJobName=name)
        resources = job["ResourceConfig"]
        billed = job.get("BillableTimeInSeconds")
        seconds = _seconds(name, job, "TrainingStartTime", "TrainingEndTime") if billed is None else billed
        groups = resources.get("InstanceGroups") or [resources]
        return JobUse(
            tuple(
                Use(Instances("training", each["InstanceType"]), each["InstanceCount"], seconds)
                for each in groups
            )
        )


def _seconds(name: str, job: Mapping[str, Any], start: str, end: str) -> float:
    started: datetime | None = job.get(start)
    if started is None:
        return 0.0
    ended: datetime | None = job.get(end)
    if ended is None:
        raise UnknownUseError(f"{name} has no end yet")
    return max(0.0, (ended - started).total_seconds())
