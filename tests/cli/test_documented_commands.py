"""Whether the commands that README and docs have people type are commands of this program."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from sagemaker_monitor.cli.main import root
from sagemaker_monitor.cli.reference import PAGE

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md")
    for page in ROOT.glob(pattern)
    if page.name != Path(PAGE).name  # the page of commands shows how each is used, in the program's own words
)
_FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?:^|[\s`/])sagemaker-monitor (\S[^`]*)")
_SUBSTITUTED = re.compile(r'"?\$\([^)]*\)"?')
"""What the shell puts there: a time, an ARN, a file."""
_AFTER = re.compile(r"\s+#\s|\s*(?:\|\||;|&&)\s?|\s\|\s|\s>\s")


def commands(page: Path) -> Iterator[str]:
    """Yield what follows `sagemaker-monitor` in the blocks and code spans of a page."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in _FENCED.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    spans = re.findall(r"`[^`\n]+`", _FENCED.sub("", text))
    for each in (*lines, *spans):
        found = _COMMAND.search(each)
        if found:
            # What stands in brackets may be left out, and is tried; a command's name alone is only its name.
            plain = _SUBSTITUTED.sub("2026-01-01", found[1])
            typed = re.sub(r"\bN\b", "1", re.sub(r"[\[\]…]", "", _AFTER.split(plain)[0]))
            if len(typed.split()) > 1:
                yield typed


def refusal(command: str) -> str | None:
    """Return why the program does not take *command*; None where it does."""
    arguments = shlex.split(command)
    found: click.Command = root
    try:
        while isinstance(found, click.Group):
            name = arguments.pop(0)
            below = found.get_command(click.Context(found), name)
            if below is None:
                return f"there is no command {name}"
            found = below
        found.make_context(command, arguments)
    except click.ClickException as error:
        # Files of the reader's own are not here.
        return None if "does not exist" in error.format_message() else error.format_message()
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_documented_commands_are_taken(page: Path) -> None:
    """Every command that is written out has the arguments and options that the program wants."""
    refused = {command: why for command in commands(page) if (why := refusal(command))}

    assert refused == {}


def test_documented_commands_are_found() -> None:
    """The README's commands are among those that are tried, and a wrong one is refused."""
    assert any(each.startswith("run monitor-batch --model churn") for each in commands(ROOT / "README.md"))
    assert refusal("run monitor-batch --model churn --labls labels.csv")
    assert refusal("rnu") == "there is no command rnu"
