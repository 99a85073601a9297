"""sagemaker-monitor upsert: make the deployed pipelines what the configuration says."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from sagemaker_monitor.cli.agreeing import agree, require_answerable, yes_option
from sagemaker_monitor.cli.bundles import failed, tasks
from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, bundle_option, common_options, format_option

if TYPE_CHECKING:
    from sagemaker_monitor.aws import Aws
    from sagemaker_monitor.operations.fleet import Outcome
    from sagemaker_monitor.operations.plan_file import SavedPlan
    from sagemaker_monitor.operations.resources.resource import Change
    from sagemaker_monitor.operations.upsert import Outlook


@click.command()
@click.option("--model", "model_name", metavar="MODEL", help="Only this model; all of them by default.")
@bundle_option("Send what build wrote to this directory, instead of building.")
@click.option(
    "--plan-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Do exactly what this plan says, or nothing where it is stale; plan --out writes one.",
)
@yes_option
@format_option("text", "json")
@common_options
def upsert(
    common: Common,
    model_name: str | None,
    bundle_dir: Path | None,
    plan_file: Path | None,
    yes: bool,
    output_format: str,
) -> int:
    """Create or update what differs: first the files, then the pipelines that refer to them.

    A second run writes nothing. Tags of a pipeline become exactly the configured ones. Several models
    are worked on at a time; one that fails does not stop the others. Where the environment is
    `protected`, the plan is shown and a person asked; without a terminal that needs --yes.
    """
    from sagemaker_monitor.aws import connect

    common.aws.require_writable()  # building takes seconds; what cannot be sent need not be built
    planned = None if plan_file is None else _planned(common, plan_file, model_name)
    unplanned = ExitCode.OK
    as_json = output_format == "json"
    aws = connect(common.environment, patient=True)
    done: list[Change] = []
    with TemporaryDirectory(prefix="sagemaker-monitor-") as folder:
        if common.environment.protected and not yes:
            require_answerable(common)
            kept = None if bundle_dir is not None else Path(folder)
            asked, unplanned = _ask(common, model_name, bundle_dir, planned, kept, as_json=as_json)
            if asked is None:
                click.echo(_document(aws, [], []) if as_json else f"{common.env}: nothing was written")
                return unplanned
            planned, bundle_dir = planned or asked, bundle_dir or kept
        try:
            outcomes = _send(common, aws, model_name, bundle_dir, planned, done)
        except KeyboardInterrupt:
            if as_json:
                click.echo(_document(aws, done, []))
            raise
    if as_json:
        click.echo(_document(aws, done, outcomes))
    elif any(outcome.error is None for outcome in outcomes) or not outcomes:
        click.echo(_summary(common.env, done))
    return failed(outcomes) or unplanned


def _document(aws: Aws, done: list[Change], outcomes: list[Outcome[None]]) -> str:
    """Return as JSON what was done, also before something failed, and what failed."""
    document = {
        "writes": len(aws.writes),
        "changes": [asdict(change) for change in done],
        "failed": {outcome.model: str(outcome.error) for outcome in outcomes if outcome.error},
    }
    return json.dumps(document, indent=2)


def _planned(common: Common, path: Path, model_name: str | None) -> dict[str, SavedPlan]:
    from sagemaker_monitor.operations.plan_file import read_plan_file, require_same_place

    saved = read_plan_file(path)
    require_same_place(saved, common.environment, common.revision)
    plans = {plan.model: plan for plan in saved.plans}
    if model_name is not None and model_name not in plans:
        raise click.UsageError(f"--model {model_name}: the plan in {path} is of {', '.join(plans)}")
    return {name: plan for name, plan in plans.items() if model_name in (None, name)}


def _ask(
    common: Common,
    model_name: str | None,
    bundle_dir: Path | None,
    planned: dict[str, SavedPlan] | None,
    kept: Path | None,
    *,
    as_json: bool,
) -> tuple[dict[str, SavedPlan] | None, ExitCode]:
    """Show what would be done and ask; what was built for that is put into the folder *kept*.

    Returns the plans that were agreed to, None for no, and the exit code of models that could not be planned.
    """
    from sagemaker_monitor.cli.plan import make_plans
    from sagemaker_monitor.cli.render.plan import plan_text
    from sagemaker_monitor.operations.plan_file import SavedPlan

    only = None if planned is None or len(planned) > 1 else next(iter(planned), None)
    outcomes, bases = make_plans(
        common, only or model_name, bundle_dir, lambda plan: plan_text(plan, stderr=as_json), kept
    )
    code = failed(outcomes)
    plans = [outcome.value for outcome in outcomes if outcome.value is not None]
    plans = [plan for plan in plans if planned is None or plan.model in planned]
    if any(plan.pending for plan in plans) and not agree(common, f"upsert to {common.env}"):
        return None, code
    agreed = {}
    for plan in plans:
        basis = bases[plan.model]
        agreed[plan.model] = SavedPlan(plan.model, plan.bundle, basis["resources"], tuple(basis["surplus"]))
    return agreed, code


def _send(
    common: Common,
    aws: Aws,
    model_name: str | None,
    bundle_dir: Path | None,
    planned: dict[str, SavedPlan] | None,
    done: list[Change],
) -> list[Outcome[None]]:
    """Bring every model's bundle there; *done* gets each change, whatever becomes of those after it."""
    from sagemaker_monitor.operations.fleet import StoppedError, each
    from sagemaker_monitor.operations.plan_file import require_fresh
    from sagemaker_monitor.operations.upsert import upsert as send

    revision = common.revision

    def require(model: str) -> Callable[[Outlook], None]:
        if planned is None:
            return lambda _outlook: None
        return lambda outlook: require_fresh(planned[model], outlook)

    of_models: dict[str, list[Change]] = {}

    def work(prepared: Any, stop: Any) -> None:
        model, bundle = prepared
        mine = of_models.setdefault(model.model, [])
        changes = send(aws, bundle, model, revision=revision, require=require(model.model))
        with closing(changes):  # gives back what it holds, also when it is stopped
            for change in changes:
                mine.append(change)
                if change.done != "unchanged" or change.detail:
                    common.tell(f"{change.done:>10}  {change.kind} {change.name}{_why(change)}")
                if stop.is_set():
                    raise StoppedError

    if planned is None:
        found = tasks(common, model_name, bundle_dir)
    else:
        found = [task for name in planned for task in tasks(common, name, bundle_dir)]
    try:
        return list(each(found, work))
    except KeyboardInterrupt:
        common.tell("stopped between two calls; upsert again completes what is missing")
        raise
    finally:
        done.extend(change for mine in of_models.values() for change in mine)


def _why(change: Change) -> str:
    return f": {change.detail}" if change.detail else ""


def _summary(environment: str, changes: list[Change]) -> str:
    done = [change for change in changes if change.done != "unchanged"]
    if not changes:
        return f"{environment}: there is no model to upsert"
    pipelines = sorted({change.name for change in changes if change.kind == "pipeline"})
    names = ", ".join(pipelines) if len(pipelines) <= 9 else f"{len(pipelines)} pipelines"
    if not done:
        return f"{environment}: unchanged ({names})"
    return f"{environment}: {len(done)} change{'s' if len(done) > 1 else ''} ({names})"
