"""What was done with each model, beside the assets, and who is at it now.

There is one object a model. It is replaced only on the condition that it is still the one that was
read, which S3 checks. So two upserts of a model cannot both begin, and what was read before beginning
is still true.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.aws.moments import stamp
from sagemaker_monitor.aws.storage import list_objects, put, split_uri
from sagemaker_monitor.operations.errors import BusyError
from sagemaker_monitor.operations.holder import is_gone, this_process

FOLDER = "deployments"
"""Below the storage's root."""
LEASE = 120.0
"""Seconds after which somebody who has not been heard of is taken to be gone."""
_REFUSED = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


@dataclass(frozen=True)
class Done:
    """What was done with a model: by whom, from what, and how each resource was left."""

    what: str
    """`upsert`, `rollback` or `destroy`."""
    by: str
    """The caller's ARN."""
    at: str
    """When it was finished, in UTC."""
    bundle: str
    revision: str
    """The commit of the configuration, `+changes` behind it where files differed; empty if unknown."""
    changes: tuple[Mapping[str, str], ...] = ()
    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Kind and name of each resource to the fingerprint of its fields."""
    versions: Mapping[str, int] = field(default_factory=dict)
    """Name of each pipeline to its version."""
    note: str = ""


@dataclass(frozen=True)
class Work:
    """Something that is being done, or was until it stopped."""

    what: str
    by: str
    since: str
    token: str
    holder: Mapping[str, Any]
    stopped: bool = False
    """Whether it ended by itself before it was finished."""
    renewed: int = 0
    """How often; each time makes another object, which nobody can take for the one before."""


@dataclass(frozen=True)
class Entry:
    """What the ledger says of a model; *etag* is empty where it says nothing yet."""

    model: str
    uri: str
    """Where it is kept."""
    done: Done | None = None
    work: Work | None = None
    etag: str = ""
    age: float = 0.0
    """Seconds since it was written, by S3's own clock."""

    @property
    def is_busy(self) -> bool:
        """Whether somebody is at work who may still be there."""
        work = self.work
        return work is not None and not work.stopped and self.age < LEASE and not is_gone(work.holder)

    def require_free(self) -> None:
        """Raise BusyError while somebody is at work."""
        if self.work is not None and self.is_busy:
            raise BusyError(
                f"{self.model}: {self.work.what} by {self.work.by} since {self.work.since} is at work; "
                f"if it was killed, its claim ends in {max(1, round(LEASE - self.age))} s: try again then"
            )


def entry_uri(aws: Aws, model: str) -> str:
    """Return where the ledger keeps a model's entry."""
    return f"{aws.environment.storage.root}/{FOLDER}/{aws.environment.name}/{model}.json"


def read_entry(aws: Aws, model: str) -> Entry:
    """Return what the ledger says of *model*. Raises AwsError."""
    return _read(aws, model, entry_uri(aws, model))


def read_prune_entry(aws: Aws) -> Entry:
    """Return what the ledger says of prune, which concerns every model below the storage's root."""
    return _read(aws, "prune", f"{aws.environment.storage.root}/{FOLDER}/prune.json")


def busy_entries(aws: Aws) -> Iterator[Entry]:
    """Yield the entries below the storage's root, of every environment, that somebody is at work on."""
    folder = f"{aws.environment.storage.root}/{FOLDER}/"
    for stored in list_objects(aws, folder):
        environment, _, name = stored.uri.removeprefix(folder).partition("/")
        if name.endswith(".json") and "/" not in name:
            entry = _read(aws, f"{environment} {name.removesuffix('.json')}", stored.uri)
            if entry.is_busy:
                yield entry


def _read(aws: Aws, model: str, uri: str) -> Entry:
    bucket, key = split_uri(uri)
    try:
        response, content = aws.answer_and_body("s3", "get_object", Bucket=bucket, Key=key)
    except NotFoundError:
        return Entry(model, uri)
    except AwsError as error:
        if error.code == "NoSuchBucket":
            return Entry(model, uri)  # the first write says so
        raise
    return _entry(Entry(model, uri), content, response)


def _entry(unread: Entry, content: bytes, response: Mapping[str, Any]) -> Entry:
    etag = str(response.get("ETag", "")).strip('"')
    try:
        document = json.loads(content)
        done, work = document["done"], document["work"]
        return replace(
            unread,
            done=None if done is None else Done(**_known(Done, {**done, "changes": tuple(done["changes"])})),
            work=None if work is None else Work(**_known(Work, work)),
            etag=etag,
            age=_age(response),
        )
    except (ValueError, KeyError, TypeError):
        # Somebody else's object, or another version's: as good as none, and replaced by the next one.
        return replace(unread, etag=etag)


def _known(kind: type, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what this version knows of *document*; a later one may have written more."""
    return {each.name: document[each.name] for each in fields(kind) if each.name in document}


def _age(response: Mapping[str, Any]) -> float:
    """Return seconds since the object was written; both times are S3's, so that clocks need not agree."""
    said = response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    now = parsedate_to_datetime(said) if said else datetime.now(UTC)
    age: float = (now - response["LastModified"]).total_seconds()
    return age


class Claim:
    """The right to change a model's resources, as long as it is held."""

    def __init__(self, aws: Aws, entry: Entry, work: Work) -> None:
        """Take it: raise BusyError when *entry* is no longer what the ledger says."""
        self._aws, self._work = aws, work
        self.finished = False
        self._entry = replace(entry, work=work)
        self._put(self._entry)

    def renew(self) -> None:
        """Say that the work goes on, if that was last said some time ago; BusyError when it was lost."""
        if time.monotonic() - self._written > LEASE / 4:
            self._work = replace(self._work, renewed=self._work.renewed + 1)
            self._put(replace(self._entry, work=self._work))

    def finish(self, done: Done) -> None:
        """Keep what was done, in the model's history too, and give the claim back."""
        document = json.dumps(asdict(done), indent=2, ensure_ascii=False).encode()
        stamp = done.at.replace(":", "").replace("-", "")
        put(self._aws, f"{self._folder}/{stamp}-{self._work.token[:8]}.json", document)
        self._put(replace(self._entry, done=done, work=None))
        self.finished = True

    def stop(self) -> None:
        """Give the claim back unfinished; that it cannot be is no error of its own."""
        try:
            self._put(replace(self._entry, work=replace(self._work, stopped=True)))
        except (AwsError, BusyError):
            return  # it ends by itself

    @property
    def _folder(self) -> str:
        return self._entry.uri.removesuffix(".json")

    def _put(self, entry: Entry) -> None:
        document = {
            "schema_version": 1,
            "done": None if entry.done is None else asdict(entry.done),
            "work": None if entry.work is None else asdict(entry.work),
        }
        content = json.dumps(document, indent=2, ensure_ascii=False).encode()
        condition = {"IfMatch": self._entry.etag} if self._entry.etag else {"IfNoneMatch": "*"}
        try:
            etag = put(self._aws, entry.uri, content, **condition)
        except AwsError as error:
            if error.code not in (*_REFUSED, "NoSuchKey", "404"):
                raise
            # An answer that was lost is asked for again, and then refused: ours is there already.
            now = _read(self._aws, entry.model, entry.uri)
            if (now.done, now.work) != (entry.done, entry.work) or not now.etag:
                now.require_free()
                raise BusyError(
                    f"{entry.model}: somebody else changed what is deployed at the same time; "
                    "nothing more was written: plan again"
                ) from error
            etag = now.etag
        self._entry = replace(entry, etag=etag)
        self._written = time.monotonic()


@contextmanager
def claim(aws: Aws, entry: Entry, what: str) -> Iterator[Claim]:
    """Hold a model from the moment that *entry* was read, and give it back whatever happens.

    Raises BusyError when somebody is at work, or changed anything since *entry* was read; AwsError.
    """
    aws.require_writable()
    entry.require_free()
    work = Work(what, aws.caller, timestamp(), uuid4().hex, this_process())
    held = Claim(aws, entry, work)
    try:
        yield held
    finally:
        if not held.finished:
            held.stop()


def timestamp() -> str:
    """Return now, in UTC, to the second."""
    return stamp(datetime.now(UTC))
