"""Callback steps: a message on a queue, then whoever reads it says how the step ends."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_monitor.emulator.clients import client
from sagemaker_monitor.emulator.executor import callbacks
from sagemaker_monitor.emulator.executor.failure import StepFailed, StepStopped
from sagemaker_monitor.emulator.executor.outputs import declared, shown_outputs, typed
from sagemaker_monitor.emulator.executor.task import Task

_LOG = logging.getLogger(__name__)
_REGION = re.compile(r"https?://(?:sqs\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.")


def run(task: Task) -> Mapping[str, Any]:
    """Send the token and the inputs, wait for the answer, and return the outputs by their types.

    Stopping the execution sends a second message, and the step still waits, as AWS documents it.
    """
    types, queue = declared(task.options), str(task.options["SqsQueueUrl"])
    with callbacks.opened(task.context, task.records.arn, task.step_name, types) as (token, bell):
        metadata: dict[str, Any] = {"CallbackToken": token, "SqsQueueUrl": queue}
        task.describe({"Callback": metadata})
        _send(task, queue, token, "Executing")

        def stop(reason: str | None) -> None:
            if reason is not None:  # the emulator ends: nobody can answer any more
                bell.set()
                return
            try:
                _send(task, queue, token, "Stopping")
            except StepFailed as failure:  # the queue is gone; the token still can be answered
                _LOG.warning("%s of %s: %s", task.step_name, task.records.arn, failure)

        with task.stop.calling(stop):
            bell.wait()
    answer = callbacks.answer_of(task.context, token)
    if answer is None:
        raise StepStopped
    if answer["Status"] == "Failure":
        raise StepFailed(answer.get("FailureReason") or "the callback said Failure, without a reason")
    texts: dict[str, str] = answer["Outputs"]
    if texts:
        task.describe({"Callback": {**metadata, "OutputParameters": shown_outputs(texts)}})
    return {"OutputParameters": typed(types, texts)}


def _send(task: Task, queue: str, token: str, status: str) -> None:
    message = {
        "token": token,
        "pipelineExecutionArn": task.records.arn,
        "arguments": task.arguments,
        "status": status,
    }
    region = _REGION.match(queue)
    try:
        with client(task.context, "sqs", region[1] if region else None) as sqs:
            sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(message))
    except (BotoCoreError, ClientError) as error:
        raise StepFailed(
            f"ClientError: the message could not be sent to the queue {queue}: {error}"
        ) from error
