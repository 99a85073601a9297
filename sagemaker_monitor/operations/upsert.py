"""Make a bundle true in its environment: send what is missing, change what differs, leave the rest alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.dry_run import DryRun
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.operations.bucket import require_bucket_here
from sagemaker_monitor.operations.errors import BusyError
from sagemaker_monitor.operations.ledger import (
    Claim,
    Done,
    Entry,
    claim,
    read_entry,
    read_prune_entry,
    timestamp,
)
from sagemaker_monitor.operations.resources.kinds import desired, desired_now, marked
from sagemaker_monitor.operations.resources.resource import Change, Deployed, Kind, Resource, fingerprint
from sagemaker_monitor.operations.resources.versions import latest_version
from sagemaker_monitor.operations.topic import require_topic_here
from sagemaker_monitor.settings import Model

CLOCK_SLACK = 2.0
"""Seconds that S3's times may be rounded by."""


@dataclass(frozen=True)
class Seen:
    """A resource as it shall be, and as it is deployed."""

    resource: Resource
    deployed: Deployed | None

    @property
    def key(self) -> str:
        """What the ledger and plan files call it."""
        return f"{self.resource.kind} {self.resource.name}"


@dataclass(frozen=True)
class Outlook:
    """Everything that concerns a model, read before anything is written."""

    bundle: Bundle
    model: Model
    entry: Entry
    seen: tuple[Seen, ...]
    surplus: tuple[tuple[Kind, str], ...]
    """What bears the model's mark and is no longer configured."""
    looked: float
    """When reading began, by this process's monotonic clock."""
    unseen: tuple[tuple[Kind, AccessDeniedError], ...] = ()
    """Kinds of which neither the configuration nor the ledger has one, and that must not be looked for."""

    @cached_property
    def going(self) -> tuple[tuple[tuple[Kind, str], ...], tuple[tuple[Kind, str], ...]]:
        """What is deleted of the surplus before anything is written, and after; each in that order."""
        coming = {(each.resource.kind, each.resource.name) for each in self.seen}
        first, last = [], []
        for kind, name in reversed(self.surplus):
            if kind.surplus == "deleted first" and (kind.name, kind.place(name)) not in coming:
                first.append((kind, name))
            elif kind.surplus != "kept":
                last.append((kind, name))
        return tuple(first), tuple(last)

    def changes(self, aws: Aws) -> tuple[Change, ...]:
        """Return what upsert would do, by doing it on an AWS that sends no write."""
        return tuple(_write(DryRun(aws), self))

    @cached_property
    def is_recorded(self) -> bool:
        """Whether the ledger says that this very state was deployed by an upsert that was finished."""
        done = self.entry.done
        return done is not None and self.entry.work is None and done.resources == _left(self.seen)


def look(aws: Aws, bundle: Bundle, model: Model) -> Outlook:
    """Return what is deployed of what a model shall have; by calls that read. Raises AwsError, UsageError."""
    desired(bundle, model, aws.environment)
    looked = time.monotonic()
    entry = read_entry(aws, bundle.model)
    aws = DryRun(aws)  # asks each thing once
    resources = desired_now(aws, bundle, model)
    seen = tuple(Seen(resource, resource.read(aws)) for resource in resources)
    names = {(resource.kind, resource.name) for resource in resources}
    unseen: list[tuple[Kind, AccessDeniedError]] = []

    def denied(kind: Kind, error: AccessDeniedError) -> None:
        if not _is_unused(kind, resources, entry):
            raise error
        unseen.append((kind, error))

    found = marked(aws, bundle.model, after_a_stop=entry.work is not None, denied=denied)
    surplus = tuple((kind, name) for kind, name in found if (kind.name, name) not in names)
    return Outlook(bundle, model, entry, seen, surplus, looked, tuple(unseen))


def _is_unused(kind: Kind, resources: Iterable[Resource], entry: Entry) -> bool:
    """Return whether there shall be none of *kind*, and none was left by an upsert that was finished."""
    if entry.work is not None or any(resource.kind == kind.name for resource in resources):
        return False
    return entry.done is None or not any(key.startswith(f"{kind.name} ") for key in entry.done.resources)


def upsert(
    aws: Aws,
    bundle: Bundle,
    model: Model,
    *,
    revision: str = "",
    require: Callable[[Outlook], None] = lambda _outlook: None,
) -> Generator[Change, None, None]:
    """Bring *bundle* to its environment, yielding each thing as it is done.

    The order is such that a run killed at any point leaves nothing that refers to what is not
    there, and that a second run completes it. What is equal already is not written, and where all
    of it is, nothing is. Tags of a pipeline are made exactly the configured ones, apart from AWS's
    own. *require* may refuse what was read, before anything is written. Raises AwsError, UsageError,
    and BusyError while somebody else is at the same model.
    """
    desired(bundle, model, aws.environment)  # what cannot be meant is refused before anything is asked
    aws.require_writable()
    outlook = look(aws, bundle, model)
    require(outlook)
    yield from apply(aws, outlook, revision=revision)


def apply(aws: Aws, outlook: Outlook, *, revision: str = "") -> Iterator[Change]:
    """Do what *outlook* asks for, provided that nobody did anything to the model since; see upsert()."""
    planned = outlook.changes(aws)
    if outlook.is_recorded and all(change.done == "unchanged" for change in planned):
        yield from planned
        return
    require_bucket_here(aws)
    require_topic_here(aws)
    with claim(aws, outlook.entry, "upsert") as held:
        _require_unpruned(aws, outlook)
        done = []
        for change in _write(aws, outlook, held):
            done.append(change)
            yield change
        held.finish(_done(aws, outlook, revision, done))


def _require_unpruned(aws: Aws, outlook: Outlook) -> None:
    """Raise BusyError when prune is at work, or was since files were seen: it may have deleted them."""
    pruning = read_prune_entry(aws)
    pruning.require_free()
    if pruning.etag and pruning.age <= time.monotonic() - outlook.looked + CLOCK_SLACK:
        raise BusyError(f"{outlook.bundle.model}: prune was at work at the same time; try again")


def _write(aws: Aws, outlook: Outlook, held: Claim | None = None) -> Iterator[Change]:
    """Write what differs; before and after it delete what is no longer configured and acts by itself."""
    first, last = outlook.going
    yield from _delete(aws, first, held)
    for each in outlook.seen:
        if held is not None:
            held.renew()
        changed = False
        for change in each.resource.write(aws, each.deployed):
            changed = True
            yield change
        if not changed:
            yield Change(each.resource.kind, each.resource.name, "unchanged")
    yield from _delete(aws, last, held)


def _delete(aws: Aws, items: Iterable[tuple[Kind, str]], held: Claim | None) -> Iterator[Change]:
    for kind, name in items:
        if held is not None:
            held.renew()  # a monitoring schedule may take minutes
        yield from kind.delete(aws, name)


def _done(aws: Aws, outlook: Outlook, revision: str, changes: list[Change]) -> Done:
    """Return the ledger's entry for what was done: every resource as it is now."""
    before = outlook.entry.done
    known = dict(before.versions) if before is not None and outlook.entry.work is None else {}
    touched = {
        change.name
        for change in changes
        if change.kind == "pipeline" and change.done in ("created", "updated")
    }
    names = [each.resource.name for each in outlook.seen if each.resource.kind == "pipeline"]
    versions = {
        name: known[name] if name in known and name not in touched else latest_version(aws, name)
        for name in names
    }
    return Done(
        what="upsert",
        by=aws.caller,
        at=timestamp(),
        bundle=outlook.bundle.sha256,
        revision=revision,
        changes=tuple(asdict(change) for change in changes if change.done != "unchanged"),
        resources=_left(outlook.seen),
        versions=versions,
    )


def _left(seen: tuple[Seen, ...]) -> dict[str, Mapping[str, Any]]:
    """Return how upsert leaves each resource: as it is wanted, and otherwise as it was."""
    return {
        each.key: fingerprint(
            {**({} if each.deployed is None else each.deployed.fields), **each.resource.wanted()}
        )
        for each in seen
    }
