"""Model package groups of a central registry: another account's, which upsert uses and cannot make."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.resources.resource import Change, Deployed, Fields
from sagemaker_monitor.settings import Environment

_OF_GROUP = ("DescribeModelPackageGroup", "ListModelPackages")
_OF_VERSIONS = (
    "CreateModelPackage",
    "DescribeModelPackage",
    "ListModelPackages",
    "UpdateModelPackage",
    "CreateModel",
)


def is_central(environment: Environment) -> bool:
    """Whether the environment's groups are another account's."""
    return environment.registry.account not in (None, environment.account)


@dataclass(frozen=True)
class CentralGroup:
    """A group by its ARN. Nothing of it is compared: whoever keeps that account keeps its tags and policy."""

    name: str
    kind: str

    def wanted(self) -> Fields:
        """Return nothing."""
        return {}

    def read(self, aws: Aws) -> Deployed:
        """Return that it is there. Raises UsageError where it is not, or may not be looked at."""
        try:
            found = aws.call("sagemaker", "describe_model_package_group", ModelPackageGroupName=self.name)
        except (AccessDeniedError, NotFoundError) as error:
            place, _, group = self.name.rpartition("/")
            policy = json.dumps(group_policy(aws.environment, self.name), separators=(",", ":"))
            raise UsageError(
                f"{self.name} does not exist, or may not be used from {aws.environment.account}: whoever "
                f"keeps account {place.split(':')[4]} (registry.account) makes the group {group!r} and gives "
                f"it this policy (put-model-package-group-policy): {policy}"
            ) from error
        return Deployed({}, found["ModelPackageGroupArn"])

    def write(self, _aws: Aws, _deployed: Deployed | None) -> Iterator[Change]:
        """Leave it as it is."""
        yield Change(self.kind, self.name, "unchanged")


def group_policy(environment: Environment, group_arn: str) -> Mapping[str, Any]:
    """Return the group's policy that lets the environment's roles register, read, approve and deploy.

    SageMaker's documentation has the actions and both forms of resource under *Register a Model Version from
    a Different Account* and *Deploy a Model Version from a Different Account*.
    """
    roles = [role for role in (environment.roles.execution, environment.roles.deploy) if role]
    principal = {"AWS": roles}
    versions = group_arn.replace(":model-package-group/", ":model-package/", 1) + "/*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            _statement(f"{environment.name}Group", principal, _OF_GROUP, group_arn),
            _statement(f"{environment.name}Versions", principal, _OF_VERSIONS, versions),
        ],
    }


def _statement(
    sid: str, principal: Mapping[str, Any], operations: tuple[str, ...], resource: str
) -> dict[str, Any]:
    return {
        "Sid": "".join(part for part in sid if part.isalnum()),
        "Effect": "Allow",
        "Principal": principal,
        "Action": [f"sagemaker:{operation}" for operation in operations],
        "Resource": resource,
    }
