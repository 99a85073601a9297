"""Who may ask: clients of this machine, and its browsers for pages alone.

A web page that somebody reads can send requests to loopback, too. Three things tell on it, none of which
the page can change: the Host that it was sent to, where another name was bound to this address; the Origin of
what is not a plain GET; and Sec-Fetch-Site, which today's browsers add to every request
(https://www.w3.org/TR/fetch-metadata/).
"""

from __future__ import annotations

import re
from typing import Any

from sagemaker_monitor.emulator.pages import links

_HOST = re.compile(r"(?:(?:[a-z0-9.-]+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?", re.IGNORECASE)
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
SAFE = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of every page: nothing runs in it, nothing is loaded, and no other page can have it in a frame."""
SANDBOXED = SAFE | {"Content-Security-Policy": f"sandbox; {_POLICY}"}
"""Headers of what comes from objects and logs: it has no origin, so it could read nothing here."""
_OWN = ("same-origin", "none")  # "none" is somebody who types an address
Environ = dict[str, Any]


def refusal(environ: Environ, *, any_host: bool) -> str | None:
    """Return why a request is not answered; None where it is. With *any_host* every name will do."""
    host = environ.get("HTTP_HOST", "")
    if not any_host and _HOST.fullmatch(host) is None:
        return f"the emulator answers to loopback names, not to {host[:100]!r}"
    if "HTTP_ORIGIN" in environ:
        return "the emulator does not answer web pages"
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site is None or (site in _OWN and environ["REQUEST_METHOD"] in ("GET", "HEAD")):
        return None
    if _is_link(environ):  # from documentation, from a notebook
        return None
    return "the emulator does not answer requests that a web page makes"


def is_browser(environ: Environ) -> bool:
    """Return whether a browser asks, and not a client of AWS's."""
    return "HTTP_SEC_FETCH_SITE" in environ or "text/html" in environ.get("HTTP_ACCEPT", "")


def wants_page(environ: Environ) -> bool:
    """Return whether a request is a browser's for a page: by its path, or by what it accepts instead of S3.

    `GET /` is ListBuckets to S3 clients. They sign what they send or, without credentials, accept anything;
    a browser that opens an address says that it wants HTML.
    """
    path: str = environ["PATH_INFO"]
    if path.startswith(links.ROOT):
        return True
    signed = "HTTP_AUTHORIZATION" in environ or "X-Amz-" in environ.get("QUERY_STRING", "")
    return (
        path == "/"
        and environ["REQUEST_METHOD"] in ("GET", "HEAD")
        and not signed
        and "HTTP_X_AMZ_TARGET" not in environ
        and "text/html" in environ.get("HTTP_ACCEPT", "")
    )


def _is_link(environ: Environ) -> bool:
    """Return whether a browser follows a link to a page; within a frame the pages are not shown."""
    return (
        environ["REQUEST_METHOD"] in ("GET", "HEAD")
        and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        and environ.get("HTTP_SEC_FETCH_DEST") == "document"
        and wants_page(environ)
    )
