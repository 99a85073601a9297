"""`aws`, as pages of the documentation type it: one call of a service, or `s3 cp`, by boto3."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import jmespath
from botocore import xform_name
from botocore.exceptions import ClientError

FAILED = 254


def copy(source: str, target: str) -> None:
    """Copy one file from S3 or to it; `-` is standard output."""
    there = urlsplit(source if source.startswith("s3://") else target)
    s3, place = boto3.client("s3"), {"Bucket": there.netloc, "Key": there.path.lstrip("/")}
    if source.startswith("s3://"):
        content = s3.get_object(**place)["Body"].read()
        Path("/dev/stdout" if target == "-" else target).write_bytes(content)
    else:
        s3.put_object(**place, Body=Path(source).read_bytes())


def call(service: str, operation: str, options: dict[str, str]) -> None:
    """Call the operation and print its answer, or what the query finds in it."""
    query, output = options.pop("query", None), options.pop("output", "json")
    client = boto3.client(service)  # type: ignore[call-overload]
    method = operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
    names = {xform_name(member, "-"): member for member in shape.members}
    answer = getattr(client, method)(**{names[option]: value for option, value in options.items()})
    answer.pop("ResponseMetadata")
    found: Any = jmespath.search(query, answer) if query else answer
    if output == "text":
        print("\n".join(map(str, found)) if isinstance(found, list) else found)
    elif found:
        print(json.dumps(found, indent=4, default=str))


def main(arguments: list[str]) -> int:
    """Do what was typed; a refusal is told as awscli tells it."""
    service, operation, *rest = arguments
    try:
        if (service, operation) == ("s3", "cp"):
            copy(*(word for word in rest if not word.startswith("--")))
        else:
            keys = [word.removeprefix("--") for word in rest[::2]]
            call(service, operation, dict(zip(keys, rest[1::2], strict=True)))
    except ClientError as error:
        print(f"\n{error}", file=sys.stderr)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
