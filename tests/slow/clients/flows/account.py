"""What a notebook that uses boto3 alone has at its top: clients, a bucket, and calls that it repeats."""

import json
import time
from datetime import UTC, datetime, timedelta

import boto3

ROLE = "arn:aws:iam::000000000000:role/service-role/AmazonSageMaker-ExecutionRole"
CLARIFY = "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"
CLUSTER = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}}
UNFINISHED = ("Pending", "InProgress")


class Account:
    """Clients without any option, and one bucket."""

    def __init__(self, bucket):
        self.bucket = bucket
        self.s3, self.sagemaker = boto3.client("s3"), boto3.client("sagemaker")
        self.runtime, self.logs = boto3.client("sagemaker-runtime"), boto3.client("logs")
        self.s3.create_bucket(Bucket=bucket)

    def uri(self, key):
        return f"s3://{self.bucket}/{key}"

    def upload(self, path, key):
        self.s3.upload_file(str(path), self.bucket, key)
        return self.uri(key)

    def write(self, key, content):
        body = content if isinstance(content, (str, bytes)) else json.dumps(content)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return self.uri(key)

    def read(self, key):
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()

    def keys(self, prefix):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def endpoint(self, name, image, artifact, **content_types):
        """Deploy a model with full data capture, and wait until the endpoint serves."""
        container = {"Image": image, "ModelDataUrl": artifact}
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
        variant = {"VariantName": "AllTraffic", "ModelName": name, "InstanceType": "ml.m5.xlarge"}
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[{**variant, "InitialInstanceCount": 1, "InitialVariantWeight": 1}],
            DataCaptureConfig={
                "EnableCapture": True,
                "InitialSamplingPercentage": 100,
                "DestinationS3Uri": self.uri("capture"),
                "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
                "CaptureContentTypeHeader": content_types or {"CsvContentTypes": ["text/csv"]},
            },
        )
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        self.sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name)

    def ask(self, endpoint, content_type, body, **given):
        """Return a model's answer."""
        answered = self.runtime.invoke_endpoint(
            EndpointName=endpoint, ContentType=content_type, Accept=content_type, Body=body, **given
        )
        return answered["Body"].read().decode()

    def captured(self, endpoint):
        """Wait until something was captured, and return the records so far."""
        for _ in range(120):
            keys = self.keys(f"capture/{endpoint}/")
            if keys:
                return [json.loads(line) for key in keys for line in self.read(key).splitlines()]
            time.sleep(1)
        raise SystemExit("nothing was captured")

    def label(self, labels, key="truth"):
        """Upload the ground truth of this hour and the last one: labels by inference id."""
        records = [
            {
                "groundTruthData": {"data": data, "encoding": "CSV" if len(data) == 1 else "JSON"},
                "eventMetadata": {"eventId": str(identifier)},
                "eventVersion": "0",
            }
            for identifier, data in labels
        ]
        now = datetime.now(UTC)
        for hour in (now - timedelta(hours=1), now):
            self.write(f"{key}/{hour:%Y/%m/%d/%H/%M%S}.jsonl", "\n".join(map(json.dumps, records)))
        return self.uri(key)

    def clean_up(self, endpoint):
        """Delete an endpoint and what it was made of."""
        self.sagemaker.delete_endpoint(EndpointName=endpoint)
        self.sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=endpoint)
        self.sagemaker.delete_endpoint_config(EndpointConfigName=endpoint)
        self.sagemaker.delete_model(ModelName=endpoint)

    def analyse(self, name, data, config):
        """Run Clarify's container as the SDK's processors do, and return its analysis."""
        uri = self.write(f"{name}/config/analysis_config.json", config)
        self.process(
            name,
            CLARIFY,
            {
                "analysis_config": (uri, "/opt/ml/processing/input/config"),
                "dataset": (data, "/opt/ml/processing/input/data"),
            },
            "analysis_result",
        )
        return json.loads(self.read(f"{name}/results/analysis.json"))

    def process(self, name, image, inputs, output, environment=None):
        """Run a processing job whose *inputs* are URIs and paths by name; *output* is its output's name."""
        self.sagemaker.create_processing_job(
            ProcessingJobName=name,
            RoleArn=ROLE,
            AppSpecification={"ImageUri": image},
            Environment=environment or {},
            ProcessingInputs=[
                {
                    "InputName": key,
                    "S3Input": {
                        "S3Uri": uri,
                        "LocalPath": path,
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                }
                for key, (uri, path) in inputs.items()
            ],
            ProcessingOutputConfig={
                "Outputs": [
                    {
                        "OutputName": output,
                        "S3Output": {
                            "S3Uri": self.uri(f"{name}/results"),
                            "LocalPath": "/opt/ml/processing/output",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
            ProcessingResources=CLUSTER,
        )
        self.sagemaker.get_waiter("processing_job_completed_or_stopped").wait(ProcessingJobName=name)

    def reports(self):
        """Return where the monitors of the job definitions leave their reports."""
        output = {"S3Uri": self.uri("reports"), "LocalPath": "/opt/ml/processing/output"}
        return {"MonitoringOutputs": [{"S3Output": {**output, "S3UploadMode": "EndOfJob"}}]}

    def schedule(self, name, definition, kind):
        """Run a job definition every hour."""
        self.sagemaker.create_monitoring_schedule(
            MonitoringScheduleName=name,
            MonitoringScheduleConfig={
                "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
                "MonitoringJobDefinitionName": definition,
                "MonitoringType": kind,
            },
        )

    def execution(self, name):
        """Wait for the end of a schedule's first execution, and return it."""
        while True:
            described = self.sagemaker.describe_monitoring_schedule(MonitoringScheduleName=name)
            last = described.get("LastMonitoringExecutionSummary", {})
            if last.get("MonitoringExecutionStatus", "Pending") not in UNFINISHED:
                return last
            time.sleep(1)

    def ended(self, name, *reports):
        """Return what an execution came to: status, reports and log; and delete its schedule."""
        last = self.execution(name)
        self.sagemaker.stop_monitoring_schedule(MonitoringScheduleName=name)
        job = last.get("ProcessingJobArn", "").rpartition("/")[2]
        found = {each.partition(".")[0]: self.report(name, each) for each in reports}
        self.sagemaker.delete_monitoring_schedule(MonitoringScheduleName=name)
        log = self.log("/aws/sagemaker/ProcessingJobs", job)
        return {
            "status": last["MonitoringExecutionStatus"],
            "reason": last.get("FailureReason"),
            "log": log,
            **found,
        }

    def report(self, schedule, name):
        """Return a report of a schedule's only execution, None where it wrote none of that name."""
        keys = [key for key in self.keys("reports/") if f"/{schedule}/" in key and key.endswith(f"/{name}")]
        return json.loads(self.read(keys[0])) if keys else None

    def log(self, group, job):
        """Return the lines of a job's log."""
        streams = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")[
            "logStreams"
        ]
        return [
            event["message"]
            for stream in streams
            for event in self.logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        ]
