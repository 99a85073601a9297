"""The documents of a role: who may assume it, and what it may do, in policies within IAM's limits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_monitor.aws.iam.roles import EXECUTION, ROLES, SCHEDULER, statements
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.iam.statement import INLINE_LIMIT, PolicyError, document, parts, size
from sagemaker_monitor.aws.iam.trust import trust_policy

MOST_ATTACHED = 10
"""Managed policies of a role, unless AWS raised the quota."""
NAME_LIMIT = 64
"""Characters of a role's name."""
SHORTER = "give --any-model, whose patterns stand for every model, or --model for each team's"


@dataclass(frozen=True)
class RoleDocuments:
    """A role to be made: name and path, trust policy, and permissions in one or more documents."""

    role: str
    name: str
    path: str
    trust: dict[str, Any]
    policies: tuple[dict[str, Any], ...]

    @property
    def is_inline(self) -> bool:
        """Whether its permissions fit into an inline policy; else they are managed ones."""
        return len(self.policies) == 1

    def files(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield names of files with what stands in them: the trust policy first."""
        yield f"{self.role}-trust.json", self.trust
        for number, policy in enumerate(self.policies, 1):
            yield (f"{self.role}.json" if self.is_inline else f"{self.role}-{number}.json"), policy


def duties(scope: Scope, roles: Sequence[str]) -> tuple[str, ...]:
    """Return what *roles* have to do: a configured `roles.deploy` makes the calls of every command."""
    if "deploy" not in roles or scope.environment.roles.deploy is None:
        return tuple(roles)
    return tuple(dict.fromkeys((*roles, *(name for name, role in ROLES.items() if role.commands))))


def inline_policy(scope: Scope, roles: Sequence[str]) -> dict[str, Any]:
    """Return one document for a role that does what *roles* do. Raises PolicyError where it is too long."""
    found = statements(scope, *duties(scope, roles))
    length = size(found)
    if length > INLINE_LIMIT:
        raise PolicyError(
            f"the policy has {length} characters, and IAM takes {INLINE_LIMIT} of a role's inline policies: "
            f"{SHORTER}, or -o FOLDER, which writes several managed policies"
        )
    return document(found)


def role_documents(scope: Scope, role: str, principals: Sequence[str] = ()) -> RoleDocuments:
    """Return what makes *role*; *principals* may assume it. Raises PolicyError beyond IAM's limits."""
    found = statements(scope, *duties(scope, (role,)))
    inline = size(found) <= INLINE_LIMIT
    pieces = [found] if inline else parts(found)
    if len(pieces) > MOST_ATTACHED:
        raise PolicyError(
            f"role {role!r} needs {len(pieces)} managed policies, and IAM attaches {MOST_ATTACHED}: {SHORTER}"
        )
    name, path = _called(scope, role)
    policies = tuple(document(piece) for piece in pieces)
    return RoleDocuments(role, name, path, trust_policy(scope, role, principals), policies)


def _called(scope: Scope, role: str) -> tuple[str, str]:
    """Return name and path of the role: the configured one's, or one after what it is for."""
    roles = scope.environment.roles
    arn = {EXECUTION: roles.execution, SCHEDULER: roles.scheduler, "deploy": roles.deploy}.get(role)
    if arn is None:
        return f"sagemaker-monitor-{scope.environment.name}-{role}"[:NAME_LIMIT], "/"
    path, _, name = arn.partition(":role")[2].rpartition("/")
    return name, f"{path}/"


def write_documents(folder: Path, roles: Sequence[RoleDocuments]) -> None:
    """Write each role's files to *folder*, each with a line break at its end."""
    folder.mkdir(parents=True, exist_ok=True)
    for role in roles:
        for name, content in role.files():
            (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def commands(scope: Scope, folder: Path, role: RoleDocuments) -> Iterator[str]:
    """Yield the AWS CLI's commands that make the role of the files in *folder*."""
    (trust, _), *policies = role.files()
    path = "" if role.path == "/" else f" --path {role.path}"
    yield (
        f"aws iam create-role --role-name {role.name}{path}"
        f" --assume-role-policy-document file://{folder / trust}"
    )
    for name, _ in policies:
        file = f"--policy-document file://{folder / name}"
        called = f"sagemaker-monitor-{scope.environment.name}-{name.removesuffix('.json')}"
        if role.is_inline:
            yield f"aws iam put-role-policy --role-name {role.name} --policy-name {called} {file}"
        else:
            arn = f"arn:{scope.partition}:iam::{scope.environment.account}:policy/{called}"
            yield f"aws iam create-policy --policy-name {called} {file}"
            yield f"aws iam attach-role-policy --role-name {role.name} --policy-arn {arn}"
