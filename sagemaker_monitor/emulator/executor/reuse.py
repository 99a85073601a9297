"""Steps that an execution takes over as they were: of itself when it is retried, of another when only some
steps were selected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sagemaker_monitor.emulator.definition import Definition, Step

Done = dict[str, dict[str, Any]]
"""Records of steps that succeeded, by name."""


class SelectionError(ValueError):
    """Steps cannot be executed by themselves; the message says why and what to do."""


def done(records: Iterable[Mapping[str, Any]]) -> Done:
    """Return those of the *records* of steps that succeeded, and whose properties are known."""
    return {
        str(record["StepName"]): dict(record)
        for record in records
        if record["StepStatus"] == "Succeeded" and "_Properties" in record
    }


def kept_in_retry(definition: Definition, records: Iterable[Mapping[str, Any]]) -> Done:
    """Return the steps that a retried execution keeps: neither failed nor stopped, nor after one that was."""
    ended = {str(record["StepName"]): record for record in records}
    kept = done(ended.values())
    again = set(ended) - set(kept)
    again |= _after(definition, again)
    return {name: record for name, record in kept.items() if name not in again}


def needed_by(definition: Definition, selected: Iterable[str], source: Done | None) -> Done:
    """Return what the *selected* steps need of others, from a *source* execution. Raises SelectionError."""
    steps = {step.name: step for step in definition.walk()}
    chosen = set(selected)
    unknown = chosen - set(steps)
    if unknown:
        raise SelectionError(f"there is no step {sorted(unknown)[0][:64]!r}; steps: {', '.join(steps)}")
    between = _between(definition, chosen)
    if between:
        raise SelectionError(
            f"{', '.join(sorted(between))} run between selected steps; select them too: "
            "all steps of all paths between two selected steps are executed"
        )
    needed = {name for step in chosen for name in _upstream(steps[step]) if name not in chosen}
    if needed and source is None:
        raise SelectionError(
            f"the selected steps need {', '.join(sorted(needed))}; give a SourcePipelineExecutionArn"
        )
    missing = sorted(needed - set(source or {}))
    if missing:
        raise SelectionError(
            f"{', '.join(missing)} did not succeed in the source execution; select them, or another source"
        )
    return {name: record for name, record in (source or {}).items() if name in needed}


def _upstream(step: Step) -> set[str]:
    """Return the steps that *step* waits for itself."""
    return {dependency.step for dependency in step.dependencies} | {name for name, _ in step.guard[-1:]}


def _after(definition: Definition, names: set[str]) -> set[str]:
    """Return the steps that wait for any of *names*, directly or not."""
    found: set[str] = set()
    grown = True
    while grown:
        more = {step.name for step in definition.walk() if _upstream(step) & (names | found)} - found
        grown = bool(more)
        found |= more
    return found


def _between(definition: Definition, chosen: set[str]) -> set[str]:
    """Return the steps after a chosen one and before another that are not chosen themselves."""
    others = _after(definition, chosen) - chosen
    return {name for name in others if _after(definition, {name}) & chosen}
