"""Rows to train on next, from the mortgage example's files: as they were, and after a recession."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

NEXT = {"train-next.csv": "honest", "train-drifted.csv": "drifted"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the two files beside those of examples/mortgage/prepare.py: its batches, with their labels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where examples/mortgage/prepare.py has written")
    folder = parser.parse_args(arguments).folder
    header = (folder / "train.csv").read_text().partition("\n")[0]
    for name, batch in NEXT.items():
        rows = (folder / f"batch-{batch}.csv").read_text().splitlines()
        labels = dict(line.split(",") for line in (folder / f"labels-{batch}.csv").read_text().splitlines())
        lines = [header, *(f"{row},{labels[row.partition(',')[0]]}" for row in rows)]
        (folder / name).write_text("\n".join(lines) + "\n")
        print(folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
