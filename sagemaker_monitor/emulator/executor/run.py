"""In which order the steps of one execution run, and how the execution ends."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.definition import Definition, Step
from sagemaker_monitor.emulator.definition.document import COMPLETED
from sagemaker_monitor.emulator.executor.attempt import Attempt, Outcome
from sagemaker_monitor.emulator.executor.records import FAILED_REASON, Records
from sagemaker_monitor.emulator.executor.resolver import Values, iso_time
from sagemaker_monitor.emulator.executor.reuse import Done
from sagemaker_monitor.emulator.executor.task import StopSwitch

_RUNS_AFTER: dict[str, tuple[str, ...]] = {
    "Completed": ("Succeeded",),
    "Failed": ("Failed",),
    "Stopped": ("Stopped",),
    "Any": ("Succeeded", "Failed", "Stopped"),
}
_DEFAULT_PARALLELISM = 50


class Run:
    """One execution from its start to its end; `execute` blocks, `stop` can be called from any thread."""

    def __init__(
        self,
        context: Context,
        execution: Mapping[str, Any],
        definition: Definition,
        parameters: Mapping[str, Any],
        taken: Done,
    ) -> None:
        """Prepare to run *definition* for the record *execution*, but not the steps that are *taken* over."""
        self.arn: str = execution["PipelineExecutionArn"]
        self._context = context
        self._records = Records(context, self.arn)
        self._steps = {step.name: step for step in definition.walk()}
        self._values = Values(parameters, variables(execution), self._steps, context.s3)
        self._values.properties.update({name: record["_Properties"] for name, record in taken.items()})
        self._outcomes: dict[str, Outcome] = dict.fromkeys(taken, "Succeeded")
        selection = execution.get("SelectiveExecutionConfig")
        if selection:
            chosen = {each["StepName"] for each in selection["SelectedSteps"]}
            self._outcomes |= {name: "NotRun" for name in self._steps if name not in {*chosen, *taken}}
        self._stop = StopSwitch(context)
        self._timed_out = False
        self._parallelism = parallelism(execution)
        self._ended: SimpleQueue[str | None] = SimpleQueue()

    def execute(self) -> None:
        """Run every step that can run; what fails is on record, nothing is raised for it."""
        running: dict[str, Future[Outcome]] = {}
        with ThreadPoolExecutor(len(self._steps) or 1, thread_name_prefix="step") as pool:
            while True:
                for step in self._take_ready(set(running)):
                    if len(running) >= self._parallelism:
                        break  # its turn comes when another has ended
                    future = running[step.name] = pool.submit(self._run, step)
                    future.add_done_callback(lambda _, name=step.name: self._ended.put(name))  # type: ignore[misc]
                if not running:
                    break
                name = self._ended.get()
                if name is not None:
                    self._outcomes[name] = running.pop(name).result()
        self._end()

    def stop(self, reason: str | None = None) -> None:
        """Stop the running jobs and start no further step; with a *reason* the execution ends Failed."""
        self._stop.ask(reason)

    def bound(self, limit: int) -> None:
        """From now on, run at most *limit* steps at once."""
        self._parallelism = limit
        self._ended.put(None)

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
        attempt = Attempt(self._context, self._records, self._values, self._stop, step)
        outcome = attempt.run()
        self._timed_out = self._timed_out or attempt.timed_out
        return outcome

    def _end(self) -> None:
        broken = [name for name, outcome in self._outcomes.items() if outcome in ("Failed", "Stopped")]
        if self._stop.reason:
            self._records.execution(PipelineExecutionStatus="Failed", FailureReason=self._stop.reason)
        elif self._stop.asked and not self._timed_out:
            self._records.execution(PipelineExecutionStatus="Stopped")
        elif broken:  # a job of its own can be stopped without the execution
            # The SDK documents CompletedWithFailures where steps ran on what a step's failure triggered; a
            # failure that nothing answered fails the execution.
            answered = all(self._is_answered(name) for name in broken)
            status = "CompletedWithFailures" if answered else "Failed"
            self._records.execution(PipelineExecutionStatus=status, FailureReason=FAILED_REASON)
        else:
            self._records.execution(PipelineExecutionStatus="Succeeded")

    def _is_answered(self, name: str) -> bool:
        """Return whether a step ran because *name* failed or was stopped."""
        return any(
            self._outcomes[step.name] != "NotRun"
            and any(each.step == name and each.trigger != COMPLETED for each in step.depends_on)
            for step in self._steps.values()
        )


def parallelism(execution: Mapping[str, Any]) -> int:
    """Return how many steps of an execution run at once, by its ParallelismConfiguration."""
    limit = (execution.get("ParallelismConfiguration") or {}).get("MaxParallelExecutionSteps")
    return int(limit or _DEFAULT_PARALLELISM)


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
