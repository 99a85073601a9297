"""A plan that was saved: what it is from, and whether it still is what upsert would do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.resources.resource import fingerprint
from sagemaker_monitor.operations.upsert import Outlook
from sagemaker_monitor.settings import Environment

VERSION = 1
_MOST_TOLD = 5


class StaleError(UsageError):
    """A plan is no longer what would be done; the message says what changed since."""


@dataclass(frozen=True)
class SavedPlan:
    """What a plan file says of one model, as far as it binds."""

    model: str
    bundle: str
    resources: Mapping[str, Mapping[str, Any]]
    """Kind and name of each resource to its fields `before` (None where there was none) and `after`."""
    surplus: tuple[str, ...]


@dataclass(frozen=True)
class PlanFile:
    """A saved plan: where and what from it was made."""

    environment: str
    account: str
    region: str
    revision: str
    created: str
    plans: tuple[SavedPlan, ...]


def basis(outlook: Outlook) -> dict[str, Any]:
    """Return what binds a plan to *outlook*: each field as it is and as it shall be."""
    return {
        "resources": {
            each.key: {
                "before": None if each.deployed is None else fingerprint(each.deployed.fields),
                "after": fingerprint(each.resource.wanted()),
            }
            for each in outlook.seen
        },
        "surplus": [f"{kind.name} {name}" for kind, name in outlook.surplus],
    }


def read_plan_file(path: Path) -> PlanFile:
    """Return what `plan --out` wrote; UsageError when it is something else."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        version = document["schema_version"]
        if version != VERSION:
            raise UsageError(f"{path} has schema_version {version!r}; this version reads {VERSION}")
        return PlanFile(
            document["environment"],
            document["account"],
            document["region"],
            document["revision"],
            document["created"],
            tuple(
                SavedPlan(
                    plan["model"],
                    plan["bundle"],
                    plan["basis"]["resources"],
                    tuple(plan["basis"]["surplus"]),
                )
                for plan in document["plans"]
            ),
        )
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; write one with plan --out") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no plan of this program; write one with plan --out") from error


def require_same_place(saved: PlanFile, environment: Environment, revision: str) -> None:
    """Raise StaleError unless *saved* is of this environment, account, region and revision."""
    facts = {
        "environment": (saved.environment, environment.name),
        "account": (saved.account, environment.account),
        "region": (saved.region, environment.region),
        "revision": (saved.revision or "unknown", revision or "unknown"),
    }
    for name, (then, now) in facts.items():
        if then != now:
            raise StaleError(
                f"the plan of {saved.created} is of {name} {then}, and this is {now}: nothing was written; "
                "plan again, and have that plan approved"
            )


def require_fresh(saved: SavedPlan, outlook: Outlook) -> None:
    """Raise StaleError unless upsert would now do what was planned, or what is left of it.

    A field that is deployed as the plan would leave it is no change: a run of this plan may have
    been killed.
    """
    now = basis(outlook)
    reasons = [*_configured(saved, outlook, now), *_deployed(saved, now)]
    if reasons:
        more = f" and {len(reasons) - _MOST_TOLD} more" if len(reasons) > _MOST_TOLD else ""
        raise StaleError(
            f"{saved.model}: the plan is stale: {'; '.join(reasons[:_MOST_TOLD])}{more}; "
            "nothing was written; plan again, and have that plan approved"
        )


def _configured(saved: SavedPlan, outlook: Outlook, now: Mapping[str, Any]) -> Iterator[str]:
    if saved.bundle != outlook.bundle.sha256:
        yield (
            f"the configuration makes another bundle now, {outlook.bundle.sha256[:12]} "
            f"instead of {saved.bundle[:12]}"
        )
        return
    for key in sorted({*saved.resources, *now["resources"]}):
        then, today = (each.get(key, {}).get("after") for each in (saved.resources, now["resources"]))
        if then != today:
            yield f"{key} shall be another one now ({_fields(then, today)})"


def _deployed(saved: SavedPlan, now: Mapping[str, Any]) -> Iterator[str]:
    for key, planned in saved.resources.items():
        today = now["resources"].get(key, {}).get("before")
        before, after = planned["before"], planned["after"]
        if today == before:
            continue
        if today is None:
            yield f"{key} is gone"
        elif before is None:
            changed = [name for name in {**after, **today} if today.get(name) != after.get(name)]
            if changed:
                yield f"{key} was created by somebody else ({', '.join(changed)})"
        else:
            allowed = {**before, **after}
            changed = [
                name
                for name in {**allowed, **today}
                if today.get(name) not in (before.get(name), allowed.get(name))
            ]
            if changed:
                yield f"{key} was changed ({', '.join(changed)})"
    for name in now["surplus"]:
        if name not in saved.surplus:
            yield f"{name} is no longer configured"


def _fields(then: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> str:
    if then is None or now is None:
        return "it comes" if then is None else "it goes"
    return ", ".join(name for name in {**then, **now} if then.get(name) != now.get(name))
