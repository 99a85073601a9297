"""Which column names Model Monitor's analyzer can work with: it computes with Spark."""

from __future__ import annotations

from collections.abc import Iterable

RENAME = "rename it, with letters, digits, spaces and _"


def unfit_for_spark(names: Iterable[str]) -> list[str]:
    """Return those of *names* that Spark takes for something else.

    It reads a dot as a member of a structure, and backquotes as quotes.
    """
    return [name for name in names if set(".`") & set(name)]
