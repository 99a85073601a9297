"""What the containers hold of data that they read a piece at a time does not grow with its rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc"),
]
MIB = 1 << 20
PROGRAM = """
import os, sys
from pathlib import Path
from sagemaker_monitor.analysis.container.__main__ import main
code = main(sys.argv[1:], os.environ)
status = Path("/proc/self/status").read_text().splitlines()
print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
sys.exit(code)
"""
HEADERS = ["age", "income", "sex", "town", "label", "predicted"]
LINES = [
    f"{20 + n % 60},{1000 + n * 7.25},{n % 2},town {n % 40},{n % 3 // 2},{n % 5 // 4}\n"
    for n in range(20_000)
]


def peak(folder: Path, container: str, **environment: str) -> int:
    """Return the peak memory in bytes of a container whose /opt/ml is *folder*."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, container],
        env={
            **os.environ,
            "SAGEMAKER_MONITOR_ROOT": str(folder),
            "output_path": "/opt/ml/processing/output",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
    return int(done.stdout.splitlines()[-1]) * 1024


def table(path: Path, size: int) -> None:
    """Write a CSV of about *size* bytes."""
    path.parent.mkdir(parents=True)
    rows = "".join(LINES)
    path.write_text(",".join(HEADERS) + "\n" + rows * (size // len(rows)))


def data_quality(folder: Path, size: int) -> int:
    """Return the peak memory of a profile of a table of *size* bytes."""
    table(folder / "processing/input/data.csv", size)
    return peak(
        folder,
        "analyzer",
        dataset_format='{"csv": {"header": true}}',
        dataset_source="/opt/ml/processing/input",
        publish_cloudwatch_metrics="Disabled",
    )


def bias(folder: Path, size: int) -> int:
    """Return the peak memory of the bias metrics of a table of *size* bytes."""
    table(folder / "processing/input/data/data.csv", size)
    config = folder / "processing/input/config/analysis_config.json"
    config.parent.mkdir()
    document = {
        "dataset_type": "text/csv",
        "headers": HEADERS,
        "label": "label",
        "predicted_label": "predicted",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "sex", "value_or_threshold": [1]}, {"name_or_index": "town"}],
        "group_variable": "town",
        "methods": {
            "pre_training_bias": {"methods": "all"},
            "post_training_bias": {"methods": ["DPPL", "AD", "CDDPL"]},
        },
    }
    config.write_text(json.dumps(document))
    return peak(folder, "clarify")


def merge(folder: Path, size: int) -> int:
    """Return the peak memory of merging captures of *size* bytes with a thousand labels."""
    hour = "2026/11/30/07"
    captured, labels = (folder / "processing" / name / hour / "a.jsonl" for name in ("captured", "labels"))
    for place in (captured, labels):
        place.parent.mkdir(parents=True)
    part = '{"observedContentType":"text/csv","mode":"%s","data":"%s","encoding":"CSV"}'
    lines = "".join(
        f'{{"captureData":{{"endpointInput":{part % ("INPUT", "1,2,3")},"endpointOutput":'
        f'{part % ("OUTPUT", "0.5")}}},"eventMetadata":{{"eventId":"{n}"}},"eventVersion":"0"}}\n'
        for n in range(20_000)
    )
    captured.write_text(lines * (size // len(lines)))
    labels.write_text(
        "".join(
            f'{{"groundTruthData":{{"data":"1","encoding":"CSV"}},"eventMetadata":{{"eventId":"{n}"}}}}\n'
            for n in range(1000)
        )
    )
    return peak(
        folder,
        "merge",
        dataset_source="/opt/ml/processing/captured",
        ground_truth_source="/opt/ml/processing/labels",
    )


@pytest.mark.parametrize("work", [data_quality, bias, merge])
def test_memory_does_not_grow_with_rows(tmp_path: Path, work: Callable[[Path, int], int]) -> None:
    """Of 160 MiB of data more, a sixth at most is ever in memory: what an allocator keeps back."""
    some = work(tmp_path / "some", 40 * MIB)
    many = work(tmp_path / "many", 200 * MIB)

    assert many - some < 160 * MIB / 6, f"{some / MIB:.0f} MiB became {many / MIB:.0f}"
