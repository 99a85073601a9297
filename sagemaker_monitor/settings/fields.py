"""Which kinds of value stand in conf/, and how each is described to the person who mistyped one."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

NAME = r"^[A-Za-z0-9](-?[A-Za-z0-9])*$"
ACCOUNT = r"^\d{12}$"
REGION = r"^[a-z]{2}(-[a-z]+)+-\d$"
ROLE_ARN = r"^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9+=,.@_/-]+$"
EXTERNAL_ID = r"^[A-Za-z0-9_+=,.@:/-]+$"
BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
PREFIX = r"^[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*$"
KMS_KEY = (
    r"^(alias/[A-Za-z0-9/_-]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}"
    r"|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(key|alias)/[A-Za-z0-9/_-]+)$"
)
TOPIC_ARN = r"^arn:aws[a-z-]*:sns:[a-z]{2}(-[a-z]+)+-\d:\d{12}:[A-Za-z0-9_-]{1,256}$"
QUEUE_ARN = r"^arn:aws[a-z-]*:sqs:[a-z]{2}(-[a-z]+)+-\d:\d{12}:[A-Za-z0-9_-]{1,80}$"
SUBNET = r"^subnet-[0-9a-z]+$"
SECURITY_GROUP = r"^sg-[0-9a-z]+$"
SCHEDULE_GROUP = r"^([0-9a-zA-Z_.-]|\{environment\})+$"
INSTANCE_TYPE = r"^ml\.[a-z0-9-]+\.[a-z0-9-]+$"
ENDPOINT_URL = r"^http://127\.0\.0\.1:\d{1,5}$"
IMAGE = (
    r"^[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*"
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})$"
)
CONTAINER_VERSION = r"^(\d+|\d+\.\d+(\.\d+)?-\d+(-py\d+)?)$"
SCRIPT = r"^[A-Za-z0-9_]+\.py$"
MODEL_DATA = r"^.+\.tar\.gz$"
DIGEST = r"^[0-9a-f]{12}$"
SAGEMAKER_NAME = r"^[A-Za-z0-9](-*[A-Za-z0-9])*$"
MATCH = r"^[^/]+/[^/]+(/.+)?$"
MONITOR_NAME = r"^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
IMAGE_OR_KEY = rf"{IMAGE[:-1]}$|^[A-Za-z0-9_][A-Za-z0-9_.-]*$"

SHAPES = {
    NAME: "letters and digits, with single hyphens between them",
    ACCOUNT: "12 digits in quotes",
    REGION: "a region such as eu-west-1",
    ROLE_ARN: "a role such as arn:aws:iam::444455556666:role/monitor-execution",
    EXTERNAL_ID: "letters, digits and +=,.@:/-_",
    BUCKET: "a bucket's name without s3://: 3 to 63 of a-z, 0-9, dot and hyphen",
    PREFIX: "path parts joined by '/', without a leading or trailing one",
    KMS_KEY: "a key's id, ARN, or alias/<name>",
    TOPIC_ARN: "a standard topic such as arn:aws:sns:eu-west-1:444455556666:model-risk",
    QUEUE_ARN: "a standard queue such as arn:aws:sqs:eu-west-1:444455556666:undelivered",
    SUBNET: "a subnet's id such as subnet-0123456789abcdef0",
    SECURITY_GROUP: "a security group's id such as sg-0123456789abcdef0",
    SCHEDULE_GROUP: "letters, digits, hyphens, dots and underscores; '{environment}' stands for its name",
    INSTANCE_TYPE: "an instance type such as ml.m5.large",
    ENDPOINT_URL: "the emulator's address such as http://127.0.0.1:4780",
    CONTAINER_VERSION: "a version of AWS's container such as 1.7-1",
    IMAGE: "a repository of the account's registry with a tag or a digest, such as sagemaker-monitor:1.0",
    SCRIPT: "a Python file of the archive's folder code/, such as inference.py",
    MODEL_DATA: "a path that ends with .tar.gz",
    DIGEST: "twelve hexadecimal digits",
    SAGEMAKER_NAME: "letters and digits, with hyphens between them",
    MATCH: "bias/<metric>/<facet>, model_quality/<metric> or bias/*, with * as a wildcard",
    MONITOR_NAME: "words of a-z and 0-9 with single underscores between them, each beginning with a letter",
    VARIABLE: "an environment variable's name: letters, digits and underscores",
    IMAGE_OR_KEY: "a key of the environment's images, or a repository with a tag or a digest",
}
"""What each pattern of the schema asks for, in words."""

_URI_CHARACTERS = re.compile(r"[A-Za-z0-9!_.*'()=+@,/-]+")


class Section(BaseModel):
    """Base of every section: immutable, and strict about its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), populate_by_name=True)


def _column(name: str) -> str:
    if not name.isprintable() or name != name.strip():
        raise ValueError("a column's name has no control characters, and no space at either end")
    return name


def _iso_8601(value: object) -> object:
    # pydantic would also read bare numbers (as seconds) and clock times: two ways to be misunderstood.
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not re.fullmatch(
        r"P(?=.)(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?", value
    ):
        raise ValueError("must be a duration in ISO 8601, such as PT30M, PT1H or P7D")
    return value


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than nothing, such as PT1H")
    return value


def _runtime(value: timedelta) -> timedelta:
    if value > timedelta(days=9):
        raise ValueError("must be at most P9D, the longest that SageMaker lets a processing job run")
    return value


def event_age(value: timedelta) -> timedelta:
    """Return *value* where EventBridge Scheduler keeps an event so long. Raises ValueError."""
    if not timedelta(minutes=1) <= value <= timedelta(days=1):
        raise ValueError("must be PT1M to P1D, as long as EventBridge Scheduler keeps an event")
    return value


def _offset(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not value.strip("-"):
        raise ValueError("must be an offset in ISO 8601, such as -PT1H, -P1D or PT0H")
    try:
        _iso_8601(value.removeprefix("-"))
    except ValueError as error:
        raise ValueError("must be an offset in ISO 8601, such as -PT1H, -P1D or PT0H") from error
    return value


def _hours_back(value: timedelta) -> timedelta:
    if value > timedelta(0):
        raise ValueError("must not be later than the scheduled time: write a minus before it, such as -PT1H")
    if value % timedelta(hours=1):
        raise ValueError("must be whole hours: captures are kept by the hour, such as -PT1H")
    return value


def _expression(text: str) -> str:
    # botocore brings it along; most configurations have no expression.
    import jmespath

    try:
        jmespath.compile(text)
    except (jmespath.exceptions.JMESPathError, ValueError) as error:
        reason = str(error).split("\n", 1)[0]
        raise ValueError(
            f"is no JMESPath expression: {reason}; one is such as instances[*].features"
        ) from error
    return text


def relative_uri(uri: str) -> str:
    """Return *uri* where it is relative and one that S3 resolves. Raises ValueError."""
    if "://" in uri or uri.startswith("arn:"):
        raise ValueError(
            "must be relative: a model file names no bucket or account, because it is the same in every"
            " environment; write the path below the environment's storage.bucket and storage.prefix"
        )
    if uri.startswith("/"):
        raise ValueError(
            "must be relative: remove the leading '/'; it is taken below the environment's storage"
        )
    if not _URI_CHARACTERS.fullmatch(uri):
        raise ValueError("may hold letters, digits and !_.*'()=+@,/- only")
    if {"", ".", ".."} & set(uri.removesuffix("/").split("/")):
        raise ValueError("must not hold '.', '..' or empty path parts: S3 does not resolve them")
    return uri


def _repository(image: str) -> str:
    if ".dkr." in image:
        raise ValueError(
            "must be the repository and its tag alone: the registry is that of the environment's account and"
            " region; remove everything before the repository"
        )
    return image


def _day(value: object) -> object:
    # pydantic would also read a moment of midnight, and numbers as seconds since 1970.
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError("must be a day such as 2027-03-31")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"is no day of the calendar: {error}") from error


def _statement(text: str) -> str:
    if not text.strip():
        raise ValueError("must say something")
    return text.strip()


Integer = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Text = Annotated[str, Field(strict=True)]
Name = Annotated[str, Field(pattern=NAME, max_length=63)]
Statement = Annotated[Text, AfterValidator(_statement)]
Day = Annotated[date, BeforeValidator(_day)]
Column = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_column)]
Duration = Annotated[timedelta, BeforeValidator(_iso_8601), AfterValidator(_positive)]
Runtime = Annotated[Duration, AfterValidator(_runtime)]
Offset = Annotated[timedelta, BeforeValidator(_offset), AfterValidator(_hours_back)]
Expression = Annotated[str, Field(strict=True, min_length=1, max_length=256), AfterValidator(_expression)]
ImageOrKey = Annotated[str, Field(pattern=IMAGE_OR_KEY, max_length=255), AfterValidator(_repository)]
Image = Annotated[str, Field(pattern=IMAGE, max_length=255), AfterValidator(_repository)]
InstanceType = Annotated[str, Field(pattern=INSTANCE_TYPE)]
RelativeUri = Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(relative_uri)]
ArchiveUri = Annotated[
    str, Field(min_length=1, max_length=1024, pattern=MODEL_DATA), AfterValidator(relative_uri)
]
