"""sagemaker-monitor gate: the chain of evidence behind a version, and opening or rejecting it with it."""

from __future__ import annotations

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import (
    Common,
    common_options,
    format_option,
    registered_by_option,
    version_option,
)


@click.command()
@click.argument("model_name", metavar="MODEL")
@version_option
@click.option(
    "--execution",
    "execution_arn",
    metavar="ARN",
    help="A monitor-* run: may the version it judged be rejected for it?",
)
@click.option(
    "--apply",
    is_flag=True,
    help="Give the version the status its evidence deserves (approval.on_pass, approval.on_monitor_failure).",
)
@registered_by_option
@click.option("--force", is_flag=True, help="With --execution: reject even the only approved version.")
@format_option("text", "json")
@common_options
def gate(
    common: Common,
    model_name: str,
    version: int | None,
    execution_arn: str | None,
    apply: bool,
    registered_by: str | None,
    force: bool,
    output_format: str,
) -> int:
    """Show each link of a version's evidence, and whether it holds.

    Exits 0 when all of it holds and the version is approved, or with --apply has its configured
    status now; else 10. Never approves without evidence, and never overrules a rejection. With
    --execution: 0 when that run holds nothing against its version, 10 when it refused, 3 when it
    left no evidence.
    """
    as_json = output_format == "json"
    if execution_arn is not None:
        if version is not None or registered_by is not None:
            given = "--version" if version is not None else "--registered-by"
            raise click.UsageError(f"{given} and --execution exclude each other: the run says its version")
        return _take_back(common, model_name, execution_arn, apply=apply, force=force, as_json=as_json)
    if force:
        raise click.UsageError("--force goes with --execution: nothing opens a version without evidence")
    return _open(common, model_name, version, registered_by, apply=apply, as_json=as_json)


def _open(
    common: Common,
    model_name: str,
    number: int | None,
    registered_by: str | None,
    *,
    apply: bool,
    as_json: bool,
) -> int:
    from sagemaker_monitor.cli.render.evidence import evidence_json, print_evidence
    from sagemaker_monitor.operations.gating import evidence_of
    from sagemaker_monitor.registry import gate as registry_gate

    model, aws = common.model(model_name), common.aws
    evidence = evidence_of(aws, model, number, registered_by=registered_by)
    opening = (
        registry_gate.apply(aws, evidence, common.environment.approval.on_pass)
        if apply
        else registry_gate.judge(evidence)
    )
    if as_json:
        click.echo(evidence_json(evidence, opening))
    else:
        print_evidence(evidence, opening)
    if not apply and evidence.is_open and not opening.opened:
        by = f" --registered-by {registered_by}" if registered_by else ""
        common.tell(
            f"open it with: sagemaker-monitor gate {model_name} --version {evidence.version.number}{by} "
            f"{common.again} --apply"
        )
    return ExitCode.OK if opening.opened else ExitCode.REFUSED


def _take_back(
    common: Common, model_name: str, execution_arn: str, *, apply: bool, force: bool, as_json: bool
) -> int:
    from sagemaker_monitor.cli.render.rejection import print_rejection, rejection_json
    from sagemaker_monitor.operations.monitor_failure import read_failure, take_back

    model, aws = common.model(model_name), common.aws
    failure = read_failure(aws, model, execution_arn)
    rejects = common.environment.approval.on_monitor_failure == "reject"
    rejection = take_back(aws, failure, apply=apply and rejects, force=force)
    if as_json:
        click.echo(rejection_json(failure, rejection))
    else:
        print_rejection(failure, rejection)
    if rejection is not None and rejection.possible and not rejection.changed:
        again = f"sagemaker-monitor gate {model_name} --execution {execution_arn} {common.again} --apply"
        common.tell(
            f"reject it with: {again}{' --force' if force else ''}"
            if rejects
            else f"approval.on_monitor_failure is notify in {common.env!r}: nothing is rejected; set it to "
            f"reject, then: {again}"
        )
    conclusion = failure.outcome.conclusion
    if conclusion == "open":
        return ExitCode.OK
    return ExitCode.REFUSED if conclusion == "refused" else ExitCode.BROKEN
