"""Prints what a flow by awscli found: the documents below found/, by name, and the seconds of its parts.

Most of these are starts of `aws`: `import` is their number times the seconds that one of them computes which
hardly does more.
"""

import json
import resource
import subprocess
from itertools import pairwise
from pathlib import Path


def documents(folder):
    """Return the documents of a folder by name, those of folders below as documents of theirs."""
    return {
        path.stem: documents(path) if path.is_dir() else json.loads(path.read_text())
        for path in sorted(folder.iterdir())
    }


subprocess.run(["aws", "sagemaker", "list-models", "--max-items", "1"], stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
start = used.ru_utime + used.ru_stime
lines = [line.split(" ", 1) for line in Path("laps").read_text().splitlines()]
moments = [(float(moment), name) for moment, name in lines]
laps = {name: round(now - then, 3) for (then, _), (now, name) in pairwise(moments)}
calls = len(Path("calls").read_text().splitlines())
print(
    json.dumps(
        {**documents(Path("found")), "calls": calls, "laps": {"import": round(calls * start, 3), **laps}}
    )
)
