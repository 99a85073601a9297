"""What an endpoint serves: its variants' models as they were when it was deployed.

SageMaker downloads a model's artifact when an endpoint is deployed. Whatever becomes of the model or of
its object in S3 afterwards, the endpoint answers as before, after a restart too. So archives are kept
below the state directory; where the file system can, as links that take no space.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.models.launch import Launch
from sagemaker_monitor.emulator.models.resolve import launch_all
from sagemaker_monitor.emulator.s3.directory import StoredObject


@dataclass(frozen=True)
class Served:
    """One production variant that answers: the launches of its model's containers, in order."""

    variant: str
    launches: tuple[Launch, ...]


def take(context: Context, endpoint: str, variants: list[dict[str, Any]]) -> tuple[Path, dict[str, Any]]:
    """Keep what *variants* of an endpoint configuration serve; return the folder and the record of it.

    Raises ArtifactError, UnknownModelError and OSError.
    """
    folder = home(context, endpoint) / uuid.uuid4().hex[:12]
    record = {}
    try:
        for variant in variants:
            name = variant["VariantName"]
            first, *others = launch_all(context, variant["ModelName"])
            record[name] = _kept(first, folder / name)
            record[name]["then"] = [
                _kept(made, folder / name / str(place)) for place, made in enumerate(others, start=1)
            ]
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder, record


def served(folder: Path, variant: str, record: dict[str, Any]) -> Served:
    """Return what *variant* serves, of the folder and the record that `take` gave."""
    kept, place = record[variant], folder / variant
    others = [_launch(each, place / str(number)) for number, each in enumerate(kept.get("then", ()), start=1)]
    return Served(variant, (_launch(kept, place), *others))


def _kept(made: Launch, place: Path) -> dict[str, Any]:
    place.mkdir(parents=True)
    return {
        "kind": made.kind,
        "environment": dict(made.environment),
        "command": list(made.command),
        "artifact": _keep(made.artifact, place / "model.tar.gz"),
        "code": made.code and _keep(made.code, place / "code.tar.gz"),
    }


def _launch(kept: dict[str, Any], place: Path) -> Launch:
    return Launch(
        _stored(place / "model.tar.gz", kept["artifact"]),
        kept["kind"],
        kept["environment"],
        kept["code"] and _stored(place / "code.tar.gz", kept["code"]),
        tuple(kept["command"]),
    )


def drop(folder: Path) -> None:
    """Delete what `take` kept."""
    shutil.rmtree(folder, ignore_errors=True)


def clean(context: Context, endpoints: Mapping[str, dict[str, Any]]) -> None:
    """Delete what a kill left: folders of endpoints that are no more, or that these do not serve from."""
    root = home(context, "")
    for place in root.iterdir() if root.is_dir() else ():
        serving = endpoints.get(place.name, {}).get("_Serving")
        if serving is None:
            drop(place)
            continue
        for folder in place.iterdir():
            if folder.name != Path(serving["Folder"]).name:
                drop(folder)


def home(context: Context, endpoint: str) -> Path:
    """Return the directory of an endpoint's folders; it is not created here."""
    return context.config.state_dir / "endpoints" / context.region / endpoint


def _keep(stored: StoredObject, target: Path) -> dict[str, Any]:
    try:
        os.link(stored.path, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(stored.path, target)
    return {"bucket": stored.bucket, "key": stored.key, "etag": stored.etag, "size": stored.size}


def _stored(path: Path, kept: dict[str, Any]) -> StoredObject:
    return StoredObject(kept["bucket"], kept["key"], path, kept["size"], kept["etag"], modified=0.0)
