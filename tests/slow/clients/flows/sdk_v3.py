"""What flows by the SDK's version 3 have at their top: a session, its bucket, and calls that they repeat."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from botocore.exceptions import ClientError
from monitors import outcome, truth
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import Endpoint, EndpointConfig, Model, ProcessingJob
from sagemaker.core.s3 import S3Downloader, S3Uploader
from sagemaker.core.shapes import (
    CaptureContentTypeHeader,
    CaptureOption,
    ContainerDefinition,
    DataCaptureConfig,
    ProductionVariant,
)
from stopwatch import Stopwatch

watch = Stopwatch()
data = Path(sys.argv[1])
role = "arn:aws:iam::000000000000:role/service-role/AmazonSageMaker-ExecutionRole"
session = Session()
prefix = f"s3://{session.default_bucket()}/{sys.argv[2]}"
logs = session.boto_session.client("logs")


def upload(path):
    return S3Uploader.upload(str(path), prefix, sagemaker_session=session)


def write(text, place):
    return S3Uploader.upload_string_as_file_body(text, f"{prefix}/{place}", sagemaker_session=session)


def read(uri):
    """Return an object's text, None where there is none."""
    try:
        return S3Downloader.read_file(uri, sagemaker_session=session)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey"):
            raise
        return None


def label(labels):
    """Upload the ground truth of this hour and the last one: labels by inference id."""
    records, now = truth(labels), datetime.now(UTC)
    for hour in (now - timedelta(hours=1), now):
        write(records, f"truth/{hour:%Y/%m/%d/%H/%M%S}.jsonl")
    return f"{prefix}/truth"


def reports_of(job):
    """Return where an execution left its reports; in 3.27 list_executions of Clarify's monitors breaks."""
    (output,) = ProcessingJob.get(processing_job_name=job).processing_output_config.outputs
    return output.s3_output.s3_uri


def first_execution(monitor):
    return outcome(monitor, reports_of, read, logs)


def make_model(name, image, artifact):
    container = ContainerDefinition(image=image, model_data_url=artifact)
    return Model.create(model_name=name, primary_container=container, execution_role_arn=role)


def deploy(name, image, artifact, **content_types):
    """Return an endpoint with full data capture, once it serves."""
    make_model(name, image, artifact)
    EndpointConfig.create(
        endpoint_config_name=name,
        production_variants=[
            ProductionVariant(
                variant_name="AllTraffic",
                model_name=name,
                instance_type="ml.m5.xlarge",
                initial_instance_count=1,
            )
        ],
        data_capture_config=DataCaptureConfig(
            enable_capture=True,
            initial_sampling_percentage=100,
            destination_s3_uri=f"{prefix}/capture",
            capture_options=[CaptureOption(capture_mode=mode) for mode in ("Input", "Output")],
            capture_content_type_header=CaptureContentTypeHeader(**content_types),
        ),
    )
    endpoint = Endpoint.create(endpoint_name=name, endpoint_config_name=name)
    endpoint.wait_for_status("InService")
    return endpoint


def undeploy(endpoint):
    """Delete an endpoint and what it was made of."""
    name = endpoint.endpoint_name
    endpoint.delete()
    endpoint.wait_for_delete()
    EndpointConfig.get(endpoint_config_name=name).delete()
    Model.get(model_name=name).delete()
