"""Decide one execution: read what its checks left, apply the policy, write verdict.json.

Runs under Python 3.8 with boto3 and numpy; what it knows comes in the archive named by --modules.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Sequence

ATTEMPTS = 8
REGISTERS = "register"
"""The pipeline that registers candidates; the others may register a version with a new baseline."""
CREATES_MODEL = "CreateModel"
"""The step that makes the candidate a model."""


class DecideError(Exception):
    """Why no verdict can be written at all."""


class Service:
    """The calls to SageMaker and S3 that decide needs; all of them read."""

    def __init__(self, sagemaker: Any, s3: Any) -> None:
        self.sagemaker, self.s3 = sagemaker, s3

    @classmethod
    def connect(cls) -> Service:
        """Return the service of the job's region and role."""
        import boto3
        from botocore.config import Config

        # Botocore retries what is transient: throttling, 5xx, a connection that broke.
        config = Config(retries={"max_attempts": ATTEMPTS, "mode": "standard"})
        session = boto3.session.Session(
            region_name=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        )
        # Older boto3 do not read this variable themselves.
        endpoint = os.environ.get("AWS_ENDPOINT_URL") or None
        clients = (session.client(name, config=config, endpoint_url=endpoint) for name in ("sagemaker", "s3"))
        return cls(*clients)

    def steps(self, execution_arn: str) -> dict[str, dict[str, Any]]:
        """Return the execution's steps by name."""
        pages = self.sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
            PipelineExecutionArn=execution_arn
        )
        return {step["StepName"]: dict(step) for page in pages for step in page["PipelineExecutionSteps"]}

    def version(self, arn: str, group: str) -> dict[str, Any] | None:
        """Return the version *arn*, or else the latest approved one of *group*; None where there is none."""
        if not arn:
            from botocore.exceptions import ClientError

            try:
                found = self.sagemaker.list_model_packages(
                    ModelPackageGroupName=group,
                    ModelApprovalStatus="Approved",
                    SortBy="CreationTime",
                    SortOrder="Descending",
                    MaxResults=1,
                )["ModelPackageSummaryList"]
            except ClientError as error:
                if error.response["Error"]["Code"] in ("ValidationException", "ResourceNotFound"):
                    return None
                raise
            if not found:
                return None
            arn = found[0]["ModelPackageArn"]
        return dict(self.sagemaker.describe_model_package(ModelPackageName=arn))

    def job(self, step: dict[str, Any]) -> dict[str, Any] | None:
        """Return the description of the processing job of *step*; None where it has none."""
        arn = step.get("Metadata", {}).get("ProcessingJob", {}).get("Arn", "")
        if not arn:
            return None
        return dict(self.sagemaker.describe_processing_job(ProcessingJobName=arn.rsplit("/", 1)[-1]))

    def output_uri(self, step: dict[str, Any] | None, output: str) -> str | None:
        """Return where the processing job of *step* puts *output*."""
        job = self.job(step or {}) or {}
        for each in job.get("ProcessingOutputConfig", {}).get("Outputs", ()):
            if each["OutputName"] == output:
                return str(each["S3Output"]["S3Uri"])
        return None

    def model_data_etag(self, step: dict[str, Any] | None) -> str | None:
        """Return the ETag of the artifact of the model that *step* created; None where it created none."""
        arn = (step or {}).get("Metadata", {}).get("Model", {}).get("Arn", "")
        if not arn:
            return None
        model = self.sagemaker.describe_model(ModelName=arn.rsplit("/", 1)[-1])
        return self.etag(model["PrimaryContainer"]["ModelDataUrl"])

    def etag(self, uri: str) -> str:
        """Return the ETag of the object at *uri*."""
        bucket, key = split_uri(uri)
        return str(self.s3.head_object(Bucket=bucket, Key=key)["ETag"]).strip('"')

    def text(self, uri: str) -> str | None:
        """Return the object at *uri* as text; None where there is none."""
        from botocore.exceptions import ClientError

        bucket, key = split_uri(uri)
        try:
            body: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket", "404"):
                return None
            raise
        return body.decode("utf-8")

    def size(self, uri: str) -> int | None:
        """Return how many bytes the object at *uri* has; None where there is none."""
        from botocore.exceptions import ClientError

        bucket, key = split_uri(uri)
        try:
            return int(self.s3.head_object(Bucket=bucket, Key=key)["ContentLength"])
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket", "404"):
                return None
            raise

    def download(self, uri: str, folder: Path) -> int:
        """Copy the objects below *uri* into *folder*, in the order of their keys; return how many."""
        bucket, prefix = split_uri(uri.rstrip("/") + "/")
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [each["Key"] for page in pages for each in page.get("Contents", ()) if each["Size"]]
        folder.mkdir(parents=True, exist_ok=True)
        for number, key in enumerate(sorted(keys)):
            # Names are ours: a key never decides where a file is written.
            self.s3.download_file(bucket, key, str(folder / f"{number:06d}.csv"))
        return len(keys)


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an S3 URI."""
    if not uri.startswith("s3://"):
        raise DecideError(f"{uri[:200]!r} is not an S3 URI")
    bucket, _, key = uri[len("s3://") :].partition("/")
    return bucket, key


def gather(options: argparse.Namespace, service: Service, spec: Any) -> Any:
    """Return all evidence there is about the execution."""
    from sagemaker_monitor.analysis.decision import evidence, own_engine, reading
    from sagemaker_monitor.analysis.decision.spec import NEED_LABELS

    collected = options.collected and evidence.read_collected(read_json(options.collected))
    empty = bool(collected and not collected.judged)
    scored = options.model_package_arn or (collected and collected.model_package_arn) or None
    labels = evidence.read_labels(read_json(options.labels)) if options.labels else None
    labelled = labels is not None and labels.status != "labels-missing"
    steps = own_engine.with_checks(service, service.steps(options.execution_arn), spec)
    version = service.version(baseline_version(options), options.model_package_group)
    expected = [] if empty else [each for each in spec.checks if labelled or not each.needs_labels]
    asked = evidence.read_asked(options.modes, options.accept_reason)
    checks = tuple(
        reading.check_evidence(service, each, steps.get(each.step), version, asked) for each in expected
    )
    compared = {check.monitor for check in checks if check.status == "compared"}
    return evidence.Evidence(
        run=evidence.Run(
            execution_arn=options.execution_arn,
            model_package_arn=scored,
            bundle_sha256=options.bundle,
            created=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            carried_baseline_data_uri=reading.carried_data_uri(service, steps, spec, version),
            asked=asked,
        ),
        labels=labels,
        checks=checks,
        batch=read_batch(options, spec) if any(each.monitor in NEED_LABELS for each in expected) else None,
        baseline=reading.baseline_version(service, version, spec, compared) if compared and version else None,
        features=read_features(options),
        collected=collected or None,
        failed=reading.first_failure(steps),
    )


def baseline_version(options: argparse.Namespace) -> str:
    """Return the version whose baseline is compared with: of an endpoint's window the one that answered.

    An empty text is the latest approved one.
    """
    from sagemaker_monitor.analysis.decision import evidence

    if options.baseline_model_package_arn or not options.collected:
        return str(options.baseline_model_package_arn)
    return evidence.read_collected(read_json(options.collected)).model_package_arn or ""


def read_json(path: Path) -> Any:
    """Return the document in a file."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_batch(options: argparse.Namespace, spec: Any) -> Any:
    """Return the joined rows; None where nothing was joined."""
    from sagemaker_monitor.analysis.decision.sample import SampleError, read_sample

    if options.join is None:
        return None
    try:
        return read_sample(options.join / "labelled", options.join / "scored", spec)
    except SampleError as error:
        raise DecideError(f"the joined rows are not usable: {error}") from error


def read_features(options: argparse.Namespace) -> Any:
    """Return the rows of the inputs; None where none are checked."""
    from sagemaker_monitor.analysis.decision.table import TableError, read_table

    if options.features is None:
        return None
    try:
        return read_table(options.features)
    except TableError as error:
        raise DecideError(f"the rows of the inputs are not usable: {error}") from error


def write_whole(path: Path, text: str) -> None:
    """Write *text* to *path*, complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(str(unfinished), str(path))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=Path)
    for name in ("--spec", "--output"):
        parser.add_argument(name, type=Path, required=True)
    for name in ("--labels", "--join", "--features", "--collected"):
        parser.add_argument(name, type=Path)
    for name in ("--execution-arn", "--model-package-group", "--bundle"):
        parser.add_argument(name, required=True)
    for name in ("--model-package-arn", "--baseline-model-package-arn", "--modes", "--accept-reason"):
        parser.add_argument(name, default="")
    return parser.parse_args(arguments)


def decide(options: argparse.Namespace, service: Any = None) -> str:
    """Write the verdict, and return what the log says: its summary, after the metrics that alarms watch.

    Without *service* AWS is asked.

    What binds a version to the verdict, where one may be registered, and what is said where the gate
    stays closed are written beside it.
    """
    from sagemaker_monitor.analysis.decision import digests
    from sagemaker_monitor.analysis.decision import spec as specification
    from sagemaker_monitor.analysis.decision.alarming import metrics_line
    from sagemaker_monitor.analysis.decision.conclude import conclude
    from sagemaker_monitor.analysis.decision.notice import notice
    from sagemaker_monitor.analysis.documents.verdict_json import to_json

    spec = specification.from_json(read_json(options.spec))
    service = service or Service.connect()
    verdict = conclude(spec, gather(options, service, spec))
    text = json.dumps(to_json(verdict), indent=2, allow_nan=False) + "\n"
    bound = {**bind(options, service, spec, text), "notice": notice(verdict)}
    write_whole(options.output / digests.FILE, json.dumps(bound, indent=2) + "\n")
    write_whole(options.output / "verdict.json", text)
    metrics = metrics_line(spec, verdict, int(time.time() * 1000))
    return verdict.summary if metrics is None else f"{metrics}\n{verdict.summary}"


def bind(options: argparse.Namespace, service: Service, spec: Any, verdict: str) -> dict[str, Any]:
    """Return what a version that is registered now carries beside the text of its *verdict*."""
    from sagemaker_monitor.analysis.decision import digests, evidence, own_engine, reading

    asked = evidence.read_asked(options.modes, options.accept_reason)
    if spec.pipeline != REGISTERS and not asked.carried_by(asked.modes):
        return {"schema_version": 1, "registers": "no"}
    steps = own_engine.with_checks(service, service.steps(options.execution_arn), spec)
    checks = {each.check_type: reading.metadata_of(steps.get(each.step)) for each in spec.checks}
    known = service.version(baseline_version(options), options.model_package_group)
    renewed = None if spec.pipeline == REGISTERS else known
    if renewed is None:
        etag = service.model_data_etag(steps.get(CREATES_MODEL))
    else:
        artifact = digests.container_of(renewed).get("model_data_url")
        etag = service.etag(artifact) if artifact else None
    found = digests.evidence_document(
        service,
        checks,
        verdict=verdict,
        model_data_etag=etag,
        data_uris=reading.carried_data_uris(service, steps, spec, known),
        version=renewed,
    )
    found["registers"] = "yes"
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Decide, or say in one line why that is not possible; the line becomes the job's FailureReason."""
    from botocore.exceptions import BotoCoreError, ClientError

    options = parse(arguments)
    if options.modules:
        sys.path.insert(0, str(options.modules))
    try:
        print(decide(options))
    except (DecideError, OSError, ValueError, BotoCoreError, ClientError) as error:
        reason = " ".join(f"no verdict: {error}".split())[:900]
        print(reason, file=sys.stderr)
        message = Path(os.environ.get("OUTPUT_MESSAGE_PATH", "/opt/ml/output/message"))
        try:
            write_whole(message, reason)
        except OSError as failure:
            print(f"{message} cannot be written: {failure.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
