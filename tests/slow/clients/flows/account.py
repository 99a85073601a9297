"""What a notebook that uses boto3 alone has at its top: clients, a bucket, and calls that it repeats."""

import json
import time

import boto3

ROLE = "arn:aws:iam::000000000000:role/service-role/AmazonSageMaker-ExecutionRole"
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

    def process(self, name, image, inputs, paths, outputs, environment=None):
        """Start a processing job whose *inputs* are objects by name, and *paths* where it finds them."""
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
                        "LocalPath": paths[key],
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                }
                for key, uri in inputs.items()
            ],
            ProcessingOutputConfig={
                "Outputs": [
                    {
                        "OutputName": key,
                        "S3Output": {
                            "S3Uri": uri,
                            "LocalPath": "/opt/ml/processing/output",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                    for key, uri in outputs.items()
                ]
            },
            ProcessingResources=CLUSTER,
        )

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
