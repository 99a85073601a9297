"""How values of definitions and files are said in the configuration's keys and words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sagemaker_monitor.operations.difference import MISSING
from sagemaker_monitor.operations.planning.rule import STORAGE, Facts, Tells


def key(name: str) -> Tells:
    """Return the rule of a place that has the value of the key *name*."""
    return Tells(lambda value: {name: value})


def only(name: str) -> Tells:
    """Return the rule of a place that has the key's value as a list's only one."""
    return Tells(lambda value: {name: value[0] if isinstance(value, list) and len(value) == 1 else value})


def group(value: Any) -> dict[str, Any]:
    """Return the keys of a group's name, or of its ARN in a central registry."""
    place, _, name = str(value).rpartition("/")
    found: dict[str, Any] = {"registry.model_package_group": name}
    return {**found, "registry.account": place.split(":")[4]} if place else found


def duration(name: str) -> Tells:
    """Return the rule of a place that has a key's duration in seconds."""
    return Tells(lambda value: {name: _iso(value)})


def _iso(seconds: Any) -> Any:
    """Return whole seconds as people configure them, such as PT1H30M; anything else unchanged."""
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
        return seconds
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return "PT" + "".join(
        f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if count
    )


def offsets(value: Any) -> Facts:
    """Return the window of an endpoint, whose offsets are hours, as people configure it."""
    hours = value if isinstance(value, list) and len(value) == 2 else [value, value]
    told = [f"{'-' if hour < 0 else ''}PT{abs(hour)}H" if isinstance(hour, int) else hour for hour in hours]
    return {"endpoint.window.start": told[0], "endpoint.window.end": told[1]}


def optional(name: str) -> Tells:
    """Return the rule of a place that is null where the key is not set."""
    return Tells(lambda value: {name: MISSING if value is None else value})


def uri(name: str) -> Tells:
    """Return the rule of a URI that configuration may give relative to the storage root, or not at all."""
    return Tells(
        lambda value: {
            name: (value.removeprefix(f"{STORAGE}/") or MISSING) if isinstance(value, str) else value
        }
    )


_FRAMEWORKS = {
    "sagemaker-xgboost": "xgboost",
    "linear-learner": "linear-learner",
    "sagemaker-scikit-learn": "scikit-learn or script",
}
"""By the repository of the image that serves them."""


def serving_image() -> Tells:
    """Return the rule of the image that serves a model, which framework and version choose."""

    def facts(value: Any) -> Facts:
        if not isinstance(value, str):
            return {"artifact.version": value}
        repository, _, tag = value.rpartition(":")
        name = repository.rpartition("/")[2]
        return {
            "artifact.framework": _FRAMEWORKS.get(name, name),
            "artifact.version": tag.removesuffix("-py3").removesuffix("-cpu"),
        }

    def same_registry(before: Any, after: Any) -> bool:
        # Frameworks have registries of their own, and the region is told elsewhere.
        old, new = (str(side).rpartition(":")[0] for side in (before, after))
        return old == new or old.rpartition("/")[2] != new.rpartition("/")[2]

    return Tells(facts, same_registry)


def own_image(name: str) -> Tells:
    """Return the rule of an image of one's own: its registry is told elsewhere."""
    return Tells(
        lambda value: {name: value.partition("/")[2] if isinstance(value, str) else value},
        lambda before, after: str(before).partition("/")[0] == str(after).partition("/")[0],
    )


def network(value: Any) -> Facts:
    """Return the subnets and security groups of a network configuration."""
    vpc = value.get("VpcConfig", {}) if isinstance(value, dict) else {}
    vpc = value if isinstance(value, dict) and "Subnets" in value else vpc
    return {
        "network.subnets": vpc.get("Subnets", MISSING),
        "network.security_groups": vpc.get("SecurityGroupIds", MISSING),
    }


def same_isolation(before: Any, after: Any) -> bool:
    """Return whether two network configurations differ by no more than subnets and groups."""
    rests = [
        {
            key: inner
            for key, inner in value.items()
            if key not in ("VpcConfig", "Subnets", "SecurityGroupIds")
        }
        for value in (before, after)
        if isinstance(value, dict)
    ]
    if len(rests) == 2:
        return rests[0] == rests[1]
    return all(rest in ({}, {"EnableNetworkIsolation": False}) for rest in rests)


def tag(name: str) -> Tells | None:
    """Return the rule of a tag; None where it is one of ours that no key gives."""
    own = name.removeprefix("sagemaker-monitor:")
    if own == name:
        return key(f"tags.{name}")
    if own == "tier":
        return Tells(lambda value: {"inventory.tier": int(value) if str(value).isdecimal() else value})
    return key(f"inventory.{own}") if own in ("id", "owner") else None


_ENGINES = ("data_quality", "model_quality", "bias")

_TOLD_BY_PRESENCE = ("data_quality", "model_quality", "explainability")
"""Monitors that may be configured without a key of their own."""


def monitors(value: Any) -> Facts:
    """Return which monitors there are, from a list of their names or of checks."""
    present = {monitor for monitor, _ in _by_monitor(value)}
    return {f"monitors.{name}": {} if name in present else MISSING for name in _TOLD_BY_PRESENCE}


def checks(value: Any) -> Facts:
    """Return which monitors there are and which of them an image of one's own computes, from the checks."""
    own = {
        each.get("monitor")
        for each in _by_entry(value)
        if isinstance(each, dict) and each.get("engine") == "own"
    }
    engines = {f"monitors.{name}.engine": "own" if name in own else MISSING for name in _ENGINES}
    return {**monitors(value), **engines}


def same_checks(before: Any, after: Any) -> bool:
    """Return whether two lists of checks differ only by who makes them and by monitors being there."""
    plain = [[_without_engine(each) for each in _by_entry(value)] for value in (before, after)]
    return plain[0] == plain[1] or same_monitors(*plain)


def _without_engine(check: Any) -> Any:
    if not isinstance(check, dict):
        return check
    return {key: value for key, value in check.items() if key != "engine"}


def _by_entry(entries: Any) -> list[Any]:
    return entries if isinstance(entries, list) else []


def same_monitors(before: Any, after: Any) -> bool:
    """Return whether two lists differ only by monitors being there or not."""
    old, new = list(_by_monitor(before)), list(_by_monitor(after))
    changed = {monitor for monitor, _ in old} ^ {monitor for monitor, _ in new}
    if not changed or not changed <= set(_TOLD_BY_PRESENCE):
        return False
    return [each for each in old if each[0] not in changed] == [
        each for each in new if each[0] not in changed
    ]


def _by_monitor(entries: Any) -> Iterator[tuple[Any, Any]]:
    for entry in entries if isinstance(entries, list) else ():
        yield (entry.get("monitor") if isinstance(entry, dict) else entry), entry
