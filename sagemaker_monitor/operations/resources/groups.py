"""Model package groups: made where there is none, tagged where upsert made them, otherwise left alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.operations.resources.central_groups import CentralGroup, is_central
from sagemaker_monitor.operations.resources.resource import Change, Deployed, Fields, Kind, Resource
from sagemaker_monitor.operations.resources.tags import MODEL_TAG, checked, read_tags, retag, tag_list
from sagemaker_monitor.settings import Environment, Model

KIND = "model package group"


@dataclass(frozen=True)
class GroupResource:
    """The group of a model's versions.

    Environments of one account may share it, so it bears no environment's mark, and tags that
    somebody added are left.
    """

    name: str
    model: str
    tags: Mapping[str, str]
    kind: str = KIND

    def wanted(self) -> Fields:
        """Return its tags."""
        return {"tags": dict(self.tags)}

    def read(self, aws: Aws) -> Deployed | None:
        """Return the group's configured tags; of a group that others made nothing is compared."""
        found = _read(aws, self.name)
        if found is None:
            return None
        arn, tags = found
        if tags.get(MODEL_TAG) != self.model:
            return Deployed(self.wanted(), arn)
        return Deployed({"tags": {key: value for key, value in tags.items() if key in self.tags}}, arn)

    def write(self, aws: Aws, deployed: Deployed | None) -> Iterator[Change]:
        """Create it, or set its tags; a group that others made stays as it is."""
        if deployed is None:
            self._create(aws)
            yield Change(self.kind, self.name, "created")
        else:
            yield from retag(aws, self.kind, self.name, deployed.arn, self.tags, deployed.fields["tags"])

    def _create(self, aws: Aws) -> None:
        try:
            aws.call(
                "sagemaker",
                "create_model_package_group",
                ModelPackageGroupName=self.name,
                ModelPackageGroupDescription=f"Versions of {self.model}, opened by sagemaker-monitor's gate",
                Tags=tag_list(self.tags),
            )
        except AwsError as error:
            # An answer that was lost is asked for again, and the group is there then.
            if "already exists" not in str(error):
                raise


def _desired(bundle: Bundle, model: Model, environment: Environment) -> list[Resource]:
    if not bundle.pipelines:
        return []  # nothing registers a version, or looks for one
    if is_central(environment):
        return [CentralGroup(environment.model_package_group(bundle.model), KIND)]
    name = environment.model_package_group_name(bundle.model)
    return [GroupResource(name, model.model, checked({**environment.tags, MODEL_TAG: model.model}))]


def _owned(aws: Aws, model: str) -> Iterable[str]:
    if is_central(aws.environment):
        return ()
    name = aws.environment.model_package_group_name(model)
    found = _read(aws, name)
    return (name,) if found is not None and found[1].get(MODEL_TAG) == model else ()


def _read(aws: Aws, name: str) -> tuple[str, dict[str, str]] | None:
    """Return ARN and tags of a group, None when there is none."""
    try:
        answer = aws.call("sagemaker", "describe_model_package_group", ModelPackageGroupName=name)
    except NotFoundError:
        return None
    arn: str = answer["ModelPackageGroupArn"]
    return arn, read_tags(aws, arn)


def _delete(aws: Aws, name: str) -> Iterator[Change]:
    """Delete a group without versions; one with versions stays, because they are evidence."""
    versions = aws.call("sagemaker", "list_model_packages", ModelPackageGroupName=name, MaxResults=1)[
        "ModelPackageSummaryList"
    ]
    if versions:
        yield Change(KIND, name, "unchanged", "it has versions, which stay with what they refer to")
        return
    with suppress(NotFoundError):  # it was there a moment ago: a lost answer was asked for again
        aws.call("sagemaker", "delete_model_package_group", ModelPackageGroupName=name)
    yield Change(KIND, name, "deleted")


GROUPS = Kind(KIND, _desired, _owned, _delete, "kept")
