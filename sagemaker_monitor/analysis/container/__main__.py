"""Run an analysis container: `python -m sagemaker_monitor.analysis.container clarify | analyzer | merge`."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.container.baselining import Baselining
from sagemaker_monitor.analysis.container.job import environment_of
from sagemaker_monitor.analysis.container.paths import Paths, write_outputs
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.short_lived import lives_shortly

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTAINERS = ("clarify", "analyzer", "merge")
LONGEST_TEXT = 1024
"""Characters of a failure reason that SageMaker keeps."""


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run the container that *arguments* names and leave its exit text; return the process's exit code."""
    if len(arguments) != 1 or arguments[0] not in CONTAINERS:
        names = " | ".join(CONTAINERS)
        print(f"usage: python -m sagemaker_monitor.analysis.container {names}", file=sys.stderr)
        return 2
    paths = Paths.of(environment)
    try:
        text, code = _analyse(arguments[0], paths, environment), 0
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


def _analyse(name: str, paths: Paths, environment: Mapping[str, str]) -> str:
    """Run one container and write what it found; return its exit text."""
    environment = environment_of(paths, environment)
    baselining = Baselining.of(paths, environment)
    # Each has its own libraries, which take longer to load than a small job to do.
    container = import_module(f"sagemaker_monitor.analysis.container.{name}")
    files, text = container.run(paths, baselining.environment(environment))
    baselining.check_outcome(text)
    write_outputs(paths.output_of(environment), files)
    if baselining.carried is not None:
        write_outputs(baselining.carried, baselining.carried_files(files))
    if hasattr(container, "finish"):
        container.finish(paths, environment)
    return str(text)


if __name__ == "__main__":
    lives_shortly()
    sys.exit(main(sys.argv[1:], os.environ))
