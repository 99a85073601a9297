"""Files of a bundle: under the hash of what they say, shared by models, never overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.bundle import Asset, Bundle
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import head, put
from sagemaker_monitor.operations.resources.resource import (
    Change,
    Deployed,
    Fields,
    Kind,
    Resource,
    nothing_deleted,
    nothing_owned,
)
from sagemaker_monitor.settings import Environment, Model


@dataclass(frozen=True)
class AssetResource:
    """One file; it is there when an object of its length is: its address says what it contains."""

    asset: Asset
    kind: str = "asset"

    @property
    def name(self) -> str:
        """The beginning of its hash, and its file's name."""
        return f"{self.asset.sha256[:12]}/{self.asset.name}"

    def wanted(self) -> Fields:
        """Return its length."""
        return {"bytes": len(self.asset.content)}

    def read(self, aws: Aws) -> Deployed | None:
        """Return the length of the object at its address."""
        stored = head(aws, self.asset.uri)
        return None if stored is None else Deployed({"bytes": stored.size})

    def write(self, aws: Aws, deployed: Deployed | None) -> Iterator[Change]:
        """Upload it unless it is there, whole."""
        if deployed is None or deployed.fields != self.wanted():
            put(aws, self.asset.uri, self.asset.content)
            yield Change(self.kind, self.name, "uploaded")


def _desired(bundle: Bundle, _model: Model, _environment: Environment) -> list[Resource]:
    return [AssetResource(asset) for asset in bundle.all_assets]


ASSETS = Kind("asset", _desired, nothing_owned, nothing_deleted, "kept")
"""Deleted by nobody but prune, which looks at everything that may refer to one."""
