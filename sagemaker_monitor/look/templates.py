"""Templates of pages, under the style sheet that all of them begin with."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sagemaker_monitor.look import STYLE


@cache
def templates(folder: Path) -> Environment:
    """Return the templates of *folder*: values are escaped, and a name without one is an error."""
    return Environment(
        loader=FileSystemLoader([folder, STYLE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
