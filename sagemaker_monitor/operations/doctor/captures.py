"""Captures: whether runs over a window would find any, and whether late labels belong to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

from sagemaker_monitor.aws.moments import stamp
from sagemaker_monitor.aws.storage import head
from sagemaker_monitor.operations.captures import (
    BatchCaptures,
    CapturedHour,
    Captures,
    capture_root,
)
from sagemaker_monitor.operations.doctor.batch import DATA
from sagemaker_monitor.operations.doctor.context import Subject
from sagemaker_monitor.operations.doctor.finding import Finding, not_known, ok, problem, warning
from sagemaker_monitor.operations.doctor.rows import megabytes
from sagemaker_monitor.operations.endpoint_captures import EndpointCaptures
from sagemaker_monitor.operations.endpoints import serving_of
from sagemaker_monitor.operations.hour_folders import captured_in, newest
from sagemaker_monitor.operations.run import DEFAULT_WINDOW
from sagemaker_monitor.operations.stored_labels import StoredLabels
from sagemaker_monitor.operations.windows import Window

MOST_BYTES, MOST_HOURS = 16 << 20, 24
"""Of captures whose labels are looked for, the newest first."""


def of_batches(subject: Subject) -> Iterator[Finding]:
    """Yield how many hours of batches were captured within the window that monitor-ground-truth judges."""
    if subject.model.late_captures != "batches" or not subject.model.monitors.need_labels:
        return
    window, root = _until_now(DEFAULT_WINDOW), capture_root(subject.environment, subject.model)
    hours = captured_in(subject.aws, f"{root}/output", window, ".json")
    if hours:
        yield ok(_told(hours, sum(map(len, hours.values())), window))
        return
    yield warning(
        f"no batch was captured {window} below {root}: monitor-ground-truth would find nothing",
        f"sagemaker-monitor run monitor-batch --model {subject.model.model} {subject.again}",
    )


def of_endpoint(subject: Subject) -> Iterator[Finding]:
    """Yield whether the endpoint captured anything within the window that monitor-endpoint judges."""
    endpoint, captures = subject.model.endpoint, _endpoint(subject)
    if endpoint is None or captures is None:
        return
    window = _until_now(endpoint.window.end - endpoint.window.start)
    hours = captures.hours(window)
    if hours:
        found = sum(len(each.objects) for each in hours)
        yield ok(_told([each.hour for each in hours], found, window))
        return
    last = newest(subject.aws, captures.folders)
    told = f"the newest hour is {stamp(last)}" if last else "nothing ever was"
    yield problem(
        f"nothing was captured {window} below {captures.root}; {told}: monitor-endpoint would find nothing",
        "is the endpoint asked, and does it capture? Captures come with a delay of minutes; or widen "
        f"{subject.key('endpoint', 'window')}",
    )


def late_labels(subject: Subject) -> Iterator[Finding]:
    """Yield what share of the captured records has a ground truth record under the hour of its capture."""
    ground_truth = subject.model.data.ground_truth
    if ground_truth is None or not subject.model.monitors.need_labels:
        return
    found = _late(subject)
    if found is None:
        return
    captures, hours = found
    chosen, size = _newest(subject, hours)
    if not chosen:
        if hours:
            yield not_known(f"the newest hour's captures are more than {megabytes(MOST_BYTES)}")
        return
    root = subject.environment.storage.resolve(ground_truth.uri).rstrip("/")
    schema = subject.model.data_schema
    stored = StoredLabels.find(
        subject.aws, root, {each.hour for each in chosen}, schema.label, schema.problem_type
    )
    records = labelled = 0
    without = []
    for each in chosen:
        known = stored.of(each.hour)
        ids = [record.inference_id for record in captures.records(each)]
        count = sum(one in known for one in ids)
        records, labelled = records + len(ids), labelled + count
        if ids and not count:
            without.append(stamp(each.hour))
    if not records:
        return
    told = (
        f"{labelled / records:.1%} of {records:,} captured records have a label under their hour "
        f"(the newest {len(chosen)} of {len(hours)} hours, {megabytes(size)} read)"
    )
    if labelled / records >= ground_truth.minimum_overlap:
        yield ok(told)
        return
    seen = f"{told}; {ground_truth.minimum_overlap:.0%} are needed"
    if without and labelled:
        seen += f"; none has one in {', '.join(without[:3])}"
    # Labels come when they come: that they are still to come is no fault.
    yield warning(
        seen,
        f"sagemaker-monitor ground-truth put LABELS --model {subject.model.model} {subject.again} puts them "
        f"under the right hours below {root}",
        side=DATA,
    )


def _late(subject: Subject) -> tuple[Captures, list[CapturedHour]] | None:
    """Return the captures whose labels come late, and the newest hours of them within the default window."""
    window = _until_now(DEFAULT_WINDOW)
    if subject.model.late_captures == "batches":
        captures = BatchCaptures(subject.aws, capture_root(subject.environment, subject.model))
        recent = [*captured_in(subject.aws, f"{captures.root}/output", window, ".json")][-MOST_HOURS:]
        # Manifests name the objects; those of the newest hours are read.
        return captures, captures.hours(Window(recent[0], window.end)) if recent else []
    endpoint = _endpoint(subject)
    return None if endpoint is None else (endpoint, endpoint.hours(window)[-MOST_HOURS:])


def _endpoint(subject: Subject) -> EndpointCaptures | None:
    """Return the watched endpoint's captures; None where it is not known where they are."""
    endpoint, name = subject.model.endpoint, subject.model.endpoint_in(subject.environment.name)
    if endpoint is None or name is None:
        return None
    if not endpoint.capture:
        serving = serving_of(subject.aws, name)
        if serving is None or serving.destination is None:
            return None  # told of the endpoint
    return EndpointCaptures.of(subject.aws, subject.model)


def _newest(subject: Subject, hours: list[CapturedHour]) -> tuple[list[CapturedHour], int]:
    """Return the newest hours, of at most MOST_BYTES, and how much that is."""
    chosen: list[CapturedHour] = []
    total = 0
    for each in reversed(hours):
        found = [head(subject.aws, one.uri) for one in each.objects]
        size = sum(one.size for one in found if one is not None)
        if total + size > MOST_BYTES:
            break
        chosen.append(each)
        total += size
    return chosen, total


def _until_now(length: timedelta) -> Window:
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return Window(end - length, end)


def _told(hours: Collection[datetime], count: int, window: Window) -> str:
    return (
        f"{count:,} {'object' if count == 1 else 'objects'} in {len(hours)} "
        f"{'hour' if len(hours) == 1 else 'hours'} {window}; the newest is of {stamp(max(hours))}"
    )
