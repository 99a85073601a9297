"""What an environment may not say: values, each fine alone, that do not fit each other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from sagemaker_monitor.settings.environment import LOCAL, LOCAL_ACCOUNT, Environment
from sagemaker_monitor.settings.errors import Finding, choices, quoted
from sagemaker_monitor.settings.notify import check_notify
from sagemaker_monitor.settings.schedule_checks import check_scheduler

MAX_TAGS = 40
"""SageMaker allows 50 on a resource; the rest is left to the tags that this tool and AWS add."""

_GROUP = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9])*")


def check_environment(environment: Environment, environments: Sequence[str]) -> list[Finding]:
    """Return what is wrong with *environment* beyond the type of each value; *environments* are all names."""
    return [
        *_account(environment),
        *_promotion(environment, environments),
        *_endpoint(environment),
        *_group(environment),
        *check_scheduler(environment),
        *_tags(environment.tags),
        *check_notify(environment.notify, account=environment.account, region=environment.region),
    ]


def _account(environment: Environment) -> Iterator[Finding]:
    if environment.name == LOCAL and environment.account != LOCAL_ACCOUNT:
        yield ("account",), f'must be "{LOCAL_ACCOUNT}" for local: the emulator is no AWS account'
    if not environment.is_local and environment.account == LOCAL_ACCOUNT:
        yield ("account",), "is the emulator's: only local has it"
    for key in ("execution", "deploy", "scheduler"):
        role = getattr(environment.roles, key)
        owner = role.split(":")[4] if role else environment.account
        if owner != environment.account:
            message = f"is a role of account {owner}, but the environment's account is {environment.account}"
            yield ("roles", key), message
    if environment.roles.external_id is not None and environment.roles.deploy is None:
        yield ("roles", "external_id"), "says nothing without roles.deploy, the role that is assumed with it"


def _promotion(environment: Environment, environments: Sequence[str]) -> Iterator[Finding]:
    source, path = environment.approval.require_promotion_from, ("approval", "require_promotion_from")
    if source == environment.name:
        yield path, "is this environment itself: name the one that versions come from"
    elif source is not None and source not in environments:
        yield path, f"no environment {quoted(source)}{choices(source, environments, 'known')}"


def _endpoint(environment: Environment) -> Iterator[Finding]:
    if environment.endpoint_url:
        port = int(environment.endpoint_url.rpartition(":")[2])
        if not 1 <= port <= 65535:
            yield ("endpoint_url",), f"has port {port}: ports are 1 to 65535"


def _group(environment: Environment) -> Iterator[Finding]:
    group = environment.model_package_group_name("m")
    if not _GROUP.fullmatch(group):
        message = (
            f"{quoted(environment.registry.model_package_group)} is not valid: expected letters and digits,"
            " with hyphens between them; '{model}' stands for the model's name"
        )
        yield ("registry", "model_package_group"), message


def _tags(tags: dict[str, str]) -> Iterator[Finding]:
    if len(tags) > MAX_TAGS:
        yield ("tags",), f"has {len(tags)} tags, at most {MAX_TAGS}"
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            yield ("tags", key), "begins with aws:, which AWS keeps for itself"
        if not 1 <= len(key) <= 128:
            yield ("tags", key), f"the key has {len(key)} characters, 1 to 128 are allowed"
        if len(value) > 256:
            yield ("tags", key), f"the value has {len(value)} characters, at most 256"
        for text in (key, value):
            if bad := not_for_tags(text):
                yield (
                    ("tags", key),
                    f"holds {quoted(bad)}: tags have letters, digits, spaces and _.:/=+-@ only",
                )


def not_for_tags(text: str) -> str | None:
    """Return the first character of *text* that no tag may have; None when there is none."""
    return next(
        (char for char in text if char not in "_.:/=+-@" and unicodedata.category(char)[0] not in "LNZ"), None
    )
