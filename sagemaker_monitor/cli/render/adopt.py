"""What adopt found: placeholders to fill, what kept job definitions hold, and what the file does not say."""

from __future__ import annotations

import json
import textwrap

import click

from sagemaker_monitor.cli.render.text import clean
from sagemaker_monitor.operations.adopting.adopt import Adopted
from sagemaker_monitor.operations.adopting.kept import Kept
from sagemaker_monitor.operations.adopting.reader import Item
from sagemaker_monitor.operations.difference import MISSING

WIDTH = 110
LONGEST = 500


def print_adopted(found: Adopted) -> None:
    """Print to standard output."""
    if found.placeholders:
        click.echo("\nplaceholders, which no resource told:")
        for path, why in found.placeholders.items():
            click.echo(f"  {'.'.join(map(str, path))}: {clean(why)}")
    if found.kept:
        click.echo(
            "\nkept by job definitions of others, and otherwise in what upsert would make of the file:"
        )
        for schedule in dict.fromkeys(each.schedule for each in found.kept):
            click.echo(f"  monitoring_schedules.{schedule}")
            for kept in found.kept:
                if kept.schedule == schedule:
                    _print_wrapped(kept_line(kept), "    ", "        ")
    if found.items:
        click.echo("\nnot in the file:")
        for item in found.items:
            print_item(item)


def print_item(item: Item) -> None:
    """Print an item: where and its value, why, what to do."""
    value = f" = {clean(item.value, LONGEST)}" if item.value else ""
    _print_wrapped(f"{clean(item.resource)}: {clean(item.field)}{value}", "  ", "      ")
    _print_wrapped(clean(item.why), "      ", "      ")
    _print_wrapped(f"-> {clean(item.do)}", "      ", "         ")


def kept_line(kept: Kept) -> str:
    """Return a kept value: its key, theirs, and ours."""
    told = kept.text or f"{_value(kept.theirs)} (ours: {_value(kept.ours)})"
    return f"{clean(kept.key)}: {clean(told, LONGEST)}"


def _value(value: object) -> str:
    if value is MISSING:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _print_wrapped(text: str, first: str, then: str) -> None:
    # URIs and names are copied: they stay whole.
    for line in textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        click.echo(line)
