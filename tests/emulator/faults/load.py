"""What clients do while an emulator is killed, and what they know about it afterwards.

Each activity notes what it intends before it asks, and what was acknowledged after the answer came. A kill
may leave what was intended done or not done; what was acknowledged has to be there, and nothing in between.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from sagemaker_monitor.emulator.lifecycle import LifecycleError, fire
from tests.emulator.faults.victim import Victim
from tests.emulator.hosting.conftest import ROLE
from tests.emulator.jobs.conftest import processing_request, transform_request
from tests.emulator.models.servers import archive

ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
SCALES = "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/scales:1"
TRAIN = "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/train:1"
CLUSTER = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}}
FILES = 30
"""Outputs of each job, so that it takes a while until all of them appear."""
PART = 5 << 20
_CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://data/captures",
    "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
}
_WRITE = (
    "import pathlib; [pathlib.Path(f'processing/output/{{n}}.txt').write_text('{word}' * 20000) "
    "for n in range({files})]"
)


@dataclass
class Known:
    """What was intended and what was acknowledged, by what it is about."""

    intended: dict[str, list[str]] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def intend(self, what: str, value: str = "") -> None:
        """Note that *what* may become *value* from now on."""
        with self.lock:
            self.intended.setdefault(what, []).append(value)

    def acknowledge(self, what: str, value: str = "") -> None:
        """Note that *what* is *value*: the answer came."""
        with self.lock:
            self.acknowledged[what] = value
            self.intended[what] = [value]

    def forget(self, most: int = 40) -> None:
        """Forget the oldest names beyond *most* of a kind: they were checked after several kills."""
        kinds: dict[str, list[str]] = {}
        with self.lock:
            for what in self.intended.keys() | self.acknowledged.keys():
                kinds.setdefault(what.partition(":")[0], []).append(what)
            every = [*self.intended, *(self.acknowledged.keys() - self.intended.keys())]
            for names in kinds.values():
                for what in sorted(names, key=every.index)[:-most]:
                    self.intended.pop(what, None)
                    self.acknowledged.pop(what, None)

    def names(self, kind: str) -> list[str]:
        """Return the names of what may be there of a kind."""
        with self.lock:
            return [what.partition(":")[2] for what in self.intended if what.startswith(f"{kind}:")]


class Load:
    """Clients that keep an emulator busy until it dies."""

    def __init__(self, victim: Victim, seed: int) -> None:
        """Use *victim*; *seed* decides what is done."""
        self.victim, self.known, self._seed = victim, Known(), seed
        self.sagemaker, self.s3 = victim.clients["sagemaker"], victim.clients["s3"]
        self.runtime = victim.clients["sagemaker-runtime"]
        self._stopped = threading.Event()
        self.refused: list[str] = []

    def prepare(self) -> None:
        """Make what the activities need."""
        self.s3.create_bucket(Bucket="data")
        self.s3.put_object(Bucket="data", Key="models/two.tar.gz", Body=archive({"weight.txt": b"2"}))
        for number in range(5):
            self.s3.put_object(Bucket="data", Key=f"in/{number}.csv", Body=b"1\n2\n" * 200)
        container = {"Image": SCALES, "ModelDataUrl": "s3://data/models/two.tar.gz"}
        self.sagemaker.create_model(ModelName="tiny", PrimaryContainer=container, ExecutionRoleArn=ROLE)
        variant = {
            "VariantName": "all",
            "ModelName": "tiny",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
        self.sagemaker.create_endpoint_config(
            EndpointConfigName="scale", ProductionVariants=[variant], DataCaptureConfig=_CAPTURE
        )
        self.sagemaker.create_endpoint(EndpointName="steady", EndpointConfigName="scale")
        self.ask("steady")
        constraints = {"version": 0.0, "features": []}
        self.s3.put_object(Bucket="data", Key="constraints.json", Body=json.dumps(constraints))
        self.sagemaker.create_data_quality_job_definition(
            JobDefinitionName="rows",
            DataQualityBaselineConfig={"ConstraintsResource": {"S3Uri": "s3://data/constraints.json"}},
            DataQualityAppSpecification={"ImageUri": ANALYZER},
            DataQualityJobInput={
                "EndpointInput": {"EndpointName": "steady", "LocalPath": "/opt/ml/processing/input/endpoint"}
            },
            DataQualityJobOutputConfig={
                "MonitoringOutputs": [
                    {"S3Output": {"S3Uri": "s3://data/reports", "LocalPath": "/opt/ml/processing/output"}}
                ]
            },
            JobResources=CLUSTER,
            RoleArn=ROLE,
        )
        self.sagemaker.create_monitoring_schedule(
            MonitoringScheduleName="hourly",
            MonitoringScheduleConfig={
                "MonitoringJobDefinitionName": "rows",
                "MonitoringType": "DataQuality",
                "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
            },
        )
        # It is fired by hand: the full hour would come in the middle of a check.
        self.sagemaker.stop_monitoring_schedule(MonitoringScheduleName="hourly")

    def run(self, seconds: float, moment: Callable[[], bool] | None = None) -> None:
        """Keep busy for that time, or until *moment* has come, then kill the emulator."""
        self._stopped.clear()
        activities = (
            *(self._puts, self._uploads, self._pipelines, self._processing, self._same_prefix),
            *(self._transform, self._training, self._endpoints, self._schedule, self._invoke),
        )
        threads = [
            threading.Thread(target=self._repeat, args=(activity, random.Random(f"{self._seed}-{number}")))
            for number, activity in enumerate(activities)
        ]
        for thread in threads:
            thread.start()
        waiting = threading.Event()
        if moment is None:
            waiting.wait(seconds)
        else:
            for _ in range(int(seconds / 0.002)):
                if moment():
                    break
                waiting.wait(0.002)
        self.victim.kill()
        self._stopped.set()
        for thread in threads:
            thread.join()
        self._seed += 1

    def ask(self, endpoint: str) -> str:
        """Ask an endpoint for twice one and a half."""
        answer = self.runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body=b"1.5")
        body: bytes = answer["Body"].read()
        return body.decode().strip()

    def _repeat(self, activity: Callable[[random.Random], None], chance: random.Random) -> None:
        while not self._stopped.is_set():
            try:
                activity(chance)
            except (HTTPClientError, BotoCoreError, LifecycleError, OSError):
                self._stopped.wait(0.05)  # it is dead, or dies just now
            except ClientError as error:
                self.refused.append(f"{activity.__name__}: {error}")
                return

    def _puts(self, chance: random.Random) -> None:
        key, word = f"puts/{chance.randrange(5)}", chance.choice("abcdefgh")
        self.known.intend(f"object:{key}", word)
        self.s3.put_object(Bucket="data", Key=key, Body=word.encode() * 400_000, ContentType="text/plain")
        self.known.acknowledge(f"object:{key}", word)

    def _uploads(self, chance: random.Random) -> None:
        key, word = f"uploads/{chance.randrange(2)}", chance.choice("abcdefgh")
        upload = self.s3.create_multipart_upload(Bucket="data", Key=key)["UploadId"]
        where = {"Bucket": "data", "Key": key, "UploadId": upload}
        parts = []
        for number, size in ((1, PART), (2, PART), (3, 1000)):
            answer = self.s3.upload_part(**where, PartNumber=number, Body=word.encode() * size)
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        self.known.intend(f"object:{key}", word)
        self.s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
        self.known.acknowledge(f"object:{key}", word)

    def _pipelines(self, chance: random.Random) -> None:
        name = f"pipeline-{chance.getrandbits(40):x}"
        self.known.intend(f"pipeline:{name}", "1")
        self.sagemaker.create_pipeline(
            PipelineName=name,
            PipelineDefinition=_definition(f"{name}-1", chance),
            RoleArn=ROLE,
            ClientRequestToken=f"{name:x<40}",
        )
        self.known.acknowledge(f"pipeline:{name}", "1")
        for version in "23":
            self.known.intend(f"pipeline:{name}", version)
            self.sagemaker.update_pipeline(
                PipelineName=name, PipelineDefinition=_definition(f"{name}-{version}", chance), RoleArn=ROLE
            )
            self.known.acknowledge(f"pipeline:{name}", version)
        token = f"{chance.getrandbits(160):040x}"
        arn = self.sagemaker.start_pipeline_execution(PipelineName=name, ClientRequestToken=token)
        self.known.acknowledge(f"execution:{arn['PipelineExecutionArn']}")

    def _processing(self, chance: random.Random) -> None:
        name = f"job-{chance.getrandbits(40):x}"
        self._process(name, f"out/{name}", "p")

    def _same_prefix(self, chance: random.Random) -> None:
        self._process(f"again-{chance.getrandbits(40):x}", "same", chance.choice("abcdefgh"))

    def _process(self, name: str, prefix: str, word: str) -> None:
        request = processing_request(name, code=_WRITE.format(files=FILES, word=word))
        request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] = f"s3://data/{prefix}"
        self.known.intend(f"processing:{name}", word)
        self.sagemaker.create_processing_job(**request)
        self.known.acknowledge(f"processing:{name}", word)
        self._await("Processing", name)

    def _transform(self, chance: random.Random) -> None:
        name = f"score-{chance.getrandbits(40):x}"
        request = transform_request(name)
        request["TransformOutput"]["S3OutputPath"] = f"s3://data/out/{name}"
        self.known.intend(f"transform:{name}")
        self.sagemaker.create_transform_job(**request)
        self.known.acknowledge(f"transform:{name}")
        self._await("Transform", name)

    def _training(self, chance: random.Random) -> None:
        name = f"train-{chance.getrandbits(40):x}"
        self.known.intend(f"training:{name}")
        self.sagemaker.create_training_job(
            TrainingJobName=name,
            AlgorithmSpecification={"TrainingImage": TRAIN, "TrainingInputMode": "File"},
            RoleArn=ROLE,
            OutputDataConfig={"S3OutputPath": "s3://data/out"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
            StoppingCondition={"MaxRuntimeInSeconds": 600},
        )
        self.known.acknowledge(f"training:{name}")
        self._await("Training", name)

    def _await(self, prefix: str, name: str) -> None:
        describe = getattr(self.sagemaker, f"describe_{prefix.lower()}_job")
        while describe(**{f"{prefix}JobName": name})[f"{prefix}JobStatus"] in ("InProgress", "Stopping"):
            self._stopped.wait(0.05)

    def _endpoints(self, chance: random.Random) -> None:
        name = f"endpoint-{chance.getrandbits(40):x}"
        self.known.intend(f"endpoint:{name}")
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName="scale")
        self.known.acknowledge(f"endpoint:{name}")
        assert self.ask(name) == "3.0"
        self.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName="scale")
        self.known.intend(f"endpoint:{name}", "gone")
        self.sagemaker.delete_endpoint(EndpointName=name)
        self.known.acknowledge(f"endpoint:{name}", "gone")

    def _schedule(self, chance: random.Random) -> None:
        fire(self.victim.url, "us-east-1", "hourly", None)
        self._stopped.wait(0.5)

    def _invoke(self, chance: random.Random) -> None:
        assert self.ask("steady") == "3.0"
        self._stopped.wait(0.02)


def _definition(mark: str, chance: random.Random) -> str:
    request = processing_request(
        "", code=f"import time; print({mark!r}); time.sleep({chance.random() / 2:.3f})"
    )
    del request["ProcessingJobName"], request["ProcessingOutputConfig"]
    steps = [{"Name": name, "Type": "Processing", "Arguments": request} for name in ("First", "Second")]
    steps[1]["DependsOn"] = ["First"]
    return json.dumps({"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": steps})
