"""Captures: whether runs over a window would find any, and whether late labels belong to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sagemaker_monitor.aws.storage import head
from sagemaker_monitor.operations.captures import BatchCaptures, CapturedHour, Captures, capture_root
from sagemaker_monitor.operations.doctor.batch import DATA
from sagemaker_monitor.operations.doctor.context import Subject
from sagemaker_monitor.operations.doctor.finding import Finding, not_known, ok, problem, warning
from sagemaker_monitor.operations.doctor.rows import megabytes
from sagemaker_monitor.operations.endpoint_captures import EndpointCaptures
from sagemaker_monitor.operations.endpoints import serving_of
from sagemaker_monitor.operations.run import DEFAULT_WINDOW
from sagemaker_monitor.operations.stored_labels import StoredLabels
from sagemaker_monitor.operations.windows import Window, stamp

MOST_BYTES = 16 << 20
"""Of captures, the newest hours first."""
_ALWAYS = Window(None, None)


def of_batches(subject: Subject) -> Iterator[Finding]:
    """Yield how many hours of batches were captured within the window that monitor-ground-truth judges."""
    if subject.model.late_captures != "batches" or not subject.model.monitors.need_labels:
        return
    captures = BatchCaptures(subject.aws, capture_root(subject.environment, subject.model))
    window = _until_now(DEFAULT_WINDOW)
    hours = captures.hours(window)
    if hours:
        yield ok(_told(hours, window))
        return
    yield warning(
        f"no batch was captured {window} below {captures.root}: monitor-ground-truth would find nothing",
        f"sagemaker-monitor run monitor-batch --model {subject.model.model} {subject.again}",
    )


def of_endpoint(subject: Subject) -> Iterator[Finding]:
    """Yield whether the endpoint captured anything within the window that monitor-endpoint judges."""
    endpoint, name = subject.model.endpoint, subject.model.endpoint_in(subject.environment.name)
    if endpoint is None or name is None or (not endpoint.capture and serving_of(subject.aws, name) is None):
        return
    captures = EndpointCaptures.of(subject.aws, subject.model)
    window = _until_now(endpoint.window.end - endpoint.window.start)
    hours = captures.hours(_ALWAYS)
    within = [each for each in hours if each.hour in window]
    if within:
        yield ok(_told(within, window))
        return
    last = f"the newest is of {stamp(hours[-1].hour)}" if hours else "nothing ever was"
    yield problem(
        f"nothing was captured {window} below {captures.root}; {last}: monitor-endpoint would find nothing",
        "is the endpoint asked, and does it capture? Captures come with a delay of minutes; or widen "
        f"{subject.key('endpoint', 'window')}",
    )


def late_labels(subject: Subject) -> Iterator[Finding]:
    """Yield what share of the captured records has a ground truth record under the hour of its capture."""
    ground_truth = subject.model.data.ground_truth
    if ground_truth is None or not subject.model.monitors.need_labels:
        return
    captures = _late(subject)
    if captures is None:
        return
    window = _until_now(DEFAULT_WINDOW)
    hours, size, cut = _newest(subject, captures.hours(window))
    if not hours:
        if cut:
            yield not_known(f"the newest hour's captures are more than {megabytes(MOST_BYTES)}")
        return
    root = subject.environment.storage.resolve(ground_truth.uri).rstrip("/")
    schema = subject.model.data_schema
    stored = StoredLabels.find(
        subject.aws, root, {each.hour for each in hours}, schema.label, schema.problem_type
    )
    records = labelled = 0
    without = []
    for each in hours:
        known = stored.of(each.hour)
        ids = [record.inference_id for record in captures.records(each)]
        records += len(ids)
        found = sum(one in known for one in ids)
        labelled += found
        if ids and not found:
            without.append(stamp(each.hour))
    if not records:
        return
    told = (
        f"{labelled / records:.1%} of {records:,} captured records have a label under their hour "
        f"({len(hours)} hours{', the newest' if cut else ''}, {megabytes(size)} read)"
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


def _late(subject: Subject) -> Captures | None:
    if subject.model.late_captures == "batches":
        return BatchCaptures(subject.aws, capture_root(subject.environment, subject.model))
    endpoint, name = subject.model.endpoint, subject.model.endpoint_in(subject.environment.name)
    if endpoint is None or name is None or (not endpoint.capture and serving_of(subject.aws, name) is None):
        return None
    return EndpointCaptures.of(subject.aws, subject.model)


def _newest(subject: Subject, hours: list[CapturedHour]) -> tuple[list[CapturedHour], int, bool]:
    """Return the newest hours, of at most MOST_BYTES, their size, and whether any is left out."""
    chosen: list[CapturedHour] = []
    total = 0
    for each in reversed(hours):
        found = [head(subject.aws, one.uri) for one in each.objects]
        size = sum(one.size for one in found if one is not None)
        if total + size > MOST_BYTES:
            return chosen, total, True
        chosen.append(each)
        total += size
    return chosen, total, False


def _until_now(length: timedelta) -> Window:
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return Window(end - length, end)


def _told(hours: list[CapturedHour], window: Window) -> str:
    count = sum(len(each.objects) for each in hours)
    return (
        f"{count:,} {'object' if count == 1 else 'objects'} in {len(hours)} hours {window}; the newest is of "
        f"{stamp(hours[-1].hour)}"
    )
