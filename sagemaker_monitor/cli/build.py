"""sagemaker-monitor build: write bundles, offline and without credentials."""

from __future__ import annotations

from pathlib import Path

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options


@click.command()
@click.option("--model", "model_name", metavar="MODEL", help="Only this model; all of them by default.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("dist"),
    show_default=True,
    help="Directory; a bundle goes to <env>/<model> below it.",
)
@common_options
def build(common: Common, model_name: str | None, output: Path) -> int:
    """Write the definitions and every file they refer to, the same bytes every time.

    Needs no network and no credentials. Prints the directory of each bundle; upsert --bundle sends it.
    """
    from sagemaker_monitor.cli.building import build_and_lint
    from sagemaker_monitor.settings import known_models

    environment = common.environment
    models = [common.model(name) for name in ([model_name] if model_name else known_models(common.conf_dir))]
    if not models:
        raise click.UsageError(
            f"there is no model in {common.conf_dir / 'models'}; sagemaker-monitor init writes one"
        )
    for model in models:
        common.tell(f"building {model.model} for {environment.name}")
        bundle = build_and_lint(model, environment)
        directory = output / environment.name / model.model
        bundle.write(directory)
        common.tell(
            f"bundle {bundle.sha256} of {len(bundle.pipelines)} pipelines and {len(bundle.all_assets)} files"
        )
        click.echo(str(directory))
    return ExitCode.OK
