"""sagemaker-monitor gate: the chain of evidence behind a version, and opening the version with it."""

from __future__ import annotations

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, common_options, format_option


@click.command()
@click.argument("model_name", metavar="MODEL")
@click.option("--version", type=click.IntRange(min=1), help="Version number; the newest by default.")
@click.option(
    "--apply", is_flag=True, help="Give the version the status its evidence deserves (approval.on_pass)."
)
@format_option("text", "json")
@common_options
def gate(common: Common, model_name: str, version: int | None, apply: bool, output_format: str) -> int:
    """Show each link of a version's evidence, and whether it holds.

    Exits 0 when all of it holds and the version is approved, or with --apply has its configured
    status now; else 10. Never approves without evidence, and never overrules a rejection.
    """
    from sagemaker_monitor.cli.render.evidence import evidence_json, print_evidence
    from sagemaker_monitor.operations.gating import evidence_of
    from sagemaker_monitor.registry import gate as registry_gate

    model = common.model(model_name)
    aws = common.aws
    evidence = evidence_of(aws, model, version)
    opening = (
        registry_gate.apply(aws, evidence, common.environment.approval.on_pass)
        if apply
        else registry_gate.judge(evidence)
    )
    if output_format == "json":
        click.echo(evidence_json(evidence, opening))
    else:
        print_evidence(evidence, opening)
    if not apply and evidence.is_open and not opening.opened:
        common.tell(
            f"open it with: sagemaker-monitor gate {model_name} --version {evidence.version.number} "
            f"{common.again} --apply"
        )
    return ExitCode.OK if opening.opened else ExitCode.REFUSED
