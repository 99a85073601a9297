"""In which order steps may run: who waits for whom, and whether that can ever end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from sagemaker_monitor.emulator.definition.document import Definition, Dependency, Guard, Step
from sagemaker_monitor.emulator.definition.findings import Finding, choices


def dependency_findings(definition: Definition) -> Iterator[Finding]:
    """Yield every dependency that cannot be met: unknown steps, other branches, cycles."""
    steps = {step.name: step for step in definition.walk()}
    edges: dict[str, set[str]] = {}
    for step in definition.walk():
        edges[step.name] = {name for name, _ in step.guard[-1:]}
        for dependency in step.dependencies:
            finding = _unmet(step, dependency, steps)
            if finding is not None:
                yield finding
            else:
                edges[step.name].add(dependency.step)
    yield from _cycles(edges, steps)


def _unmet(step: Step, dependency: Dependency, steps: Mapping[str, Step]) -> Finding | None:
    name = dependency.step
    other = steps.get(name)
    if other is None:
        # A reference to an unknown step is reported where it is written.
        if all(named.step != name for named in step.depends_on):
            return None
        return Finding(f"{step.path}.DependsOn", f"there is no step {name[:64]!r}; {choices(name, steps)}")
    if other.guard != step.guard[: len(other.guard)]:
        return Finding(
            step.path,
            f"depends on step {name!r}, which runs only in {_branch(other.guard)}, where this step is not; "
            "move it there, or depend on the condition step",
        )
    return None


def _branch(guard: Guard) -> str:
    return " in ".join(
        f"the {'If' if outcome == 'True' else 'Else'} branch of {name!r}" for name, outcome in reversed(guard)
    )


def _cycles(edges: dict[str, set[str]], steps: Mapping[str, Step]) -> Iterator[Finding]:
    remaining = {name: {other for other in others if other in steps} for name, others in edges.items()}
    while True:
        try:
            TopologicalSorter(remaining).prepare()
        except CycleError as error:
            cycle: list[str] = error.args[1]  # each waits for by the next; the last is the first
            shown = " → ".join(cycle[:8]) + (" → …" if len(cycle) > 8 else "")
            yield Finding(steps[cycle[1]].path, f"steps wait for each other: {shown}; remove one dependency")
            remaining[cycle[1]].discard(cycle[0])
        else:
            return
