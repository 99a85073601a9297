"""What an execution was decided by, gathered again from where it lies in S3 by the code that decided."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sagemaker_monitor.analysis.decision import spec as specification
from sagemaker_monitor.analysis.decision.conclude import conclude
from sagemaker_monitor.analysis.decision.evidence import Evidence
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.storage import head, list_objects, read, split_uri
from sagemaker_monitor.operations.follow import list_steps
from steps.scripts import decide as script

CONTAINER = "/opt/ml/processing/"
MODULES = "--modules"
BASELINE = "baseline_model_package_arn"


class GoneError(Exception):
    """Evidence that an execution was decided by, and that is no longer where it was; says what."""


@dataclass(frozen=True)
class Recorded:
    """One execution's evidence, and the document of what its decision was told: spec.json as it was then."""

    specification: Mapping[str, Any]
    evidence: Evidence

    def under(self, gate: Mapping[str, Any] | None = None) -> Verdict:
        """Return the verdict under another *gate*, a section of spec.json; by default under its own.

        Raises DocumentError for a specification that this version does not read.
        """
        document = {**self.specification, "gate": gate} if gate is not None else self.specification
        return conclude(specification.from_json(document), self.evidence)


def gather(aws: Aws, execution_arn: str, recorded: Verdict) -> Recorded:
    """Return what the decision of an execution rested on.

    The verdict that is *recorded* says which version it was compared with, where the job was told none, and
    when it was decided: waivers hold until a day. Raises GoneError for evidence that was deleted, AwsError.
    """
    job = _job(aws, execution_arn)
    with tempfile.TemporaryDirectory() as folder:
        for each in job.get("ProcessingInputs", ()):
            source = each.get("S3Input", {})
            if each["InputName"] not in ("code", "decision"):
                fetch(aws, source["S3Uri"], _here(Path(folder), source["LocalPath"]))
        options = _options(job, Path(folder))
        if not getattr(options, BASELINE) and recorded.baseline:
            setattr(options, BASELINE, recorded.baseline.model_package_arn)
        document = script.read_json(options.spec)
        try:
            spec = specification.from_json(document)
            found = script.gather(options, Stored(aws), spec)
            return Recorded(document, replace(found, run=replace(found.run, created=recorded.created)))
        except (script.DecideError, DocumentError) as error:
            raise GoneError(f"it cannot be decided again: {error}") from error
        except NotFoundError as error:
            raise GoneError(f"evidence was deleted: {error}") from error


def _job(aws: Aws, execution_arn: str) -> dict[str, Any]:
    """Return the processing job that decided."""
    for step in list_steps(aws, execution_arn):
        arn = step.get("Metadata", {}).get("ProcessingJob", {}).get("Arn", "")
        if arn and step["StepName"].startswith("Decide") and step["StepStatus"] == "Succeeded":
            return aws.call("sagemaker", "describe_processing_job", ProcessingJobName=arn.rsplit("/", 1)[-1])
    raise GoneError("no step of it decided")


def _here(root: Path, path: str) -> Path:
    """Return where below *root* a folder of the container is."""
    if not path.startswith(CONTAINER) or ".." in path.split("/"):
        raise GoneError(f"its job read {path[:200]!r}, which is no folder of a processing job")
    return root / path.removeprefix(CONTAINER)


def fetch(aws: Aws, uri: str, folder: Path) -> None:
    """Copy the objects below *uri*, or the one that it is, into *folder* under their names."""
    root = uri.rstrip("/")
    found = 0
    for stored in list_objects(aws, root):
        name = root.rpartition("/")[2] if stored.uri == root else stored.uri.removeprefix(f"{root}/")
        # An S3 prefix also begins the names of neighbours, and a key must not lead out of the folder.
        if not name or name == stored.uri or ".." in name.split("/"):
            continue
        _copy(aws, stored.uri, folder / name)
        found += 1
    if not found:
        raise GoneError(f"evidence was deleted: there is nothing at {uri}")


def _copy(aws: Aws, uri: str, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    bucket, key = split_uri(uri)
    aws.call("s3", "download_file", Bucket=bucket, Key=key, Filename=str(file))


def _options(job: Mapping[str, Any], root: Path) -> argparse.Namespace:
    """Return the command line of the job, its folders being those below *root*; its modules are ours."""
    given = iter(map(str, job["AppSpecification"].get("ContainerArguments", ())))
    words = []
    for word in given:
        if word == MODULES:
            next(given, None)
            continue
        words.append(str(_here(root, word)) if word.startswith(CONTAINER) else word)
    try:
        return script.parse(words)
    except SystemExit as error:
        raise GoneError("its job was started by another version, with arguments that are unknown") from error


class _Asked:
    """A client of one service whose calls go through an environment's AWS."""

    def __init__(self, aws: Aws, service: str) -> None:
        self.aws, self.service = aws, service

    def __getattr__(self, operation: str) -> Any:
        return lambda **request: self.aws.call(self.service, operation, **request)


class Stored(script.Service):
    """What decide asks of SageMaker and S3, asked of one environment's AWS."""

    def __init__(self, aws: Aws) -> None:
        """Remember whom to ask."""
        super().__init__(_Asked(aws, "sagemaker"), _Asked(aws, "s3"))
        self.aws = aws

    def steps(self, execution_arn: str) -> dict[str, dict[str, Any]]:
        """Return the execution's steps by name."""
        return {step["StepName"]: step for step in list_steps(self.aws, execution_arn)}

    def version(self, arn: str, group: str) -> dict[str, Any] | None:
        """Return the version *arn*; which one was the latest approved, nobody knows any more."""
        del group
        return super().version(arn, "") if arn else None

    def text(self, uri: str) -> str | None:
        """Return the object at *uri* as text; None where there is none."""
        try:
            return read(self.aws, uri).decode()
        except NotFoundError:
            return None

    def size(self, uri: str) -> int | None:
        """Return how many bytes the object at *uri* has; None where there is none."""
        found = head(self.aws, uri)
        return None if found is None else found.size

    def download(self, uri: str, folder: Path) -> int:
        """Copy the objects below *uri* into *folder*, in the order of their keys; return how many."""
        folder.mkdir(parents=True, exist_ok=True)
        found = [each for each in list_objects(self.aws, uri.rstrip("/") + "/") if each.size]
        for number, each in enumerate(sorted(found, key=lambda stored: stored.uri)):
            _copy(self.aws, each.uri, folder / f"{number:06d}.csv")
        return len(found)
