"""What notebooks with the SageMaker SDK v2 have at their top, and the cells that they repeat."""

import contextlib
import io
import json
import threading
import time
from datetime import UTC, datetime, timedelta

import sagemaker
from sagemaker.model import Model
from sagemaker.model_monitor import DataCaptureConfig
from sagemaker.s3 import S3Downloader, S3Uploader

FEATURES = ["Age", "Workclass", "fnlwgt", "Education", "Education-Num", "Marital Status", "Occupation"]
FEATURES += ["Relationship", "Ethnic group", "Sex", "Capital Gain", "Capital Loss", "Hours per week"]
FEATURES += ["Country"]
"""Those of the income model."""
ENDED = ("Completed", "CompletedWithViolations", "Failed", "Stopped")


class Worker(threading.Thread):
    """Calls a function again and again, as notebooks send traffic, until it is told to end."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self._work, self._over = work, threading.Event()

    def terminate(self):
        self._over.set()

    def run(self):
        while not self._over.is_set():
            self._work(self._over)


class Notebook:
    """A session, a role and a default bucket, none of which is said; and a prefix of its own."""

    def __init__(self, name):
        self.session = sagemaker.Session()
        self.region = self.session.boto_region_name
        self.role = sagemaker.get_execution_role()
        self.bucket = self.session.default_bucket()
        self.root = f"s3://{self.bucket}/{sagemaker.utils.unique_name_from_base(f'sagemaker/{name}')}"
        self.write("upload-test-file.txt", "hello")

    def uri(self, key):
        return f"{self.root}/{key}"

    def upload(self, path, key=""):
        """Upload a file below *key*, and return its URI."""
        return S3Uploader.upload(
            local_path=str(path), desired_s3_uri=self.uri(key).rstrip("/"), sagemaker_session=self.session
        )

    def write(self, key, content):
        S3Uploader.upload_string_as_file_body(
            body=content, desired_s3_uri=self.uri(key), sagemaker_session=self.session
        )
        return self.uri(key)

    def list(self, uri):
        return sorted(S3Downloader.list(s3_uri=uri, sagemaker_session=self.session))

    def read(self, uri):
        return S3Downloader.read_file(s3_uri=uri, sagemaker_session=self.session)

    def endpoint(self, image, artifact, name, **formats):
        """Deploy a model with full capture, to an endpoint and as a model of one name."""
        model = Model(
            role=self.role,
            name=name,
            image_uri=image,
            model_data=artifact,
            sagemaker_session=self.session,
        )
        model.deploy(
            initial_instance_count=1,
            instance_type="ml.m5.xlarge",
            endpoint_name=name,
            data_capture_config=DataCaptureConfig(
                enable_capture=True,
                sampling_percentage=100,
                destination_s3_uri=self.uri("data-capture"),
                **formats,
            ),
        )

    def ask(self, endpoint, content_type, body, **given):
        answered = self.session.sagemaker_runtime_client.invoke_endpoint(
            EndpointName=endpoint, ContentType=content_type, Accept=content_type, Body=body, **given
        )
        return answered["Body"].read().decode()

    def captured(self, endpoint):
        """Wait until something was captured, and return the records of the last file."""
        for _ in range(120):
            files = self.list(f"{self.uri('data-capture')}/{endpoint}")
            if files:
                return [json.loads(line) for line in self.read(files[-1]).splitlines()]
            time.sleep(1)
        raise SystemExit("nothing was captured")

    def label(self, labels):
        """Upload the ground truth of this hour and the last one: labels by inference id."""
        records = [
            {
                "groundTruthData": {"data": data, "encoding": "JSON" if data.startswith("{") else "CSV"},
                "eventMetadata": {"eventId": str(identifier)},
                "eventVersion": "0",
            }
            for identifier, data in labels
        ]
        now = datetime.now(UTC)
        for hour in (now - timedelta(hours=1), now):
            self.write(f"ground-truth/{hour:%Y/%m/%d/%H/%M%S}.jsonl", "\n".join(map(json.dumps, records)))
        return self.uri("ground-truth")

    def constraints(self, monitor):
        """Wait for a monitor's baseline job, and return the constraints that it suggests."""
        monitor.latest_baselining_job.wait(logs=False)
        return json.loads(self.read(monitor.suggested_constraints().file_s3_uri))

    def ended(self, monitor):
        """Wait for a schedule's first execution as notebooks do; return what it came to, and stop it."""
        described = monitor.describe_schedule()
        while "LastMonitoringExecutionSummary" not in described:
            time.sleep(60)
            described = monitor.describe_schedule()
        while described["LastMonitoringExecutionSummary"]["MonitoringExecutionStatus"] == "Pending":
            time.sleep(10)
            described = monitor.describe_schedule()
        monitor.stop_monitoring_schedule()
        described = monitor.describe_schedule()
        while described["LastMonitoringExecutionSummary"]["MonitoringExecutionStatus"] not in ENDED:
            time.sleep(60)
            described = monitor.describe_schedule()
        last = described["LastMonitoringExecutionSummary"]
        execution = monitor.list_executions()[-1]
        files = self.list(execution.output.destination)
        violations = monitor.latest_monitoring_constraint_violations()
        return {
            "status": last["MonitoringExecutionStatus"],
            "reason": last.get("FailureReason"),
            "constraint_violations": violations and violations.body_dict,
            "reports": [uri.rpartition("/")[2] for uri in files],
            "analysis": next(
                (json.loads(self.read(uri)) for uri in files if uri.endswith("/analysis.json")), {}
            ),
            "log": self.log(last["ProcessingJobArn"].rpartition("/")[2])
            if "ProcessingJobArn" in last
            else [],
        }

    def log(self, job):
        """Return the lines that the session prints of a job's log; it sleeps for *poll* seconds first."""
        return printed(lambda: self.session.logs_for_processing_job(job, poll=1))

    def clean_up(self, endpoint):
        self.session.delete_endpoint(endpoint_name=endpoint)
        self.session.delete_endpoint_config(endpoint_config_name=endpoint)
        self.session.delete_model(model_name=endpoint)


def printed(work):
    """Return the lines that *work* prints."""
    with contextlib.redirect_stdout(io.StringIO()) as text:
        work()
    return text.getvalue().splitlines()


def say(found, watch):
    """Print what a flow found, on a line of its own: the SDK draws dots while it waits."""
    print()
    print(json.dumps({**found, "laps": watch.laps}, default=str))
