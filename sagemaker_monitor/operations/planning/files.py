"""The files that deployed definitions name, read from S3, and whether they are what their address says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.aws.storage import head, read
from sagemaker_monitor.operations.planning.anatomy import ASSET_URI

LARGEST = 32 << 20
"""Bytes of a file that is read; ours are some 100 kB."""
READERS = 8


@dataclass(frozen=True)
class File:
    """A file in S3: what it says, or why that cannot be told."""

    content: bytes | None
    problem: str = ""

    def is_altered(self, uri: str) -> bool:
        """Whether it is not what its address says."""
        match = ASSET_URI.fullmatch(uri)
        return (
            match is not None
            and self.content is not None
            and hashlib.sha256(self.content).hexdigest() != match[2]
        )


def read_files(aws: Aws, uris: Iterable[str]) -> Mapping[str, File]:
    """Return each file by its URI, several being read at once. Raises AwsError when S3 does not answer."""
    wanted = sorted(set(uris))
    with ThreadPoolExecutor(max_workers=READERS) as pool:
        return dict(zip(wanted, pool.map(lambda uri: _read(aws, uri), wanted), strict=True))


def _read(aws: Aws, uri: str) -> File:
    try:
        stored = head(aws, uri)
        if stored is None:
            return File(None, "is gone from S3")
        if stored.size > LARGEST:
            return File(None, f"has {stored.size} bytes, more than is read")
        return File(read(aws, uri))
    except NotFoundError:
        return File(None, "is gone from S3")
    except AccessDeniedError:
        return File(None, "may not be read")
    except AwsError as error:
        # Only a definition of another making names a bucket that does not exist.
        if error.code == "NoSuchBucket":
            return File(None, "is in a bucket that does not exist")
        raise
