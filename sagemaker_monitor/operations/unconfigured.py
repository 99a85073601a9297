"""Models that were deployed to an environment and are no longer in the configuration."""

from __future__ import annotations

from collections.abc import Collection

from sagemaker_monitor.aws import Aws, AwsError
from sagemaker_monitor.aws.storage import list_objects
from sagemaker_monitor.operations.ledger import entry_uri, read_entry


def unconfigured_models(aws: Aws, known: Collection[str]) -> tuple[str, ...]:
    """Return the models in the environment's ledger that are not *known*, unless they were destroyed.

    Raises AwsError.
    """
    folder = entry_uri(aws, "").removesuffix(".json")
    try:
        stored = [item.uri.removeprefix(folder) for item in list_objects(aws, folder, delimiter="/")]
    except AwsError as error:
        if error.code == "NoSuchBucket":
            return ()
        raise
    names = [name.removesuffix(".json") for name in stored if name.endswith(".json")]
    return tuple(name for name in sorted(names) if name not in known and _is_deployed(aws, name))


def _is_deployed(aws: Aws, model: str) -> bool:
    done = read_entry(aws, model).done
    return done is None or done.what != "destroy"
