"""Where a promoted version comes from: what its metadata say, and the record that binds what came with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sagemaker_monitor.aws.moments import stamp
from sagemaker_monitor.registry.versions import Version

SHA256 = "PromotionSha256"
_ENVIRONMENT, _ARN = "PromotedFromEnvironment", "PromotedFromVersionArn"
_BY, _AT = "PromotedBy", "PromotedAt"
_REGISTERED_IN, _REGISTERED_AT = "RegisteredInEnvironment", "RegisteredAt"
KEYS = (SHA256, _ENVIRONMENT, _ARN, _BY, _AT, _REGISTERED_IN, _REGISTERED_AT)
"""What a promoted version's CustomerMetadataProperties have beside those of the registered one."""
RECORD = "promotion.json"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Lineage:
    """Where a version was promoted from, and where its evidence was made."""

    sha256: str
    """Of the promotion's record, whose address it is."""
    environment: str
    """The environment that it was promoted from."""
    version_arn: str
    """The version there: account, region, group and number."""
    registered_in: str
    """The environment whose pipeline registered it first; another one after two promotions."""
    registered_at: datetime
    """When that was, by AWS's clock there."""
    promoted_by: str
    promoted_at: str

    def metadata(self) -> dict[str, str]:
        """Return the metadata that say it."""
        values = (
            self.sha256,
            self.environment,
            self.version_arn,
            self.promoted_by,
            self.promoted_at,
            self.registered_in,
            stamp(self.registered_at),
        )
        return dict(zip(KEYS, values, strict=True))

    @property
    def account(self) -> str:
        """The account of the version that was promoted."""
        return self.version_arn.split(":")[4]


def lineage_of(version: Version) -> Lineage | None:
    """Return where *version* was promoted from; None where it does not say so, or not all of it."""
    said = version.metadata
    if any(not said.get(key) for key in KEYS) or said[_ARN].count(":") < 5:
        return None
    try:
        registered = datetime.fromisoformat(said[_REGISTERED_AT])
    except ValueError:
        return None
    return Lineage(
        sha256=said[SHA256],
        environment=said[_ENVIRONMENT],
        version_arn=said[_ARN],
        registered_in=said[_REGISTERED_IN],
        registered_at=registered if registered.tzinfo else registered.replace(tzinfo=UTC),
        promoted_by=said[_BY],
        promoted_at=said[_AT],
    )


@dataclass(frozen=True)
class CopiedFile:
    """One object that came along: its path below the promotion's folder, where it was, and what it says."""

    path: str
    source: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Record:
    """What was promoted: the version as it was where it came from, and every file that came with it.

    It names nothing of where it went to, and no moment and no person: the same version gives the same
    record, whose SHA-256 is its address.
    """

    model: str
    environment: str
    version_arn: str
    registered_in: str
    registered_at: str
    execution_arn: str
    bundle_sha256: str
    verdict: str
    """The path of the verdict."""
    execution: str
    """The path of what SageMaker said of the execution that registered the version."""
    model_data: str
    """The path of the artifact."""
    files: tuple[CopiedFile, ...]

    def content(self) -> bytes:
        """Return the record as it is stored: the same bytes for the same record."""
        document = {
            "schema_version": SCHEMA_VERSION,
            **{name: getattr(self, name) for name in _TEXTS},
            "files": [vars(each) for each in self.files],
        }
        return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()

    @property
    def sha256(self) -> str:
        """The SHA-256 of its content."""
        return hashlib.sha256(self.content()).hexdigest()

    @property
    def size(self) -> int:
        """How many bytes came along."""
        return sum(each.size for each in self.files)


_TEXTS = (
    "model",
    "environment",
    "version_arn",
    "registered_in",
    "registered_at",
    "execution_arn",
    "bundle_sha256",
    "verdict",
    "execution",
    "model_data",
)


def read_record(content: bytes) -> Record:
    """Return the record that *content* is; ValueError when it is none."""
    try:
        document = json.loads(content)
        if not isinstance(document, dict) or document.get("schema_version") != SCHEMA_VERSION:
            raise ValueError(f"no record of schema_version {SCHEMA_VERSION}")
        texts = {name: _text(document, name) for name in _TEXTS}
        files = tuple(
            CopiedFile(_text(each, "path"), _text(each, "source"), _text(each, "sha256"), int(each["size"]))
            for each in document["files"]
        )
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"it lacks what a record has: {error}") from error
    return Record(**texts, files=files)


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document[name]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is no text")
    return value
