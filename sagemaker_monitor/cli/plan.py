"""sagemaker-monitor plan: what upsert would change, in the configuration's terms, writing nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sagemaker_monitor.cli.bundles import failed, tasks
from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, bundle_option, common_options, format_option

if TYPE_CHECKING:
    from sagemaker_monitor.operations.fleet import Outcome
    from sagemaker_monitor.operations.plan import Plan


@click.command()
@click.option("--model", "model_name", metavar="MODEL", help="Only this model; all of them by default.")
@bundle_option("Compare what build wrote to this directory, instead of building: needs no SDK.")
@click.option(
    "--out",
    "outs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save the plan; upsert --plan-file does exactly that. A name that ends with .md is written as"
    " Markdown, one with .xml as JUnit. May be given several times.",
)
@click.option("--exit-code", is_flag=True, help="Exit with 5 when upsert would change something.")
@format_option("text", "json", "markdown")
@common_options
def plan(
    common: Common,
    model_name: str | None,
    bundle_dir: Path | None,
    outs: tuple[Path, ...],
    exit_code: bool,
    output_format: str,
) -> int:
    """Show what upsert would change: configuration keys, steps, code, tags. Writes nothing to AWS.

    Compares definitions and the content of the files they name with what is deployed. `+` comes, `-`
    goes, `~` changes; what only follows from a line, such as a hash, has no line of its own. What was
    changed by hand since the last upsert is told apart. Reads with the credentials of the
    environment's account.
    """
    from sagemaker_monitor.cli.render.plan import plan_text, plans_json
    from sagemaker_monitor.cli.render.plan_junit import plans_junit
    from sagemaker_monitor.cli.render.plan_markdown import plans_markdown

    def show(made: Plan) -> None:
        # What shall be saved is saved first: whoever reads the text may stop reading.
        if output_format == "text" and not outs:
            plan_text(made)

    outcomes, basis = make_plans(common, model_name, bundle_dir, show)
    plans = [outcome.value for outcome in outcomes if outcome.value is not None]
    code = failed(outcomes)
    gone = _unconfigured(common) if model_name is None else ()
    document = plans_json(common.environment, common.revision, plans, gone, basis)
    texts = {
        ".md": lambda: plans_markdown(common.environment, common.revision, plans, gone),
        ".xml": lambda: plans_junit(common.environment, common.revision, outcomes, gone),
    }
    for out in outs:
        if out.suffix in texts:
            _save(out, texts[out.suffix]())
        elif not code:  # a plan of which models are missing is none to approve
            _save(out, document + "\n")
            common.tell(
                f"saved; do exactly this with: sagemaker-monitor upsert --plan-file {out} {common.again}"
            )
    if output_format == "text" and outs:
        for made in plans:
            plan_text(made)
    if output_format == "json":
        click.echo(document)
    elif output_format == "markdown":
        click.echo(texts[".md"](), nl=False)
    else:
        if not plans and not outcomes:
            click.echo(f"{common.env}: there is no model to plan")
        for name in gone:
            click.echo(
                f"{common.env} {name}: deployed, and no longer configured: "
                f"sagemaker-monitor destroy {name} {common.again} removes it"
            )
    if code:
        return code
    return ExitCode.PENDING if exit_code and any(plan.pending for plan in plans) else ExitCode.OK


def make_plans(
    common: Common, model_name: str | None, bundle_dir: Path | None, show: Any, kept: Path | None = None
) -> tuple[list[Outcome[Plan]], dict[str, Any]]:
    """Return what became of each model's plan, shown as soon as it is made, and what binds each plan.

    Bundles are written into the folder *kept*, where one is given, so that they need not be built again.
    """
    from sagemaker_monitor.aws import connect
    from sagemaker_monitor.aws.dry_run import DryRun
    from sagemaker_monitor.operations.fleet import each
    from sagemaker_monitor.operations.plan import look_dry, plan_of
    from sagemaker_monitor.operations.plan_file import basis

    # Building takes seconds; what cannot be compared need not be built.
    DryRun(common.aws).require_writable()
    aws = connect(common.environment, patient=True)
    bases: dict[str, Any] = {}

    def work(prepared: Any, _stop: object) -> Plan:
        model, bundle = prepared
        if kept is not None:
            bundle.write(kept / model.model)
        outlook = look_dry(aws, bundle, model)
        bases[model.model] = basis(outlook)
        return plan_of(aws, outlook)

    outcomes = []
    for outcome in each(tasks(common, model_name, bundle_dir), work):
        outcomes.append(outcome)
        if outcome.value is not None:
            show(outcome.value)
    return outcomes, bases


def _unconfigured(common: Common) -> tuple[str, ...]:
    from sagemaker_monitor.operations.unconfigured import unconfigured_models
    from sagemaker_monitor.settings import known_models

    return unconfigured_models(common.aws, known_models(common.conf_dir))


def _save(out: Path, text: str) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--out {out} cannot be written: {error.strerror}") from error
