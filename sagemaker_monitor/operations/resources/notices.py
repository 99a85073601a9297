"""What EventBridge tells of a model's runs: which events it is about, and the message that they become.

The events' fields are documented at
https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sagemaker_monitor.settings import Environment
from sagemaker_monitor.settings.notify import TOLD, Notify

STEP_EVENT = "SageMaker Model Building Pipeline Execution Step Status Change"
REFUSAL = "Refuse"
"""How the names of the steps begin that fail because the gate stays closed."""
PATHS = {
    "execution": "$.detail.pipelineExecutionArn",
    "step": "$.detail.stepName",
    "reason": "$.detail.failureReason",
    "time": "$.time",
}


def event_pattern(environment: Environment, pipelines: Iterable[str], told: Iterable[str]) -> dict[str, Any]:
    """Return the pattern of the events that are *told* of these *pipelines*, given by name.

    A step that failed is what SageMaker gives a reason of; of an execution it only says that it failed.
    """
    arn = f"arn:{environment.partition}:sagemaker:{environment.region}:{environment.account}:pipeline/"
    detail: dict[str, Any] = {
        # SageMaker writes names in ARNs in lower case.
        "pipelineArn": [{"equals-ignore-case": arn + name} for name in sorted(pipelines)],
        "currentStepStatus": ["Failed"],
    }
    chosen = set(told)
    decisions = [each for each in TOLD if each != "broken" and each in chosen]
    refusals: dict[str, Any] = {"stepName": [{"prefix": REFUSAL}]}
    if len(decisions) < len(TOLD) - 1:
        refusals["failureReason"] = [{"prefix": f"{each}: "} for each in decisions]
    broken = {"stepName": [{"anything-but": {"prefix": REFUSAL}}]}
    if chosen != set(TOLD):
        ways = [*([refusals] if decisions else []), *([broken] if "broken" in chosen else [])]
        detail |= ways[0] if len(ways) == 1 else {"$or": ways}
    return {"source": ["aws.sagemaker"], "detail-type": [STEP_EVENT], "detail": detail}


def target(environment: Environment, model: str, notify: Notify) -> dict[str, Any]:
    """Return the rule's target: the topic, and how an event becomes a message."""
    template = _chat(environment, model) if notify.format == "chat" else _text(environment, model)
    found: dict[str, Any] = {
        "Id": "sns",
        "Arn": notify.sns,
        "InputTransformer": {"InputPathsMap": dict(PATHS), "InputTemplate": template},
    }
    if notify.dead_letter:
        found["DeadLetterConfig"] = {"Arn": notify.dead_letter}
    return found


def _commands(environment: Environment, model: str) -> tuple[str, str]:
    on = f"--env {environment.name}"
    return (
        f"sagemaker-monitor follow <execution> {on}",
        f"sagemaker-monitor report {model} --execution <execution> {on} -o report.html",
    )


def _text(environment: Environment, model: str) -> str:
    """Return lines of text, each in quotes, as EventBridge has them."""
    follow, report = _commands(environment, model)
    lines = (
        f"{model} in {environment.name}, <step>: <reason>",
        "Execution: <execution>, <time>",
        f"What crossed its limit or broke: {follow}",
        f"As a page: {report}",
    )
    return "\n".join(json.dumps(line) for line in lines)


def _chat(environment: Environment, model: str) -> str:
    """Return JSON that chat applications show.

    A reason of SageMaker's may hold quotation marks, which EventBridge escapes only in a value that is one
    variable. https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
    """
    follow, report = _commands(environment, model)
    document: Mapping[str, Any] = {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": f"{model} in {environment.name}: <step>",
            "description": "<reason>",
            "nextSteps": [f"`{follow}`", f"`{report}`"],
        },
        "metadata": {"threadId": "<execution>", "relatedResources": ["<execution>"]},
    }
    return json.dumps(document).replace('"<reason>"', "<reason>")
