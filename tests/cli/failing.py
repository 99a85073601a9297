"""A command that fails as it is told to, for tests of what becomes of failures."""

from __future__ import annotations

import click

FAILURES: dict[str, BaseException] = {}


@click.command()
@click.argument("name")
@click.option("--debug", is_flag=True)
def failing(name: str, debug: bool) -> int:
    """Raise what is registered under NAME."""
    del debug
    raise FAILURES[name]
