"""Run an analysis container: `python -m sagemaker_monitor.analysis.container clarify`."""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.container.paths import Paths, write_outputs
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_TEXT = 1024
"""Characters of a failure reason that SageMaker keeps."""


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run the container that *arguments* names and leave its exit text; return the process's exit code."""
    if arguments != ["clarify"]:
        print("usage: python -m sagemaker_monitor.analysis.container clarify", file=sys.stderr)
        return 2
    paths = Paths.of(environment)
    try:
        from sagemaker_monitor.analysis.container import clarify

        files, text = clarify.run(paths, environment)
        write_outputs(paths.output, files)
        code = 0
    except AnalysisError as error:
        text, code = str(error), 1
    except OSError as error:
        text, code = f"a file could not be read or written: {error}", 1
    except Exception as error:  # the process's border: whatever it is becomes the job's failure reason
        traceback.print_exc()
        text, code = f"the analysis failed unexpectedly: {type(error).__name__}: {error}", 1
    print(f"exit_message: {text}", file=sys.stderr if code else sys.stdout, flush=True)
    try:
        paths.message.parent.mkdir(parents=True, exist_ok=True)
        paths.message.write_text(text[:LONGEST_TEXT], encoding="utf-8")
    except OSError as error:
        print(f"the exit text could not be written: {error}", file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
