"""Decide one execution: read what its checks left, apply the policy, write verdict.json.

Runs under Python 3.8 with boto3 and numpy; what it knows comes in the archive named by --modules.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Sequence

ATTEMPTS = 8
MISMATCH = "baseline-version-mismatch"


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

    def output_uri(self, step: dict[str, Any] | None, output: str) -> str | None:
        """Return where the processing job of *step* puts *output*."""
        arn = (step or {}).get("Metadata", {}).get("ProcessingJob", {}).get("Arn", "")
        if not arn:
            return None
        job = self.sagemaker.describe_processing_job(ProcessingJobName=arn.rsplit("/", 1)[-1])
        for each in job.get("ProcessingOutputConfig", {}).get("Outputs", ()):
            if each["OutputName"] == output:
                return str(each["S3Output"]["S3Uri"])
        return None

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


BASELINES = {
    "DATA_BIAS": ("Bias", "PreTrainingConstraints"),
    "MODEL_BIAS": ("Bias", "PostTrainingConstraints"),
    "DATA_QUALITY": ("ModelDataQuality", "Constraints"),
}
"""Where a version's DriftCheckBaselines have the constraints of a type of check."""


def baseline_of(version: dict[str, Any] | None, part: str, document: str) -> str | None:
    """Return the URI of one document of the baselines that *version* carries."""
    parts = (version or {}).get("DriftCheckBaselines", {}).get(part, {})
    uri: str | None = parts.get(document, {}).get("S3Uri")
    return uri


def metadata_of(step: dict[str, Any] | None) -> dict[str, Any]:
    """Return what a check step says of itself, whichever kind of check it is."""
    found = (step or {}).get("Metadata", {})
    return dict(found.get("ClarifyCheck") or found.get("QualityCheck") or {})


def check_evidence(
    service: Service, expected: Any, step: dict[str, Any] | None, version: dict[str, Any] | None
) -> Any:
    """Return what one expected check left behind; a check that did not end well is no evidence."""
    from sagemaker_monitor.analysis.decision.evidence import CheckEvidence

    def without(status: str, reason: str) -> Any:
        return CheckEvidence(expected.step, expected.check_type, expected.monitor, status, reason)

    if step is None:
        return without("no-evidence", "the step did not run")
    if step["StepStatus"] != "Succeeded":
        return without(
            "broken", f"the step is {step['StepStatus']}: {step.get('FailureReason', 'no reason')}"[:500]
        )
    metadata = metadata_of(step)
    if metadata.get("CheckType") != expected.check_type:
        return without("broken", f"the step is a check of type {metadata.get('CheckType')!r}")
    if expected.check_type == "DATA_QUALITY":
        return _quality(service, expected, metadata, version, without)
    report_uri = metadata.get("CalculatedBaselineConstraints")
    if not report_uri:
        return without("no-evidence", "the step names no report")
    return _compared(service, expected, metadata, version, without)


def _compared(
    service: Service, expected: Any, metadata: dict[str, Any], version: dict[str, Any] | None, without: Any
) -> Any:
    """Return the evidence of a bias check whose step succeeded."""
    from sagemaker_monitor.analysis.decision import evidence
    from sagemaker_monitor.analysis.documents.analysis import DocumentError

    report_uri, violations_uri = (
        metadata["CalculatedBaselineConstraints"],
        metadata.get("ViolationReport") or None,
    )
    skipped = bool(metadata.get("SkipCheck"))
    baseline_uri = None
    if not skipped:
        baseline_uri = baseline_of(version, *BASELINES[expected.check_type])
        problem = _other_baseline(metadata, "Constraints", baseline_uri)
        if problem:
            return without("no-evidence", problem)
    texts = {uri: service.text(uri) for uri in (report_uri, baseline_uri, violations_uri) if uri}
    absent = [uri for uri, text in texts.items() if text is None]
    if absent:
        return without("no-evidence", f"{absent[0]} does not exist")
    try:
        return evidence.CheckEvidence(
            expected.step,
            expected.check_type,
            expected.monitor,
            "established" if skipped else "compared",
            None,
            report_uri,
            violations_uri,
            baseline_uri,
            evidence.read_report(str(texts[report_uri]), expected.check_type),
            evidence.read_report(str(texts[baseline_uri]), expected.check_type) if baseline_uri else (),
            evidence.read_violations(str(texts[violations_uri])) if violations_uri else frozenset(),
        )
    except DocumentError as error:
        return without("broken", str(error)[:500])


def _other_baseline(metadata: dict[str, Any], document: str, uri: str | None) -> str | None:
    """Return why the check was not held against the version's *uri*; None where it was."""
    if uri is None:
        return "no approved version with a baseline for this check is known"
    used = metadata.get(f"BaselineUsedForDriftCheck{document}")
    # Where a new baseline is registered, SageMaker's property shows the new one, not the one used.
    if not metadata.get("RegisterNewBaseline") and used != uri:
        return f"{MISMATCH}: it used {used}, the version's is {uri}"
    return None


def _quality(
    service: Service, expected: Any, metadata: dict[str, Any], version: dict[str, Any] | None, without: Any
) -> Any:
    """Return the evidence of a data quality check whose step succeeded.

    Where the number of columns differs there are neither statistics nor constraints: SageMaker writes
    the violation alone, and it is all the evidence that is needed.
    """
    from sagemaker_monitor.analysis.decision import evidence
    from sagemaker_monitor.analysis.documents.analysis import DocumentError

    skipped = bool(metadata.get("SkipCheck"))
    part, _ = BASELINES["DATA_QUALITY"]
    uris = {
        "violations": metadata.get("ViolationReport") or None,
        "statistics": metadata.get("CalculatedBaselineStatistics") or None,
    }
    if not skipped:
        uris["baseline"] = baseline_of(version, part, "Statistics")
        uris["constraints"] = baseline_of(version, part, "Constraints")
        for document, key in (("Statistics", "baseline"), ("Constraints", "constraints")):
            problem = _other_baseline(metadata, document, uris[key])
            if problem:
                return without("no-evidence", problem)
    texts = {key: service.text(uri) if uri else None for key, uri in uris.items()}
    try:
        report = evidence.read_quality(**texts)
    except DocumentError as error:
        return without("broken", str(error)[:500])
    if not report.misfit:
        if not uris["statistics"]:
            return without("no-evidence", "the step names no report")
        absent = [uri for key, uri in uris.items() if uri and texts[key] is None]
        if absent:
            return without("no-evidence", f"{absent[0]} does not exist")
    return evidence.CheckEvidence(
        expected.step,
        expected.check_type,
        expected.monitor,
        "established" if skipped else "compared",
        None,
        uris["statistics"] if texts["statistics"] is not None else None,
        uris["violations"],
        uris.get("constraints"),
        quality=report,
    )


def baseline_version(service: Service, version: dict[str, Any], spec: Any, monitors: set[str]) -> Any:
    """Return the version that *monitors* compared with, and its baseline's rows where they can be read."""
    from sagemaker_monitor.analysis.decision.evidence import BaselineVersion
    from sagemaker_monitor.analysis.decision.sample import SampleError, read_sample
    from sagemaker_monitor.analysis.decision.table import TableError, read_table

    arn = version["ModelPackageArn"]
    uri = version.get("CustomerMetadataProperties", {}).get("BaselineDataUri") or None
    if uri is None:
        unknown = "the version does not say where its baseline's rows are"
        return BaselineVersion(arn, None, None, unknown, None, unknown)
    sample = features = problem = features_problem = None
    with tempfile.TemporaryDirectory() as folder:
        root, below = Path(folder), uri.rstrip("/")
        if "bias" in monitors:
            counts = [service.download(f"{below}/{part}", root / part) for part in ("labelled", "scored")]
            try:
                if all(counts):
                    sample = read_sample(root / "labelled", root / "scored", spec)
                else:
                    problem = f"there are no rows below {uri}"
            except SampleError as error:
                problem = f"the rows below {uri} are not usable: {error}"
        if "data_quality" in monitors:
            try:
                if service.download(f"{below}/features", root / "features"):
                    features = read_table(root / "features")
                else:
                    features_problem = f"there are no rows below {below}/features"
            except TableError as error:
                features_problem = f"the rows below {below}/features are not usable: {error}"
    return BaselineVersion(arn, uri, sample, problem, features, features_problem)


def carried_data_uri(
    service: Service, steps: dict[str, Any], spec: Any, version: dict[str, Any] | None
) -> str | None:
    """Return where the rows lie behind the baseline that a version registered now would carry.

    Predictions are the model's own, so where checks differ the model's check says whose rows they are.
    """
    checks = [metadata_of(steps.get(each.step)) for each in spec.checks]
    of_models = [check for check in checks if check.get("CheckType") == "MODEL_BIAS"] or checks
    if any(check.get("RegisterNewBaseline") for check in of_models):
        uri = service.output_uri(steps.get("Join"), "labelled") or service.output_uri(
            steps.get("Join"), "features"
        )
        return uri.rstrip("/").rpartition("/")[0] if uri else None
    uri = (version or {}).get("CustomerMetadataProperties", {}).get("BaselineDataUri")
    return uri or None


def gather(options: argparse.Namespace, service: Service, spec: Any) -> Any:
    """Return all evidence there is about the execution."""
    from sagemaker_monitor.analysis.decision import evidence

    collected = options.collected and evidence.read_collected(read_json(options.collected))
    empty = bool(collected and collected.status == "window-empty")
    labels = evidence.read_labels(read_json(options.labels)) if options.labels else None
    labelled = labels is not None and labels.status != "labels-missing"
    steps = service.steps(options.execution_arn)
    version = service.version(options.baseline_model_package_arn, options.model_package_group)
    expected = [] if empty else [each for each in spec.checks if labelled or not each.needs_labels]
    checks = tuple(check_evidence(service, each, steps.get(each.step), version) for each in expected)
    compared = {check.monitor for check in checks if check.status == "compared"}
    return evidence.Evidence(
        run=evidence.Run(
            execution_arn=options.execution_arn,
            model_package_arn=options.model_package_arn or None,
            bundle_sha256=options.bundle,
            created=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            carried_baseline_data_uri=carried_data_uri(service, steps, spec, version),
        ),
        labels=labels,
        checks=checks,
        batch=read_batch(options, spec) if any(each.needs_labels for each in expected) else None,
        baseline=baseline_version(service, version, spec, compared) if compared and version else None,
        features=read_features(options),
        collected=collected or None,
        failed=first_failure(steps),
    )


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


def first_failure(steps: dict[str, Any]) -> str | None:
    """Return which step of the execution broke, and why; None where none did."""
    for name, step in steps.items():
        if step["StepStatus"] in ("Failed", "Stopped"):
            return f"{name} is {step['StepStatus']}: {step.get('FailureReason', 'no reason')}"[:500]
    return None


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
    for name in ("--model-package-arn", "--baseline-model-package-arn"):
        parser.add_argument(name, default="")
    return parser.parse_args(arguments)


def decide(options: argparse.Namespace, service: Any = None) -> str:
    """Write the verdict, and return its summary; without *service* AWS is asked."""
    from sagemaker_monitor.analysis.decision import spec as specification
    from sagemaker_monitor.analysis.decision.conclude import conclude
    from sagemaker_monitor.analysis.documents.verdict import to_json

    spec = specification.from_json(read_json(options.spec))
    verdict = conclude(spec, gather(options, service or Service.connect(), spec))
    text = json.dumps(to_json(verdict), indent=2, allow_nan=False)
    write_whole(options.output / "verdict.json", text + "\n")
    return verdict.summary


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
