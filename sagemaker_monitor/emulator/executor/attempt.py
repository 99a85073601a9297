"""One step from its start to its end: taken from the cache, or run, and tried again by its policies."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any, Literal

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.definition import ExpressionError, Step
from sagemaker_monitor.emulator.definition.durations import duration
from sagemaker_monitor.emulator.executor import caching
from sagemaker_monitor.emulator.executor.failure import StepFailed, StepStopped, StepTimedOut
from sagemaker_monitor.emulator.executor.handlers import HANDLERS
from sagemaker_monitor.emulator.executor.records import Records
from sagemaker_monitor.emulator.executor.resolver import Values
from sagemaker_monitor.emulator.executor.retries import Retries
from sagemaker_monitor.emulator.executor.task import StopSwitch, Task

# How a step ended; "NotRun": its branch was not taken, or what it depends on ended otherwise than it needs.
Outcome = Literal["Succeeded", "Failed", "Stopped", "NotRun"]
BROKE = "InternalServerError: the emulator broke while running this step; its log says where"
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Attempt:
    """A step whose turn has come."""

    context: Context
    records: Records
    values: Values
    stop: StopSwitch
    step: Step
    timed_out: bool = False

    def run(self) -> Outcome:
        """Run the step; how it ended is on record, and its properties are among the values."""
        try:
            arguments = self.values.resolve(self.step.own_arguments)
            options = self.values.resolve(self.step.options)
            own = self._from_cache(arguments, options)
        except (StepFailed, ExpressionError) as failure:
            return self._unstarted(str(failure))
        except Exception:  # the border of a step's thread, as below
            _LOG.exception("step %s of %s broke", self.step.name, self.records.arn)
            return self._unstarted(BROKE)
        if own is None:
            return "Succeeded"
        self.records.started(self.step)
        outcome, reason = self._with_retries(arguments, options)
        if outcome == "Succeeded":
            own["_Properties"] = self.values.properties[self.step.name]
        self.records.ended(self.step.name, outcome, reason, **own)
        return outcome

    def _unstarted(self, reason: str) -> Outcome:
        self.records.started(self.step)
        self.records.ended(self.step.name, "Failed", reason)
        return "Failed"

    def _from_cache(self, arguments: dict[str, Any], options: dict[str, Any]) -> dict[str, Any] | None:
        """Return what the step's record keeps for later ones; None when an earlier one took its place."""
        if not caching.is_cached(options):
            return {}
        mark = caching.signature(self.step.type, arguments, options)
        try:
            since = time.time() - duration(options["CacheConfig"]["ExpireAfter"]).total_seconds()
        except (ValueError, KeyError) as error:
            raise StepFailed(f"ClientError: CacheConfig.ExpireAfter: {error}") from error
        found = caching.earlier(self.context, self.records.arn, self.step.name, mark, since)
        if found is None:
            return {"_Signature": mark}
        self.records.reused(self.step, found, "CacheHitResult")
        self.values.properties[self.step.name] = found["_Properties"]
        return None

    def _with_retries(self, arguments: dict[str, Any], options: dict[str, Any]) -> tuple[Outcome, str | None]:
        retries, started, count = Retries.of(options), time.monotonic(), 1
        while True:
            outcome, reason, code = self._once(arguments, options)
            if outcome != "Failed" or self.stop.asked:
                return outcome, reason
            pause = retries.delay(reason or "", code, time.monotonic() - started)
            if pause is None or self.stop.pause(pause):
                return outcome, reason
            count += 1
            self.records.attempted(self.step.name, count)

    def _once(
        self, arguments: dict[str, Any], options: dict[str, Any]
    ) -> tuple[Outcome, str | None, str | None]:
        """Return how the step ended, its reason, and the code of the request that was refused."""
        task = Task(
            context=self.context,
            records=self.records,
            execution_id=self.values.execution["PipelineExecutionId"],
            step_name=self.step.name,
            arguments=arguments,
            options=options,
            stop=self.stop,
        )
        try:
            self.values.properties[self.step.name] = HANDLERS[self.step.type](task)
        except StepStopped:
            return "Stopped", None, None
        except (StepFailed, ExpressionError) as failure:
            self.timed_out = isinstance(failure, StepTimedOut)
            return "Failed", str(failure), getattr(failure, "code", None)
        except Exception:  # the border of a step's thread: whatever breaks must end the step, not hang it
            _LOG.exception("step %s of %s broke", self.step.name, self.records.arn)
            return "Failed", BROKE, "InternalFailure"
        return "Succeeded", None, None
