"""Join what was scored with its labels; write one folder for each kind of check.

Labels come as CSV by the record key, as ground truth records by the inference id, or in the rows. What an
endpoint was asked has no facet columns: there the labels bring them along.
Runs under Python 3.8 with boto3; its modules come in the archive named by --modules. Cells are copied as they
stand: 1 and 1.0 are different types to AWS.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Sequence


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=Path)
    for name in ("--spec", "--transform", "--output"):
        parser.add_argument(name, type=Path, required=True)
    for name in ("--labels-uri", "--window-start", "--window-end"):
        parser.add_argument(name, default="")
    parser.add_argument("--collected", type=Path)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Join, or say in one line why that is not possible; the line becomes the job's FailureReason."""
    options = parse(arguments)
    if options.modules:
        sys.path.insert(0, str(options.modules))
    from steps.scripts.collect import attempt
    from steps.scripts.joining.cells import JoinError
    from steps.scripts.joining.joined import run

    return attempt("cannot join", lambda: run(options), JoinError)


if __name__ == "__main__":
    sys.exit(main())
