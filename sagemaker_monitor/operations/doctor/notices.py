"""Who is told of runs that refused: whether the topic is there, and EventBridge may publish to it."""

from __future__ import annotations

from collections.abc import Iterator

from sagemaker_monitor.operations.doctor.context import Context
from sagemaker_monitor.operations.doctor.finding import Finding, ok, problem
from sagemaker_monitor.operations.topic import require_topic_here, topic_notes


def topic(context: Context) -> Iterator[Finding]:
    """Yield whether messages reach the topic of `notify`; nothing where none is configured."""
    notify = context.environment.notify
    if notify is None:
        return
    require_topic_here(context.aws)
    notes = list(topic_notes(context.aws))
    for note in notes:
        seen, _, fix = note.partition(": ")
        yield problem(seen, fix)
    if not notes:
        yield ok(f"EventBridge may publish to {notify.sns}")
