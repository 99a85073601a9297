"""Lambda steps: the callable that is registered for the function is called, in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.executor.failure import StepFailed, StepStopped, StepTimedOut
from sagemaker_monitor.emulator.executor.outputs import OutputError, declared, shown_outputs, texts_of, typed
from sagemaker_monitor.emulator.executor.task import Task
from sagemaker_monitor.emulator.functions.invoke import InvocationFailed, InvocationTimedOut, invoke
from sagemaker_monitor.emulator.jobs.interruption import Interrupted, Interruption, ShutDown


def run(task: Task) -> Mapping[str, Any]:
    """Call the function with the step's inputs and return the outputs that it declares.

    Stopping the execution waits for the function to return or to run out of time, as AWS documents it.
    """
    arn = str(task.options["FunctionArn"])
    functions = task.context.config.functions
    function = functions.find(arn)
    if function is None:
        raise StepFailed(f"ClientError: there is no Lambda function {arn}; {functions.known}")
    task.describe({"Lambda": {"Arn": arn}})
    until = Interruption()
    types = declared(task.options)

    def stop(reason: str | None) -> None:
        if reason is not None:  # the emulator ends, and its children with it
            until.trip(ShutDown(reason))

    try:
        with task.stop.calling(stop):
            returned = invoke(task.context, function, arn, task.arguments, until)
        texts = texts_of(types, returned)
        values = typed(types, texts)
    except Interrupted as interrupted:
        raise StepStopped from interrupted
    except InvocationTimedOut as late:
        raise StepTimedOut(f"ClientError: Lambda function {arn}: {late}") from late
    except (InvocationFailed, OutputError) as failure:
        raise StepFailed(f"ClientError: Lambda function {arn}: {failure}") from failure
    if texts:
        task.describe({"Lambda": {"Arn": arn, "OutputParameters": shown_outputs(texts)}})
    return {"OutputParameters": values}
