"""The bundles that a command is about: those of a directory, or each model's, built when its turn comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sagemaker_monitor.cli.errors import ExitCode, say, tell

if TYPE_CHECKING:
    from pipelines.bundle import Bundle
    from sagemaker_monitor.cli.options import Common
    from sagemaker_monitor.operations.fleet import Outcome, Task
    from sagemaker_monitor.settings import Model


def tasks(common: Common, model_name: str | None, directory: Path | None) -> list[Task[tuple[Model, Bundle]]]:
    """Return one task a model, which gives the model and its bundle.

    A *directory* holds a bundle, or one bundle in each of its directories, as `build` writes them;
    the SDK is imported only where none is given.
    """
    from sagemaker_monitor.operations.fleet import Task
    from sagemaker_monitor.settings import known_models

    if directory is not None:
        found = [Task(folder.name, _reading(common, folder)) for folder in _folders(directory)]
        if model_name is None:
            return found
        if len(found) == 1:
            return [Task(model_name, _reading(common, _folders(directory)[0], model_name))]
        return [Task(model_name, _reading(common, directory / model_name, model_name))]
    environment = common.environment
    names = [model_name] if model_name else known_models(common.conf_dir)

    def building(name: str) -> Task[tuple[Model, Bundle]]:
        def build() -> tuple[Model, Bundle]:
            from sagemaker_monitor.cli.building import build_and_lint

            model = common.model(name)
            return model, build_and_lint(model, environment)

        return Task(name, build)

    return [building(name) for name in names]


def bundles(common: Common, model_name: str | None, directory: Path | None) -> Iterator[tuple[Model, Bundle]]:
    """Yield each model with its bundle; the first that cannot be had is an error."""
    for task in tasks(common, model_name, directory):
        yield task.prepare()


def failed(outcomes: Sequence[Outcome[Any]]) -> ExitCode:
    """Say at the end which models failed and why; return the exit code, 0 when none did.

    The only one's error is raised, as if nothing had been between.
    """
    errors = [(outcome.model, outcome.error) for outcome in outcomes if outcome.error is not None]
    if not errors:
        return ExitCode.OK
    if len(outcomes) == 1:
        raise errors[0][1]
    codes = {tell(error, debug=False, about=f"{model}: ") for model, error in errors}
    say(f"{len(errors)} of {len(outcomes)} models failed; what was done with the others stands")
    return codes.pop() if len(codes) == 1 else ExitCode.BROKEN


def _folders(directory: Path) -> list[Path]:
    from pipelines.bundle import MANIFEST

    if (directory / MANIFEST).exists() or not directory.is_dir():
        return [directory]
    return sorted(path.parent for path in directory.glob(f"*/{MANIFEST}")) or [directory]


def _reading(
    common: Common, folder: Path, model_name: str | None = None
) -> Callable[[], tuple[Model, Bundle]]:
    def read() -> tuple[Model, Bundle]:
        from pipelines.bundle import Bundle

        bundle = Bundle.read(folder)
        if model_name not in (None, bundle.model):
            raise click.UsageError(
                f"--model {model_name}: the bundle in {folder} is of model {bundle.model!r}"
            )
        return common.model(bundle.model), bundle

    return read
