"""What SageMaker does with the execution role for an execution, read from the records that this left.

Pipelines creates, describes and stops what steps run; jobs read their inputs and write their outputs; images
are pulled and logs written; Clarify starts an endpoint where its configuration names a model. Names of such
endpoints are as AWS's logs show them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import list_objects, read
from tests.policy.evaluator import Need
from tests.policy.needs import SAGEMAKER, Account

PULLS = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
LOGS = ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents")
SHADOW, SHADOW_CONFIG = "sm-clarify-{model}-1694657821-5fe3", "sm-clarify-config-1746251067-14e5"


@dataclass(frozen=True)
class Service:
    """Reads records of an account's executions."""

    aws: Aws
    account: Account

    def needs(self) -> Iterator[Need]:
        """Yield what was needed for every execution of every pipeline."""
        for pipeline in self.aws.pages("sagemaker", "list_pipelines", "PipelineSummaries"):
            name = pipeline["PipelineName"]
            for execution in self.aws.pages(
                "sagemaker", "list_pipeline_executions", "PipelineExecutionSummaries", PipelineName=name
            ):
                yield from self._execution(execution["PipelineExecutionArn"])

    def _execution(self, arn: str) -> Iterator[Need]:
        for step in self.aws.pages(
            "sagemaker", "list_pipeline_execution_steps", "PipelineExecutionSteps", PipelineExecutionArn=arn
        ):
            metadata = step.get("Metadata", {})
            for kind in ("ProcessingJob", "QualityCheck", "ClarifyCheck"):
                found = metadata.get(kind, {})
                job = found.get("Arn") or found.get("CheckJobArn")
                if job:
                    yield from self._processing(job, step["StepStatus"])
            if "TransformJob" in metadata:
                yield from self._transform(metadata["TransformJob"]["Arn"], step["StepStatus"])
            if "Model" in metadata:
                yield from self._model(metadata["Model"]["Arn"])
            if "RegisterModel" in metadata:
                yield from self._version(metadata["RegisterModel"]["Arn"])

    def _processing(self, arn: str, status: str) -> Iterator[Need]:
        job = self.aws.call("sagemaker", "describe_processing_job", ProcessingJobName=arn.rpartition("/")[2])
        yield from self._made("ProcessingJob", arn, status)
        yield Need("iam:PassRole", job["RoleArn"], SAGEMAKER)
        yield from self._pulled(job["AppSpecification"]["ImageUri"])
        yield from self._logged("ProcessingJobs", arn)
        for given in job.get("ProcessingInputs", ()):
            yield from self._read(given["S3Input"]["S3Uri"])
            if given["InputName"] == "analysis_config":
                yield from self._clarify(given["S3Input"]["S3Uri"])
        for output in job["ProcessingOutputConfig"]["Outputs"]:
            yield from self._written(output["S3Output"]["S3Uri"])

    def _transform(self, arn: str, status: str) -> Iterator[Need]:
        job = self.aws.call("sagemaker", "describe_transform_job", TransformJobName=arn.rpartition("/")[2])
        yield from self._made("TransformJob", arn, status)
        yield from self._logged("TransformJobs", arn)
        yield from self._read(job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
        yield from self._written(job["TransformOutput"]["S3OutputPath"])
        yield from self._written(job["DataCaptureConfig"]["DestinationS3Uri"])

    def _model(self, arn: str) -> Iterator[Need]:
        model = self.aws.call("sagemaker", "describe_model", ModelName=arn.rpartition("/")[2])
        for operation in ("CreateModel", "DescribeModel", "AddTags"):
            yield Need(f"sagemaker:{operation}", arn)
        yield Need("iam:PassRole", model["ExecutionRoleArn"], SAGEMAKER)
        container = model.get("PrimaryContainer") or model["Containers"][0]
        if "Image" in container:
            yield from self._pulled(container["Image"])
            yield from self._read(container["ModelDataUrl"])

    def _version(self, arn: str) -> Iterator[Need]:
        group = arn.replace(":model-package/", ":model-package-group/").rpartition("/")[0]
        yield Need("sagemaker:CreateModelPackage", group)
        for operation in ("DescribeModelPackage", "AddTags"):
            yield Need(f"sagemaker:{operation}", arn)

    def _made(self, kind: str, arn: str, status: str) -> Iterator[Need]:
        stopped = ("Stop",) if status == "Stopped" else ()
        for verb in ("Create", "Describe", *stopped):
            yield Need(f"sagemaker:{verb}{kind}", arn)
        yield Need("sagemaker:AddTags", arn)

    def _clarify(self, config_uri: str) -> Iterator[Need]:
        predictor = json.loads(read(self.aws, config_uri)).get("predictor", {})
        if "/assets/" not in config_uri:
            yield Need("s3:PutObject", _object(config_uri))
        if "model_name" not in predictor:
            return
        name = SHADOW.format(model=predictor["model_name"])
        endpoint = self.account.arn("sagemaker", f"endpoint/{name}")
        config = self.account.arn("sagemaker", f"endpoint-config/{SHADOW_CONFIG}")
        for verb in ("Create", "Describe", "Delete"):
            yield Need(f"sagemaker:{verb}Endpoint", endpoint)
            yield Need(f"sagemaker:{verb}EndpointConfig", config)
        yield Need("sagemaker:CreateEndpoint", config)
        yield Need("sagemaker:InvokeEndpoint", endpoint)
        yield Need("sagemaker:AddTags", config)
        yield from self._logged("Endpoints", endpoint)

    def _pulled(self, image: str) -> Iterator[Need]:
        host, _, name = image.partition("/")
        account, _, _, region, *_ = host.split(".")
        repository = name.partition("@")[0].partition(":")[0]
        for action in PULLS:
            yield Need(f"ecr:{action}", f"arn:aws:ecr:{region}:{account}:repository/{repository}")
        yield Need("ecr:GetAuthorizationToken", "*")

    def _logged(self, group: str, arn: str) -> Iterator[Need]:
        name = f"log-group:/aws/sagemaker/{group}:log-stream:{arn.rpartition('/')[2]}/algo-1-1796006444"
        for action in LOGS:
            yield Need(f"logs:{action}", self.account.arn("logs", name))

    def _read(self, uri: str) -> Iterator[Need]:
        yield Need("s3:ListBucket", f"arn:aws:s3:::{uri.removeprefix('s3://').partition('/')[0]}")
        for stored in list_objects(self.aws, uri):
            yield Need("s3:GetObject", _object(stored.uri))

    def _written(self, uri: str) -> Iterator[Need]:
        for stored in list_objects(self.aws, uri):
            yield Need("s3:PutObject", _object(stored.uri))


def _object(uri: str) -> str:
    return f"arn:aws:s3:::{uri.removeprefix('s3://')}"
