"""A page as HTML: everything that comes from records is escaped, and nothing is loaded."""

from __future__ import annotations

import time
from pathlib import Path

from sagemaker_monitor.emulator.pages import links
from sagemaker_monitor.emulator.pages.page import Page, Table
from sagemaker_monitor.look.templates import templates

REFRESH = 5
"""Seconds until a page that is about something running is asked for again."""


def as_html(page: Page, *, still: bool = False) -> bytes:
    """Return the page, which a browser asks for again while it moves, unless it is to hold *still*."""
    values = {
        "page": page,
        "refresh": REFRESH if page.moving and not still else 0,
        "home": links.ROOT,
        "is_table": [isinstance(section, Table) for section in page.sections],
        "now": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()),
    }
    text = templates(Path(__file__).parent).get_template("page.html.j2").render(values)
    return text.encode("utf-8", "replace")
