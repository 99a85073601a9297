"""Delete the files that nothing refers to, after a time in which something might have."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import StoredObject, delete, list_objects
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.ledger import (
    FOLDER,
    Done,
    busy_entries,
    claim,
    read_prune_entry,
    timestamp,
)
from sagemaker_monitor.operations.planning.anatomy import ASSET_URI
from sagemaker_monitor.operations.references import referenced

RETENTION = timedelta(days=30)


@dataclass(frozen=True)
class Pruning:
    """What prune found: files that go, and how many stay for which reason."""

    unused: tuple[StoredObject, ...]
    referenced: int
    young: int
    """Referred to by nothing, and younger than the retention time."""

    @property
    def size(self) -> int:
        """Bytes of what goes."""
        return sum(stored.size for stored in self.unused)


def look_for_unused(aws: Aws, retention: timedelta, visible: Collection[str]) -> Pruning:
    """Return the files below `assets/` that are older than *retention* and that nothing refers to.

    *visible* are the environments in this account and region. Raises UsageError when another one
    keeps its files at the same place: what refers to them there cannot be seen from here; AwsError.
    """
    _require_visible(aws, visible)
    until = datetime.now(UTC) - retention
    # Listed first: what is uploaded from here on is not in the list.
    stored = list(list_objects(aws, f"{aws.environment.storage.root}/assets/"))
    used = referenced(aws) if stored else frozenset()
    unused, kept, young = [], 0, 0
    for item in stored:
        match = ASSET_URI.fullmatch(item.uri)
        if match is None:
            continue  # not ours
        if match[2] in used:
            kept += 1
        elif item.modified > until:
            young += 1
        else:
            unused.append(item)
    return Pruning(tuple(unused), kept, young)


def prune(aws: Aws, retention: timedelta, visible: Collection[str]) -> Pruning:
    """Delete what look_for_unused() finds, while no upsert is at work; return what was deleted.

    An upsert that begins meanwhile sees the claim, and one that began before is seen by us: each
    writes its own first and then reads the other's. Raises BusyError, UsageError, AwsError.
    """
    with claim(aws, read_prune_entry(aws), "prune") as held:
        for entry in busy_entries(aws):
            entry.require_free()
        found = look_for_unused(aws, retention, visible)
        for item in found.unused:
            held.renew()
            delete(aws, item.uri)
        deleted = tuple({"deleted": item.uri} for item in found.unused)
        held.finish(Done("prune", aws.caller, timestamp(), "", "", changes=deleted))
    return found


def _require_visible(aws: Aws, visible: Collection[str]) -> None:
    folder = f"{aws.environment.storage.root}/{FOLDER}/"
    here = {
        environment
        for stored in list_objects(aws, folder)
        if "/" in (path := stored.uri.removeprefix(folder)) and (environment := path.partition("/")[0])
    }
    hidden = sorted(here - {*visible, aws.environment.name, "prune"})
    if hidden:
        raise UsageError(
            f"the storage {aws.environment.storage.root} is also that of {', '.join(hidden)}, in another "
            "account or region, or not configured here: what refers to its files cannot be seen; nothing "
            "was deleted; give each its own storage.prefix"
        )
