"""The clock of EventBridge Scheduler: starts what is due, tries again what was refused, tells a queue."""

from __future__ import annotations

import json
import secrets
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.sagemaker_api import Answer
from sagemaker_monitor.emulator.scheduler.records import SCHEDULE, Record, due_after
from sagemaker_monitor.emulator.scheduler.targets import request_of
from sagemaker_monitor.emulator.watcher import LONGEST_SLEEP, Watcher
from sagemaker_monitor.timetable import ExpressionError

OPERATION = "StartPipelineExecution"
LATEST = timedelta(minutes=1)
"""How late a start may be; a minute that passed before, while no emulator ran, is not made up for."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds between two tries, doubled each time."""

Start = Callable[[str, bytes, Context], Answer]
Tell = Callable[[Context, str, dict[str, Any]], None]


@dataclass(frozen=True)
class Invocation:
    """What became of one start: the execution, or the error and how often it was tried."""

    schedule_arn: str
    scheduled: datetime
    execution_arn: str | None
    code: str = ""
    message: str = ""
    tries: int = 1


class SchedulerClock:
    """Schedules of every region, one thread that watches the clock, and a few that start what is due."""

    def __init__(
        self, start: Start, tell: Tell, log: Callable[[str], None], first_pause: float = FIRST_PAUSE
    ) -> None:
        """*start* runs an operation of SageMaker; *tell* puts a document into the queue of an ARN.

        *first_pause* is in seconds, before the first start that is tried again.
        """
        self._start, self._tell, self._log, self._first_pause = start, tell, log, first_pause
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="scheduler")
        self._watcher = Watcher("scheduler", log, "schedules could not be started")

    def start(self, context: Context) -> None:
        """Watch the clock, in a thread of its own."""
        self._watcher.start(partial(self.start_due, context))

    def changed(self) -> None:
        """Look at the schedules again: one of them is new or another."""
        self._watcher.wake()

    def shutdown(self) -> None:
        """Start nothing more."""
        self._watcher.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def invoke(self, context: Context, schedule: Record, scheduled: datetime, *, once: bool) -> Invocation:
        """Start what *schedule* starts, as due at *scheduled*.

        What SageMaker cannot do now is tried again as the schedule's retry policy says, unless *once*.
        """
        policy = schedule["Target"]["RetryPolicy"]
        give_up = time.monotonic() + policy["MaximumEventAgeInSeconds"]
        most = 1 if once else 1 + policy["MaximumRetryAttempts"]
        pause, tries = self._first_pause, 0
        while True:
            tries += 1
            attributes = {
                "schedule-arn": schedule["Arn"],
                "scheduled-time": scheduled.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "execution-id": secrets.token_hex(8),
                "attempt-number": str(tries),
            }
            answer = self._start(OPERATION, request_of(schedule["Target"], attributes), context)
            found = json.loads(answer.body)
            if answer.status == 200:
                return Invocation(schedule["Arn"], scheduled, found["PipelineExecutionArn"], tries=tries)
            failed = Invocation(
                schedule["Arn"], scheduled, None, answer.code, found.get("message", ""), tries
            )
            # What is refused is refused again; what broke may work later.
            if answer.status < 500 or tries >= most or time.monotonic() + pause > give_up:
                return failed
            if self._watcher.ended.wait(pause):
                return failed
            pause = min(2 * pause, LONGEST_PAUSE)

    def run(self, context: Context, schedule: Record, scheduled: datetime) -> None:
        """Start what is due, keep what became of it, and tell the schedule's queue of a failure."""
        name = schedule["Name"]
        try:
            done = self.invoke(context, schedule, scheduled, once=False)
            keep(context, schedule, done)
            if done.execution_arn is not None:
                self._log(f"schedule {name} started {done.execution_arn}")
                return
            self._log(f"schedule {name} could not start: {done.code}: {done.message}")
            queue = (schedule["Target"].get("DeadLetterConfig") or {}).get("Arn")
            if queue and not self._watcher.ended.is_set():
                self._tell(context, queue, dead_letter(schedule, done))
        except Exception:  # the border of the thread
            self._log(f"schedule {name} failed inside the emulator\n{traceback.format_exc()}")

    def start_due(self, context: Context, since: datetime, now: datetime) -> float:
        """Start what became due since *since*; return the seconds until the next look at the clock."""
        nearest = LONGEST_SLEEP
        for region in sorted({context.region, *context.store.regions()}):
            seen = context.in_region(region)
            for schedule in seen.store.list(SCHEDULE, State="ENABLED"):
                try:
                    due = due_after(schedule, max(since, now - LATEST))
                    if due is not None and due <= now:
                        self._threads.submit(self.run, seen, schedule, due)
                        due = due_after(schedule, now)
                except ExpressionError:
                    continue
                if due is not None:
                    nearest = min(nearest, max(0.0, (due - now).total_seconds()))
        return nearest


def keep(context: Context, schedule: Record, done: Invocation) -> None:
    """Remember what became of a schedule's last start."""
    last = {
        "_ScheduledTime": done.scheduled.timestamp(),
        "_PipelineExecutionArn": done.execution_arn,
        "_Failure": f"{done.code}: {done.message}" if done.execution_arn is None else None,
    }
    key = f"{schedule['GroupName']}/{schedule['Name']}"
    if context.store.get(SCHEDULE, key) is not None:
        context.store.update(SCHEDULE, key, lambda record: record | last)


def dead_letter(schedule: Record, done: Invocation) -> dict[str, Any]:
    """Return the message to a schedule's queue: the request as its body, and why it failed beside it."""
    most = schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"]
    exhausted = "MaximumRetryAttempts" if done.tries > most else "MaximumEventAgeInSeconds"
    attributes = {
        "ERROR_CODE": done.code,
        "ERROR_MESSAGE": done.message,
        "EXHAUSTED_RETRY_CONDITION": exhausted,
        "RETRY_ATTEMPTS": str(done.tries - 1),
        "SCHEDULED_TIME": done.scheduled.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "SCHEDULE_ARN": done.schedule_arn,
        "TARGET_ARN": schedule["Target"]["Arn"],
    }
    if done.tries == 1:
        del attributes["EXHAUSTED_RETRY_CONDITION"]
    return {
        "MessageBody": schedule["Target"].get("Input", "{}"),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value or "-"} for name, value in attributes.items()
        },
    }
