"""What binds a registered version to its evidence: digests of the verdict, the baselines and the artifact.

The verdict is written before the version is registered and cannot contain its own hash; so this document
stands beside it, and the pipeline writes what it says into the version. Runs under Python 3.8 with the
standard library only.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Dict, Mapping

from sagemaker_monitor.analysis.documents import custom

if TYPE_CHECKING:
    from typing import Protocol

    class Service(Protocol):
        """The calls to SageMaker and S3 that are needed; decide has them."""

        def text(self, uri: str) -> str | None: ...


FILE = "evidence.json"
PARTS = ("Statistics", "Constraints")
PREFIX = "sha256:"
"""How SageMaker's ContentDigest begins."""


def digest(text: str) -> str:
    """Return the SHA-256 of a document's bytes, as SageMaker's ContentDigest has it."""
    return PREFIX + hashlib.sha256(text.encode("utf-8")).hexdigest()


def evidence_document(
    service: Service, checks: Mapping[str, Mapping[str, Any]], *, verdict: str, model_data_etag: str | None
) -> dict[str, Any]:
    """Return the document: what a version that is registered now carries, by the digests of its content.

    *checks* are the metadata of the check steps by check type, *verdict* is the text of verdict.json.
    What is not there has no digest, and a version that should have one is not registered: its step fails.
    """
    baselines: Dict[str, Dict[str, str]] = {}
    teams: Dict[str, Dict[str, str]] = {}
    for check_type, metadata in checks.items():
        for part in PARTS:
            uri = carried_uri(metadata, part)
            text = service.text(uri) if uri else None
            if text is not None:
                baselines.setdefault(check_type, {})[part] = digest(text)
        name = custom.name_of(check_type)
        if name is not None:
            teams[name] = _of_team(metadata, baselines.pop(check_type, {}))
    return {
        "schema_version": 1,
        "verdict_sha256": digest(verdict)[len(PREFIX) :],
        **({"model_data_etag": model_data_etag} if model_data_etag else {}),
        "baselines": baselines,
        **({"custom": teams} if teams else {}),
    }


def _of_team(metadata: Mapping[str, Any], digests: Mapping[str, str]) -> Dict[str, str]:
    """Return what a version carries of a team's own monitor: where its baseline lies, and what it says.

    No expression in a definition can choose between the baseline that was compared with and a new one, and
    DriftCheckBaselines, where a property could say it, have places for SageMaker's monitors alone.
    """
    uri = carried_uri(metadata, PARTS[0])
    if uri is None or set(digests) != set(PARTS):
        return {}
    return {"uri": uri.rpartition("/")[0], "sha256": custom.both_digests(*(digests[part] for part in PARTS))}


def carried_uri(metadata: Mapping[str, Any], part: str) -> str | None:
    """Return the URI of the *part* of the baseline that a check leaves to the version; None without one."""
    found = metadata.get(f"CarriedBaseline{part}") or metadata.get(f"BaselineUsedForDriftCheck{part}")
    return str(found) if found else None
