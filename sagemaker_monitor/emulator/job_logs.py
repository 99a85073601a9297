"""CloudWatch Logs of jobs and functions, read from their own log files. Other groups are moto's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from sagemaker_monitor.emulator import wire
from sagemaker_monitor.emulator.api.context import ApiError, Context
from sagemaker_monitor.emulator.jobs.job_log import Event, read_backward
from sagemaker_monitor.emulator.log_patterns import PatternError, pattern
from sagemaker_monitor.emulator.log_streams import FUNCTIONS, ROOTS, Stream, groups, streams

TARGET = "Logs_20140328."
MOST_EVENTS, MOST_BYTES, MOST_STREAMS = 10_000, 1 << 20, 50
"""What one answer of CloudWatch Logs holds."""


def answer(context: Context, operation: str, body: bytes) -> bytes | None:
    """Return the answer to an operation on jobs' logs; None where it is about others. Raises ApiError."""
    handler = _OPERATIONS.get(operation)
    if handler is None:
        return None
    request = _read(operation, body)
    prefix = request.get("logGroupNamePrefix")
    asked = prefix if operation == "DescribeLogGroups" else _group(request)
    if not isinstance(asked, str) or not asked.startswith(ROOTS):
        return None
    if asked.startswith(FUNCTIONS) and not any(streams(context, asked)):
        return None  # nothing was registered for it, and somebody may have made the group
    unheeded = sorted(request.keys() - _HEEDED[operation])
    if unheeded:
        raise _invalid(f"{operation} of jobs' logs does not heed {', '.join(unheeded)}")
    return json.dumps(handler(context, request)).encode()


def _read(operation: str, body: bytes) -> dict[str, Any]:
    """Return the members of a request that are given. Raises ApiError for what the model forbids."""
    request = wire.read_json(body)
    shape = wire.service_model("logs").operation_model(operation).input_shape
    found = list(islice(wire.problems(shape, request), 10)) if shape is not None else []
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise _invalid(f"{len(found)} validation {noun} detected: {'; '.join(found)}")
    return {name: value for name, value in request.items() if value is not None}


def _group(request: dict[str, Any]) -> Any:
    """Return the group that a request names, by its name or by the ARN that `logGroupIdentifier` may be."""
    identifier = request.get("logGroupIdentifier")
    if isinstance(identifier, str):
        return identifier.split(":log-group:")[-1].removesuffix(":*")
    return request.get("logGroupName")


def groups_beside(context: Context, body: bytes, others: bytes) -> bytes:
    """Return the answer of DescribeLogGroups with *others*, with our groups on its last page."""
    try:
        request, answered = json.loads(body or b"{}"), json.loads(others)
    except ValueError:
        return others
    if not isinstance(request, dict) or "logGroups" not in answered or answered.get("nextToken"):
        return others
    part = request.get("logGroupNamePattern") or ""  # which moto does not look at
    kept = [each for each in answered["logGroups"] if part in each["logGroupName"]]
    named = {each["logGroupName"] for each in kept}
    own = [each for each in _groups(context, request) if each["logGroupName"] not in named]
    found = sorted([*kept, *own], key=lambda each: str(each["logGroupName"]))
    return json.dumps({**answered, "logGroups": found}).encode()


def describe_log_groups(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeLogGroups: those in which a job has logged."""
    return {"logGroups": list(_groups(context, request))}


def _groups(context: Context, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    prefix, part = request.get("logGroupNamePrefix") or "", request.get("logGroupNamePattern") or ""
    for group in groups(context):
        if group.startswith(prefix) and part in group:
            found = list(streams(context, group))
            arn = f"arn:aws:logs:{context.region}:{context.account}:log-group:{group}"
            stored = sum(each.log.stat().st_size for each in found)
            about = {"logGroupName": group, "creationTime": min(each.created for each in found)}
            yield {**about, "arn": f"{arn}:*", "logGroupArn": arn, "storedBytes": stored}


def describe_log_streams(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeLogStreams: by name, or by last event; of a group that has any."""
    group = _group(request)
    by_time = request.get("orderBy") == "LastEventTime"
    if by_time and request.get("logStreamNamePrefix"):
        raise _invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    described = [_described(context, each) for each in _require_streams(context, group)]
    prefix = request.get("logStreamNamePrefix") or ""
    found = [each for each in described if each["logStreamName"].startswith(prefix)]
    key = "lastEventTimestamp" if by_time else "logStreamName"
    found.sort(key=lambda each: each.get(key, 0) if by_time else each[key])
    if request.get("descending"):
        found.reverse()
    start = _token(request.get("nextToken"), "s")
    most = min(int(request.get("limit") or MOST_STREAMS), MOST_STREAMS)
    page, after = found[start : start + most], start + most
    return {"logStreams": page, **({"nextToken": f"s/{after}"} if after < len(found) else {})}


def get_log_events(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """GetLogEvents: forwards from the head or a token, else the last events and backwards."""
    stream = _require_stream(context, _group(request), str(request.get("logStreamName")))
    token = request.get("nextToken")
    most = min(int(request.get("limit") or MOST_EVENTS), MOST_EVENTS)
    size = stream.log.stat().st_size
    if (token and str(token).startswith("f/")) or (not token and request.get("startFromHead")):
        start = end = min(_token(token, "f"), size)
        events: list[Event] = []
        for event in _bounded(stream.events(start)):
            if len(events) == most:
                break
            end = event.end
            if _within(event, request):
                events.append(event)
    else:
        end = min(_token(token, "b"), size) if token else size
        events = [each for each in read_backward(stream.log, end, most) if _within(each, request)]
        start = events[0].start if events else end
    return {
        "events": [_shown(each) for each in events],
        "nextForwardToken": f"f/{end}",
        "nextBackwardToken": f"b/{start}",
    }


def filter_log_events(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """FilterLogEvents: the events of several streams in the order of time, those that match a pattern."""
    try:
        matches = pattern(request.get("filterPattern") or "")
    except PatternError as error:
        raise _invalid(str(error)) from error
    names, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix") or ""
    chosen = [
        each
        for each in _require_streams(context, _group(request))
        if each.name.startswith(prefix) and (not names or each.name in names)
    ]
    every = [
        (event, stream)
        for stream in chosen
        for event in stream.events()
        if _within(event, request) and matches(event.message)
    ]
    every.sort(key=lambda pair: (pair[0].timestamp, pair[1].name, pair[0].start))
    start = _token(request.get("nextToken"), "e")
    most = min(int(request.get("limit") or MOST_EVENTS), MOST_EVENTS)
    page, after = every[start : start + most], start + most
    events = [
        {**_shown(event), "logStreamName": stream.name, "eventId": _event_id(event, stream)}
        for event, stream in page
    ]
    more = {"nextToken": f"e/{after}"} if after < len(every) else {}
    return {"events": events, "searchedLogStreams": [], **more}


_WHERE = {"logGroupName", "logGroupIdentifier"}
_HEEDED: dict[str, set[str]] = {
    "DescribeLogGroups": {"logGroupNamePrefix", "logGroupNamePattern", "limit", "nextToken"},
    "DescribeLogStreams": _WHERE | {"logStreamNamePrefix", "orderBy", "descending", "nextToken", "limit"},
    "GetLogEvents": _WHERE
    | {"logStreamName", "startTime", "endTime", "nextToken", "limit", "startFromHead", "unmask"},
    "FilterLogEvents": _WHERE
    | {"logStreamNames", "logStreamNamePrefix", "startTime", "endTime", "filterPattern", "nextToken", "limit"}
    | {"interleaved", "unmask"},
}
"""Members of requests that are heeded; `interleaved` is always so, and nothing is masked."""
_OPERATIONS: dict[str, Callable[[Context, dict[str, Any]], dict[str, Any]]] = {
    "DescribeLogGroups": describe_log_groups,
    "DescribeLogStreams": describe_log_streams,
    "GetLogEvents": get_log_events,
    "FilterLogEvents": filter_log_events,
}


def _require_streams(context: Context, group: Any) -> list[Stream]:
    found = list(streams(context, group))
    if not found:
        raise ApiError("ResourceNotFoundException", "The specified log group does not exist.")
    return found


def _require_stream(context: Context, group: Any, name: str) -> Stream:
    job = name.partition("/")[0]
    for stream in streams(context, group, job):
        if stream.name == name:
            return stream
    _require_streams(context, group)
    raise ApiError("ResourceNotFoundException", "The specified log stream does not exist.")


def _described(context: Context, stream: Stream) -> dict[str, Any]:
    arn = f"arn:aws:logs:{context.region}:{context.account}:log-group:{stream.group}"
    about = {
        "logStreamName": stream.name,
        "creationTime": stream.created,
        "arn": f"{arn}:log-stream:{stream.name}",
        "storedBytes": 0,
    }
    first = next(stream.events(), None)
    if first is None:
        return about
    last = read_backward(stream.log, stream.log.stat().st_size, 1)[-1]
    times = {"firstEventTimestamp": first.timestamp, "lastEventTimestamp": last.timestamp}
    return {**about, **times, "lastIngestionTime": last.timestamp}


def _bounded(events: Iterator[Event]) -> Iterator[Event]:
    size = 0
    for event in islice(events, MOST_EVENTS * 10):
        size += event.end - event.start
        if size > MOST_BYTES:
            return
        yield event


def _within(event: Event, request: dict[str, Any]) -> bool:
    start, end = request.get("startTime"), request.get("endTime")
    return (start is None or event.timestamp >= start) and (end is None or event.timestamp < end)


def _shown(event: Event) -> dict[str, Any]:
    return {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.timestamp}


def _event_id(event: Event, stream: Stream) -> str:
    place = hashlib.sha256(f"{stream.name}/{event.start}".encode()).hexdigest()[:16]
    return f"{event.timestamp:016d}{place}"


def _token(token: Any, kind: str) -> int:
    if token is None:
        return 0
    found, _, place = str(token).partition("/")
    if found != kind or not place.isdecimal():
        raise _invalid("The specified nextToken is invalid.")
    return int(place)


def _invalid(text: str) -> ApiError:
    return ApiError("InvalidParameterException", text)
