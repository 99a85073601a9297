"""What binds a registered version to its evidence: digests of the verdict, the baselines and the artifact.

The verdict is written before the version is registered and cannot contain its own hash; so this document
stands beside it, and the pipeline writes what it says into the version. Runs under Python 3.8 with the
standard library only.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Dict, Mapping

from sagemaker_monitor.analysis.decision.baselines import (
    BASELINES,
    NONE_ASKED,
    baseline_of,
    custom_baseline_of,
)
from sagemaker_monitor.analysis.documents import custom

if TYPE_CHECKING:
    from typing import Protocol

    class Service(Protocol):
        """The calls to SageMaker and S3 that are needed; decide has them."""

        def text(self, uri: str) -> str | None: ...


FILE = "evidence.json"
PARTS = ("Statistics", "Constraints")
TEAM_DOCUMENTS = {"Statistics": custom.STATISTICS, "Constraints": custom.CONSTRAINTS}
PREFIX = "sha256:"
"""How SageMaker's ContentDigest begins."""


def digest(text: str) -> str:
    """Return the SHA-256 of a document's bytes, as SageMaker's ContentDigest has it."""
    return PREFIX + hashlib.sha256(text.encode("utf-8")).hexdigest()


def evidence_document(
    service: Service,
    checks: Mapping[str, Mapping[str, Any]],
    *,
    verdict: str,
    model_data_etag: str | None,
    data_uris: Mapping[str, str | None],
    version: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the document: what a version that is registered now carries, by the digests of its content.

    *checks* are the metadata of the check steps by check type, *verdict* is the text of verdict.json,
    *data_uris* where the rows behind each monitor's baseline lie. A new *version* of an artifact that is
    registered already serves the same container, and carries whatever baseline is not new as it was.
    What is not there has no digest, and a version that should have one is not registered: its step fails.
    """
    baselines: Dict[str, Dict[str, str]] = {}
    carried: Dict[str, Dict[str, str]] = {}
    teams: Dict[str, Dict[str, str]] = {}
    metadata_of_version = (version or {}).get("CustomerMetadataProperties", {})
    for check_type in dict.fromkeys([*BASELINES, *checks, *custom.baselines_of(metadata_of_version)]):
        for part in PARTS:
            metadata = checks.get(check_type, {})
            uri = (
                carried_uri(metadata, part)
                if version is None
                else _new_or_known(metadata, version, check_type, part)
            )
            text = service.text(uri) if uri else None
            if uri and text is not None:
                baselines.setdefault(check_type, {})[part] = digest(text)
                carried.setdefault(check_type, {})[part] = uri
        name = custom.name_of(check_type)
        if name is not None:
            teams[name] = _of_team(carried.pop(check_type, {}), baselines.pop(check_type, {}))
    return {
        "schema_version": 1,
        "verdict_sha256": digest(verdict)[len(PREFIX) :],
        **({"model_data_etag": model_data_etag} if model_data_etag else {}),
        "baselines": baselines,
        "carried": carried,
        "baseline_data_uris": {monitor: uri or NONE_ASKED for monitor, uri in data_uris.items()},
        **({"container": container_of(version)} if version is not None else {}),
        **({"custom": teams} if teams else {}),
    }


def _of_team(uris: Mapping[str, str], digests: Mapping[str, str]) -> Dict[str, str]:
    """Return what a version carries of a team's own monitor: where its baseline lies, and what it says.

    No expression in a definition can choose between the baseline that was compared with and a new one, and
    DriftCheckBaselines, where a property could say it, have places for SageMaker's monitors alone.
    """
    if set(digests) != set(PARTS):
        return {}
    folder = uris[PARTS[0]].rpartition("/")[0]
    return {"uri": folder, "sha256": custom.both_digests(*(digests[part] for part in PARTS))}


def container_of(version: Mapping[str, Any]) -> Dict[str, str]:
    """Return the image and the artifact that *version* serves."""
    containers = version.get("InferenceSpecification", {}).get("Containers") or [{}]
    found = {"image": containers[0].get("Image"), "model_data_url": containers[0].get("ModelDataUrl")}
    return {key: str(value) for key, value in found.items() if value}


def _new_or_known(
    metadata: Mapping[str, Any], version: Mapping[str, Any], check_type: str, part: str
) -> str | None:
    """Return the URI of what a check computed where it registers a new baseline, or else of the version's."""
    if metadata.get("RegisterNewBaseline"):
        uri: str | None = metadata.get(f"CalculatedBaseline{part}")
        return uri
    if custom.name_of(check_type) is not None:
        folder = custom_baseline_of(dict(version), check_type)
        return folder and f"{folder}/{TEAM_DOCUMENTS[part]}"
    section, constraints = BASELINES[check_type]
    return baseline_of(dict(version), section, constraints if part == "Constraints" else part)


def carried_uri(metadata: Mapping[str, Any], part: str) -> str | None:
    """Return the URI of the *part* of the baseline that a check leaves to the version; None without one."""
    found = metadata.get(f"CarriedBaseline{part}") or metadata.get(f"BaselineUsedForDriftCheck{part}")
    return str(found) if found else None


def registered_digests(version: Mapping[str, Any]) -> Dict[str, str]:
    """Return, by URI, the SHA-256 in hexadecimal of the baselines' documents that a *version* carries.

    *version* is what DescribeModelPackage says. Documents without a digest are left out.
    """
    found = custom.digests_of(version.get("CustomerMetadataProperties") or {})
    for section in (version.get("DriftCheckBaselines") or {}).values():
        for source in section.values():
            if isinstance(source, dict) and source.get("ContentDigest") and source.get("S3Uri"):
                found[source["S3Uri"]] = str(source["ContentDigest"])
    return {uri: known.lower().rpartition(":")[2] for uri, known in found.items()}
