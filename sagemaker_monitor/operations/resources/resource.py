"""What every kind of deployed thing has in common: how it is read, compared, written and taken away."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.settings import Environment, Model

Fields = Mapping[str, Any]
"""What is compared of a resource, by names that people read; values as JSON has them."""

Done = Literal["uploaded", "created", "updated", "tagged", "untagged", "deleted", "unchanged"]
LONGEST_KEPT = 200
"""Characters of a value that a fingerprint keeps in clear."""


@dataclass(frozen=True)
class Change:
    """One thing that upsert looked at, what it did, and why."""

    kind: str
    name: str
    done: Done
    detail: str = ""


@dataclass(frozen=True)
class Deployed:
    """A resource as it is deployed; *arn* is empty for what has none."""

    fields: Fields
    arn: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)
    """What AWS said of it, for those who want to know more."""


class Resource(Protocol):
    """One thing as it shall be."""

    @property
    def kind(self) -> str:
        """What it is, in AWS's words: `pipeline`."""

    @property
    def name(self) -> str:
        """Its name, unique within its kind."""

    def wanted(self) -> Fields:
        """Return what is made true; a field that is not there is left as it is."""

    def read(self, aws: Aws) -> Deployed | None:
        """Return what is deployed, by calls that read; None when there is nothing. Raises AwsError."""

    def write(self, aws: Aws, deployed: Deployed | None) -> Iterator[Change]:
        """Make it what is wanted, given what is deployed, yielding what was done: nothing when it is so.

        What is created bears its mark from the same call on, so that a kill leaves no orphan.
        """


def parsed(text: str) -> Any:
    """Return the document that AWS keeps as a *text*; what is not JSON as it is."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def nothing_desired(_bundle: Bundle, _model: Model, _environment: Environment) -> Iterable[Resource]:
    """Return nothing: what there shall be of the kind is known once AWS was asked."""
    return ()


def nothing_owned(_aws: Aws, _model: str) -> Iterable[str]:
    """Return nothing: the kind's resources are shared, and belong to no model."""
    return ()


def nothing_pinned(_aws: Aws, _bundle: Bundle, _model: Model) -> Iterable[Resource]:
    """Return nothing: what the kind's resources are follows from the bundle."""
    return ()


@dataclass(frozen=True)
class Kind:
    """All resources of one kind of a model: which there shall be, which bear our mark, how one goes."""

    name: str
    desired: Callable[[Bundle, Model, Environment], Iterable[Resource]]
    owned: Callable[[Aws, str], Iterable[str]]
    """Names of the deployed ones that bear the mark of a model, given by name, in this environment."""
    delete: Callable[[Aws, str], Iterator[Change]]
    surplus: Literal["kept", "deleted first", "deleted last"]
    """What upsert does with one that is no longer configured: what acts by itself is deleted, before
    anything is written where it acts on what is about to be another; what keeps history is left to
    `destroy --unconfigured`."""
    pinned: Callable[[Aws, Bundle, Model], Iterable[Resource]] = nothing_pinned
    """Those that depend on what AWS answers, such as which version is approved; asked by calls that read."""
    leftovers: Callable[[Aws, str], Iterable[str]] = nothing_owned
    """Names of which a run that was stopped may have left something that `owned` does not find; it is
    asked only after one, and when everything goes."""
    place: Callable[[str], str] = str
    """Name of the one that, where it is configured, takes the place of a surplus one, given by name: then
    the surplus one goes last, so that there is one of both all the time."""


def nothing_deleted(_aws: Aws, _name: str) -> Iterator[Change]:
    """Delete nothing."""
    return iter(())


def differing(wanted: Fields, deployed: Fields) -> tuple[str, ...]:
    """Return the names of the wanted fields that are deployed otherwise, or not at all."""
    return tuple(name for name, value in wanted.items() if deployed.get(name) != value)


def fingerprint(fields: Fields) -> dict[str, Any]:
    """Return what is set of *fields*, long values replaced by their SHA-256: enough to see what changed."""
    return {name: _short(value) for name, value in sorted(fields.items()) if value is not None}


def _short(value: Any) -> Any:
    if isinstance(value, dict) and all(isinstance(inner, str) for inner in value.values()):
        return {key: _short(inner) for key, inner in value.items()}
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return value if len(text) <= LONGEST_KEPT else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
