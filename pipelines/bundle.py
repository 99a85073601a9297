"""A bundle: the definitions of one model in one environment, and every file they refer to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BUNDLE_PLACEHOLDER = "0" * 64
"""Stands for the bundle's own hash while that hash is computed."""

MANIFEST = "bundle.json"
MONITORING = "monitoring-schedules"
"""The folder of a bundle with what SageMaker is told of monitoring schedules."""


class BundleError(Exception):
    """A bundle on disk is incomplete, altered, or of another version."""


@dataclass(frozen=True)
class Asset:
    """A file that a definition refers to, stored under the hash of what it says."""

    name: str
    sha256: str
    content: bytes
    uri: str


@dataclass(frozen=True)
class PipelineDefinition:
    """One pipeline: its deployed name, which pipeline it is, and its definition as canonical JSON."""

    name: str
    pipeline: str
    definition: str


@dataclass(frozen=True)
class MonitoringDefinition:
    """One monitoring schedule: its deployed name, its key in the model's file, and what SageMaker is told.

    The definition is JSON as steps.monitoring describes it; its files are its own, so that a schedule that
    changes changes no pipeline.
    """

    name: str
    key: str
    definition: str
    assets: tuple[Asset, ...] = ()

    @property
    def sha256(self) -> str:
        """The hash of what it says."""
        return hashlib.sha256(self.definition.encode()).hexdigest()


@dataclass(frozen=True)
class Bundle:
    """Everything that upsert sends for one model and environment; built offline, equal bytes every time."""

    model: str
    environment: str
    sha256: str
    sdk_version: str
    pipelines: tuple[PipelineDefinition, ...]
    assets: tuple[Asset, ...]
    """The files of the pipelines."""
    monitoring: tuple[MonitoringDefinition, ...] = ()

    @property
    def all_assets(self) -> tuple[Asset, ...]:
        """Every file that upsert sends, each once."""
        found = {asset.uri: asset for asset in self.assets}
        found |= {asset.uri: asset for each in self.monitoring for asset in each.assets}
        return tuple(found.values())

    def pipeline(self, pipeline: str) -> PipelineDefinition:
        """Return the definition of *pipeline*; KeyError names those there are."""
        for definition in self.pipelines:
            if definition.pipeline == pipeline:
                return definition
        raise KeyError(
            f"no pipeline {pipeline!r} in this bundle; it has {', '.join(p.pipeline for p in self.pipelines)}"
        )

    def write(self, directory: Path) -> None:
        """Write the bundle: a manifest, one definition a pipeline, and the assets by hash."""
        for definition in self.pipelines:
            _write(directory / f"{definition.name}.json", definition.definition.encode())
        for each in self.monitoring:
            _write(directory / MONITORING / f"{each.name}.json", each.definition.encode())
        for asset in self.all_assets:
            _write(directory / "assets" / asset.sha256 / asset.name, asset.content)
        # Last, so that a directory with a manifest is whole.
        _write(directory / MANIFEST, canonical_json(self._manifest()).encode())

    def _manifest(self) -> dict[str, Any]:
        return {
            "schema_version": 1,
            "model": self.model,
            "environment": self.environment,
            "sha256": self.sha256,
            "sdk_version": self.sdk_version,
            "pipelines": [{"name": p.name, "pipeline": p.pipeline} for p in self.pipelines],
            "assets": [_asset_entry(asset) for asset in self.assets],
            "monitoring_schedules": [
                {
                    "name": each.name,
                    "key": each.key,
                    "sha256": each.sha256,
                    "assets": [_asset_entry(asset) for asset in each.assets],
                }
                for each in self.monitoring
            ],
        }

    @classmethod
    def read(cls, directory: Path) -> Bundle:
        """Read what write() wrote; BundleError when a file is missing or was altered."""
        try:
            manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise BundleError(
                f"{directory} holds no bundle: {MANIFEST} is missing; write one with build -o"
            ) from error
        except ValueError as error:
            raise BundleError(f"{directory / MANIFEST} is not JSON: {error}") from error
        if manifest.get("schema_version") != 1:
            raise BundleError(
                f"{directory / MANIFEST} has schema_version {manifest.get('schema_version')!r}; "
                "this version reads 1"
            )
        try:
            pipelines = tuple(
                PipelineDefinition(
                    p["name"], p["pipeline"], (directory / f"{p['name']}.json").read_text(encoding="utf-8")
                )
                for p in manifest["pipelines"]
            )
            assets = tuple(_read_asset(directory, entry) for entry in manifest["assets"])
            monitoring = tuple(
                _read_monitoring(directory, entry) for entry in manifest.get("monitoring_schedules", ())
            )
        except (KeyError, OSError) as error:
            raise BundleError(f"the bundle in {directory} is incomplete: {error}; build it again") from error
        bundle = cls(
            manifest["model"],
            manifest["environment"],
            manifest["sha256"],
            manifest["sdk_version"],
            pipelines,
            assets,
            monitoring,
        )
        if bundle.sha256 != bundle_sha256(pipelines, assets, bundle.sha256):
            raise BundleError(f"the bundle in {directory} was altered after it was built; build it again")
        return bundle


def _asset_entry(asset: Asset) -> dict[str, str]:
    return {"name": asset.name, "sha256": asset.sha256, "uri": asset.uri}


def _read_asset(directory: Path, entry: dict[str, str]) -> Asset:
    content = (directory / "assets" / entry["sha256"] / entry["name"]).read_bytes()
    return Asset(entry["name"], entry["sha256"], content, entry["uri"])


def _read_monitoring(directory: Path, entry: dict[str, Any]) -> MonitoringDefinition:
    """Read one monitoring schedule; BundleError when it, or a file of it, was altered."""
    path = directory / MONITORING / f"{entry['name']}.json"
    assets = tuple(_read_asset(directory, each) for each in entry["assets"])
    found = MonitoringDefinition(entry["name"], entry["key"], path.read_text(encoding="utf-8"), assets)
    altered = [each for each in assets if hashlib.sha256(each.content).hexdigest() != each.sha256]
    if found.sha256 != entry["sha256"] or altered:
        raise BundleError(f"{path} or a file of it was altered after it was built; build it again")
    return found


def make_asset(root: str, name: str, content: bytes) -> Asset:
    """Return *content* as an asset below the storage *root*, addressed by its SHA-256."""
    sha256 = hashlib.sha256(content).hexdigest()
    return Asset(name, sha256, content, f"{root}/assets/{sha256}/{name}")


def bundle_sha256(pipelines: Iterable[PipelineDefinition], assets: Iterable[Asset], own: str) -> str:
    """Return the hash of a bundle; *own*, where definitions mention it, counts as the placeholder."""
    digest = hashlib.sha256()
    for definition in pipelines:
        digest.update(
            f"{definition.name}\n{definition.definition.replace(own, BUNDLE_PLACEHOLDER)}\n".encode()
        )
    for asset in sorted(assets, key=lambda asset: asset.uri):
        digest.update(f"{asset.uri}\n{hashlib.sha256(asset.content).hexdigest()}\n".encode())
    return digest.hexdigest()


def canonical_json(document: Any) -> str:
    """Return *document* as JSON that reads well and is the same on every machine."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
