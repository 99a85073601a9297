"""What the reference says of S3: its operations in AWS's names, asked of the table that answers requests."""

from __future__ import annotations

import io
from typing import Any, cast
from urllib.parse import parse_qsl

from botocore.model import OperationModel

from sagemaker_monitor.emulator import wire
from sagemaker_monitor.emulator.s3 import understood
from sagemaker_monitor.emulator.s3.digests import ALGORITHMS
from sagemaker_monitor.emulator.s3.keys import S3Error
from sagemaker_monitor.emulator.s3.request import S3Request
from sagemaker_monitor.emulator.s3.rest import Answered, S3Api

_NOTES = {
    "CreateBucket": "in the region that it names; repeated, it is an error except in us-east-1",
    "CopyObject": "also onto itself with new metadata; conditions on the source",
    "DeleteObject": "also on the condition of an ETag",
    "DeleteObjects": "each key has an outcome of its own",
    "GetBucketVersioning": "never enabled",
    "GetObject": "whole or a range; conditions on ETag and time; headers that a presigned URL overrides",
    "GetObjectTagging": "objects have no tags",
    "PutObject": "whole or not at all; MD5, CRC32, SHA-1 and SHA-256 verified, CRC32C and CRC64NVME kept as "
    "told; conditional writes; user metadata",
    "CompleteMultipartUpload": "the parts' ETags; a checksum of the whole is not verified; conditional",
    "UploadPartCopy": "of a whole object or a range",
}
_ABOUT = """# S3

Buckets are directories below the state directory's `s3`, objects are files that may be opened, and put there
by hand. {answered} of S3's {every} operations are answered; the others with `NotImplemented` and status 501,
which clients do not send again. So is a query parameter or an `x-amz-…` header that is not heeded, such as a
tag, a lock, a version, a customer's key: leaving it out would be a success that is none.

Addresses are path-style, or `bucket.localhost`; URLs may be presigned (no signature is checked, nor when one
expires); uploads may be chunked (`aws-chunked`), with checksums in trailers.

| operation | | parameters of the query |
|---|---|---|
"""
_HEADERS = """
Headers that are heeded: {heeded}; `x-amz-meta-…`; `x-amz-checksum-…` of {checksums}. Encryption at
rest is kept and told again, and nothing is encrypted. Of these only what is so anyway: {values}.

Refused: {refused}.
"""


def lines() -> list[str]:
    """Return the section."""
    model = wire.service_model("s3")
    answered: dict[str, Answered] = {}
    for name in model.operation_names:
        found = route(model.operation_model(name))
        if found is not None and found.name == name:
            answered[name] = found
    refused = [name for name in model.operation_names if name not in answered]
    rows = [
        f"| `{name}` | {_NOTES.get(name, '')} | {_named(sorted(found.parameters))} |"
        for name, found in sorted(answered.items())
    ]
    values = "; ".join(
        f"`{name}: {'`, `'.join(each)}`" if any(each) else f"an empty `{name}`"
        for name, each in understood.VALUES.items()
    )
    headers = _HEADERS.format(
        checksums=_named(sorted(ALGORITHMS)),
        heeded=_named(sorted(understood.HEEDED)),
        values=values,
        refused=_named(sorted(refused)),
    )
    about = _ABOUT.format(answered=len(answered), every=len(model.operation_names))
    return [*about.rstrip("\n").split("\n"), *rows, *headers.rstrip("\n").split("\n"), ""]


def route(operation: OperationModel) -> Answered | None:
    """Return what answers the request of an operation with what it needs; None where it is refused."""
    api = S3Api(cast(Any, None), cast(Any, None), "0" * 12)
    uri = str(operation.http["requestUri"])
    path, _, query = uri.partition("?")
    wanted = dict(parse_qsl(query, keep_blank_values=True))
    headers: dict[str, str] = {}
    shape: Any = operation.input_shape
    for name in shape.required_members if shape is not None else ():
        place = shape.members[name].serialization
        where = place.get("name", name)
        if place.get("location") == "querystring":
            wanted[where] = "1"
        elif place.get("location") == "header":
            headers[where.lower()] = "b/k"
    request = S3Request(
        str(operation.http["method"]),
        "b" if "{Bucket}" in path else "",
        "k" if "{Key" in path else "",
        wanted,
        headers,
        io.BytesIO(),
        "us-east-1",
    )
    try:
        return api.route(request)
    except S3Error:
        return None


def _named(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
