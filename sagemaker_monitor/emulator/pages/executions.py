"""The page about one execution of a pipeline: its steps, what they made, and its parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.api.definitions import definition_of
from sagemaker_monitor.emulator.executor.records import EXECUTION, UNFINISHED, steps_of
from sagemaker_monitor.emulator.pages import links
from sagemaker_monitor.emulator.pages.page import (
    Cell,
    Page,
    Row,
    Table,
    duration,
    facts,
    flat,
    status,
    value,
    when,
    words,
)

_STEPS = ("Step", "Type", "Status", "Started", "Took", "Reason")
_MOST = 500
_TOLD = ("Condition.Outcome", "Callback.", "Lambda.")
"""What is shown of a step's metadata beside what leads to a page."""


def page(context: Context, pipeline: str, execution: str) -> Page | None:
    """Return the page, or None where there is no such execution."""
    arn = f"{context.arn('pipeline', pipeline)}/execution/{execution}"
    record = context.store.get(EXECUTION, arn)
    if record is None:
        return None
    steps = steps_of(context, arn)
    types = _types(definition_of(context, record))
    moving = record["PipelineExecutionStatus"] in UNFINISHED
    end = context.now() if moving else record["LastModifiedTime"]
    return Page(
        record.get("PipelineExecutionDisplayName") or execution,
        "Execution of a pipeline",
        (
            Cell("executions", links.to_list("executions")),
            Cell(pipeline, links.to_arn(record["PipelineArn"])),
        ),
        status(record["PipelineExecutionStatus"]),
        record.get("FailureReason") or "",
        facts(
            [
                ("Pipeline", Cell(pipeline, links.to_arn(record["PipelineArn"]))),
                ("Version", Cell(str(record.get("PipelineVersionId", "")))),
                ("ARN", Cell(arn, code=True)),
                ("Started", when(record["CreationTime"])),
                ("Took", duration(record["CreationTime"], end)),
                ("Description", Cell(record.get("PipelineExecutionDescription") or "")),
            ]
        ),
        (
            Table(
                "Steps",
                _STEPS,
                tuple(_step(context, step, types) for step in steps),
                "No step started yet." if moving else "No step ran.",
            ),
            Table("What the steps made", ("Step", "What", "Which"), _made(steps), "Nothing yet."),
            Table(
                "Parameters",
                ("Parameter", "Value"),
                tuple((Cell(each["Name"]), value(each["Value"])) for each in record.get("_Parameters", [])),
                "The pipeline takes none.",
            ),
        ),
        moving,
    )


def _step(context: Context, step: Mapping[str, Any], types: Mapping[str, str]) -> Row:
    name = step["StepName"]
    return (
        Cell(name, _job_of(step)),
        Cell(types.get(name, "")),
        status(step["StepStatus"]),
        when(step["StartTime"]),
        duration(step["StartTime"], step.get("EndTime", context.now())),
        words(step.get("FailureReason")),
    )


def _job_of(step: Mapping[str, Any]) -> str:
    """Return the address of the job that a step ran, if it ran one."""
    for path, found in flat(step.get("Metadata") or {}):
        if isinstance(found, str) and (path.endswith(("Arn", "ARN"))) and "-job/" in found:
            return links.to_arn(found)
    return ""


def _made(steps: list[dict[str, Any]]) -> tuple[Row, ...]:
    lines = [
        (Cell(step["StepName"]), Cell(path), value(found))
        for step in steps
        for path, found in flat(step.get("Metadata") or {})
        if path.startswith(_TOLD) or value(found).href
    ]
    return tuple(lines[:_MOST])


def _types(definition: str) -> dict[str, str]:
    """Return the type of every step of the definition that ran, those in branches included."""
    found: dict[str, str] = {}

    def look(node: Any) -> None:
        if isinstance(node, dict):
            if (
                isinstance(node.get("Name"), str)
                and isinstance(node.get("Type"), str)
                and "Arguments" in node
            ):
                found[node["Name"]] = node["Type"]
            for each in node.values():
                look(each)
        elif isinstance(node, list):
            for each in node:
                look(each)

    look(json.loads(definition).get("Steps", []))
    return found
