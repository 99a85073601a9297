"""Which files a version needs where it is promoted to, and what each of them says."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.analysis.decision.baselines import DATA_URIS, NONE_ASKED
from sagemaker_monitor.analysis.documents import custom
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.copying import digest_of
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.aws.moments import stamp
from sagemaker_monitor.aws.storage import list_objects, read, split_uri
from sagemaker_monitor.operations.errors import OperationError
from sagemaker_monitor.operations.promotion.execution import execution_document
from sagemaker_monitor.registry.chain import Evidence, Origin
from sagemaker_monitor.registry.lineage import RECORD, CopiedFile, Record, lineage_of, read_record
from sagemaker_monitor.registry.versions import Version

EXECUTION, ELSEWHERE, BEFORE = "_execution.json", "_elsewhere", "_promotions"
"""What no model's folder is called."""
_ROWS = ("BaselineDataUri", *DATA_URIS.values())
_DOCUMENT = re.compile(r"s3://[^\s\"]+\.json")


@dataclass(frozen=True)
class Carried:
    """One file that comes along: what it is, and where it is now, or its content if it is made here."""

    file: CopiedFile
    uri: str
    content: bytes | None = None


@dataclass(frozen=True)
class Luggage:
    """Everything that a version needs elsewhere: its record, its files, and which path each URI becomes."""

    record: Record
    carried: tuple[Carried, ...]
    folder: str
    """Where the version's files are if it was promoted itself; else empty."""
    root: str
    """The storage of the environment that it comes from."""

    def path(self, uri: str) -> str:
        """Return the path below the promotion's folder that *uri* becomes."""
        return path_of(uri, self.folder, self.root)


def path_of(uri: str, folder: str, root: str) -> str:
    """Return *uri* relative to a promotion's *folder*, to the storage's *root*, or else with its bucket."""
    for above in filter(None, (folder, root)):
        if uri.startswith(f"{above}/"):
            return uri[len(above) + 1 :]
    bucket, key = split_uri(uri)
    return f"{ELSEWHERE}/{bucket}/{key}"


def is_place(key: str) -> bool:
    """Whether a metadata property says where something lies that comes along."""
    return key == "VerdictUri" or key in _ROWS or key.startswith(custom.property_of(""))


def pack(aws: Aws, evidence: Evidence, origin: Origin, described: Mapping[str, Any]) -> Luggage:
    """Return what comes along with a version whose *evidence* holds, as SageMaker has it *described*.

    Every file is read once, for its SHA-256. Raises OperationError where one is gone or altered, AwsError.
    """
    version = evidence.version
    lineage = lineage_of(version)
    if lineage is None:
        return _first(aws, evidence, origin, described)
    # It was promoted itself: what came then goes on, under the paths that it has, with the record of it.
    folder = origin.promotion_folder(lineage.sha256)
    uri = f"{folder}/{RECORD}"
    content = read(aws, uri)
    known = read_record(content)
    before = CopiedFile(f"{BEFORE}/{lineage.sha256}.json", uri, lineage.sha256, len(content))
    carried = [Carried(each, f"{folder}/{each.path}") for each in known.files]
    record = Record(
        model=origin.model,
        environment=origin.environment,
        version_arn=version.arn,
        registered_in=known.registered_in,
        registered_at=known.registered_at,
        execution_arn=known.execution_arn,
        bundle_sha256=known.bundle_sha256,
        verdict=known.verdict,
        execution=known.execution,
        model_data=known.model_data,
        files=(*known.files, before),
    )
    return Luggage(record, (*carried, Carried(before, uri, content)), folder, aws.environment.storage.root)


def _first(aws: Aws, evidence: Evidence, origin: Origin, described: Mapping[str, Any]) -> Luggage:
    version, root = evidence.version, aws.environment.storage.root
    metadata = version.metadata
    execution = execution_document(aws, evidence)
    bound = {
        **version.digests,
        metadata["VerdictUri"]: metadata["VerdictSha256"],
        version.model_data_url: "",
    }
    documents = dict.fromkeys([*bound, *_metrics(described)])
    needed = dict.fromkeys([*documents, *_rows(aws, metadata)])
    told = execution.decode() + read(aws, metadata["VerdictUri"]).decode()
    beside = dict.fromkeys([*_beside(aws, documents, f"{root}/{origin.model}/"), *_DOCUMENT.findall(told)])
    carried = [
        Carried(_looked_at(aws, version, uri, path_of(uri, "", root), bound.get(uri, "")), uri)
        for uri in needed
    ]
    for uri in beside:
        if uri not in needed:
            carried += _where_it_is(aws, uri, path_of(uri, "", root))
    digest = hashlib.sha256(execution).hexdigest()
    about = CopiedFile(EXECUTION, metadata["PipelineExecutionArn"], digest, len(execution))
    carried.append(Carried(about, "", execution))
    paths = Counter(each.file.path for each in carried)
    if paths.most_common(1)[0][1] > 1:
        raise OperationError(
            f"two files of version {version.number} would lie at {paths.most_common(1)[0][0]}"
        )
    record = Record(
        model=origin.model,
        environment=origin.environment,
        version_arn=version.arn,
        registered_in=origin.environment,
        registered_at=stamp(version.created),
        execution_arn=metadata["PipelineExecutionArn"],
        bundle_sha256=metadata["BundleSha256"],
        verdict=path_of(metadata["VerdictUri"], "", root),
        execution=EXECUTION,
        model_data=path_of(version.model_data_url, "", root),
        files=tuple(each.file for each in carried),
    )
    return Luggage(record, tuple(carried), "", root)


def _metrics(described: Mapping[str, Any]) -> Iterator[str]:
    """Yield the documents that the version's metrics and baselines are."""
    for part in ("ModelMetrics", "DriftCheckBaselines"):
        for section in described.get(part, {}).values():
            for source in section.values():
                if isinstance(source, dict) and source.get("S3Uri"):
                    yield source["S3Uri"]


def _beside(aws: Aws, documents: Iterable[str], root: str) -> Iterator[str]:
    """Yield what the checks of executions left beside these documents: reports, attributions of records."""
    for folder in dict.fromkeys(uri.rpartition("/")[0] for uri in documents if uri.startswith(root)):
        yield from (each.uri for each in list_objects(aws, f"{folder}/") if each.size)


def _rows(aws: Aws, metadata: Mapping[str, str]) -> Iterator[str]:
    """Yield the objects with the rows behind the baselines: limits of chance are found from them."""
    for uri in dict.fromkeys(metadata.get(key, NONE_ASKED) for key in _ROWS):
        if uri != NONE_ASKED:
            yield from (each.uri for each in list_objects(aws, uri.rstrip("/") + "/") if each.size)


def _looked_at(aws: Aws, version: Version, uri: str, path: str, known: str) -> CopiedFile:
    etag = version.metadata["ModelDataETag"] if uri == version.model_data_url else ""
    try:
        sha256, size = digest_of(aws, uri, etag=etag)
    except NotFoundError as error:
        raise OperationError(f"{uri}, which version {version.number} needs, is gone: {error}") from error
    if known and sha256 != known.lower():
        raise OperationError(f"{uri} was altered while it was looked at: try again")
    return CopiedFile(path, uri, sha256, size)


def _where_it_is(aws: Aws, uri: str, path: str) -> list[Carried]:
    """Return a document that a report shows, if it still is where it was: nothing depends on it."""
    try:
        return [Carried(CopiedFile(path, uri, *digest_of(aws, uri)), uri)]
    except (AccessDeniedError, NotFoundError):
        return []
