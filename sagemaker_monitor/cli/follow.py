"""sagemaker-monitor follow: wait for an execution and say what it concluded."""

from __future__ import annotations

from datetime import timedelta

import click

from sagemaker_monitor.cli.following import follow_to_the_end
from sagemaker_monitor.cli.options import Common, common_options, format_option, timeout_option


@click.command()
@click.argument("execution_arn", metavar="EXECUTION_ARN")
@timeout_option
@format_option("text", "json")
@common_options
def follow(common: Common, execution_arn: str, timeout: timedelta | None, output_format: str) -> int:
    """Follow an execution to its end, and show what it concluded.

    The exit code is that of the conclusion; a pipeline that is none of these exits by its own end.
    Ctrl-C stops following, and the execution goes on; at a terminal Ctrl-C once more asks whether
    to stop the execution itself.
    """
    return follow_to_the_end(common, execution_arn, timeout=timeout, as_json=output_format == "json")
