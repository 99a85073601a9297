"""Which query parameters and x-amz-… headers are heeded; a request with another one is refused.

To ignore one would be a success that is none: a PUT with a tag that is not kept, a GET of one version that
gives another.
"""

from __future__ import annotations

from collections.abc import Mapping

from sagemaker_monitor.emulator.s3.conditions import SOURCE
from sagemaker_monitor.emulator.s3.digests import ALGORITHMS
from sagemaker_monitor.emulator.s3.keys import S3Error
from sagemaker_monitor.emulator.s3.request import S3Request

_SIGNED_URL = frozenset({"x-id", "awsaccesskeyid", "signature", "expires"})
LISTING = frozenset({"prefix", "delimiter", "max-keys", "encoding-type"})
OVERRIDES: Mapping[str, str] = {
    f"response-{name}": name.title()
    for name in (
        *("cache-control", "content-disposition", "content-encoding", "content-language", "content-type"),
        "expires",
    )
}
"""Parameters of GetObject that replace a header of the answer."""
HEEDED = frozenset(
    {
        # who signed what, and how the body comes
        *(
            "x-amz-date",
            "x-amz-content-sha256",
            "x-amz-security-token",
            "x-amz-user-agent",
            "x-amz-api-version",
        ),
        *(
            "x-amz-trailer",
            "x-amz-decoded-content-length",
            "x-amz-sdk-checksum-algorithm",
            "x-amz-checksum-mode",
        ),
        *("x-amz-checksum-algorithm", "x-amz-checksum-type", "x-amz-mp-object-size"),
        # checked, copied, kept
        *("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner", "x-amz-copy-source"),
        *(f"{SOURCE}if-{name}" for name in ("match", "none-match", "modified-since", "unmodified-since")),
        *("x-amz-copy-source-range", "x-amz-metadata-directive", "x-amz-server-side-encryption"),
        *("x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-bucket-key-enabled"),
        # without a meaning where there is one account, no version and no archive
        *(
            "x-amz-server-side-encryption-context",
            "x-amz-request-payer",
            "x-amz-mfa",
            "x-amz-object-ownership",
        ),
        *("x-amz-bypass-governance-retention", "x-amz-optional-object-attributes"),
    }
)
VALUES = {
    "x-amz-acl": ("private", "bucket-owner-full-control", "bucket-owner-read"),
    "x-amz-storage-class": ("STANDARD",),
    "x-amz-tagging": ("",),
    "x-amz-tagging-directive": ("COPY",),
    "x-amz-object-lock-legal-hold": ("OFF",),
    "x-amz-bucket-object-lock-enabled": ("false",),
}
"""Headers of which only values are heeded that say what is so anyway."""
_CHECKSUMS = frozenset(f"x-amz-checksum-{algorithm}" for algorithm in ALGORITHMS)


def check(request: S3Request, parameters: frozenset[str], account: str) -> None:
    """Raise S3Error for what is not heeded, and for a bucket that is expected to be somebody else's."""
    unknown = [name for name in request.query if not _is_known(name, parameters)]
    if unknown:
        raise not_implemented(request, "&".join(sorted(unknown)))
    for name, value in request.headers.items():
        if name.startswith("x-amz-") and not _is_heeded(name, value):
            if value not in VALUES.get(name, ()):
                raise not_implemented(request, f"{name}: {value[:100]}")
        elif name.endswith("expected-bucket-owner") and value != account:
            raise S3Error("AccessDenied", f"Access Denied: every bucket here is account {account}'s", 403)


def not_implemented(request: S3Request, what: str) -> S3Error:
    """Return the error for what S3 does and the emulator does not."""
    text = "A header or query you provided implies functionality that is not implemented"
    return S3Error("NotImplemented", f"{text}: {request.method} {what[:300]}".rstrip(), 501)


def _is_heeded(name: str, value: str) -> bool:
    if name == "x-amz-trailer":
        return value.strip().lower() in _CHECKSUMS
    return name in HEEDED or name in _CHECKSUMS or name.startswith("x-amz-meta-")


def _is_known(name: str, parameters: frozenset[str]) -> bool:
    lower = name.lower()
    return name in parameters or lower in _SIGNED_URL or lower.startswith("x-amz-")
