"""What a policy is about: an environment, models in it, and what their pipelines run and read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sagemaker_monitor.aws.iam.statement import Condition
from sagemaker_monitor.settings import Environment
from sagemaker_monitor.settings.notify import rule_name

_IMAGE = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)")
ANY = "*"
"""Stands for every model, also those that are not configured yet."""


@dataclass(frozen=True)
class Scope:
    """An environment and the *models* that a policy is about, `("*",)` for all there may ever be.

    *images* are the URIs of images that jobs and models run. *locations* are the S3 URIs that pipelines
    read beside what deployments and executions leave there: configured data and artifacts; *labels* those
    below which labels are put. Such a URI is a prefix. *endpoints* are names of endpoints that are watched.
    *asks_models* is whether a check asks a model, for which Clarify starts an endpoint of its own, and
    *monitoring* whether a model has monitoring schedules; *adopted* are names of those that others made, and
    *kept* of the job definitions that these keep.
    """

    environment: Environment
    models: tuple[str, ...] = (ANY,)
    images: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    asks_models: bool = True
    monitoring: bool = True
    adopted: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def partition(self) -> str:
        """The partition of the environment's region, such as `aws`."""
        return self.environment.partition

    @property
    def domain(self) -> str:
        """How the hosts of AWS end in the partition."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def arn(self, service: str, resource: str, account: str | None = None) -> str:
        """Return an ARN of the environment's region and account, or of another *account*."""
        owner, region = account or self.environment.account, self.environment.region
        return f"arn:{self.partition}:{service}:{region}:{owner}:{resource}"

    def sagemaker(self, kind: str, *names: str, account: str | None = None) -> tuple[str, ...]:
        """Return ARNs of SageMaker's resources of a *kind*, such as `pipeline`; another *account*'s if given.

        In ARNs SageMaker writes names of some kinds in lower case, and IAM tells the cases apart.
        """
        spelled = dict.fromkeys(each for name in names for each in (name, name.lower()))
        return tuple(self.arn("sagemaker", f"{kind}/{name}", account) for name in spelled)

    def bucket(self, name: str | None = None) -> str:
        """Return the ARN of a bucket, by default the environment's."""
        return f"arn:{self.partition}:s3:::{name or self.environment.storage.bucket}"

    def below_storage(self, *paths: str) -> tuple[str, ...]:
        """Return ARNs of the objects at *paths* below the environment's storage; * stands for anything."""
        prefix = self.environment.storage.prefix
        return tuple(f"{self.bucket()}/{prefix}/{path}" for path in paths)

    def objects(self, uris: Iterable[str]) -> tuple[str, ...]:
        """Return ARNs of the objects that S3 URIs mean: those whose URI begins with one, or of its folder."""
        found: dict[str, None] = {}
        for uri in uris:
            bucket, _, key = uri.removeprefix("s3://").partition("/")
            folder = key.rstrip("/")
            keys = (folder, f"{folder}/*") if folder != key else (f"{key}*",)
            found |= dict.fromkeys(f"{self.bucket(bucket)}/{each}" for each in keys)
        return tuple(found)

    @property
    def other_buckets(self) -> tuple[str, ...]:
        """Names of the buckets of locations and labels, the environment's left out."""
        uris = (*self.locations, *self.labels)
        names = {uri.removeprefix("s3://").partition("/")[0] for uri in uris}
        return tuple(sorted(names - {self.environment.storage.bucket}))

    def repositories(self, account: str | None = None) -> tuple[str, ...]:
        """Return ARNs of the repositories of the images, and of the environment's; those of an *account*."""
        own = (
            f"{self.environment.account}.dkr.ecr.{self.environment.region}.{self.domain}/{name}"
            for name in self.environment.images.values()
        )
        found = filter(None, map(_IMAGE.match, (*self.images, *own)))
        return tuple(
            sorted(
                {
                    f"arn:{self.partition}:ecr:{image[2]}:{image[1]}:repository/{image[3]}"
                    for image in found
                    if account in (None, image[1])
                }
            )
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """ARNs of the keys that may be the environment's; none where it has no key.

        IAM knows a key by its ARN; one that is configured by an alias is any key that bears it:
        https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html.
        """
        key = self.environment.storage.kms_key
        if key is None:
            return ()
        if key.startswith("arn:"):
            begin, _, alias = key.partition(":alias/")
            return (f"{begin}:key/*" if alias else key,)
        return (self.arn("kms", "key/*" if key.startswith("alias/") else f"key/{key}"),)

    @property
    def of_alias(self) -> Condition:
        """The condition that keeps *keys* to the one that bears the configured alias."""
        _, found, name = (self.environment.storage.kms_key or "").rpartition("alias/")
        return {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{name}"}} if found else {}

    @property
    def pipelines(self) -> tuple[str, ...]:
        """Patterns of the names of pipelines."""
        return tuple(f"{model}-*-{self.environment.name}" for model in self.models)

    @property
    def rules(self) -> tuple[str, ...]:
        """Names, or patterns of names, of EventBridge rules."""
        return tuple(rule_name(model, self.environment.name) for model in self.models)

    @property
    def schedules(self) -> tuple[str, ...]:
        """Names, or patterns of names, of monitoring schedules; none where no model has one."""
        return (*self.pipelines, *self.adopted) if self.monitoring else ()

    @property
    def parts(self) -> tuple[str, ...]:
        """How the names begin of what is made for monitoring schedules."""
        return (*self.models, *self.adopted) if self.monitoring else ()

    @property
    def groups(self) -> tuple[str, ...]:
        """Names, or patterns of names, of model package groups."""
        return tuple(self.environment.model_package_group_name(model) for model in self.models)

    def registry(self, kind: str, *names: str) -> tuple[str, ...]:
        """Return ARNs of groups or versions: those of the central registry's account, where there is one."""
        return self.sagemaker(kind, *names, account=self.environment.registry.account)
