"""sagemaker-monitor doctor: what would keep models from running in an environment, before anything runs."""

from __future__ import annotations

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options, format_option


@click.command()
@click.argument("names", nargs=-1, metavar="[MODEL]...")
@click.option(
    "--input",
    "data",
    metavar="BATCH",
    help="A batch of one MODEL to look at, a local file or s3://…; data.batches by default.",
)
@click.option(
    "--labels",
    metavar="LABELS",
    help="Labels of that batch, a local file or s3://…; data.ground_truth by default.",
)
@format_option("text", "json", "junit")
@common_options
def doctor(
    common: Common, names: tuple[str, ...], data: str | None, labels: str | None, output_format: str
) -> int:
    """Look at what runs would trip over, and say how to put it right: one line a finding.

    Looks at the environment and at each MODEL, all of them by default. Only reads: of data at most a few
    megabytes, which it says. What these credentials may not look at is not known, with the permission that
    would tell. Exits 0 without a problem, 2 where configuration or data have one, 3 where the account has.
    """
    from sagemaker_monitor.aws.dry_run import DryRun
    from sagemaker_monitor.cli.render.doctor import findings_json, print_finding, print_summary
    from sagemaker_monitor.cli.render.doctor_junit import findings_junit
    from sagemaker_monitor.operations.doctor.context import Context, Subject
    from sagemaker_monitor.operations.doctor.examine import examine
    from sagemaker_monitor.operations.doctor.finding import worst_side
    from sagemaker_monitor.settings import known_models
    from sagemaker_monitor.settings.loader import load_located, load_located_environment

    if (data or labels) and len(names) != 1:
        raise click.UsageError("--input and --labels are of one model: name it")
    environment = load_located_environment(common.env, common.conf_dir)
    chosen = dict.fromkeys(names) or known_models(common.conf_dir)
    loaded = [load_located(name, common.env, common.conf_dir)[0] for name in chosen]
    models = tuple(each.value for each in loaded)
    reads = tuple(given for given in (data, labels) if given and given.startswith("s3://"))
    context = Context(DryRun(common.aws), environment.document, models, common.again, common.revision, reads)
    subjects = [Subject(context, each.value, each.document, data, labels) for each in loaded]
    found = []
    for finding in examine(context, subjects):
        found.append(finding)
        if output_format == "text":
            print_finding(finding)
    if output_format == "json":
        click.echo(findings_json(environment.value, models, found))
    elif output_format == "junit":
        click.echo(findings_junit(environment.value, found), nl=False)
    else:
        print_summary(environment.value, found)
    codes = {None: ExitCode.OK, "configuration": ExitCode.USAGE, "aws": ExitCode.BROKEN}
    return codes[worst_side(found)]
