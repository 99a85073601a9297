"""sagemaker-monitor calibrate: what the policy refuses and what it sees, by the rows of a batch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options, format_option

if TYPE_CHECKING:
    from sagemaker_monitor.settings import Model


def _sizes(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, ...]:
    """Return numbers of rows such as 100,300,1000."""
    from sagemaker_monitor.operations.calibrating import FEWEST, MOST

    try:
        found = tuple(dict.fromkeys(int(each) for each in value.split(",")))
    except ValueError as error:
        raise click.BadParameter(f"{value[:60]!r}: write numbers such as 100,300,1000", ctx, param) from error
    wrong = [each for each in found if not FEWEST <= each <= MOST]
    if wrong or len(found) > 12:
        what = f"{wrong[0]} rows" if wrong else f"{len(found)} sizes"
        raise click.BadParameter(f"{what}: at most 12 sizes, of {FEWEST} to {MOST} rows", ctx, param)
    return tuple(sorted(found))


@click.command()
@click.argument("model_name", metavar="MODEL")
@click.option(
    "--rows",
    "sizes",
    default="100,300,1000,3000",
    show_default=True,
    callback=_sizes,
    metavar="N,N,…",
    help="Rows of a batch.",
)
@click.option(
    "--baseline",
    metavar="PATH",
    help="Joined rows (a folder join/) or baseline data (a CSV file), here or in S3; by default the approved"
    " version's rows, or else data.baseline.",
)
@click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A model file, or its gate section, to try.",
)
@click.option(
    "--detect",
    "shifts",
    multiple=True,
    metavar="MATCH=BY",
    help="A change that matters, besides those of gate.detect: bias/DPPL/black=0.1; repeatable.",
)
@click.option("--power", type=float, default=0.9, show_default=True, help="How likely --detect is caught.")
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), help="Of the simulated batches; the same by default."
)
@format_option("text", "json")
@common_options
def calibrate(
    common: Common,
    model_name: str,
    sizes: tuple[int, ...],
    baseline: str | None,
    policy: Path | None,
    shifts: tuple[str, ...],
    power: float,
    seed: int | None,
    output_format: str,
) -> int:
    """Print rows × false refusals × detectable changes of the model's policy, simulated on its baseline.

    Nothing runs in AWS and nothing is written. It takes seconds for each number of rows, and a few more
    for each change that is declared.
    """
    from sagemaker_monitor.analysis.decision.power import Effort
    from sagemaker_monitor.cli.render.calibration import calibration_json, print_calibration
    from sagemaker_monitor.operations.calibrating import calibrate as simulate
    from sagemaker_monitor.settings import load_policy

    model = common.model(model_name)
    if policy is not None:
        model = load_policy(model_name, policy, common.conf_dir)
    if shifts:
        model = _declared(model, shifts, power)
    effort = Effort() if seed is None else replace(Effort(), seed=seed)
    found = simulate(common.aws, model, baseline=baseline, sizes=sizes, effort=effort, tell=common.tell)
    if output_format == "json":
        click.echo(calibration_json(common.env, model_name, found))
    else:
        print_calibration(model_name, found)
    return ExitCode.OK


def _declared(model: Model, shifts: tuple[str, ...], power: float) -> Model:
    """Return *model* with *shifts* of the command line among those of its gate."""
    from pydantic import ValidationError

    from sagemaker_monitor.settings.gate import Shift
    from sagemaker_monitor.settings.rules import check_gate

    declared = []
    for text in shifts:
        match, _, by = text.rpartition("=")
        try:
            declared.append(Shift(match=match, by=float(by), power=power))
        except (ValueError, ValidationError) as error:
            raise click.UsageError(
                f"--detect {text[:80]!r}: write what moves and by how much, such as bias/DPPL/black=0.1, and"
                " --power from 0.5 to 0.99"
            ) from error
    gate = model.gate.model_copy(update={"detect": (*model.gate.detect, *declared)})
    problems = [each for path, each in check_gate(gate, model) if path[:2] == ("gate", "detect")]
    if problems:
        raise click.UsageError(f"--detect: {problems[0]}")
    return model.model_copy(update={"gate": gate})
