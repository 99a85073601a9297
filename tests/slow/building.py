"""Build every model of a configuration in one process, saying what each takes: `building.py CONF DIST`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from sagemaker_monitor.cli.building import build_and_lint
from sagemaker_monitor.settings import known_models, load


def resident() -> int:
    """Return the memory of this process that is in use, in kilobytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def main(conf: Path, dist: Path) -> None:
    """Print a line of JSON a model: seconds of CPU, and memory afterwards."""
    for name in known_models(conf):
        began = time.process_time()
        model, environment = load(name, "local", conf)
        build_and_lint(model, environment).write(dist / name)
        print(json.dumps({"seconds": time.process_time() - began, "kilobytes": resident()}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
