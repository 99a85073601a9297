"""This project's merge container: whole process, captures and labels in, merged JSON Lines out."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from merged_answer import answer_of

from sagemaker_monitor.analysis.container.__main__ import main
from sagemaker_monitor.analysis.short_lived import lives_shortly

# As the container does that is a process of its own.
lives_shortly()
with tempfile.TemporaryDirectory(dir=Path(sys.argv[1]).parent) as folder:
    root = Path(folder)
    (root / "processing").mkdir()
    (root / "processing/captured").symlink_to(Path(sys.argv[1], "captured").resolve())
    (root / "processing/labels").symlink_to(Path(sys.argv[1], "labels").resolve())
    environment = {
        "SAGEMAKER_MONITOR_ROOT": folder,
        "dataset_source": "/opt/ml/processing/captured",
        "ground_truth_source": "/opt/ml/processing/labels",
        "output_path": "/opt/ml/processing/output",
    }
    if main(["merge"], {**os.environ, **environment}):
        sys.exit(1)
    text = (root / "output/message").read_text()
    merged = int(re.findall(r"\d+", text)[0])
    print(answer_of(merged, sorted((root / "processing/output").rglob("*.jsonl"))))
