"""Which baselines a version carries, and whether a check was held against them.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.documents.custom import baselines_of

if TYPE_CHECKING:
    from typing import Protocol

    class Service(Protocol):
        """The calls to SageMaker and S3 that are needed; decide has them."""

        def text(self, uri: str) -> str | None: ...

        def size(self, uri: str) -> int | None: ...

        def download(self, uri: str, folder: Path) -> int: ...

        def output_uri(self, step: dict[str, Any] | None, output: str) -> str | None: ...


NONE_ASKED = "none"
"""What a parameter says that says nothing: SageMaker keeps no empty text with a version."""
DATA_URIS = {
    "data_quality": "DataQualityBaselineDataUri",
    "bias": "BiasBaselineDataUri",
    "model_quality": "ModelQualityBaselineDataUri",
    "explainability": "ExplainabilityBaselineDataUri",
}
"""Where a version says whose rows a monitor's baseline was computed from; earlier ones have one for all."""
MISMATCH = "baseline-version-mismatch"

BASELINES = {
    "DATA_BIAS": ("Bias", "PreTrainingConstraints"),
    "MODEL_BIAS": ("Bias", "PostTrainingConstraints"),
    "DATA_QUALITY": ("ModelDataQuality", "Constraints"),
    "MODEL_QUALITY": ("ModelQuality", "Constraints"),
    "MODEL_EXPLAINABILITY": ("Explainability", "Constraints"),
}
"""Where a version's DriftCheckBaselines have the constraints of a type of check."""


def baseline_of(version: dict[str, Any] | None, part: str, document: str) -> str | None:
    """Return the URI of one document of the baselines that *version* carries."""
    parts = (version or {}).get("DriftCheckBaselines", {}).get(part, {})
    uri: str | None = parts.get(document, {}).get("S3Uri")
    return uri


def custom_baseline_of(version: dict[str, Any] | None, check_type: str) -> str | None:
    """Return the folder of the baseline that *version* carries of a check by a team's own monitor."""
    return baselines_of((version or {}).get("CustomerMetadataProperties", {})).get(check_type)


def other_baseline(metadata: dict[str, Any], document: str, uri: str | None) -> str | None:
    """Return why the check was not held against the version's *uri*; None where it was."""
    if uri is None:
        return "no approved version with a baseline for this check is known"
    used = metadata.get(f"BaselineUsedForDriftCheck{document}")
    # Where a new baseline is registered, SageMaker's property shows the new one, not the one used.
    if not metadata.get("RegisterNewBaseline") and used != uri:
        return f"{MISMATCH}: it used {used}, the version's is {uri}"
    return None
