"""Which page a path is, and the answer to it: read only, and nothing of it runs in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.jobs.records import PREFIXES
from sagemaker_monitor.emulator.pages import executions, jobs, links, lists, objects, resources
from sagemaker_monitor.emulator.pages.browsers import SAFE, SANDBOXED
from sagemaker_monitor.emulator.pages.page import Page
from sagemaker_monitor.emulator.pages.rendering import as_html
from sagemaker_monitor.emulator.s3.keys import S3Error

_REGION = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of an answer to a browser."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Iterable[bytes] = ()


def answer(context: Context, method: str, raw_path: str, query_string: str) -> Answer:
    """Answer a browser. *raw_path* is as it was sent, so that names may hold any character."""
    if method not in ("GET", "HEAD"):
        return _plain(405, "pages are only read", {"Allow": "GET, HEAD"})
    parts = [unquote(part) for part in raw_path.split("?", 1)[0].split("/")[1:]]
    query = {name: values[-1] for name, values in parse_qs(query_string).items()}
    below = parts[1:] if parts[0] == links.ROOT.strip("/") else []
    try:
        found = _found(context, below, query)
    except S3Error as error:
        return _html(objects.failure(error), 404 if error.status == 404 else 400)
    if isinstance(found, Answer):
        return _without_body(found) if method == "HEAD" else found
    if found is None:
        return _html(
            Page("Nothing there", "404", reason="There is no page of that name, or no such record."), 404
        )
    return _html(found, 200, still="still" in query)


def _without_body(answer: Answer) -> Answer:
    close = getattr(answer.body, "close", None)
    if close is not None:
        close()
    return Answer(answer.status, answer.headers)


def _found(context: Context, parts: list[str], query: dict[str, str]) -> Page | Answer | None:
    match parts:
        case [] | [""]:
            return lists.overview(context)
        case ["list", noun] if noun in lists.NOUNS:
            skip = query.get("skip", "0")
            known = skip.isascii() and skip.isdigit() and len(skip) < 10
            return lists.whole(context, noun, int(skip) if known else 0)
        case ["s3"]:
            return objects.page(context, query.get("uri", ""), query.get("after", ""))
        case ["raw"]:
            return _raw(objects.raw(context, query.get("uri", "")))
        case [region, *rest] if _REGION.fullmatch(region):
            return _of_region(context.in_region(region), rest)
    return None


def _of_region(context: Context, parts: list[str]) -> Page | Answer | None:
    match parts:
        case ["execution", pipeline, execution]:
            return executions.page(context, pipeline, execution)
        case [kind, name] if kind in links.KINDS:
            return resources.page(context, kind, name)
        case [kind, name, "log"] if kind in PREFIXES and context.store.get(kind, name) is not None:
            return _log(context, name)
    return None


def _log(context: Context, name: str) -> Answer | None:
    try:
        stream = jobs.log_path(context, name).open("rb")
    except OSError:
        return None
    size = stream.seek(0, 2)  # a log that grows meanwhile has the length that it has now
    stream.seek(0)
    return _raw(objects.Raw("text/plain; charset=utf-8", size, objects.Blocks(stream, size), "inline"))


def _raw(found: objects.Raw) -> Answer:
    about = {
        "Content-Type": found.content_type,
        "Content-Length": str(found.size),
        "Content-Disposition": found.disposition,
    }
    return Answer(200, SANDBOXED | about, found.body)


def _html(page: Page, status: int, *, still: bool = False) -> Answer:
    content = as_html(page, still=still)
    about = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(content))}
    return Answer(status, SAFE | about, (content,))


def _plain(status: int, text: str, headers: dict[str, str]) -> Answer:
    content = f"{text}\n".encode()
    about = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(content))}
    return Answer(status, SAFE | about | headers, (content,))
