"""The example's bundle for prod, from the golden definitions: what building gives, without building."""

from __future__ import annotations

import json
from pathlib import Path

from pipelines.bundle import Bundle, PipelineDefinition, bundle_sha256

GOLDEN = Path(__file__).parents[1] / "definitions" / "prod"


def prod_bundle() -> Bundle:
    """Return the bundle of the model `mortgage`."""
    definitions = tuple(
        PipelineDefinition(f"mortgage-{path.stem}-prod", path.stem, json.dumps(json.loads(path.read_text())))
        for path in sorted(GOLDEN.glob("*.json"))
    )
    own = "c" * 64
    sha256 = bundle_sha256(definitions, (), own)
    return Bundle("mortgage", "prod", sha256, "0", definitions, ())
