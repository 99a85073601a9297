"""HTML that cannot forget to escape: texts become safe when they become part of an element."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def el(name: str, *content: str, **attributes: str) -> Html:
    """Return an element; texts and attributes are escaped, elements inside of it are not escaped again.

    Attributes that are words of Python have an underscore at the end; other underscores become hyphens.
    Empty ones are left out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items() if value
    )
    return Html(f"<{name}{given}>{join(content)}</{name}>")


def join(content: Iterable[str]) -> Html:
    """Return texts and elements, one after another."""
    return Html("".join(each if isinstance(each, Html) else text(each) for each in content))


def text(value: str) -> Html:
    """Return *value* escaped; what no file can hold, such as half a surrogate pair, is a question mark."""
    return Html(escape(value.encode("utf-8", "replace").decode("utf-8")))
