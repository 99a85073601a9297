"""Pipelines of a team's own that embed checks of ours: deployed, started, and what they concluded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.baselines import pin
from sagemaker_monitor.operations.bucket import require_bucket_here
from sagemaker_monitor.operations.deployed import DeployedPipeline, read_deployed
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.follow import Snapshot
from sagemaker_monitor.operations.ledger import read_prune_entry
from sagemaker_monitor.operations.modes import read_modes
from sagemaker_monitor.operations.outcome import Outcome, conclude_of
from sagemaker_monitor.operations.resources.assets import AssetResource
from sagemaker_monitor.operations.resources.pipelines import DesiredPipeline, location_of
from sagemaker_monitor.operations.resources.resource import Change, Resource
from sagemaker_monitor.operations.resources.tags import checked
from sagemaker_monitor.operations.run import Started, start
from sagemaker_monitor.registry.versions import latest_approved
from sagemaker_monitor.settings import Model
from sagemaker_monitor.settings.errors import choices, listed


def deploy(aws: Aws, bundle: Bundle) -> Iterator[Change]:
    """Bring the files and the pipeline of *bundle* to its environment, yielding each thing as it is done.

    Files first, so that a run killed at any point leaves nothing that refers to what is not there; what is
    equal already is not written. The pipeline has the environment's tags and role, and no mark of
    `upsert`: `plan`, `upsert` and `destroy` leave it alone, and it has no ledger. Raises UsageError for the
    bundle of another environment, BusyError while prune is at work, AwsError.
    """
    environment = aws.environment
    if bundle.environment != environment.name:
        raise UsageError(f"the bundle is of environment {bundle.environment!r}, not of {environment.name!r}")
    aws.require_writable()
    require_bucket_here(aws)
    read_prune_entry(aws).require_free()
    resources: list[Resource] = [AssetResource(asset) for asset in bundle.assets]
    resources += [
        DesiredPipeline(
            name=definition.name,
            definition=definition.definition,
            role_arn=environment.roles.execution,
            description=f"embeds checks of model {bundle.model}; bundle {bundle.sha256}",
            tags=checked(dict(environment.tags)),
            parallel_steps=environment.compute.max_parallel_steps,
            location=location_of(definition.name, definition.definition, environment),
        )
        for definition in bundle.pipelines
    ]
    for resource in resources:
        changes = list(resource.write(aws, resource.read(aws)))
        yield from changes or [Change(resource.kind, resource.name, "unchanged")]


def start_embedded(
    aws: Aws,
    model: Model,
    pipeline_name: str,
    *,
    parameters: Mapping[str, str] | None = None,
    modes: Sequence[str] = (),
    reason: str | None = None,
) -> Started:
    """Start a pipeline that embeds checks of *model*, each pinned to the latest approved version's baseline.

    *modes* and *reason* as of `run`: `bootstrap` for the first baseline, `refresh`, `bias=accept`; the last
    two where the pipeline registers. *parameters* are your own. Raises UsageError, AwsError.
    """
    asked = read_modes(model, list(modes), reason, registers_candidates=True)
    aws.require_writable()
    deployed = _deployed(aws, pipeline_name, parameters or {})
    approved = latest_approved(aws, aws.environment.model_package_group(model.model))
    pinned = pin(deployed.checks, approved, asked, model=model.model)
    # A pipeline that registers nothing has no parameter for what a version carries.
    known = {name: value for name, value in pinned.items() if name in deployed.defaults}
    return start(aws, deployed, {**known, **(parameters or {})})


def _deployed(aws: Aws, name: str, given: Mapping[str, str]) -> DeployedPipeline:
    """Return a deployed pipeline that takes the *given* parameters and needs no others. Raises UsageError."""
    try:
        deployed = read_deployed(aws, name)
    except UsageError as error:
        raise UsageError(
            f"pipeline {name!r} is not deployed to {aws.environment.name!r}: bring it there with deploy()"
        ) from error
    for parameter in given:
        if parameter not in deployed.defaults:
            raise UsageError(
                f"pipeline {name!r} takes no parameter {parameter!r}"
                f"{choices(parameter, deployed.defaults, 'it takes', limit=40)}"
            )
    missing = [each for each, default in deployed.defaults.items() if default is None and each not in given]
    if missing:
        raise UsageError(f"pipeline {name!r} needs {listed(missing)}: parameters without a default")
    return deployed


def conclude_embedded(aws: Aws, snapshot: Snapshot, model: Model, pipeline: str = "training") -> Outcome:
    """Return what an ended execution concluded: `conclusion` is open, refused or broken.

    *pipeline* is the word that the `Embedding` was made with; `register` for `register_steps`.
    Raises AwsError.
    """
    return conclude_of(aws, snapshot, model.model, pipeline)
