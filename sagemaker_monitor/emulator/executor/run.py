"""In which order the steps of one execution run, and how the execution ends."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Literal

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.definition import Definition, ExpressionError, Step
from sagemaker_monitor.emulator.executor.failure import StepFailed, StepStopped, StepTimedOut
from sagemaker_monitor.emulator.executor.handlers import HANDLERS
from sagemaker_monitor.emulator.executor.records import FAILED_REASON, Records
from sagemaker_monitor.emulator.executor.resolver import Values, iso_time
from sagemaker_monitor.emulator.executor.task import StopSwitch, Task

# How a step ended; "NotRun": its branch was not taken, or what it depends on ended otherwise than it needs.
Outcome = Literal["Succeeded", "Failed", "Stopped", "NotRun"]
_RUNS_AFTER: dict[str, tuple[str, ...]] = {
    "Completed": ("Succeeded",),
    "Failed": ("Failed",),
    "Stopped": ("Stopped",),
    "Any": ("Succeeded", "Failed", "Stopped"),
}
_DEFAULT_PARALLELISM = 50
_LOG = logging.getLogger(__name__)


class Run:
    """One execution from its start to its end; `execute` blocks, `stop` can be called from any thread."""

    def __init__(
        self,
        context: Context,
        execution: Mapping[str, Any],
        definition: Definition,
        parameters: Mapping[str, Any],
    ) -> None:
        """Prepare to run *definition* for the record *execution*."""
        self.arn: str = execution["PipelineExecutionArn"]
        self._context = context
        self._records = Records(context, self.arn)
        self._steps = {step.name: step for step in definition.walk()}
        self._values = Values(parameters, variables(execution), self._steps, context.s3)
        self._outcomes: dict[str, Outcome] = {}
        self._stop = StopSwitch(context)
        self._timed_out = False
        limit = (execution.get("ParallelismConfiguration") or {}).get("MaxParallelExecutionSteps")
        self._parallelism = min(limit or _DEFAULT_PARALLELISM, len(self._steps) or 1)

    def execute(self) -> None:
        """Run every step that can run; what fails is on record, nothing is raised for it."""
        running: dict[Future[Outcome], str] = {}
        with ThreadPoolExecutor(self._parallelism, thread_name_prefix="step") as pool:
            while True:
                for step in self._take_ready(set(running.values())):
                    running[pool.submit(self._run, step)] = step.name
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    self._outcomes[running.pop(future)] = future.result()
        self._end()

    def stop(self, reason: str | None = None) -> None:
        """Stop the running jobs and start no further step; with a *reason* the execution ends Failed."""
        self._stop.ask(reason)

    def broke(self) -> None:
        """Record that the emulator itself failed."""
        reason = "InternalServerError: the emulator broke while the execution ran; its log says where"
        self._records.execution(PipelineExecutionStatus="Failed", FailureReason=reason)

    def _take_ready(self, running: set[str]) -> list[Step]:
        """Return the steps whose turn it is, after settling those that can no longer have one."""
        ready: list[Step] = []
        settled = True
        while settled:
            settled = False
            for name, step in self._steps.items():
                if name in self._outcomes or name in running or step in ready:
                    continue
                turn = self._turn(step)
                if turn is True and not self._stop.asked:
                    ready.append(step)
                elif turn is False or self._stop.asked:
                    self._outcomes[name] = "NotRun"
                    settled = True
        return ready

    def _turn(self, step: Step) -> bool | None:
        """Return whether *step* may run: yes, never, or (None) not known yet."""
        turns: list[bool | None] = []
        for condition, branch in step.guard[-1:]:
            outcome = self._outcomes.get(condition)
            taken = outcome == "Succeeded" and self._values.properties[condition]["Outcome"] == branch
            turns.append(taken if outcome else None)
        for dependency in step.dependencies:
            outcome = self._outcomes.get(dependency.step)
            turns.append(outcome in _RUNS_AFTER[dependency.trigger] if outcome else None)
        if False in turns:
            return False
        return None if None in turns else True

    def _run(self, step: Step) -> Outcome:
        if self._stop.asked:
            return "NotRun"
        self._records.started(step)
        outcome, reason = self._attempt(step)
        self._records.ended(step.name, outcome, reason)
        return outcome

    def _attempt(self, step: Step) -> tuple[Outcome, str | None]:
        try:
            task = Task(
                context=self._context,
                records=self._records,
                execution_id=self._values.execution["PipelineExecutionId"],
                step_name=step.name,
                arguments=self._values.resolve(step.own_arguments),
                options=self._values.resolve(step.options),
                stop=self._stop,
            )
            self._values.properties[step.name] = HANDLERS[step.type](task)
        except StepStopped:
            return "Stopped", None
        except StepTimedOut as late:
            self._timed_out = True
            return "Failed", str(late)
        except (StepFailed, ExpressionError) as failure:
            return "Failed", str(failure)
        except Exception:  # the border of a step's thread: whatever breaks must end the step, not hang it
            _LOG.exception("step %s of %s broke", step.name, self.arn)
            return (
                "Failed",
                "InternalServerError: the emulator broke while running this step; its log says where",
            )
        return "Succeeded", None

    def _end(self) -> None:
        outcomes = set(self._outcomes.values())
        # Unverified on AWS. The SDK documents CompletedWithFailures for an execution whose failed steps were
        # followed by steps with a Failed or Any trigger; here any failed step fails the execution.
        if self._stop.reason:
            self._records.execution(PipelineExecutionStatus="Failed", FailureReason=self._stop.reason)
        elif self._stop.asked and not self._timed_out:
            self._records.execution(PipelineExecutionStatus="Stopped")
        elif outcomes & {"Failed", "Stopped"}:  # a job of its own can be stopped without the execution
            self._records.execution(PipelineExecutionStatus="Failed", FailureReason=FAILED_REASON)
        else:
            self._records.execution(PipelineExecutionStatus="Succeeded")


def variables(execution: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of the execution variables, CurrentDateTime excepted."""
    arn, pipeline_arn = execution["PipelineExecutionArn"], execution["PipelineArn"]
    return {
        "PipelineExecutionArn": arn,
        "PipelineExecutionId": arn.rsplit("/", 1)[-1],
        "PipelineArn": pipeline_arn,
        "PipelineName": pipeline_arn.rsplit("/", 1)[-1],
        "StartDateTime": iso_time(execution["CreationTime"]),
    }
