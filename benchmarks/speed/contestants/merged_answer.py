"""What stands in merged records, whoever wrote them: read only when answers are compared."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import Any


def answer_of(merged: int, files: list[Path]) -> str:
    """Return how many records were merged and, when checking, a digest of them in any order."""
    answer: dict[str, Any] = {"merged": merged}
    if os.environ.get("BENCH_CHECK"):
        digest = count = 0
        for file in files:
            with file.open("rb") as lines:
                for line in lines:
                    record = json.loads(line)
                    about, data = record["eventMetadata"], record["captureData"]
                    key = (
                        about["inferenceId"],
                        record["groundTruthData"]["data"],
                        data["endpointInput"]["data"],
                        data["endpointOutput"]["data"],
                    )
                    digest, count = digest + zlib.crc32("|".join(map(str, key)).encode()), count + 1
        answer |= {"digest": digest, "lines": count}
    return json.dumps(answer)
