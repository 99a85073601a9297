"""A person's yes before something is changed that others rely on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sagemaker_monitor.cli.options import Common

yes_option = click.option("--yes", is_flag=True, help="Do not ask; for builds.")


def require_answerable(common: Common) -> None:
    """Raise a usage error where nobody could be asked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError(
            f"{common.env}: somebody has to agree, and there is no terminal to ask at: nothing was written; "
            "give --yes where it is agreed already"
        )


def agree(common: Common, what: str) -> bool:
    """Ask at the terminal and return whether the answer is yes; nothing else is."""
    account = common.environment.account
    print(f"{what} (account {account})? only 'yes' is taken: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() == "yes"
