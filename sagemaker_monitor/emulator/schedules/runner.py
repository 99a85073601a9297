"""Fires schedules when they are due, and runs their executions in threads of their own."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.schedules import executions
from sagemaker_monitor.emulator.schedules.times import Cron, TimeError
from sagemaker_monitor.emulator.watcher import LONGEST_SLEEP, Watcher

KIND = "monitoring-schedule"
LATEST = timedelta(minutes=20)
"""How late an execution may begin, as on AWS; an hour that passed before is not made up for."""


class ScheduleRunner:
    """Schedules of every region; an hour that passed while no emulator ran is not made up for."""

    def __init__(self, log: Callable[[str], None]) -> None:
        """*log* takes what went wrong inside."""
        self._log = log
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="monitor")
        self._watcher = Watcher("schedules", log, "schedules could not be fired")

    def start(self, context: Context) -> None:
        """Watch the clock, in a thread of its own."""
        self._watcher.start(partial(self.fire_due, context))

    def changed(self) -> None:
        """Look at the schedules again: one of them is new or another."""
        self._watcher.wake()

    @property
    def ended(self) -> bool:
        """Whether nothing is to be begun or waited for any more."""
        return self._watcher.ended.is_set()

    def fire(
        self, context: Context, schedule: dict[str, Any], scheduled: datetime, patience: float = 0.0
    ) -> Future[str]:
        """Start an execution that was due at *scheduled*; the result is its key, once it ended.

        It waits *patience* seconds for something to look at.
        """
        key = executions.create(context, schedule, scheduled, patience)
        try:
            return self._threads.submit(self._run, context, key)
        except RuntimeError:  # shut down meanwhile; the next start ends its record
            done: Future[str] = Future()
            done.set_result(key)
            return done

    def shutdown(self) -> None:
        """Fire nothing more, and wait for the executions, whose jobs have to be stopped by others."""
        self._watcher.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _run(self, context: Context, key: str) -> str:
        try:
            executions.run(context, key)
        except Exception:
            self._log(f"execution {key} failed inside the emulator\n{traceback.format_exc()}")
        return key

    def fire_due(self, context: Context, since: datetime, now: datetime) -> float:
        """Fire what became due since *since*; return the seconds until the clock is to be looked at again."""
        nearest = LONGEST_SLEEP
        for region in sorted({context.region, *context.store.regions()}):
            for due, schedule, seen in self.due(context.in_region(region), since, now):
                if due <= now:
                    self.fire(seen, schedule, due)
                nearest = min(nearest, max(0.0, (due - now).total_seconds()))
        return nearest

    def due(self, context: Context, since: datetime, now: datetime) -> list[tuple[datetime, Any, Context]]:
        """Return when each schedule of a region is due: since *since*, or else after *now*."""
        found = []
        for schedule in context.store.list(KIND, MonitoringScheduleStatus="Scheduled"):
            plan = schedule["MonitoringScheduleConfig"].get("ScheduleConfig") or {}
            try:
                cron = Cron.of(plan.get("ScheduleExpression", ""))
            except TimeError:
                continue
            if cron is not None:
                due = cron.after(max(since, now - LATEST))
                found.append((due if due <= now else cron.after(now), schedule, context))
        return found
